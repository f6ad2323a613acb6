"""What was changed: the rows that were given, compared with those that were written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abawkit.labels.text import header_of, read_text
from abawkit.labels.values import allowed
from abawkit.protocol import blocks
from submissions.validation.fixing.changes import Change, Changes, stretches
from submissions.validation.fixing.form import WORDS
from submissions.validation.fixing.sides import origins
from submissions.validation.repeats import originals, spots_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from abawkit.protocol import Challenge
    from submissions.validation.fixing.sides import Side
    from submissions.validation.rows import Ints, Mask, SubmittedRows


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
    origin = origins(old, new)
    # A row that the sample has more often than it was given is one that was not there.
    added = (origin < 0) | (originals(origin) != np.arange(len(origin)))
    return [
        *_files(old, new),
        *_form(old),
        _headers(old, new),
        *_removed(old, new, origin),
        _added(new, np.flatnonzero(added)),
        *_rewritten(old, new, np.flatnonzero(~added), origin[~added], challenge),
        _moved(old, new, np.flatnonzero(~added), origin[~added]),
    ]


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


def _removed(old: Side, new: Side, origin: Ints) -> Iterator[Changes]:
    own = old.rows.numbers(new.rows.videos)
    there = np.isin(spots_of(own, old.rows.frame), spots_of(new.rows.video, new.rows.frame))
    gone = np.ones(len(own), bool)
    gone[origin[origin >= 0]] = False
    for code, which in {
        "row-duplicate": there,
        "row-extra": ~there & (own >= 0),
        "video-unknown": ~there & (own < 0),
    }.items():
        rows = np.flatnonzero(gone & which)
        yield old.changes(code, rows, before=old.lines(rows), after=[""] * len(rows))


def _added(new: Side, rows: Ints) -> Changes:
    return new.changes("row-missing", rows, before=[""] * len(rows), after=new.lines(rows))


def _rewritten(
    old: Side, new: Side, rows: Ints, origin: Ints, challenge: Challenge
) -> Iterator[Changes]:
    for code, which in _reasons(old, new, rows, origin, challenge).items():
        # In the order of the lines that were given.
        picked = np.flatnonzero(which)
        picked = picked[np.argsort(origin[picked], kind="stable")]
        source = origin[picked]
        yield old.changes(code, source, before=old.lines(source), after=new.lines(rows[picked]))


def _reasons(
    old: Side, new: Side, rows: Ints, origin: Ints, challenge: Challenge
) -> dict[str, Mask]:
    # Why rows are written in another way: of each code, which rows.
    before = old.rows.values[origin]
    sentinel, legal = np.zeros(before.shape, bool), np.zeros(before.shape, bool)
    for target, columns in blocks(challenge.targets):
        sentinel[:, columns] = before[:, columns] == target.unannotated
        legal[:, columns] = allowed(target, before[:, columns])
    absent = np.isnan(before).any(axis=1)
    empty = absent & old.noted("empty-value")[origin]
    known = ~np.isnan(before) & ~sentinel
    return {
        "number-format": old.noted("number-format")[origin],
        "empty-value": empty,
        "nan": absent & ~empty,
        "sentinel": np.asarray(sentinel.any(axis=1)),
        "range": np.asarray((known & ~legal).any(axis=1)),
        "probability": _restated(old.rows, new.rows, rows, origin),
    }


def _restated(old: SubmittedRows, new: SubmittedRows, rows: Ints, origin: Ints) -> Mask:
    if old.probabilities is None or new.probabilities is None:
        return np.zeros(len(rows), bool)
    changed: NDArray[np.bool_] = old.probabilities[origin] != new.probabilities[rows]
    return np.asarray(changed.any(axis=1))


def _moved(old: Side, new: Side, rows: Ints, source: Ints) -> Changes:
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


__all__ = ["differences"]
