"""How numbers and names are written on a page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from urllib.parse import quote

from abawkit.report import numbers

if TYPE_CHECKING:
    from abawkit.evaluation.interval import Interval
    from abawkit.protocol import Challenge

DECIMALS = 4
UNDEFINED = "undefined"
_METRICS = {"ccc": "CCC", "f1": "F1", "pearson": "Pearson"}


def number(value: float) -> str:
    """Write a score.

    Parameters
    ----------
    value : float
        The score.

    Returns
    -------
    str
        With four decimals, never as a negative zero.

    Examples
    --------
    >>> number(0.43121), number(-0.00001), number(float("nan"))
    ('0.4312', '0.0000', 'undefined')
    """
    return numbers.number(value, DECIMALS)


def signed(value: float) -> str:
    """Write a difference of scores.

    Parameters
    ----------
    value : float
        The difference.

    Returns
    -------
    str
        With its sign, and a minus as long as the plus.

    Examples
    --------
    >>> signed(0.0123), signed(float("nan")), signed(-0.5) == "\N{MINUS SIGN}0.5000"
    ('+0.0123', 'undefined', True)
    """
    return numbers.signed(value, DECIMALS).replace("-", "\N{MINUS SIGN}")


def extent(interval: Interval) -> str:
    """Write where a score lies.

    Parameters
    ----------
    interval : Interval
        Its interval.

    Returns
    -------
    str
        From where to where.
    """
    if math.isnan(interval.low):
        return UNDEFINED
    return f"{number(interval.low)} to {number(interval.high)}"


def amount(share: float) -> str:
    """Write a share in percent.

    Parameters
    ----------
    share : float
        From 0 to 1.

    Returns
    -------
    str
        With a decimal if need be.

    Examples
    --------
    >>> amount(0.95), amount(0.1234)
    ('95 %', '12.3 %')
    """
    return UNDEFINED if math.isnan(share) else f"{100 * share:.3g} %"


def spoken(challenge: Challenge, component: str) -> str:
    """Write the name of a part of a score for people.

    Parameters
    ----------
    challenge : Challenge
        Whose score it is.
    component : str
        As `abawkit.evaluation.evaluate.components` names it.

    Returns
    -------
    str
        The metric, then what it is of; tasks in capitals.

    Examples
    --------
    >>> from abawkit.protocol import CHALLENGES
    >>> [spoken(CHALLENGES["abaw4-mtl"], name) for name in ("ccc_valence", "f1_au")]
    ['CCC valence', 'F1 AU']
    """
    metric, _, rest = component.partition("_")
    tasks = {target.name for target in challenge.targets}
    what = rest.upper() if rest in tasks else rest
    return f"{_METRICS.get(metric, metric.capitalize())} {what}"


def timeline_of(video: str) -> str:
    """Name the place of the page where a video is drawn over time.

    Parameters
    ----------
    video : str
        The video.

    Returns
    -------
    str
        What a link leads to.

    Examples
    --------
    >>> timeline_of("a b_left")
    '#timeline=a%20b_left'
    """
    return f"#timeline={quote(video, safe='')}"


def title_of(caption: str) -> str:
    """Take the first sentence of a caption, which is the title of its block.

    Parameters
    ----------
    caption : str
        The caption.

    Returns
    -------
    str
        The sentence, without its full stop.

    Examples
    --------
    >>> title_of("Confusion matrix. Counts of all frames.")
    'Confusion matrix'
    """
    return caption.partition(". ")[0].removesuffix(".")


def note_of(caption: str) -> str:
    """Take the rest of a caption.

    Parameters
    ----------
    caption : str
        The caption.

    Returns
    -------
    str
        What follows on its first sentence, or nothing.

    Examples
    --------
    >>> note_of("Confusion matrix. Counts of all frames."), note_of("All videos.")
    ('Counts of all frames.', '')
    """
    return caption.partition(". ")[2]
