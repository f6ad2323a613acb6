"""Offsets of classes and shifts of values that score best."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abawkit.metrics import MeanCCC, MeanPearson
from submissions.tuning.tables import recounted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from abawkit.metrics import Summary

_SWEEPS = 20
_DECIMALS = 4


def best_offsets(
    y_true: NDArray[np.int64],
    y_pred: NDArray[np.float64],
    grid: Sequence[float],
    *,
    empty: Summary,
) -> tuple[float, ...]:
    """Choose the offsets of classes, one class after the other, until no change is better.

    Only differences count, so the first class keeps 0. This is coordinate ascent from zeros: what
    it finds is no worse than no offsets on these frames, and need not be the best of all. Equal
    scores keep the offset there is, then take the one nearest 0, then the lower one.

    Parameters
    ----------
    y_true : numpy.ndarray of int64, shape (n_frames,)
        True classes.
    y_pred : numpy.ndarray of float64, shape (n_frames, n_classes)
        Probabilities.
    grid : sequence of float
        Offsets of the log-probability to try.
    empty : Summary
        The target's summary of no frames.

    Returns
    -------
    tuple of float
        One a class; zeros for no frames.
    """
    tried = sorted(grid, key=lambda value: (abs(value), value))
    offsets = [0.0] * y_pred.shape[1]
    for _ in range(_SWEEPS if y_true.size else 0):
        before = list(offsets)
        for column in range(1, len(offsets)):
            values = list(dict.fromkeys([offsets[column], *tried]))
            matrices = sweep(y_true, y_pred * np.exp(offsets), y_pred[:, column], column, values)
            scores = [recounted(empty, matrix).score for matrix in matrices]
            offsets[column] = values[int(np.argmax(scores))]
        if offsets == before:
            break
    return tuple(offsets)


def sweep(
    y_true: NDArray[np.int64],
    scores: NDArray[np.float64],
    probability: NDArray[np.float64],
    column: int,
    grid: Sequence[float],
) -> NDArray[np.int64]:
    """Count the confusions under every offset of one class, in one pass over the frames.

    With a growing offset a class wins more and more frames: where a frame stands in the order of
    the grid tells the winner under all of them.

    Parameters
    ----------
    y_true : numpy.ndarray of int64, shape (n_frames,)
        True classes.
    scores : numpy.ndarray of float64, shape (n_frames, n_classes)
        Of which the greatest wins, the first one on a tie.
    probability : numpy.ndarray of float64, shape (n_frames,)
        Probability of the class, without any offset; at least 0.
    column : int
        The class.
    grid : sequence of float
        Its offsets, in any order.

    Returns
    -------
    numpy.ndarray of int64, shape (n_offsets, n_classes, n_classes)
        ``matrix[true, predicted]`` for each offset.
    """
    n_classes = scores.shape[1]
    others = scores.copy()
    others[:, column] = -np.inf
    rival = others.argmax(axis=1)
    best = others.max(axis=1)
    # The class wins a tie against those after it only.
    best = np.where(column < rival, best, np.nextafter(best, np.inf))
    values, place = np.unique(grid, return_inverse=True)
    lost = np.zeros(len(scores), np.int64)
    for factor in np.exp(values):
        lost += probability * factor < best
    cells = (y_true * n_classes + rival) * (len(values) + 1) + lost
    shape = (n_classes, n_classes, len(values) + 1)
    counts = np.bincount(cells, minlength=int(np.prod(shape))).reshape(shape)
    won = counts.cumsum(axis=2)[..., :-1]
    matrices = (counts.sum(axis=2)[..., None] - won).transpose(2, 0, 1)
    matrices[:, :, column] += won.sum(axis=1).T
    return np.asarray(matrices[place])


def best_shifts(summary: Summary) -> tuple[float, ...]:
    """Choose the shifts of values from their moments.

    With the spreads as they are, the concordance of an output that varies with the truth is
    greatest where the two means are equal. Clipping at the ends of the range is not allowed for.

    Parameters
    ----------
    summary : Summary
        Of values.

    Returns
    -------
    tuple of float
        What to add to each output, to four decimals; none where a shift changes nothing.
    """
    if not isinstance(summary, MeanCCC) or isinstance(summary, MeanPearson):
        return ()
    return tuple(
        round(output.mean_true - output.mean_pred, _DECIMALS) if output.cross > 0 else 0.0
        for output in summary.outputs
    )
