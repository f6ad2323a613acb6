"""Which values a target allows: one rule for readers and writers."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import numpy as np

from abawkit.protocol import Categorical, Continuous, MultiLabel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from abawkit.protocol import Target


def allowed(target: Target, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which values are labels of a target; the sentinel is not one.

    Parameters
    ----------
    target : Target
        The target.
    values : numpy.ndarray of float64, any shape
        What to check; NaN is never a label.

    Returns
    -------
    numpy.ndarray of bool, of that shape
        Whether each value is a label.
    """
    fits: NDArray[np.bool_]
    match target:
        case Continuous():
            fits = (values >= target.low) & (values <= target.high)
        case Categorical():
            fits = (values == np.floor(values)) & (values >= 0) & (values < len(target.names))
        case MultiLabel():
            fits = (values == 0) | (values == 1)
        case _:
            assert_never(target)
    return fits


def expectation(target: Target) -> str:
    """Say in words which values a target allows.

    Parameters
    ----------
    target : Target
        The target.

    Returns
    -------
    str
        For example ``-1 to 1``.
    """
    match target:
        case Continuous():
            return f"{target.low:g} to {target.high:g}"
        case Categorical():
            return f"a class, 0 to {len(target.names) - 1}"
        case MultiLabel():
            return "0 or 1"
        case _:
            assert_never(target)


def shown(value: float) -> str:
    """Show a value with all its digits, as a message should.

    Parameters
    ----------
    value : float
        The value.

    Returns
    -------
    str
        The shortest text that is read as the same value.

    Examples
    --------
    >>> shown(2.0), shown(1.0000001)
    ('2', '1.0000001')
    """
    return repr(float(value)).removesuffix(".0")
