"""How each head of the paper's tables is trained: the published code's choices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abawkit.protocol import find_challenge
from baselines.training.heads.recipe import recipe_for

if TYPE_CHECKING:
    from baselines.reproduction.layout import Setup
    from baselines.training.heads.recipe import HeadRecipe

EDITION = 3
SEED = 12345
"""The first seed; the others follow it."""
_MTL_BATCH = 256


def recipe_of(setup: Setup, *, seed: int, epochs: int | None = None) -> HeadRecipe:
    """Choose how a head of the grid is trained.

    Parameters
    ----------
    setup : Setup
        The head.
    seed : int
        Of the first weights and the order of rows.
    epochs : int, optional
        How often the rows are gone through; as the published code does by default.

    Returns
    -------
    HeadRecipe
        The default recipe of the task with this source and hidden layer; training never ends
        early and scores go in as they are, as in the published code. There the three outputs of
        MTL share one hidden layer, and it has L2, which those of the other tasks have not.
    """
    several = setup.task == "mtl"
    return recipe_for(
        find_challenge(setup.task, EDITION),
        source=setup.source,
        hidden=str(setup.hidden),
        l2=str(1 / _MTL_BATCH) if several else "default",
        shared=several and setup.hidden > 0,
        epochs=epochs,
        patience=0,
        seed=seed,
        standardise=False,
    )
