"""Scores made of scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from abawkit.metrics.categorical import Confusion
from abawkit.metrics.continuous import MeanCCC
from abawkit.metrics.multilabel import DetectionCounts
from abawkit.metrics.summary import Scores, defined

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from abawkit.metrics.summary import Summary


@dataclass(frozen=True, slots=True)
class WeightedSum:
    """A weighted sum of other scores of the same frames; ``+`` pools part by part."""

    parts: tuple[Summary, ...]
    weights: tuple[float, ...]

    def __add__(self, other: Self) -> Self:
        # Strict, for `map` would drop the parts that only one of the two has.
        pairs = zip(self.parts, other.parts, strict=True)
        return type(self)(tuple(ours + theirs for ours, theirs in pairs), self.weights)

    @property
    def score(self) -> float:
        """The weighted sum, NaN if a part is undefined."""
        return sum(
            weight * part.score for weight, part in zip(self.weights, self.parts, strict=True)
        )

    @property
    def components(self) -> Mapping[str, float]:
        """The parts' components together."""
        return {name: value for part in self.parts for name, value in part.components.items()}

    @property
    def conventions(self) -> Mapping[str, str]:
        """The parts' conventions together."""
        return {name: how for part in self.parts for name, how in part.conventions.items()}

    @property
    def per_output(self) -> tuple[float, ...]:
        """The first part's."""
        return self.parts[0].per_output

    @classmethod
    def pooled(cls, samples: Sequence[Self], weights: NDArray[np.float64]) -> Scores:
        """Score many poolings of samples, the same ones for each part.

        Parameters
        ----------
        samples : sequence of WeightedSum
            One a video.
        weights : numpy.ndarray of float64, shape (n_poolings, n_samples)
            How often each sample is in each pooling.

        Returns
        -------
        Scores
            Of each pooling.
        """
        parts = [
            type(of_part[0]).pooled(of_part, weights)
            for of_part in zip(*(sample.parts for sample in samples), strict=True)
        ]
        shares = zip(samples[0].weights, parts, strict=True)
        return Scores(
            score=sum((weight * part.score for weight, part in shares), np.zeros(len(weights))),
            components={name: value for part in parts for name, value in part.components.items()},
            per_output=parts[0].per_output,
        )


def p_mtl(
    *,
    va: tuple[ArrayLike, ArrayLike],
    expr: tuple[ArrayLike, ArrayLike],
    au: tuple[ArrayLike, ArrayLike],
) -> float:
    """Score the multi-task challenge: mean CCC + macro F1 over 8 classes + mean F1 over AUs.

    Parameters
    ----------
    va : pair of array_like of float, shape (n_frames, 2)
        True and predicted valence and arousal, of the frames annotated for them.
    expr : pair of array_like of int, shape (m_frames,)
        True and predicted expression, of the frames annotated for it.
    au : pair of array_like of int, shape (k_frames, 12)
        True and predicted action units, of the frames annotated for them.

    Returns
    -------
    float
        At most 3; NaN, with an `UndefinedMetricWarning`, if a part is undefined.

    Examples
    --------
    >>> aus = [[1] * 12, [0] * 12]
    >>> va = [[0.1, -0.2], [0.3, 0.4]]
    >>> p_mtl(va=(va, va), expr=([0, 1, 2, 3], [0, 1, 2, 3]), au=(aus, aus))
    2.5
    """
    parts = (MeanCCC.of(*va), Confusion.of(*expr, classes=8), DetectionCounts.of(*au))
    return defined(WeightedSum(parts, (1.0, 1.0, 1.0)).score, "P_MTL, a part of it is undefined")
