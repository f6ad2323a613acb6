"""A table of predictions: named columns, and where each row stands in its source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import DataError, few

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import pandas as pd
    from numpy.typing import NDArray

NOTHING = ["", "nan", "NaN", "NA"]
"""What stands in a table for a value that is not there."""
KINDS = "biufOUST"
"""The kinds of numpy types that are numbers or text."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Table:
    """Named columns of equal length, and where each row stands in its source.

    ``video`` is the one video that the rows are of where no column tells, ``first`` the number
    of a video's first frame where that is certain; ``unit`` is what the source calls a row, and
    ``numbers`` are the numbers of the rows, ``(n_rows,)``.
    """

    source: str
    columns: Mapping[str, pd.Series[Any]]
    unit: str
    numbers: NDArray[np.intp]
    video: str | None = None
    first: int | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    def places(self, rows: NDArray[np.intp]) -> str:
        """Name the first few of some rows.

        Parameters
        ----------
        rows : numpy.ndarray of int
            Which rows, from 0; at least one.

        Returns
        -------
        str
            For example ``line 17 and 3 more``.
        """
        rest = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
        return f"{self.unit} {self.numbers[rows[0]]}{rest}"

    def texts(self, name: str) -> pd.Series[Any]:
        """Give a column as text.

        Parameters
        ----------
        name : str
            The column.

        Returns
        -------
        pandas.Series of str
            Without spaces around; empty where there is nothing.
        """
        column = self.columns[name]
        return column.astype(object).where(column.notna(), "").astype(str).str.strip()

    def numbers_of(self, name: str, *, expected: str) -> NDArray[np.float64]:
        """Give a column as numbers.

        Parameters
        ----------
        name : str
            The column.
        expected : str
            What it holds, for the message.

        Returns
        -------
        numpy.ndarray of float64, shape (n_rows,)
            NaN where there is nothing.

        Raises
        ------
        DataError
            If something else is among them.
        """
        import pandas as pd  # noqa: PLC0415 - half a second, for those who have tables

        column = self.columns[name]
        if column.dtype.kind in "biuf":
            return np.asarray(column.to_numpy(np.float64, na_value=np.nan), np.float64)
        texts = self.texts(name)
        found = pd.to_numeric(texts, errors="coerce").to_numpy(np.float64)
        wrong = np.flatnonzero(np.isnan(found) & ~texts.isin(NOTHING).to_numpy())
        if wrong.size:
            msg = (
                f"{self.source}, {self.places(wrong)}: expected {expected} in {name}, "
                f"found {texts.iloc[wrong[0]]!r}"
            )
            raise DataError(msg)
        return found


def table_of(frame: pd.DataFrame, *, source: str = "table") -> Table:
    """Take a pandas frame; named levels of its index are columns too.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table.
    source : str
        What to call it in messages.

    Returns
    -------
    Table
        Its columns.

    Raises
    ------
    DataError
        If a name is there twice, there are no rows, or a column is no numbers or text.
    """
    named = [name for name in frame.index.names if name not in {None, *frame.columns}]
    frame = frame.reset_index(level=named) if named else frame
    names = [str(name) for name in frame.columns]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        msg = (
            f"{source}: the column {twice[0]!r} is there {names.count(twice[0])} times; expected "
            f"each once, found {few(names, limit=30)}"
        )
        raise DataError(msg)
    if not len(frame):
        msg = f"{source}: no rows; expected one a frame, found the columns {few(names, limit=30)}"
        raise DataError(msg)
    columns = {name: frame[key] for name, key in zip(names, frame.columns, strict=True)}
    strange = [name for name, column in columns.items() if column.dtype.kind not in KINDS]
    if strange:
        found = columns[strange[0]].dtype
        msg = f"{source}: expected numbers or text in {strange[0]!r}, found {found}"
        raise DataError(msg)
    return Table(source=source, columns=columns, unit="row", numbers=np.arange(len(frame)))
