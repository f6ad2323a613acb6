"""Agreement between continuous traces.

Conventions: population moments (``ddof`` 0) in float64; two traces without spread, or none at
all, leave a coefficient undefined (NaN). Whether a trace is constant is exact, never a matter of
rounding: moments are taken from the first sample, so a constant trace has a spread of exactly 0
at any length and in any order of pooling.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

import numpy as np

from abawkit.metrics.summary import Scores, defined, paired

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedMoments:
    """First and second moments of paired samples; ``+`` pools two disjoint samples.

    ``square_true``, ``square_pred`` and ``cross`` are sums of squares and products about the
    means. Pooling is the parallel update of [1]_.

    References
    ----------
    .. [1] T. F. Chan, G. H. Golub and R. J. LeVeque, "Updating Formulae and a Pairwise
       Algorithm for Computing Sample Variances", COMPSTAT 1982.
    """

    count: int = 0
    mean_true: float = 0.0
    mean_pred: float = 0.0
    square_true: float = 0.0
    square_pred: float = 0.0
    cross: float = 0.0

    @classmethod
    def of(cls, y_true: ArrayLike, y_pred: ArrayLike, *, known: ArrayLike | None = None) -> Self:
        """Summarise one sample.

        Parameters
        ----------
        y_true, y_pred : array_like of float, shape (n_frames,)
            Reference and predicted trace.
        known : array_like of bool, shape (n_frames,), optional
            Which frames count; all by default.

        Returns
        -------
        PairedMoments
            The moments of the sample; all zero for an empty one.
        """
        true, pred, mask = paired(y_true, y_pred, known, ndim=1)
        true, pred = true[mask], pred[mask]
        if true.size == 0:
            return cls()
        # Measured from the first sample, a constant trace stays exactly constant.
        d_true, d_pred = true - true[0], pred - pred[0]
        shift_true, shift_pred = d_true.mean(), d_pred.mean()
        d_true, d_pred = d_true - shift_true, d_pred - shift_pred
        return cls(
            count=true.size,
            mean_true=float(true[0] + shift_true),
            mean_pred=float(pred[0] + shift_pred),
            square_true=float(d_true @ d_true),
            square_pred=float(d_pred @ d_pred),
            cross=float(d_true @ d_pred),
        )

    def __add__(self, other: PairedMoments) -> PairedMoments:
        if self.count == 0 or other.count == 0:
            return self if other.count == 0 else other
        count = self.count + other.count
        share = other.count / count
        weight = self.count * share
        d_true = other.mean_true - self.mean_true
        d_pred = other.mean_pred - self.mean_pred
        return PairedMoments(
            count=count,
            mean_true=self.mean_true + d_true * share,
            mean_pred=self.mean_pred + d_pred * share,
            square_true=self.square_true + other.square_true + d_true * d_true * weight,
            square_pred=self.square_pred + other.square_pred + d_pred * d_pred * weight,
            cross=self.cross + other.cross + d_true * d_pred * weight,
        )

    @property
    def ccc(self) -> float:
        """Concordance correlation coefficient; 0 if one trace is constant, NaN for 0/0."""
        return float(_ccc(self.moments))

    @property
    def pearson(self) -> float:
        """Pearson's correlation, NaN if a trace is constant."""
        return float(_pearson(self.moments))

    @property
    def moments(self) -> Moments:
        """What a coefficient is a function of."""
        shift = self.mean_true - self.mean_pred
        between = np.float64(self.count * shift * shift)
        return Moments(
            between=between,
            square_true=np.float64(self.square_true),
            square_pred=np.float64(self.square_pred),
            cross=np.float64(self.cross),
        )


class Moments(NamedTuple):
    """What coefficients are functions of: of one pooling, or arrays over many.

    ``between`` is the squared distance of the two means, times the count.
    """

    between: Any
    square_true: Any
    square_pred: Any
    cross: Any


def _ccc(moments: Moments) -> NDArray[np.float64]:
    spread = moments.square_true + moments.square_pred + moments.between
    with np.errstate(divide="ignore", invalid="ignore"):
        # Rounding can carry traces that all but agree past the bounds by one unit.
        agreement = np.clip(2.0 * moments.cross / spread, -1.0, 1.0)
    return np.asarray(np.where(spread > 0.0, agreement, math.nan))


def _pearson(moments: Moments) -> NDArray[np.float64]:
    spread = np.sqrt(moments.square_true) * np.sqrt(moments.square_pred)
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = np.clip(moments.cross / spread, -1.0, 1.0)
    return np.asarray(np.where(spread > 0.0, correlation, math.nan))


_FIELDS = ("count", "mean_true", "mean_pred", "square_true", "square_pred", "cross")
_CANCELLED = 1e-3


def _pool(samples: Sequence[PairedMoments], weights: NDArray[np.float64]) -> Moments:
    columns = np.array([[getattr(one, field) for one in samples] for field in _FIELDS], np.float64)
    moments, exact = _pool_products(columns, weights)
    for slot, found in zip(moments, _pool_twice(columns, weights[~exact]), strict=True):
        slot[~exact] = found
    return moments


def _pool_products(
    columns: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[Moments, NDArray[np.bool_]]:
    # One product of matrices, over means less that of all samples; and which poolings of it are
    # exact, for where next to nothing is left of a sum of squares its digits are lost.
    count, mean_true, mean_pred, square_true, square_pred, cross = columns
    everything = max(count.sum(), 1.0)
    middle = (count @ mean_true) / everything, (count @ mean_pred) / everything
    true, pred = mean_true - middle[0], mean_pred - middle[1]
    sums = weights @ np.stack(
        [
            count,
            count * true,
            count * pred,
            square_true + count * true * true,
            square_pred + count * pred * pred,
            cross + count * true * pred,
        ],
        axis=1,
    )
    n_frames, shift_true, shift_pred, raw_true, raw_pred, raw_cross = sums.T
    total = np.maximum(n_frames, 1.0)
    moments = Moments(
        between=n_frames * (middle[0] - middle[1] + (shift_true - shift_pred) / total) ** 2,
        square_true=raw_true - shift_true * shift_true / total,
        square_pred=raw_pred - shift_pred * shift_pred / total,
        cross=raw_cross - shift_true * shift_pred / total,
    )
    kept_true = moments.square_true > _CANCELLED * raw_true
    return moments, kept_true & (moments.square_pred > _CANCELLED * raw_pred)


def _pool_twice(columns: NDArray[np.float64], weights: NDArray[np.float64]) -> Moments:
    # In two passes, so that it is as exact as adding the samples up one by one.
    count, mean_true, mean_pred, *squares = columns
    frames = weights * count
    n_frames = frames.sum(axis=1)
    total = np.maximum(n_frames, 1.0)
    # Measured from one of its own samples, a pooling of equal constants stays exactly constant.
    first = (frames > 0).argmax(axis=1)
    shifts, offsets = [], []
    for mean in (mean_true, mean_pred):
        offset = mean - mean[first][:, None]
        shift = (frames * offset).sum(axis=1) / total
        shifts.append(mean[first] + shift)
        offsets.append(offset - shift[:, None])
    true, pred = offsets
    square_true, square_pred, cross = (weights @ square for square in squares)
    return Moments(
        between=n_frames * (shifts[0] - shifts[1]) ** 2,
        square_true=square_true + (frames * true * true).sum(axis=1),
        square_pred=square_pred + (frames * pred * pred).sum(axis=1),
        cross=cross + (frames * true * pred).sum(axis=1),
    )


@dataclass(frozen=True, slots=True)
class MeanCCC:
    """Mean concordance over the outputs of one target."""

    outputs: tuple[PairedMoments, ...]
    metric: ClassVar[str] = "ccc"
    conventions: ClassVar[Mapping[str, str]] = {"ddof": "0"}

    @classmethod
    def of(cls, y_true: ArrayLike, y_pred: ArrayLike, *, known: ArrayLike | None = None) -> Self:
        """Summarise one sample.

        Parameters
        ----------
        y_true, y_pred : array_like of float, shape (n_frames, n_outputs)
            Reference and predicted traces, one column an output.
        known : array_like of bool, shape (n_frames, n_outputs), optional
            Which values count; all by default.

        Returns
        -------
        MeanCCC
            The moments of every output.
        """
        columns = zip(*(array.T for array in paired(y_true, y_pred, known, ndim=2)), strict=True)
        return cls(tuple(PairedMoments.of(true, pred, known=mask) for true, pred, mask in columns))

    def __add__(self, other: Self) -> Self:
        # Strict, for `map` would drop the outputs that only one of the two has.
        return type(self)(
            tuple(ours + theirs for ours, theirs in zip(self.outputs, other.outputs, strict=True))
        )

    @property
    def per_output(self) -> tuple[float, ...]:
        """The coefficient of each output."""
        return tuple(float(self._coefficient(output.moments)) for output in self.outputs)

    @property
    def score(self) -> float:
        """Unweighted mean over the outputs, NaN if any is undefined."""
        return float(np.mean(self.per_output))

    @property
    def components(self) -> Mapping[str, float]:
        """The score itself, by the name of its coefficient."""
        return {self.metric: self.score}

    @classmethod
    def pooled(cls, samples: Sequence[Self], weights: NDArray[np.float64]) -> Scores:
        """Score many poolings of samples, as `Summary.pooled` says.

        Parameters
        ----------
        samples : sequence of MeanCCC
            One a video.
        weights : numpy.ndarray of float64, shape (n_poolings, n_samples)
            How often each sample is in each pooling.

        Returns
        -------
        Scores
            Of each pooling.
        """
        outputs = zip(*(sample.outputs for sample in samples), strict=True)
        values = np.stack([cls._coefficient(_pool(part, weights)) for part in outputs], axis=1)
        score = values.mean(axis=1)
        return Scores(score=score, components={cls.metric: score}, per_output=values)

    @staticmethod
    def _coefficient(moments: Moments) -> NDArray[np.float64]:
        return _ccc(moments)


@dataclass(frozen=True, slots=True)
class MeanPearson(MeanCCC):
    """Mean Pearson correlation over the outputs of one target."""

    metric: ClassVar[str] = "pearson"
    # Of any degrees of freedom, for they cancel.
    conventions: ClassVar[Mapping[str, str]] = {}

    @staticmethod
    def _coefficient(moments: Moments) -> NDArray[np.float64]:
        return _pearson(moments)


def ccc(y_true: ArrayLike, y_pred: ArrayLike, *, undefined: float = math.nan) -> float:
    """Measure agreement between two continuous traces.

    The concordance correlation coefficient [1]_ is Pearson's correlation shrunk by any
    difference in mean or scale, so 1 means identical traces:
    ``2 cov / (var_true + var_pred + (mean_true - mean_pred) ** 2)``, with population moments.

    Parameters
    ----------
    y_true, y_pred : array_like of float, shape (n_frames,)
        Reference and predicted trace in the same unit, without NaN.
    undefined : float
        What to return where the coefficient is 0/0.

    Returns
    -------
    float
        In [-1, 1]; 0 if just one trace is constant; `undefined` if there are no frames or both
        traces are the same constant, with an `UndefinedMetricWarning` where that is NaN.

    References
    ----------
    .. [1] L. I.-K. Lin, "A Concordance Correlation Coefficient to Evaluate
       Reproducibility", Biometrics 45(1):255-268, 1989.

    Examples
    --------
    >>> round(ccc([3, -0.5, 2, 7], [2.5, 0.0, 2, 8]), 4)
    0.9768
    """
    value = PairedMoments.of(y_true, y_pred).ccc
    if math.isnan(value) and not math.isnan(undefined):
        return undefined
    return defined(value, "CCC of no frames, or of two equal constant traces")


def pearson(y_true: ArrayLike, y_pred: ArrayLike, *, undefined: float = math.nan) -> float:
    """Correlate two continuous traces.

    Parameters
    ----------
    y_true, y_pred : array_like of float, shape (n_frames,)
        Reference and predicted trace, without NaN.
    undefined : float
        What to return where the coefficient is 0/0.

    Returns
    -------
    float
        In [-1, 1]; `undefined` if a trace is constant or there are no frames, with an
        `UndefinedMetricWarning` where that is NaN.

    Examples
    --------
    >>> round(pearson([1, 2, 3], [2, 4, 7]), 4)
    0.9934
    """
    value = PairedMoments.of(y_true, y_pred).pearson
    if math.isnan(value) and not math.isnan(undefined):
        return undefined
    return defined(value, "Pearson correlation of no frames, or of a constant trace")


def mean_ccc(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Average the concordance of several traces, as the VA challenges do.

    Parameters
    ----------
    y_true, y_pred : array_like of float, shape (n_frames, n_outputs)
        Reference and predicted traces, valence before arousal, without NaN.

    Returns
    -------
    float
        In [-1, 1]; NaN, with an `UndefinedMetricWarning`, if a coefficient is undefined.

    Examples
    --------
    >>> mean_ccc([[0.1, 0.2], [0.4, 0.1]], [[0.1, 0.2], [0.4, 0.1]])
    1.0
    """
    return defined(MeanCCC.of(y_true, y_pred).score, "mean CCC, a trace's CCC is 0/0")
