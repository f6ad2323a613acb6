"""Scores and their changes in words."""

from __future__ import annotations

import math


def number(value: float, decimals: int) -> str:
    """Write a score.

    Parameters
    ----------
    value : float
        The score.
    decimals : int
        How many decimals it has.

    Returns
    -------
    str
        Never a negative zero; ``undefined`` for NaN.

    Examples
    --------
    >>> number(-0.00001, 4), number(float("nan"), 4)
    ('0.0000', 'undefined')
    """
    return "undefined" if math.isnan(value) else f"{value:z.{decimals}f}"


def signed(value: float, decimals: int) -> str:
    """Write a change of a score.

    Parameters
    ----------
    value : float
        The change.
    decimals : int
        How many decimals it has.

    Returns
    -------
    str
        With its sign, and ``undefined`` for NaN.

    Examples
    --------
    >>> signed(0.25, 2), signed(-0.001, 2)
    ('+0.25', '+0.00')
    """
    return "undefined" if math.isnan(value) else f"{value:+z.{decimals}f}"


def shows(value: float, decimals: int) -> bool:
    """Tell whether a change is large enough to be seen when it is written.

    Parameters
    ----------
    value : float
        The change.
    decimals : int
        How many decimals are written.

    Returns
    -------
    bool
        Whether it is written as other than 0; not so for NaN.

    Examples
    --------
    >>> shows(-0.0004, 3), shows(-0.0006, 3)
    (False, True)
    """
    return bool(round(abs(value), decimals)) and not math.isnan(value)
