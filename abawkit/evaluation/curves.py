"""What lies behind a label: F1 at every threshold, and how far probabilities can be believed.

Conventions: a label is given where its probability reaches the threshold. Bins of probabilities
have equal width and hold their upper end, as in [1]_, with 10 bins by default; the expected
calibration error is theirs too: the distance of what was said from what was so, averaged over
the bins by their frames.

References
----------
.. [1] C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On Calibration of Modern Neural
   Networks", ICML 2017.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 10
"""Of probabilities."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Binned:
    """Means of pairs of numbers, by bins of the first: what was said, and what was so.

    Attributes
    ----------
    count : numpy.ndarray of int64, shape (n_bins,)
        Number of frames in each bin.
    said, so : numpy.ndarray of float64, shape (n_bins,)
        Means of both, NaN in an empty bin.
    """

    count: NDArray[np.int64]
    said: NDArray[np.float64]
    so: NDArray[np.float64]

    @property
    def error(self) -> float:
        """Mean distance of what was said and what was so, by frames; NaN without any.

        Of probabilities it is the expected calibration error.
        """
        total = int(self.count.sum())
        if total == 0:
            return math.nan
        filled = self.count > 0
        gaps = np.abs(self.said - self.so)[filled]
        return float(gaps @ self.count[filled] / total)


def binned(
    said: NDArray[np.float64],
    so: NDArray[np.float64],
    *,
    low: float = 0.0,
    high: float = 1.0,
    bins: int = BINS,
) -> Binned:
    """Average pairs of numbers by bins of the first, all bins of one width.

    Parameters
    ----------
    said, so : numpy.ndarray of float64, shape (n_frames,)
        Such as how probable something was said to be, and whether (1) or not (0) it was so.
    low, high : float
        The ends of the bins; what lies beyond falls into the first or last one.
    bins : int
        Number of bins.

    Returns
    -------
    Binned
        The means. A bin holds its upper end; the first one its lower end as well.

    Examples
    --------
    >>> import numpy as np
    >>> found = binned(np.array([0.1, 0.3, 0.9]), np.array([0.0, 1.0, 1.0]), bins=2)
    >>> found.count.tolist(), found.so.tolist(), round(found.error, 4)
    ([2, 1], [0.5, 1.0], 0.2333)
    """
    inner = np.linspace(low, high, bins + 1)[1:-1]
    which = np.searchsorted(inner, said)
    count = np.bincount(which, minlength=bins)
    with np.errstate(invalid="ignore"):
        means = [np.bincount(which, weights=x, minlength=bins) / count for x in (said, so)]
    return Binned(count=count, said=means[0], so=means[1])


def top_class(
    probabilities: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Give the most probable class of each frame, and how probable it is.

    Parameters
    ----------
    probabilities : numpy.ndarray of float64, shape (n_frames, n_classes)
        In any positive scale: each row is divided by its sum.

    Returns
    -------
    tuple of numpy.ndarray, shape (n_frames,)
        The classes, the first one on a tie, and their probabilities.
    """
    positive = np.clip(probabilities, 0.0, None)
    total = positive.sum(axis=1)
    best = positive.argmax(axis=1)
    highest = positive[np.arange(len(best)), best]
    equal = np.full(len(best), 1.0 / positive.shape[1])
    return best, np.divide(highest, total, out=equal, where=total > 0)


def f1_by_threshold(
    y_true: NDArray[np.float64],
    probabilities: NDArray[np.float64],
    thresholds: NDArray[np.float64],
    *,
    known: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Score yes/no labels at many thresholds, in one pass over the frames.

    Parameters
    ----------
    y_true : numpy.ndarray of float64, shape (n_frames, n_outputs)
        0 or 1.
    probabilities : numpy.ndarray of float64, shape (n_frames, n_outputs)
        A label is given where its probability reaches the threshold.
    thresholds : numpy.ndarray of float64, shape (n_thresholds,)
        Ascending.
    known : numpy.ndarray of bool, shape (n_frames, n_outputs)
        Which values count.

    Returns
    -------
    numpy.ndarray of float64, shape (n_thresholds, n_outputs)
        The F1 of each output: 0 where it is neither there nor predicted, NaN where it has no
        value.
    """
    columns = []
    for true, said, mask in zip(y_true.T, probabilities.T, known.T, strict=True):
        reached = np.searchsorted(thresholds, said[mask], side="right")
        yes = true[mask] == 1
        columns.append(_f1(_at_least(reached[yes], len(thresholds)), reached, int(yes.sum())))
    return np.stack(columns, axis=1)


def _f1(
    hits: NDArray[np.int64], reached: NDArray[np.int64], positives: int
) -> NDArray[np.float64]:
    if not len(reached):
        return np.full(len(hits), math.nan)
    # 2 TP + FP + FN: all that are predicted, and all that are there.
    total = _at_least(reached, len(hits)) + positives
    return np.asarray(2.0 * hits / np.maximum(total, 1))


def _at_least(reached: NDArray[np.int64], n_thresholds: int) -> NDArray[np.int64]:
    # How many values reach the first threshold, the second one, and so on.
    counts = np.bincount(reached, minlength=n_thresholds + 1)[1:]
    return np.asarray(counts[::-1].cumsum()[::-1])
