"""Agreement between sequences of class labels.

Conventions: classes are ``0 … classes - 1``, all of them defined by the task whether or not they
occur. The F1 of a class that is in neither truth nor prediction counts 0 [1]_; teams that
average over present classes only get another number for the same files (``absent="skip"``).

References
----------
.. [1] The challenges print the score as a sum over all classes divided by their number, for
   example "F1_expr / 8" in the 11th ABAW's definition of P_MTL.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np

from abawkit.metrics.summary import Scores, defined, paired

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

Absent = Literal["zero", "skip"]


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """Confusion matrix ``matrix[true, pred]``, read as macro F1; ``+`` pools two samples."""

    matrix: NDArray[np.int64]
    absent: Absent = "zero"
    metric: ClassVar[str] = "f1"

    @classmethod
    def of(
        cls,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        classes: int,
        known: ArrayLike | None = None,
        absent: Absent = "zero",
    ) -> Self:
        """Summarise one sample.

        Parameters
        ----------
        y_true, y_pred : array_like of int, shape (n_frames,) or (n_frames, 1)
            Class indices in ``range(classes)``.
        classes : int
            Number of classes the task defines, whether or not they occur.
        known : array_like of bool, of the same shape, optional
            Which frames count; all by default.
        absent : {"zero", "skip"}
            Whether a class in neither truth nor prediction counts 0 or is left out.

        Returns
        -------
        Confusion
            The confusion matrix of the sample.

        Raises
        ------
        ValueError
            If a label is not one of the classes.
        """
        true, pred, mask = paired(y_true, y_pred, known, ndim=max(np.ndim(y_true), 1))
        if true.shape[1:] not in {(), (1,)}:
            msg = f"expected one label a frame, found shape {true.shape}"
            raise ValueError(msg)
        labels = np.stack([true[mask], pred[mask]])
        wrong = (labels != np.floor(labels)) | (labels < 0) | (labels >= classes)
        if wrong.any():
            msg = f"expected class labels 0 to {classes - 1}, found {labels[wrong][0]:g}"
            raise ValueError(msg)
        first, second = labels.astype(np.int64)
        flat = np.bincount(first * classes + second, minlength=classes * classes)
        return cls(flat.reshape(classes, classes).astype(np.int64), absent)

    def __add__(self, other: Self) -> Self:
        return type(self)(self.matrix + other.matrix, self.absent)

    @property
    def per_output(self) -> tuple[float, ...]:
        """F1 of each class; an absent one's is 0, or NaN where it is skipped."""
        return tuple(self._f1(self.matrix, self.absent).tolist())

    @property
    def score(self) -> float:
        """Unweighted mean of the classes' F1, NaN without any frame."""
        return float(self._score(self.matrix, self.absent))

    @property
    def components(self) -> Mapping[str, float]:
        """The score itself, by its name."""
        return {self.metric: self.score}

    @property
    def conventions(self) -> Mapping[str, str]:
        """How a class in neither truth nor prediction counts."""
        return {"absent": self.absent}

    @classmethod
    def pooled(cls, samples: Sequence[Self], weights: NDArray[np.float64]) -> Scores:
        """Score many poolings of samples, as `Summary.pooled` says.

        Parameters
        ----------
        samples : sequence of Confusion
            One a video.
        weights : numpy.ndarray of float64, shape (n_poolings, n_samples)
            How often each sample is in each pooling.

        Returns
        -------
        Scores
            Of each pooling.
        """
        absent = samples[0].absent
        flat = np.stack([sample.matrix.ravel() for sample in samples]).astype(np.float64)
        matrices = (weights @ flat).reshape(-1, *samples[0].matrix.shape)
        score = cls._score(matrices, absent)
        per_output = cls._f1(matrices, absent)
        return Scores(score=score, components={cls.metric: score}, per_output=per_output)

    @staticmethod
    def _f1(matrix: NDArray[Any], absent: Absent) -> NDArray[np.float64]:
        hits = 2.0 * np.diagonal(matrix, axis1=-2, axis2=-1)
        total = matrix.sum(axis=-2) + matrix.sum(axis=-1)
        counts = (absent == "zero") & matrix.any(axis=(-2, -1))
        empty = np.where(counts, 0.0, math.nan)[..., None]
        return np.asarray(np.where(total > 0, hits / np.maximum(total, 1), empty))

    @classmethod
    def _score(cls, matrix: NDArray[Any], absent: Absent) -> NDArray[np.float64]:
        values = cls._f1(matrix, absent)
        present = (~np.isnan(values)).sum(axis=-1)
        total = np.nansum(values, axis=-1)
        return np.asarray(np.where(present > 0, total / np.maximum(present, 1), math.nan))


@dataclass(frozen=True, slots=True, eq=False)
class Accuracy(Confusion):
    """Confusion matrix, read as the share of frames whose class is right."""

    metric: ClassVar[str] = "accuracy"

    @property
    def conventions(self) -> Mapping[str, str]:
        """None: an absent class has no share."""
        return {}

    @classmethod
    def _score(cls, matrix: NDArray[Any], absent: Absent) -> NDArray[np.float64]:  # noqa: ARG003
        total = matrix.sum(axis=(-2, -1))
        right = np.trace(matrix, axis1=-2, axis2=-1)
        return np.asarray(np.where(total > 0, right / np.maximum(total, 1), math.nan))


def f1_macro(
    y_true: ArrayLike, y_pred: ArrayLike, *, classes: int, absent: Absent = "zero"
) -> float:
    """Average the F1 of each class, as the EXPR challenges do.

    Parameters
    ----------
    y_true, y_pred : array_like of int, shape (n_frames,)
        Class indices in ``range(classes)``.
    classes : int
        Number of classes the task defines: 8 for EXPR from the 3rd edition on.
    absent : {"zero", "skip"}
        Whether a class in neither truth nor prediction counts 0 or is left out.

    Returns
    -------
    float
        In [0, 1]; NaN, with an `UndefinedMetricWarning`, if there are no frames.

    Examples
    --------
    >>> round(f1_macro([0, 0, 1, 4, 4, 7], [0, 1, 1, 4, 7, 7], classes=8), 4)
    0.3333
    >>> round(f1_macro([0, 0, 1, 4, 4, 7], [0, 1, 1, 4, 7, 7], classes=8, absent="skip"), 4)
    0.6667
    """
    summary = Confusion.of(y_true, y_pred, classes=classes, absent=absent)
    return defined(summary.score, "macro F1 of no frames")


def accuracy(y_true: ArrayLike, y_pred: ArrayLike, *, classes: int) -> float:
    """Give the share of frames whose class is right.

    Parameters
    ----------
    y_true, y_pred : array_like of int, shape (n_frames,)
        Class indices in ``range(classes)``.
    classes : int
        Number of classes the task defines.

    Returns
    -------
    float
        In [0, 1]; NaN, with an `UndefinedMetricWarning`, if there are no frames.

    Examples
    --------
    >>> accuracy([0, 1, 2, 2], [0, 1, 1, 2], classes=3)
    0.75
    """
    return defined(Accuracy.of(y_true, y_pred, classes=classes).score, "accuracy of no frames")
