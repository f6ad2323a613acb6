"""A submission before or after it is repaired: its rows, its lines, and which row became which."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from abawkit.labels.text import read_text
from submissions.validation.fixing.changes import Change, Changes, joined
from submissions.validation.repeats import occurrences, spots_of
from submissions.validation.rows import SubmittedRows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from submissions.validation.rows import Ints, Mask
    from submissions.validation.submission import Submission

_AT_ONCE = 1 << 16
"""Of how many rows text is taken at once."""


@dataclass(frozen=True, slots=True, eq=False)
class _Text:
    """The text of a file, and where its newlines are."""

    data: bytes
    newlines: Ints

    @classmethod
    def of(cls, path: Path) -> _Text:
        data = read_text(path)
        return cls(data, np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n")))

    def line(self, number: int) -> str:
        start = 0 if number == 1 else int(self.newlines[number - 2]) + 1
        stop = int(self.newlines[number - 1]) if number <= len(self.newlines) else len(self.data)
        return self.data[start:stop].decode("utf-8", "backslashreplace")


class Side:
    """A submission before or after, and its rows.

    Parameters
    ----------
    submission : Submission
        The submission.
    """

    def __init__(self, submission: Submission) -> None:
        self.submission = submission
        self.rows = SubmittedRows.of(submission)

    @cached_property
    def _texts(self) -> list[_Text]:
        return [_Text.of(path) for path in self.rows.paths]

    def lines(self, rows: Ints) -> Iterator[str]:
        """Give the lines of some rows.

        Parameters
        ----------
        rows : numpy.ndarray of int
            Indices into the rows.

        Yields
        ------
        str
            The text of each.
        """
        for start in range(0, len(rows), _AT_ONCE):
            part = rows[start : start + _AT_ONCE]
            files, lines = self.rows.file[part].tolist(), self.rows.line[part].tolist()
            for file, line in zip(files, lines, strict=True):
                yield self._texts[file].line(line)

    def changes(
        self, code: str, rows: Ints, *, before: Iterable[str], after: Iterable[str]
    ) -> Changes:
        """Note changes of some rows.

        Parameters
        ----------
        code : str
            Their kind.
        rows : numpy.ndarray of int
            Indices into the rows, whose lines are those of the changes.
        before, after : iterable of str
            The lines, one a row.

        Returns
        -------
        Changes
            Of lines that follow one another and say the same, one.
        """
        places = self._places(rows)
        entries = (
            Change(code, file, line, line, old, new)
            for (file, line), old, new in zip(places, before, after, strict=True)
        )
        return Changes(code=code, count=len(rows), entries=joined(entries))

    def _places(self, rows: Ints) -> Iterator[tuple[str, int]]:
        names = [path.name for path in self.rows.paths]
        for start in range(0, len(rows), _AT_ONCE):
            part = rows[start : start + _AT_ONCE]
            files, lines = self.rows.file[part].tolist(), self.rows.line[part].tolist()
            for file, line in zip(files, lines, strict=True):
                yield names[file], line

    def noted(self, *codes: str) -> Mask:
        """Tell which rows have one of some faults.

        Parameters
        ----------
        *codes : str
            The kinds of faults.

        Returns
        -------
        numpy.ndarray of bool, shape (n_rows,)
            Whether there is one on the row's line.
        """
        files = {path: number for number, path in enumerate(self.rows.paths)}
        noted = [
            spots_of(np.full(len(lines), files[path]), lines)
            for code in codes
            for path, lines in self.submission.faults.lines(code).items()
            if path in files
        ]
        if not noted:
            return np.zeros(len(self.rows), bool)
        return np.isin(spots_of(self.rows.file, self.rows.line), np.concatenate(noted))


def origins(old: Side, new: Side) -> Ints:
    """Tell which row became which.

    Parameters
    ----------
    old, new : Side
        What was given and what was written.

    Returns
    -------
    numpy.ndarray of int, shape (n_written,)
        Of each row that was written, the row of the same frame that was given: the second for
        the second, or else the first; -1 where there was none.
    """
    given = spots_of(old.rows.numbers(new.rows.videos), old.rows.frame)
    written = spots_of(new.rows.video, new.rows.frame)
    order = np.argsort(given, kind="stable")
    ranked = given[order]
    first = np.searchsorted(ranked, written)
    count = np.searchsorted(ranked, written, side="right") - first
    before = occurrences(written)
    at = np.where(count > 0, first + np.where(before < count, before, 0), 0)
    return np.where(count > 0, np.append(order, -1)[at], -1)


__all__ = ["Side", "origins"]
