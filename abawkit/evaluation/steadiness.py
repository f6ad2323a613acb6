"""How steady a sequence is: how often its labels change, and how far its values jump.

Conventions: two frames are neighbours if they are of one video, follow each other, and both
count. A run is a stretch of neighbours with one label; where frames do not count, or a video
ends, a run ends as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHORT = 3
"""Frames of the longest run that is called short: a tenth of a second at 30 frames a second."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Steadiness:
    """How often labels change, one number a column.

    Attributes
    ----------
    neighbours, changes : numpy.ndarray of int64, shape (n_columns,)
        Number of pairs of neighbours, and of those whose labels differ.
    runs, short_runs : numpy.ndarray of int64, shape (n_columns,)
        Number of runs, and of those of at most `SHORT` frames.
    """

    neighbours: NDArray[np.int64]
    changes: NDArray[np.int64]
    runs: NDArray[np.int64]
    short_runs: NDArray[np.int64]

    @property
    def change_rate(self) -> NDArray[np.float64]:
        """Changes in 1,000 frames, NaN without neighbours."""
        return _ratio(1000.0 * self.changes, self.neighbours)

    @property
    def short_share(self) -> NDArray[np.float64]:
        """Share of the runs that are short, NaN without any."""
        return _ratio(self.short_runs, self.runs)


def _ratio(part: NDArray[Any], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray(np.where(whole > 0, part / np.maximum(whole, 1), np.nan))


def _neighbours(known: NDArray[np.bool_], video: NDArray[np.int64]) -> NDArray[np.bool_]:
    together = video[1:] == video[:-1]
    return np.asarray(known[1:] & known[:-1] & together[:, None])


def steadiness(
    labels: NDArray[np.float64], *, known: NDArray[np.bool_], video: NDArray[np.int64]
) -> Steadiness:
    """Count changes and runs of labels.

    Parameters
    ----------
    labels : numpy.ndarray of float64, shape (n_frames, n_columns)
        Classes, or 0 and 1.
    known : numpy.ndarray of bool, shape (n_frames, n_columns)
        Which values count.
    video : numpy.ndarray of int64, shape (n_frames,)
        Which video each frame is of.

    Returns
    -------
    Steadiness
        Of each column.
    """
    pairs = _neighbours(known, video)
    differ = pairs & (labels[1:] != labels[:-1])
    lengths = [
        _run_lengths(on, joined & ~changed)
        for on, joined, changed in zip(known.T, pairs.T, differ.T, strict=True)
    ]
    return Steadiness(
        neighbours=pairs.sum(axis=0),
        changes=differ.sum(axis=0),
        runs=np.array([len(column) for column in lengths]),
        short_runs=np.array([int((column <= SHORT).sum()) for column in lengths]),
    )


def _run_lengths(known: NDArray[np.bool_], joined: NDArray[np.bool_]) -> NDArray[np.int64]:
    starts = known.copy()
    starts[1:] &= ~joined
    # Frames that do not count lie between runs and lengthen none.
    run = starts.cumsum()[known]
    return np.bincount(run)[1:]


def mean_step(
    values: NDArray[np.float64], *, known: NDArray[np.bool_], video: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Average how far values move from one frame to the next.

    Parameters
    ----------
    values : numpy.ndarray of float64, shape (n_frames, n_columns)
        Traces.
    known : numpy.ndarray of bool, shape (n_frames, n_columns)
        Which values count.
    video : numpy.ndarray of int64, shape (n_frames,)
        Which video each frame is of.

    Returns
    -------
    numpy.ndarray of float64, shape (n_columns,)
        Mean absolute change between neighbours, NaN without any.
    """
    pairs = _neighbours(known, video)
    steps = np.where(pairs, np.abs(values[1:] - values[:-1]), 0.0).sum(axis=0)
    return _ratio(steps, pairs.sum(axis=0))
