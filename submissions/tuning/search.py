"""The search for one target's settings on some videos.

Filters and weights are tried jointly while there are at most `JOINT` pairs of them; otherwise in
turn, from equal weights on, until neither gets better. For each pair every action unit takes its
own best threshold. Offsets are chosen last, for the filter and the weights that were found.

An undefined score is worse than any other, and of equal ones the first wins.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from submissions.tuning.trials import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from abawkit.temporal import Filter
    from submissions.tuning.grid import Grid
    from submissions.tuning.trials import Trials

    Pair = tuple[tuple[float, ...], Filter]

JOINT = 100


def choose(trials: Trials, grid: Grid, videos: Sequence[str]) -> Settings:
    """Choose the settings that score best on some videos.

    Parameters
    ----------
    trials : Trials
        The outputs of one target.
    grid : Grid
        What to try, with filters for the target.
    videos : sequence of str
        The videos that may be looked at.

    Returns
    -------
    Settings
        The best that were found.
    """
    n_runs = len(trials.runs)
    weights = grid.weights or ((1 / n_runs,) * n_runs,)
    filters = grid.smooth[trials.target.name]
    pair = _best_pair(trials, weights, filters, videos)
    settings = Settings(
        weights=pair[0], smooth=pair[1], thresholds=trials.table(*pair).best(videos).thresholds
    )
    if not grid.offsets:
        return settings
    return replace(settings, offsets=trials.offsets(settings, grid.offsets, videos))


def _best_pair(
    trials: Trials,
    weights: Sequence[tuple[float, ...]],
    filters: Sequence[Filter],
    videos: Sequence[str],
) -> Pair:
    def score(pair: Pair) -> float:
        value = trials.table(*pair).best(videos).score
        return -math.inf if math.isnan(value) else value

    if len(weights) * len(filters) <= JOINT:
        return max(product(weights, filters), key=score)
    # Of equals the pair at hand wins, so that every round but the last makes it better.
    pair, before = (weights[0], filters[0]), None
    while pair != before:
        before = pair
        pair = max([pair, *((pair[0], each) for each in filters)], key=score)
        pair = max([pair, *((each, pair[1]) for each in weights)], key=score)
    return pair
