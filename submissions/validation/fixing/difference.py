"""What was changed: the rows that were given, compared with those that were written."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from abawkit.labels.text import header_of, read_text
from abawkit.labels.values import allowed
from abawkit.protocol import blocks
from submissions.validation.fixing.changes import Change, Changes, joined, stretches
from submissions.validation.fixing.form import WORDS
from submissions.validation.repeats import originals, spots_of
from submissions.validation.rows import SubmittedRows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from abawkit.protocol import Challenge
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


def differences(old: Side, new: Side, challenge: Challenge) -> list[Changes]:
    """List what was changed.

    Parameters
    ----------
    old, new : Side
        What was given and what was written.
    challenge : Challenge
        What they are for.

    Returns
    -------
    list of Changes
        First those of the form, then those of rows, a kind after the other.
    """
    own = old.rows.numbers(new.rows.videos)
    given = spots_of(own, old.rows.frame)
    written = spots_of(new.rows.video, new.rows.frame)
    origin = _origins(given, written)
    return [
        *_files(old, new),
        *_form(old),
        _headers(old, new),
        *_removed(old, own, given, written),
        _added(new, given, written),
        *_rewritten(old, new, origin, challenge),
        _moved(old, new, origin),
    ]


def _origins(given: Ints, written: Ints) -> Ints:
    # Of each row that was written, the first that was given of it, or -1.
    spots, first = np.unique(given, return_index=True)
    at = np.minimum(np.searchsorted(spots, written), len(spots) - 1)
    return np.where(spots[at] == written, first[at], -1)


def _files(old: Side, new: Side) -> Iterator[Changes]:
    names = {path.stem: path.name for path in new.rows.paths}
    usual = new.rows.paths[0].name
    for code in ("file-name", "file-extra"):
        paths = old.submission.faults.lines(code)
        entries = [
            Change(
                code, path.name, 0, 0, path.name,
                names.get(path.stem, usual) if code == "file-name" else "",
            )
            for path in paths
        ]  # fmt: skip
        yield Changes(code=code, count=len(paths), entries=iter(entries))


def _form(old: Side) -> Iterator[Changes]:
    for code in WORDS:
        files = old.submission.faults.lines(code)
        count = sum(map(len, files.values()))
        yield Changes(code=code, count=count, entries=_worded(code, files.items()))


def _worded(code: str, files: Iterable[tuple[Path, Ints]]) -> Iterator[Change]:
    for path, lines in files:
        for first, last in stretches(lines):
            yield Change(code, path.name, first, last, *WORDS[code])


def _headers(old: Side, new: Side) -> Changes:
    after = new.submission.layout.header or ""
    headed = {table.path for table in old.submission.tables if table.first_line > 1}
    paths = [*old.submission.faults.lines("header")]
    entries = (
        Change(
            "header", path.name, 1, 1, header_of(read_text(path)) if path in headed else "", after
        )
        for path in paths
    )
    return Changes(code="header", count=len(paths), entries=entries)


def _removed(old: Side, own: Ints, given: Ints, written: Ints) -> Iterator[Changes]:
    again = originals(given) != np.arange(len(given))
    # The sample itself may repeat a row.
    twice = written[originals(written) != np.arange(len(written))]
    gone = ~np.isin(given, written)
    for code, which in {
        "row-duplicate": ~gone & again & ~np.isin(given, twice),
        "row-extra": gone & (own >= 0),
        "video-unknown": gone & (own < 0),
    }.items():
        rows = np.flatnonzero(which)
        yield old.changes(code, rows, before=old.lines(rows), after=[""] * len(rows))


def _added(new: Side, given: Ints, written: Ints) -> Changes:
    again = originals(written) != np.arange(len(written))
    twice = given[originals(given) != np.arange(len(given))]
    rows = np.flatnonzero(~np.isin(written, given) | (again & ~np.isin(written, twice)))
    return new.changes("row-missing", rows, before=[""] * len(rows), after=new.lines(rows))


def _rewritten(old: Side, new: Side, origin: Ints, challenge: Challenge) -> Iterator[Changes]:
    rows = np.flatnonzero(origin >= 0)
    for code, which in _reasons(old, new, rows, origin[rows], challenge).items():
        # In the order of the lines that were given.
        picked = rows[which]
        picked = picked[np.argsort(origin[picked], kind="stable")]
        source = origin[picked]
        yield old.changes(code, source, before=old.lines(source), after=new.lines(picked))


def _reasons(
    old: Side, new: Side, rows: Ints, origin: Ints, challenge: Challenge
) -> dict[str, Mask]:
    # Why rows are written in another way: of each code, which rows.
    before, after = old.rows.values[origin], new.rows.values[rows]
    changed = before != after
    sentinel, legal = np.zeros(before.shape, bool), np.zeros(before.shape, bool)
    for target, columns in blocks(challenge.targets):
        sentinel[:, columns] = before[:, columns] == target.unannotated
        legal[:, columns] = allowed(target, before[:, columns])
    absent = np.isnan(before).any(axis=1)
    empty = absent & _noted(old, origin, "empty-value")
    known = ~np.isnan(before) & ~sentinel
    return {
        "number-format": _noted(old, origin, "number-format") | (changed & legal).any(axis=1),
        "number-notation": _noted(old, origin, "number-notation"),
        "empty-value": empty,
        "nan": absent & ~empty,
        "sentinel": sentinel.any(axis=1),
        "range": (known & ~legal).any(axis=1),
        "probability": _restated(old.rows, new.rows, rows, origin),
    }


def _restated(old: SubmittedRows, new: SubmittedRows, rows: Ints, origin: Ints) -> Mask:
    if old.probabilities is None or new.probabilities is None:
        return np.zeros(len(rows), bool)
    changed: NDArray[np.bool_] = old.probabilities[origin] != new.probabilities[rows]
    return np.asarray(changed.any(axis=1))


def _noted(old: Side, origin: Ints, code: str) -> Mask:
    files = {path: number for number, path in enumerate(old.rows.paths)}
    noted = [
        spots_of(np.full(len(lines), files[path]), lines)
        for path, lines in old.submission.faults.lines(code).items()
        if path in files
    ]
    if not noted:
        return np.zeros(len(origin), bool)
    return np.isin(spots_of(old.rows.file[origin], old.rows.line[origin]), np.concatenate(noted))


def _moved(old: Side, new: Side, origin: Ints) -> Changes:
    rows = np.flatnonzero((origin >= 0) & (originals(origin) == np.arange(len(origin))))
    source = origin[rows]
    moved = np.argsort(np.argsort(source)) != np.arange(len(source))
    rows, source = rows[moved], source[moved]
    return Changes(code="row-order", count=len(rows), entries=_moves(old, new, rows, source))


def _moves(old: Side, new: Side, rows: Ints, source: Ints) -> Iterator[Change]:
    if not rows.size:
        return
    lines, targets = old.rows.line[source], new.rows.line[rows]
    steps = (np.diff(rows) != 1) | (np.diff(lines) != 1) | (np.diff(old.rows.file[source]) != 0)
    starts = np.r_[0, np.flatnonzero(steps) + 1]
    for start, stop in zip(starts.tolist(), [*starts[1:].tolist(), len(rows)], strict=True):
        yield Change(
            "row-order",
            old.rows.paths[int(old.rows.file[source[start]])].name,
            int(lines[start]),
            int(lines[stop - 1]),
            _described(int(lines[start]), int(lines[stop - 1])),
            _described(int(targets[start]), int(targets[stop - 1])),
        )


def _described(first: int, last: int) -> str:
    return f"line {first}" if first == last else f"lines {first} to {last}"


__all__ = ["Side", "differences"]
