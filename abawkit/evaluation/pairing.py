"""Two systems on the same videos: the resamples and the swaps that tests are made of.

Conventions: ``numbers`` are the score, under ``score``, and each component by its name, of many
poolings, of shape ``(n_poolings,)``; NaN is 0/0. A target's parts, and all targets of a
challenge, share their resamples and swaps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from abawkit.evaluation.bootstrap import draws, expand, unit_indices
from abawkit.evaluation.interval import TIE
from abawkit.evaluation.pooling import poolings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from abawkit.evaluation.bootstrap import Bootstrap, Unit
    from abawkit.evaluation.evaluate import Report
    from abawkit.metrics import WeightedSum
    from abawkit.protocol import Challenge

    Numbers = dict[str, NDArray[np.float64]]

SCORE = "score"
_CHUNK = 1 << 18
"""How many swaps are held at once: the cache of a core holds them."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Units:
    """What is drawn and swapped, for all systems alike.

    ``videos`` are sorted, so that nothing depends on their order; ``indices`` has the unit of
    each, of ``n_units``.
    """

    videos: tuple[str, ...]
    indices: NDArray[np.intp]
    n_units: int

    @classmethod
    def of(cls, reports: Iterable[Report], unit: Unit) -> Self:
        """Find the units of systems with the same videos.

        Parameters
        ----------
        reports : iterable of Report
            The systems.
        unit : {"video", "person"}
            What is drawn.

        Returns
        -------
        Units
            Of the videos in which anything is scored.
        """
        videos = sorted({
            name for report in reports for name, video in report.videos.items() if video.n_frames
        })
        indices, n_units = unit_indices(videos, unit)
        return cls(videos=tuple(videos), indices=indices, n_units=n_units)

    def summaries(self, report: Report) -> list[WeightedSum]:
        """Give the summaries of a system.

        Parameters
        ----------
        report : Report
            The system.

        Returns
        -------
        list of WeightedSum
            One a video, in their order.
        """
        return [report.videos[name].summary for name in self.videos]


def resample(report: Report, units: Units, bootstrap: Bootstrap) -> Numbers:
    """Score resamples of a system's videos: the same ones for every system.

    Parameters
    ----------
    report : Report
        The system.
    units : Units
        What is drawn.
    bootstrap : Bootstrap
        How many resamples, and their seed.

    Returns
    -------
    dict of str to numpy.ndarray of float64, shape (n_resamples,)
        The numbers of each resample.
    """
    summaries = units.summaries(report)
    return _joined(
        _numbers(report.challenge, summaries, expand(weights, units.indices))
        for weights in draws(units.n_units, bootstrap)
    )


def swap(first: Report, second: Report, units: Units, bootstrap: Bootstrap) -> Numbers:
    """Tell how far two systems are apart when their predictions of units are swapped at random.

    Parameters
    ----------
    first, second : Report
        The systems.
    units : Units
        What is swapped as one.
    bootstrap : Bootstrap
        How many times, and the seed.

    Returns
    -------
    dict of str to numpy.ndarray of float64, shape (n_swaps,)
        The numbers of the one less those of the other.
    """
    both = units.summaries(first) + units.summaries(second)

    def apart(swapped: NDArray[np.float64]) -> Numbers:
        moved = expand(swapped, units.indices)
        one, other = (
            _numbers(first.challenge, both, np.hstack(sides))
            for sides in ((1.0 - moved, moved), (moved, 1.0 - moved))
        )
        return {name: one[name] - other[name] for name in one}

    return _joined(apart(swapped) for swapped in swaps(units.n_units, bootstrap))


def swaps(n_units: int, bootstrap: Bootstrap) -> Iterator[NDArray[np.float64]]:
    """Draw which units are swapped, each with a chance of one half.

    Parameters
    ----------
    n_units : int
        How many units there are.
    bootstrap : Bootstrap
        How many swaps, and the seed; their stream is another one than that of resamples.

    Yields
    ------
    numpy.ndarray of float64, shape (n_swaps, n_units)
        1 for a unit that is swapped and 0 for one that is not, a chunk of swaps at a time; the
        numbers do not depend on the size of a chunk.
    """
    rng = np.random.default_rng([bootstrap.seed, 1])
    size = max(_CHUNK // n_units, 1)
    for start in range(0, bootstrap.resamples, size):
        n_rows = min(size, bootstrap.resamples - start)
        yield rng.integers(2, size=(n_rows, n_units)).astype(np.float64)


def p_bootstrap(differences: NDArray[np.float64], observed: float) -> float:
    """Test a difference by the paired bootstrap, from both sides.

    Parameters
    ----------
    differences : numpy.ndarray of float64, shape (n_resamples,)
        Of each resample; NaN is left out.
    observed : float
        The difference of all videos.

    Returns
    -------
    float
        Above 0, at most 1; NaN if nothing is defined.
    """
    defined = differences[~np.isnan(differences)]
    centre = defined.mean() if defined.size else math.nan
    return p_randomisation(defined - centre, observed)


def p_randomisation(differences: NDArray[np.float64], observed: float) -> float:
    """Test a difference by what it is where there is none, from both sides.

    Parameters
    ----------
    differences : numpy.ndarray of float64, shape (n_swaps,)
        Under the hypothesis that the systems are alike; NaN is left out.
    observed : float
        The difference found.

    Returns
    -------
    float
        The share of those at least as large, it being one of them itself: above 0, at most 1;
        NaN if nothing is defined.
    """
    defined = differences[~np.isnan(differences)]
    if math.isnan(observed) or not defined.size:
        return math.nan
    count = int((np.abs(defined) >= abs(observed) - TIE).sum())
    return (count + 1) / (defined.size + 1)


def _numbers(
    challenge: Challenge, summaries: Sequence[WeightedSum], weights: NDArray[np.float64]
) -> Numbers:
    scores = poolings(challenge, summaries, weights)
    return {SCORE: scores.score, **scores.components}


def _joined(chunks: Iterable[Mapping[str, NDArray[np.float64]]]) -> Numbers:
    parts = list(chunks)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
