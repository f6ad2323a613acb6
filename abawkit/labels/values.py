"""Which values a target allows: one rule for readers and writers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

import numpy as np

from abawkit.protocol import Categorical, Continuous, MultiLabel, blocks, column_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A value that is no label: where it stands, from row and column 0, and of what it is."""

    row: int
    column: int
    value: float
    name: str
    target: Target


def wrong_values(
    targets: Sequence[Target], values: NDArray[np.float64], known: NDArray[np.bool_]
) -> Iterator[Wrong]:
    """Find the values that are no labels.

    Parameters
    ----------
    targets : sequence of Target
        What the columns hold.
    values : numpy.ndarray of float64, shape (n_rows, n_columns)
        What to check.
    known : numpy.ndarray of bool, of that shape
        Which values are to be labels.

    Yields
    ------
    Wrong
        One value, target by target and row by row.
    """
    names = column_names(targets)
    for target, columns in blocks(targets):
        wrong = known[:, columns] & ~allowed(target, values[:, columns])
        for row, offset in np.argwhere(wrong).tolist():
            column = columns.start + offset
            value = float(values[row, column])
            yield Wrong(row=row, column=column, value=value, name=names[column], target=target)


def annotated(targets: Sequence[Target], values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which values are no sentinels.

    Parameters
    ----------
    targets : sequence of Target
        What the columns hold.
    values : numpy.ndarray of float64, shape (n_rows, n_columns)
        As they stand in a file, NaN where there is none.

    Returns
    -------
    numpy.ndarray of bool, of that shape
        Whether each is a value, and not its target's sentinel.
    """
    known = ~np.isnan(values)
    for target, columns in blocks(targets):
        known[:, columns] &= values[:, columns] != target.unannotated
    return known


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
