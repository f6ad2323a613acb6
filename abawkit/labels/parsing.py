"""From the bytes of a label file to its rows, with every fault named.

A clean file takes the fast way: its numbers are parsed in one call. Anything out of the ordinary
takes the slow way, line by line, which reads the same rows and says what is wrong with the
others. Accepted without a word: CRLF, a byte order mark, blank lines at the end, spaces
after commas.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import AnnotationError, DataError
from abawkit.labels.values import annotated, expectation, shown, wrong_values
from abawkit.protocol import column_names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from abawkit.protocol import FileFormat, Target

    Report = Callable[[int, str], None]

_BOM = b"\xef\xbb\xbf"
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_PLAIN = b"0123456789+-.eE,\n"
_LONGEST = 80


@dataclass(slots=True)
class Faults:
    """What is wrong with some files, up to a limit; the rest is counted."""

    limit: int = 20
    messages: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, path: Path, line: int, found: str) -> None:
        """Note one fault.

        Parameters
        ----------
        path : Path
            The file.
        line : int
            Its line, from 1.
        found : str
            What was found there and what was expected.
        """
        self.count += 1
        if self.count <= self.limit:
            self.messages.append(f"{path}, line {line}: {found}")

    def check(self) -> None:
        """Give up if there are faults.

        Raises
        ------
        AnnotationError
            With all faults, a line each.
        """
        if self.count:
            rest = self.count - len(self.messages)
            more = [f"and {rest} more faults"] if rest else []
            raise AnnotationError("\n".join(self.messages + more))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Table:
    """The rows of one file.

    ``first_line`` is the line of the first row, from 1; ``keys`` is None where the layout has no
    key column, and so is the key of a row that has too few or too many values; ``values`` is
    float64 ``(n_rows, n_columns)``, sentinels and all.
    """

    path: Path
    first_line: int
    keys: Sequence[str | None] | None
    values: NDArray[np.float64]


def read_text(path: Path) -> bytes:
    """Read a text file, with plain line ends and none at its end.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    bytes
        Its text without byte order mark, carriage returns and blank lines at the end.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    try:
        data = path.read_bytes().removeprefix(_BOM)
    except OSError as error:
        msg = f"{path}: cannot read this file: {error.strerror}"
        raise DataError(msg) from error
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    return data.rstrip()


def header_of(text: bytes) -> str:
    """Give the first line, without the spaces after commas.

    Parameters
    ----------
    text : bytes
        From `read_text`.

    Returns
    -------
    str
        The line; bytes that are no UTF-8 are shown escaped.
    """
    line = text.split(b"\n", 1)[0].decode("utf-8", "backslashreplace")
    return ",".join(name.strip() for name in line.split(","))


def is_text(text: bytes) -> bool:
    """Tell a text file from any other by its first line.

    Parameters
    ----------
    text : bytes
        From `read_text`.

    Returns
    -------
    bool
        Whether the line is UTF-8 without control characters.
    """
    line = text.split(b"\n", 1)[0].decode("utf-8", "replace")
    return "\ufffd" not in line and line.replace("\t", " ").isprintable()


def quoted(text: str) -> str:
    """Quote what was found, or the start of it.

    Parameters
    ----------
    text : str
        A line or a part of one.

    Returns
    -------
    str
        For a message.
    """
    if not text:
        return "nothing"
    return repr(text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "...")


def value_names(layout: FileFormat, targets: Sequence[Target]) -> tuple[str, ...]:
    """Name what each field of a row holds, but for the key.

    Parameters
    ----------
    layout : FileFormat
        The file's layout.
    targets : sequence of Target
        What its columns hold.

    Returns
    -------
    tuple of str
        The label columns, after the probabilities where the layout has them.
    """
    names = column_names(targets)
    if layout.probabilities:
        names = (*(f"p({name})" for name in targets[0].names), *names)
    return names


def parse_table(
    path: Path, text: bytes, layout: FileFormat, targets: Sequence[Target], faults: Faults
) -> Table:
    """Parse the rows of one file and check every value.

    Parameters
    ----------
    path : Path
        The file's name, for messages.
    text : bytes
        From `read_text`; its header is already known to be right.
    layout : FileFormat
        The file's layout.
    targets : sequence of Target
        What its columns hold.
    faults : Faults
        Takes up what is wrong.

    Returns
    -------
    Table
        Its rows; a faulty value is NaN.
    """
    body = text if layout.header is None else text.partition(b"\n")[2]
    first_line = 1 if layout.header is None else 2
    body = body.replace(b", ", b",")
    lines = body.split(b"\n") if body else []
    names = value_names(layout, targets)
    keys: list[str | None] | None = None
    if layout.key is not None:
        pairs = [line.partition(b",") for line in lines]
        body = b"\n".join(rest for _, _, rest in pairs)
        keys = [
            # What is no UTF-8 becomes surrogates, which no name of a video can hold.
            key.decode("utf-8", "surrogateescape").strip()
            if rest.count(b",") == len(names) - 1 and separator
            else None
            for key, separator, rest in pairs
        ]

    def report(row: int, found: str) -> None:
        faults.add(path, first_line + row, found)

    values = _parse_fast(body, len(lines), len(names))
    if values is None:
        key = None if layout.key is None else layout.key.column or "name"
        values = _parse_slow(lines, names, key, report)
    if layout.probabilities:
        values = values[:, -1:]
    _refuse_wrong(values, targets, report)
    return Table(path=path, first_line=first_line, keys=keys, values=values)


def _parse_fast(body: bytes, n_rows: int, n_columns: int) -> NDArray[np.float64] | None:
    """Parse a body of plain numbers, or give None if anything is out of the ordinary.

    Parameters
    ----------
    body : bytes
        Rows of values, without keys.
    n_rows, n_columns : int
        How many there should be.

    Returns
    -------
    numpy.ndarray of float64, shape (n_rows, n_columns), or None
        The values.
    """
    if n_rows == 0:
        return np.empty((0, n_columns))
    if body.translate(None, _PLAIN):
        return None
    # In every line as many commas as there should be: the total alone would let faults cancel.
    marks = np.frombuffer(body + b"\n", dtype=np.uint8)
    marks = marks[(marks == ord(",")) | (marks == ord("\n"))]
    if len(marks) != n_rows * n_columns or np.any(
        (marks == ord("\n")).reshape(n_rows, n_columns)[:, :-1]
    ):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        try:
            values = np.fromstring(body.replace(b"\n", b",").decode(), dtype=np.float64, sep=",")
        except (DeprecationWarning, ValueError):
            # The former up to numpy 2.2, the latter since.
            return None
    return values.reshape(n_rows, n_columns) if values.size == n_rows * n_columns else None


def _parse_slow(
    lines: Sequence[bytes], names: Sequence[str], key: str | None, report: Report
) -> NDArray[np.float64]:
    values = np.full((len(lines), len(names)), np.nan)
    expected = names if key is None else [key, *names]
    for row, line in enumerate(lines):
        text = line.decode("utf-8", "backslashreplace").strip()
        fields = [part.strip() for part in text.split(",")]
        if len(fields) != len(expected):
            found = f"{len(fields)}: {quoted(text)}" if text else "an empty line"
            report(row, f"expected {len(expected)} values ({','.join(expected)}), found {found}")
            continue
        for column, part in enumerate(fields[-len(names) :]):
            if _NUMBER.fullmatch(part):
                values[row, column] = float(part)
            else:
                report(row, f"{names[column]}: expected a number, found {quoted(part)}")
    return values


def _refuse_wrong(values: NDArray[np.float64], targets: Sequence[Target], report: Report) -> None:
    """Report values that are no labels, and put NaN in their place.

    Parameters
    ----------
    values : numpy.ndarray of float64, shape (n_rows, n_columns)
        What was read; NaN is known to be wrong already.
    targets : sequence of Target
        What the columns hold.
    report : callable
        Takes the row and what is wrong with it.
    """
    for wrong in wrong_values(targets, values, annotated(targets, values)):
        wanted = f"{expectation(wrong.target)}, or {wrong.target.unannotated:g} if not annotated"
        report(wrong.row, f"{wrong.name}: expected {wanted}, found {shown(wrong.value)}")
        values[wrong.row, wrong.column] = np.nan
