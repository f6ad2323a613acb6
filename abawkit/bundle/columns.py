"""The columns of a leaderboard, and the numbers that stand in them."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np

from abawkit.evaluation.evaluate import components
from abawkit.metrics import WeightedSum
from abawkit.protocol import Continuous

if TYPE_CHECKING:
    from abawkit.evaluation import Report
    from abawkit.evaluation.bootstrap import Intervals
    from abawkit.protocol import Challenge


def title_of(challenge: Challenge) -> str:
    """Name a challenge for people.

    Parameters
    ----------
    challenge : Challenge
        A row of the table.

    Returns
    -------
    str
        With the number of its edition.
    """
    return f"ABAW {challenge.edition.number}: {challenge.protocol.title}"


def leaderboard(challenge: Challenge) -> dict[str, str]:
    """List the columns of a challenge's leaderboard.

    Parameters
    ----------
    challenge : Challenge
        Whose scores they hold.

    Returns
    -------
    dict of str to str
        The title of each by its key in ``scores.json``: the score, its parts, the classes, and
        after each its interval's ends.
    """
    # What a score is made of, the summary of no frame at all tells.
    nothing = ((target, np.empty((0, target.columns))) for target in challenge.targets)
    parts = tuple(target.summarise(empty, empty) for target, empty in nothing)
    named = components(challenge, WeightedSum(parts, (1.0,) * len(parts)))
    titles = {"score": "Score", **{_slug(name): name.replace("_", " ") for name in named}}
    titles |= {key: name for name, key in class_keys(challenge).items()}
    return {
        key + end: title + end.replace("_", " ")
        for key, title in titles.items()
        for end in ("", "_low", "_high")
    }


def class_keys(challenge: Challenge) -> dict[str, str]:
    """Give each class and action unit a key.

    Parameters
    ----------
    challenge : Challenge
        Whose classes they are; continuous outputs are parts of the score already.

    Returns
    -------
    dict of str to str
        Such as ``expr_Neutral`` by the name of the class.
    """
    return {
        name: _slug(f"{target.name} {name}")
        for target in challenge.targets
        if not isinstance(target, Continuous)
        for name in target.names
    }


def scores_of(report: Report, intervals: Intervals | None = None) -> dict[str, float]:
    """List the numbers of a leaderboard.

    Parameters
    ----------
    report : Report
        The score.
    intervals : Intervals, optional
        How sure it is.

    Returns
    -------
    dict of str to float
        By the keys of `leaderboard`; what is undefined has none.
    """
    classes = class_keys(report.challenge)
    keys = {"score": "score", **{name: _slug(name) for name in report.components}, **classes}
    named = {**report.per_class, **report.components, "score": report.score}
    values = {keys[name]: value for name, value in named.items() if name in keys}
    if intervals is not None:
        drawn = {**intervals.per_class, **intervals.components, "score": intervals.score}
        ends = {keys[name]: interval for name, interval in drawn.items() if name in keys}
        values |= {f"{key}_low": interval.low for key, interval in ends.items()}
        values |= {f"{key}_high": interval.high for key, interval in ends.items()}
    return {key: float(value) for key, value in values.items() if not math.isnan(value)}


def _slug(name: str) -> str:
    return re.sub("[^A-Za-z0-9]+", "_", name)
