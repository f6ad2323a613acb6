"""Counts of pairs: classes taken for each other, units seen together, the plane of two traces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLANE_STEP = 0.05
PLANE_CELLS = 41
"""The plane has cells about -1.00, -0.95, …, 0, …, 1.00, so that one of them is about neutral."""


def confusion(
    y_true: NDArray[np.float64], y_pred: NDArray[np.float64], *, classes: int
) -> NDArray[np.int64]:
    """Count which class was taken for which.

    Parameters
    ----------
    y_true, y_pred : numpy.ndarray of float64, shape (n_frames,)
        Class indices in ``range(classes)``.
    classes : int
        Number of classes.

    Returns
    -------
    numpy.ndarray of int64, shape (classes, classes)
        Frames by true class (rows) and predicted class (columns).
    """
    pairs = (y_true * classes + y_pred).astype(np.int64)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def detection(
    y_true: NDArray[np.float64], y_pred: NDArray[np.float64], *, known: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Count how often each yes/no label was taken for which.

    Parameters
    ----------
    y_true, y_pred : numpy.ndarray of float64, shape (n_frames, n_outputs)
        0 or 1.
    known : numpy.ndarray of bool, shape (n_frames, n_outputs)
        Which values count.

    Returns
    -------
    numpy.ndarray of int64, shape (n_outputs, 2, 2)
        Of each output, frames by truth (rows) and prediction (columns).
    """
    columns = zip(y_true.T, y_pred.T, known.T, strict=True)
    return np.stack([confusion(true[on], pred[on], classes=2) for true, pred, on in columns])


def rates(matrix: NDArray[np.int64]) -> NDArray[np.float64]:
    """Divide counts by the sum of their row.

    Parameters
    ----------
    matrix : numpy.ndarray of int64, shape (..., n, n)
        Counts.

    Returns
    -------
    numpy.ndarray of float64, shape (..., n, n)
        Shares of each row, NaN in an empty one.
    """
    total = matrix.sum(axis=-1, keepdims=True)
    return np.asarray(np.where(total > 0, matrix / np.maximum(total, 1), np.nan))


def phi(labels: NDArray[np.float64], *, known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Correlate yes/no labels of the same frames.

    Phi is Pearson's correlation of two yes/no labels: 1 where both are always there together,
    -1 where just one of them always is, 0 where one tells nothing of the other.

    Parameters
    ----------
    labels : numpy.ndarray of float64, shape (n_frames, n_outputs)
        0 or 1.
    known : numpy.ndarray of bool, shape (n_frames, n_outputs)
        Which values count; a pair is told by the frames in which both do.

    Returns
    -------
    numpy.ndarray of float64, shape (n_outputs, n_outputs)
        NaN where one of two labels never changes, or they are never known together.
    """
    on = known.astype(np.float64)
    yes = np.where(known, labels, 0.0)
    both, frames = yes.T @ yes, on.T @ on
    # Row label is there, in frames where the column's is known; and the other way round.
    row = yes.T @ on
    column = row.T
    spread = row * (frames - row) * column * (frames - column)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(
            np.where(spread > 0, (frames * both - row * column) / np.sqrt(spread), np.nan)
        )


def plane(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Count frames in the cells of the plane of two traces in [-1, 1].

    Parameters
    ----------
    values : numpy.ndarray of float64, shape (n_frames, 2)
        Such as valence and arousal; what lies beyond the plane counts in its outermost cells.

    Returns
    -------
    numpy.ndarray of int64, shape (PLANE_CELLS, PLANE_CELLS)
        Frames by the second trace (rows, from -1 to 1) and the first one (columns).
    """
    # Halves of a cell go up, and not, as by `rint`, to the even one.
    cells = np.floor(values / PLANE_STEP + 0.5).astype(np.int64) + PLANE_CELLS // 2
    first, second = np.clip(cells, 0, PLANE_CELLS - 1).T
    flat = np.bincount(second * PLANE_CELLS + first, minlength=PLANE_CELLS**2)
    return flat.reshape(PLANE_CELLS, PLANE_CELLS)


def centres() -> NDArray[np.float64]:
    """Give the centres of the cells of `plane` along an axis.

    Returns
    -------
    numpy.ndarray of float64, shape (PLANE_CELLS,)
        From -1 to 1.
    """
    return np.linspace(-1.0, 1.0, PLANE_CELLS)
