"""Whether there is enough data for intervals and tests to say much."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import UncertainWarning, counted, few
from abawkit.metrics import Confusion, DetectionCounts, WeightedSum

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from abawkit.metrics import Summary
    from abawkit.protocol import Challenge

FEW_UNITS = 20
"""Below so many, intervals of a bootstrap cover less than they say."""
FEW_UNITS_OF_CLASS = 5
"""A class in 4 is missing from 1 in 55 resamples, (1 - 4/n) ** n, one in 3 from 1 in 20."""


def warn_uncertain(
    challenge: Challenge, samples: Sequence[WeightedSum], indices: NDArray[np.intp], *, unit: str
) -> None:
    """Warn where resamples of units say little.

    Parameters
    ----------
    challenge : Challenge
        Whose score it is.
    samples : sequence of WeightedSum
        The summary of each video, with one part a target.
    indices : numpy.ndarray of intp, shape (n_videos,)
        The unit of each video, numbered from 0.
    unit : str
        What is drawn, in the singular.

    Warns
    -----
    UncertainWarning
        If there are fewer than 20 units, or a class or action unit is annotated as present in
        fewer than 5.
    """
    n_units = int(indices.max()) + 1
    if n_units < FEW_UNITS:
        msg = (
            f"{counted(n_units, unit)} only: with fewer than {FEW_UNITS}, intervals are too "
            "narrow and tests uncertain"
        )
        warnings.warn(msg, UncertainWarning, stacklevel=3)
    rare = {
        name: number
        for name, number in units_of_classes(challenge, samples, indices).items()
        if number < FEW_UNITS_OF_CLASS
    }
    if rare:
        named = few([f"{name} ({number})" for name, number in rare.items()], limit=len(rare))
        msg = (
            f"present in fewer than {FEW_UNITS_OF_CLASS} {unit}s of the annotation: {named}; the "
            "intervals of these classes, and so of the score, say little"
        )
        warnings.warn(msg, UncertainWarning, stacklevel=3)


def units_of_classes(
    challenge: Challenge, samples: Sequence[WeightedSum], indices: NDArray[np.intp]
) -> dict[str, int]:
    """Count the units in which each class is annotated as present.

    Parameters
    ----------
    challenge : Challenge
        Whose score it is.
    samples : sequence of WeightedSum
        The summary of each video, with one part a target.
    indices : numpy.ndarray of intp, shape (n_videos,)
        The unit of each video, numbered from 0.

    Returns
    -------
    dict of str to int
        Of each class and action unit by name; continuous outputs have none.
    """
    counts: dict[str, int] = {}
    parts = zip(*(sample.parts for sample in samples), strict=True)
    for target, of_part in zip(challenge.targets, parts, strict=True):
        present = np.array([_present(part) for part in of_part], bool)
        if not present.size:
            continue
        in_unit = np.zeros((indices.max() + 1, present.shape[1]), bool)
        np.logical_or.at(in_unit, indices, present)
        counts |= dict(zip(target.names, in_unit.sum(axis=0).tolist(), strict=True))
    return counts


def _present(part: Summary) -> NDArray[np.bool_]:
    match part:
        case WeightedSum():  # Of the same labels, which any of its parts has counted.
            return _present(part.parts[0])
        case Confusion():
            return np.asarray(part.matrix.any(axis=1))
        case DetectionCounts():
            hits, _, missed, _ = part.counts
            return np.asarray(hits + missed > 0)
        case _:
            return np.zeros(0, bool)
