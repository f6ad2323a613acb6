"""Values that have one right answer, and which that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abawkit.labels.values import annotated
from abawkit.protocol import Continuous, blocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from abawkit.protocol import Target

OVERSHOOT = 0.25
"""How far beyond its range a value is clipped, as a share of the range: 1.5 for valence. What is
farther away may be on another scale."""

OFF = 0.01
"""By how much two probabilities may miss the sum of 1 and still be meant as such."""


def clipped(values: NDArray[np.float64], targets: Sequence[Target]) -> NDArray[np.float64]:
    """Bring values that overshoot back to the end of their range.

    Parameters
    ----------
    values : numpy.ndarray of float64, shape (n_rows, columns)
        Values, sentinels and NaN.
    targets : sequence of Target
        What the columns hold.

    Returns
    -------
    numpy.ndarray of float64, of that shape
        Sentinels and NaN stay.
    """
    known = annotated(targets, values)
    found = values.copy()
    for target, columns in blocks(targets):
        if isinstance(target, Continuous):
            inside = np.clip(values[:, columns], target.low, target.high)
            found[:, columns] = np.where(known[:, columns], inside, values[:, columns])
    return found


def settled(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Make two probabilities complementary: ``p0 = 1 - p1``, which is the rule.

    Parameters
    ----------
    probabilities : numpy.ndarray of float64, shape (n_rows, 2)
        Of each class.

    Returns
    -------
    numpy.ndarray of float64, of that shape
        NaN in a row whose sum is off by more than `OFF`, or which has a NaN.
    """
    p1 = probabilities[:, 1]
    # A little more, for .505 + .505 is 1.01 only to the last bits.
    close = np.abs(probabilities.sum(axis=1) - 1.0) <= OFF + 1e-9
    return np.where(close[:, None], np.stack([1.0 - p1, p1], axis=1), np.nan)


__all__ = [
    "OFF",
    "OVERSHOOT",
    "clipped",
    "settled",
]
