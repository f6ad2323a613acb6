"""What the columns of a table say: values, action units, and classes in any of their forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import DataError
from abawkit.labels.values import allowed, expectation, shown
from abawkit.protocol import MultiLabel
from submissions.conversion.naming import plain
from submissions.conversion.parts import one_hot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from abawkit.protocol import Categorical, Continuous
    from submissions.conversion.table import Table

    Array = NDArray[np.float64]

_SUM = 0.01
"""How far from 1 the probabilities of all classes may add up to."""


def read_outputs(table: Table, target: Continuous | MultiLabel, names: Sequence[str]) -> Array:
    """Read columns of values, or of action units.

    Parameters
    ----------
    table : Table
        The table.
    target : Continuous or MultiLabel
        What they hold.
    names : sequence of str
        The columns, one a name of the target.

    Returns
    -------
    numpy.ndarray of float64, shape (n_rows, n_names)
        NaN where there is nothing, or the sentinel.

    Raises
    ------
    DataError
        If a value is out of range.
    """
    units = isinstance(target, MultiLabel)
    expected = "0 or 1, or a probability" if units else expectation(target)
    columns = []
    for name in names:
        values = table.numbers_of(name, expected=expected)
        values = np.where(values == target.unannotated, np.nan, values)
        fits = (values >= 0) & (values <= 1) if units else allowed(target, values)
        wrong = np.flatnonzero(~fits & ~np.isnan(values))
        if wrong.size:
            msg = (
                f"{table.source}, {table.places(wrong)}: expected {expected} in {name}, found "
                f"{shown(values[wrong[0]])}; nothing is clipped here: clip or scale it yourself"
            )
            raise DataError(msg)
        columns.append(values)
    return np.column_stack(columns)


def read_scores(table: Table, names: Sequence[str]) -> tuple[Array, Array | None]:
    """Read one output a class.

    Parameters
    ----------
    table : Table
        The table.
    names : sequence of str
        The columns, in the order of the classes.

    Returns
    -------
    scores : numpy.ndarray of float64, shape (n_rows, n_classes)
        The outputs, of which the greatest wins; NaN in the whole row where one is not there.
    probabilities : numpy.ndarray of float64, shape (n_rows, n_classes), or None
        The same divided by their sum, where they are probabilities.

    Raises
    ------
    DataError
        If an output is infinite.
    """
    expected = "the output of a class"
    scores = np.column_stack([table.numbers_of(name, expected=expected) for name in names])
    scores[np.isnan(scores).any(axis=1)] = np.nan
    wrong = np.argwhere(np.isinf(scores))
    if len(wrong):
        msg = (
            f"{table.source}, {table.places(wrong[:, 0])}: expected a finite number in "
            f"{names[wrong[0, 1]]}, found {shown(scores[tuple(wrong[0])])}"
        )
        raise DataError(msg)
    total = scores.sum(axis=1, keepdims=True)
    no_shares = (scores < 0) | (scores > 1) | (abs(total - 1) > _SUM)
    return scores, None if no_shares.any() else scores / total


def read_classes(table: Table, target: Categorical, name: str) -> Array:
    """Read a column of class labels: indices, or names.

    Parameters
    ----------
    table : Table
        The table.
    target : Categorical
        The classes.
    name : str
        The column.

    Returns
    -------
    numpy.ndarray of float64, shape (n_rows, n_classes)
        1 for the class and 0 for the others; NaN where there is nothing, or the sentinel.

    Raises
    ------
    DataError
        If a label is no class.
    """
    import pandas as pd  # noqa: PLC0415

    index, found = pd.factorize(table.texts(name))
    meaning = {plain(text): float(i) for i, text in enumerate(target.names)}
    classes = [_class(str(text), target, meaning) for text in found]
    wrong = np.flatnonzero(np.array([label is None for label in classes])[index])
    if wrong.size:
        msg = (
            f"{table.source}, {table.places(wrong)}: expected a class in {name}, by its name or "
            f"from 0 to {len(target.names) - 1} ({', '.join(target.names)}), found "
            f"{str(found[index[wrong[0]]])!r}"
        )
        raise DataError(msg)
    return one_hot(np.array(classes, np.float64)[index], len(target.names))


def _class(text: str, target: Categorical, meaning: dict[str, float]) -> float | None:
    if plain(text) in meaning:
        return meaning[plain(text)]
    try:
        number = float(text or "nan")
    except ValueError:
        return None
    if np.isnan(number) or number == target.unannotated:
        return np.nan
    return number if allowed(target, np.array(number)) else None
