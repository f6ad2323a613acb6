"""Agreement between sets of independent yes/no labels, such as action units.

Conventions: a label is 0 or 1; each value has its own mask. The F1 of an output is that of its
positive class; an output that is never positive in truth nor prediction counts 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from abawkit.metrics.summary import defined, paired

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, eq=False)
class DetectionCounts:
    """Hits and misses of each output, read as mean F1; ``+`` pools two samples.

    ``counts`` is int64 ``(4, n_outputs)``: true positives, false positives, false negatives and
    true negatives.
    """

    counts: NDArray[np.int64]
    conventions: ClassVar[Mapping[str, str]] = {"absent": "zero"}

    @classmethod
    def of(cls, y_true: ArrayLike, y_pred: ArrayLike, *, known: ArrayLike | None = None) -> Self:
        """Summarise one sample.

        Parameters
        ----------
        y_true, y_pred : array_like of int, shape (n_frames, n_outputs)
            0 or 1.
        known : array_like of bool, shape (n_frames, n_outputs), optional
            Which values count; all by default.

        Returns
        -------
        DetectionCounts
            The counts of every output.

        Raises
        ------
        ValueError
            If a label is neither 0 nor 1.
        """
        true, pred, mask = paired(y_true, y_pred, known, ndim=2)
        for values in (true, pred):
            wrong = mask & (values != 0) & (values != 1)
            if wrong.any():
                msg = f"expected labels 0 or 1, found {values[wrong][0]:g}"
                raise ValueError(msg)
        yes, said = true == 1, pred == 1
        cells = (yes & said, ~yes & said, yes & ~said, ~yes & ~said)
        return cls(np.stack([(cell & mask).sum(axis=0, dtype=np.int64) for cell in cells]))

    def __add__(self, other: Self) -> Self:
        return type(self)(self.counts + other.counts)

    @property
    def per_output(self) -> tuple[float, ...]:
        """F1 of each output; NaN for one without any value."""
        hits, false, missed, _ = self.counts.astype(np.float64)
        total = 2 * hits + false + missed
        empty = np.where(self.counts.any(axis=0), 0.0, math.nan)
        return tuple(np.where(total > 0, 2 * hits / np.maximum(total, 1), empty).tolist())

    @property
    def score(self) -> float:
        """Unweighted mean of the outputs' F1, NaN if one has no value."""
        return float(np.mean(self.per_output))

    @property
    def components(self) -> Mapping[str, float]:
        """The score itself, by its name."""
        return {"f1": self.score}


@dataclass(frozen=True, slots=True, eq=False)
class CellAccuracy(DetectionCounts):
    """Hits and misses, read as the share of right values over all frames and outputs.

    That the 1st and 2nd ABAW's "total accuracy" counts cells, not whole rows, is the only
    reading that reproduces the official leaderboards of the 2nd.
    """

    conventions: ClassVar[Mapping[str, str]] = {}

    @property
    def score(self) -> float:
        """Share of right values, NaN without any."""
        total = self.counts.sum()
        return float((self.counts[0] + self.counts[3]).sum() / total) if total else math.nan

    @property
    def components(self) -> Mapping[str, float]:
        """The score itself, by its name."""
        return {"accuracy": self.score}


def f1_mean(y_true: ArrayLike, y_pred: ArrayLike, *, known: ArrayLike | None = None) -> float:
    """Average the F1 of independent yes/no outputs, as the AU challenges do.

    Parameters
    ----------
    y_true, y_pred : array_like of int, shape (n_frames, n_outputs)
        0 or 1.
    known : array_like of bool, shape (n_frames, n_outputs), optional
        Which values count; all by default.

    Returns
    -------
    float
        In [0, 1]; NaN, with an `UndefinedMetricWarning`, if an output has no value.

    Examples
    --------
    >>> f1_mean([[1, 0], [0, 0], [1, 0]], [[1, 0], [0, 0], [1, 0]])
    0.5
    """
    summary = DetectionCounts.of(y_true, y_pred, known=known)
    return defined(summary.score, "mean F1, an output has no value")
