"""Intervals in words, and as JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from abawkit.errors import counted
from abawkit.report.numbers import number

if TYPE_CHECKING:
    from abawkit.evaluation.bootstrap import Intervals
    from abawkit.evaluation.interval import Interval


def interval_text(interval: Interval, decimals: int) -> str:
    """Write an interval.

    Parameters
    ----------
    interval : Interval
        The interval.
    decimals : int
        How many decimals its ends have.

    Returns
    -------
    str
        Such as ``[0.3921, 0.4698]``; ``undefined`` where no resample has a score.
    """
    if math.isnan(interval.mean):
        return "undefined"
    return f"[{number(interval.low, decimals)}, {number(interval.high, decimals)}]"


def how_drawn(intervals: Intervals, decimals: int) -> str:
    """Say how intervals were drawn.

    Parameters
    ----------
    intervals : Intervals
        The intervals of a report.
    decimals : int
        How many decimals scores have.

    Returns
    -------
    str
        Such as ``95 % interval of 10,000 resamples of 71 videos, seed 12345, mean 0.4302``; also
        in how many resamples the score is undefined, if it is in any.
    """
    bootstrap, score = intervals.bootstrap, intervals.score
    text = (
        f"{100 * bootstrap.level:.6g} % interval of {counted(bootstrap.resamples, 'resample')} of "
        f"{counted(intervals.n_units, bootstrap.unit)}, seed {bootstrap.seed}, "
        f"mean {number(score.mean, decimals)}"
    )
    if score.undefined:
        text += f"; {counted(score.undefined, 'resample')} without a score left out"
    return text


def interval_record(interval: Interval) -> dict[str, Any]:
    """Give an interval as a JSON object.

    Parameters
    ----------
    interval : Interval
        The interval.

    Returns
    -------
    dict
        ``low``, ``high`` and ``mean``, null where no resample has a score; in how many it is
        ``undefined``; and by which ``method`` the ends came about.
    """
    numbers = {"low": interval.low, "high": interval.high, "mean": interval.mean}
    return {
        **{name: None if math.isnan(value) else value for name, value in numbers.items()},
        "undefined": interval.undefined,
        "method": interval.method,
    }


def interval_json(intervals: Intervals) -> dict[str, Any]:
    """Give the intervals of a report as JSON objects.

    Parameters
    ----------
    intervals : Intervals
        The intervals.

    Returns
    -------
    dict
        ``interval`` is that of the score, and how all of them were drawn: ``n`` resamples of
        ``n_units`` units; ``intervals`` holds those of the components and classes by name.
        Each is an `interval_record`.
    """
    bootstrap = intervals.bootstrap
    return {
        "interval": {
            **interval_record(intervals.score),
            "level": bootstrap.level,
            "n": bootstrap.resamples,
            "unit": bootstrap.unit,
            "n_units": intervals.n_units,
            "seed": bootstrap.seed,
        },
        "intervals": {
            "components": {
                name: interval_record(one) for name, one in intervals.components.items()
            },
            "per_class": {name: interval_record(one) for name, one in intervals.per_class.items()},
        },
    }
