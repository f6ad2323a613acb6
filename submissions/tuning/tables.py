"""What one filter and one blend score, video by video, whatever is decided of them.

A score is a sum: a table is made once, and a fold adds those rows that it may look at.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from abawkit.metrics import Confusion, DetectionCounts, WeightedSum

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from abawkit.metrics import Summary
    from abawkit.protocol import MultiLabel

    Array = NDArray[np.float64]
    Mask = NDArray[np.bool_]
    Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The best that a table offers: its score, NaN if undefined, and thresholds if it has any."""

    score: float
    thresholds: tuple[float, ...] = ()


class Table(Protocol):
    """The scores of videos under what can still be decided."""

    def best(self, videos: Sequence[str]) -> Choice:
        """Choose what scores best.

        Parameters
        ----------
        videos : sequence of str
            The videos that may be looked at.

        Returns
        -------
        Choice
            The choice, and its score on them.
        """


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Decided:
    """Labels that leave nothing to choose: a summary a video."""

    summaries: Mapping[str, Summary]

    def best(self, videos: Sequence[str]) -> Choice:
        """Score some videos.

        Parameters
        ----------
        videos : sequence of str
            The videos.

        Returns
        -------
        Choice
            Their score.
        """
        return Choice(score=pooled(self.summaries[video] for video in videos).score)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Detections:
    """Hits and misses of each action unit at each threshold.

    ``counts`` is int64 ``(n_thresholds, 4, n_units)`` by video, in the order of
    `abawkit.metrics.DetectionCounts`.
    """

    target: MultiLabel
    thresholds: tuple[float, ...]
    counts: Mapping[str, Counts]

    def best(self, videos: Sequence[str]) -> Choice:
        """Choose the threshold of each unit.

        The scores of the challenges are sums over units, so that what is best for each is best
        for all. Equal scores take the threshold nearest .5, then the lower one (the published
        code takes the lowest of all). A unit without a label in these videos takes that one too,
        and does not make the score undefined.

        Parameters
        ----------
        videos : sequence of str
            The videos that may be looked at.

        Returns
        -------
        Choice
            A threshold a unit, and the score of the units that have a label.
        """
        total = reduce(add, (self.counts[video] for video in videos))
        n_thresholds, _, n_units = total.shape
        preferred = sorted(range(n_thresholds), key=self._distance)
        chosen = np.full(n_units, preferred[0])
        labelled = np.flatnonzero(total[0].any(axis=0))
        empty = summary_of_nothing(self.target)

        def score(at: NDArray[np.int64]) -> float:
            return recounted(empty, total[at[labelled], :, labelled].T).score

        for unit in labelled:
            trials = np.repeat(chosen[None], n_thresholds, axis=0)
            trials[:, unit] = preferred
            chosen = max(trials, key=score)
        return Choice(
            score=score(chosen) if labelled.size else math.nan,
            thresholds=tuple(self.thresholds[index] for index in chosen),
        )

    def _distance(self, index: int) -> tuple[float, float]:
        threshold = self.thresholds[index]
        return round(abs(threshold - 0.5), 9), threshold


def count_detections(
    y_true: Array, y_pred: Array, known: Mask, thresholds: Sequence[float]
) -> Counts:
    """Count hits and misses at every threshold, in one pass over the frames.

    Parameters
    ----------
    y_true : numpy.ndarray of float64, shape (n_frames, n_units)
        0 or 1.
    y_pred : numpy.ndarray of float64, shape (n_frames, n_units)
        Probabilities; a unit is there from its threshold on.
    known : numpy.ndarray of bool, of that shape
        Which values count.
    thresholds : sequence of float
        In any order.

    Returns
    -------
    numpy.ndarray of int64, shape (n_thresholds, 4, n_units)
        True positives, false positives, false negatives and true negatives.
    """
    limits, place = np.unique(thresholds, return_inverse=True)
    n_bins, n_units = len(limits) + 1, y_true.shape[1]
    bins = np.searchsorted(limits, y_pred, side="right")
    cells = (np.arange(n_units) * 2 + (y_true == 1)) * n_bins + bins
    flat = np.bincount(cells[known], minlength=n_units * 2 * n_bins)
    # From a bin on: a value reaches threshold i if as many limits as i + 1 are not above it.
    reached = flat.reshape(n_units, 2, n_bins)[..., ::-1].cumsum(axis=-1)[..., ::-1]
    (false, hits), (no, yes) = reached[:, :, 1:].transpose(1, 2, 0), reached[:, :, 0].T
    return np.stack([hits, false, yes - hits, no - false], axis=1)[place].astype(np.int64)


def summary_of_nothing(target: Any) -> Summary:  # noqa: ANN401 - mypy cannot call the union
    """Give a target's summary of no frames, which tells how its statistics are scored.

    Parameters
    ----------
    target : Target
        The target.

    Returns
    -------
    Summary
        Of no frames.
    """
    nothing = np.empty((0, target.columns))
    return target.summarise(nothing, nothing)  # type: ignore[no-any-return]


def recounted(summary: Summary, counts: Counts) -> Summary:
    """Score other counts in the same way.

    Parameters
    ----------
    summary : Summary
        Of labels or units, or a weighted sum of such.
    counts : numpy.ndarray of int64
        What each of its parts is to hold: hits and misses, or a confusion matrix.

    Returns
    -------
    Summary
        The summary of the counts.

    Raises
    ------
    TypeError
        If a part is of another kind.
    """
    match summary:
        case WeightedSum():
            parts = tuple(recounted(part, counts) for part in summary.parts)
            return WeightedSum(parts, summary.weights)
        case DetectionCounts():
            return type(summary)(counts)
        case Confusion():
            return type(summary)(counts, summary.absent)
        case _:
            msg = f"{type(summary).__name__} holds no counts"
            raise TypeError(msg)


def pooled(summaries: Iterable[Summary]) -> Summary:
    """Add summaries.

    Parameters
    ----------
    summaries : iterable of Summary
        At least one.

    Returns
    -------
    Summary
        That of all.
    """
    return reduce(add, summaries)
