"""Agreement between sets of independent yes/no labels, such as action units.

Conventions: a label is 0 or 1; each value has its own mask. The F1 of an output is that of its
positive class; an output that is never positive in truth nor prediction counts 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from abawkit.metrics.summary import Scores, defined, paired

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, eq=False)
class DetectionCounts:
    """Hits and misses of each output, read as mean F1; ``+`` pools two samples.

    ``counts`` is int64 ``(4, n_outputs)``: true positives, false positives, false negatives and
    true negatives.
    """

    counts: NDArray[np.int64]
    metric: ClassVar[str] = "f1"
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
        return tuple(self._f1(self.counts).tolist())

    @property
    def score(self) -> float:
        """Unweighted mean of the outputs' F1, NaN if one has no value."""
        return float(self._score(self.counts))

    @property
    def components(self) -> Mapping[str, float]:
        """The score itself, by its name."""
        return {self.metric: self.score}

    @classmethod
    def pooled(cls, samples: Sequence[Self], weights: NDArray[np.float64]) -> Scores:
        """Score many poolings of samples, as `Summary.pooled` says.

        Parameters
        ----------
        samples : sequence of DetectionCounts
            One a video.
        weights : numpy.ndarray of float64, shape (n_poolings, n_samples)
            How often each sample is in each pooling.

        Returns
        -------
        Scores
            Of each pooling.
        """
        flat = np.stack([sample.counts.ravel() for sample in samples]).astype(np.float64)
        counts = (weights @ flat).reshape(-1, *samples[0].counts.shape)
        score = cls._score(counts)
        return Scores(score=score, components={cls.metric: score}, per_output=cls._f1(counts))

    @staticmethod
    def _f1(counts: NDArray[Any]) -> NDArray[np.float64]:
        hits, false, missed = (counts[..., cell, :].astype(np.float64) for cell in range(3))
        total = 2 * hits + false + missed
        empty = np.where(counts.any(axis=-2), 0.0, math.nan)
        return np.asarray(np.where(total > 0, 2 * hits / np.maximum(total, 1), empty))

    @classmethod
    def _score(cls, counts: NDArray[Any]) -> NDArray[np.float64]:
        return np.asarray(cls._f1(counts).mean(axis=-1))


@dataclass(frozen=True, slots=True, eq=False)
class CellAccuracy(DetectionCounts):
    """Hits and misses, read as the share of right values over all frames and outputs.

    That the 1st and 2nd ABAW's "total accuracy" counts cells, not whole rows, is the only
    reading that reproduces the official leaderboards of the 2nd.
    """

    metric: ClassVar[str] = "accuracy"
    conventions: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def _score(cls, counts: NDArray[Any]) -> NDArray[np.float64]:
        total = counts.sum(axis=(-2, -1))
        right = counts[..., (0, 3), :].sum(axis=(-2, -1))
        return np.asarray(np.where(total > 0, right / np.maximum(total, 1), math.nan))


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
