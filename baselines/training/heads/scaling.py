"""How scores are standardised before a head learns from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from baselines.training.heads.datasets import FeatureDataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from baselines.cache import FeatureCache
    from baselines.labelled import LabelledRows
    from baselines.training.heads.recipe import HeadRecipe

_SMALLEST = 1e-6
"""Share of the largest standard deviation under which a score says nothing, and stays small."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Scaling:
    """What is taken from scores, and what they are divided by then.

    ``mean`` and ``std`` are float64 ``(n_scores,)``; ``std`` is above 0.
    """

    mean: NDArray[np.float64]
    std: NDArray[np.float64]


def scaling_of(scores: NDArray[np.float32]) -> Scaling:
    """Give the mean and the standard deviation of scores, 1 for those that are constant.

    Parameters
    ----------
    scores : numpy.ndarray of float32, shape (n, n_scores)
        At least one row.

    Returns
    -------
    Scaling
        With population moments.
    """
    # From the first row on, so that what is constant has a spread of exactly 0.
    away = scores.astype(np.float64) - scores[0]
    std = away.std(axis=0)
    known = std > _SMALLEST * std.max(initial=0)
    return Scaling(mean=scores[0] + away.mean(axis=0), std=np.where(known, std, 1.0))


def find_scaling(recipe: HeadRecipe, cache: FeatureCache, train: LabelledRows) -> Scaling | None:
    """Find how the scores that a head takes are standardised.

    Parameters
    ----------
    recipe : HeadRecipe
        Whether they are, and which scores a head takes.
    cache : FeatureCache
        The features.
    train : LabelledRows
        The rows of which the moments are taken.

    Returns
    -------
    Scaling or None
        None where scores go in as they are, or none do.
    """
    if not recipe.standardise or recipe.source == "embedding" or not cache.origin.card.outputs:
        return None
    source = "scores" if recipe.source == "both" else recipe.source
    return scaling_of(FeatureDataset(cache, train, source=source).gather(np.arange(len(train))))
