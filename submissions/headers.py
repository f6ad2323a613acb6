"""The first line of an official sample: whose it is, and which column stands where."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

from abawkit.errors import DataError, SampleWarning, few
from abawkit.labels.keys import key_pattern
from abawkit.labels.reading import label_files
from abawkit.protocol import CHALLENGES, Categorical, Continuous, column_names

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from abawkit.protocol import Challenge, FileFormat, Target

_HEAD = 1 << 16
"""How many bytes to look at for the first two lines."""


def editions_of(path: Path, task: str) -> list[Challenge]:
    """Tell which editions of a task a sample fits, by its header or its first row.

    Parameters
    ----------
    path : Path
        A sample, or a folder of samples, of which the first is looked at.
    task : str
        The task, as the table spells it.

    Returns
    -------
    list of Challenge
        In the table's order; empty if nothing tells, as in a list of videos, and in samples of
        whole clips that have no header.
    """
    rows = [row for row in CHALLENGES.values() if row.protocol.task == task]
    lines = _first_lines(label_files(path)[0])
    names = _plain(_names(lines[0]))
    by_name = [row for row in rows if names == _plain(_names(row.protocol.submission.header))]
    by_column = [row for row in rows if names[:1] == _plain(_key_column(row))]
    return by_name or by_column or [row for row in rows if _names_frame(lines, row)]


def refuse_elsewhere(path: Path, challenge: Challenge) -> None:
    """Make sure that a sample is not one of other editions, which lay the task out otherwise.

    Parameters
    ----------
    path : Path
        A sample, or a folder of samples.
    challenge : Challenge
        What is to be submitted.

    Raises
    ------
    DataError
        If it is; the message names them.
    """
    editions = editions_of(path, challenge.protocol.task)
    if not editions or challenge in editions:
        return
    file = label_files(path)[0]
    line = _first_lines(file)[0]
    layout = challenge.protocol.submission
    expected = "no header" if layout.header is None else f"the header {layout.header!r}"
    found = _plain(_names(line))
    named = [
        row
        for row in CHALLENGES.values()
        if found == _plain(_names(row.protocol.submission.header))
    ]
    msg = (
        f"{file}, line 1: expected {expected} of {challenge.name}, or a list of videos; found "
        f"{line!r}, which is that of {few(row.name for row in named or editions)}; hint: give the "
        f"sample of {challenge.name}, or tell another --edition"
    )
    raise DataError(msg)


def _first_lines(file: Path) -> list[str]:
    with file.open("rb") as stream:
        text = stream.read(_HEAD).decode("utf-8-sig", "backslashreplace")
    return [line.strip() for line in text.split("\n", 2)[:2]]


def _key_column(row: Challenge) -> list[str]:
    key = row.protocol.submission.key
    return [] if key is None or key.column is None else [key.column]


def _names_frame(lines: Sequence[str], row: Challenge) -> bool:
    key = row.protocol.submission.key
    if key is None or key.fields != {"video", "frame"}:
        return False
    return any(key_pattern(key).fullmatch(line.partition(",")[0].strip()) for line in lines)


def follow_header(
    path: Path, header: str | None, layout: FileFormat, challenge: Challenge
) -> FileFormat:
    """Take the header of a sample, to the letter.

    Parameters
    ----------
    path : Path
        The sample, for messages.
    header : str or None
        Its first line, None if that is a row.
    layout : FileFormat
        The challenge's layout.
    challenge : Challenge
        The challenge.

    Returns
    -------
    FileFormat
        The layout with this header, and with the order of the columns that it names. A header
        that names the key column and nothing else is that of a list, and tells nothing.

    Raises
    ------
    DataError
        If the header is another challenge's, has another number of names, names none of several
        columns, or has the classes in another order: their index would mean another class.

    Warns
    -----
    SampleWarning
        If it is another one than the table has.
    """
    names = _names(header)
    key = None if layout.key is None else layout.key.column
    if header == layout.header or (key is not None and names == [key]):
        return layout
    expected = "no header" if layout.header is None else f"the header {layout.header!r}"
    found = "none" if header is None else repr(header)
    msg = f"{path}, line 1: expected {expected} of {challenge.name}, found {found}"
    if _is_of_others(names, challenge):
        msg = f"{msg}, which is that of {few(_owners(names))}"
        raise DataError(msg)
    own = names if layout.key is None else names[1:]
    if header is not None and len(own) not in _counts(layout, challenge):
        raise DataError(msg)
    if header is not None and is_foreign(header, layout, challenge):
        msg = (
            f"{msg}, which names none of its columns; hint: give the official sample, or a list "
            "with 'video' or 'video,frames' a line"
        )
        raise DataError(msg)
    order = _order(own, layout, challenge.targets)
    if order is None:
        msg = f"{msg}; the classes stand in another order, so that an index means another class"
        raise DataError(msg)
    if _plain(names) != _plain(_names(layout.header)):
        warnings.warn(f"{msg}; the sample is followed", SampleWarning, stacklevel=4)
    return replace(layout, header=header, order=order)


def is_foreign(header: str, layout: FileFormat, challenge: Challenge) -> bool:
    """Tell whether a header of several columns has none of the names that they could have.

    A single column may be called anything, and so may those that the table does not name.

    Parameters
    ----------
    header : str
        The first line of a sample.
    layout : FileFormat
        The challenge's layout.
    challenge : Challenge
        The challenge.

    Returns
    -------
    bool
        Whether it could as well be a header of something else.
    """
    names = _names(header)
    own = names if layout.key is None else names[1:]
    known = {*_plain(_table_names(layout)), *_plain(column_names(challenge.targets))}
    return layout.header is not None and len(own) > 1 and known.isdisjoint(_plain(own))


def _names(header: str | None) -> list[str]:
    if header is None:
        return []
    *names, last = (name.strip().strip('"').strip() for name in header.split(","))
    # A comma at the end of the line, as rows without values have it, begins no column.
    return [*names, last] if last or not names else names


def _plain(names: Sequence[str]) -> list[str]:
    return [re.sub(r"[\s_-]", "", name).casefold() for name in names]


def _owners(names: Sequence[str]) -> list[str]:
    return [
        row.name
        for row in CHALLENGES.values()
        for layout in row.protocol.layouts
        if layout.header is not None and _plain(names) == _plain(_names(layout.header))
    ]


def _is_of_others(names: Sequence[str], challenge: Challenge) -> bool:
    owners = [CHALLENGES[name].targets for name in _owners(names)]
    own = [target.names for target in challenge.targets]
    return bool(owners) and all([target.names for target in row] != own for row in owners)


def _counts(layout: FileFormat, challenge: Challenge) -> set[int]:
    # As many names as the table has, or one for each column.
    columns = challenge.protocol.columns
    counts = {columns, len(_table_names(layout))}
    if layout.header is None:
        counts = {columns}
    if layout.probabilities:
        counts.add(columns + len(challenge.targets[0].names))
    return counts


def _table_names(layout: FileFormat) -> list[str]:
    names = _names(layout.header)
    return names if layout.key is None else names[1:]


def _order(
    names: Sequence[str], layout: FileFormat, targets: Sequence[Target]
) -> tuple[int, ...] | None:
    """Find which of the task's columns stands in each column of a file with this header.

    Parameters
    ----------
    names : sequence of str
        The header, without the key column.
    layout : FileFormat
        The challenge's layout.
    targets : sequence of Target
        What its columns hold.

    Returns
    -------
    tuple of int or None
        Empty for the task's own order, also if the names are others than the table's; None if
        classes stand in another order.
    """
    found = _plain(names)
    for known, groups in _namings(layout, targets):
        own = _plain(known)
        if found == own or sorted(found) != sorted(own):
            continue
        if not groups:
            return None
        return tuple(column for name in found for column in groups[own.index(name)])
    return ()


def _namings(
    layout: FileFormat, targets: Sequence[Target]
) -> list[tuple[list[str], list[list[int]]]]:
    # The ways to name the columns, each with the columns that a name stands for; none for classes.
    table = _table_names(layout)
    single = [[column] for column in range(len(column_names(targets)))]
    if len(table) == len(single):
        return [(table, single)]
    if len(targets) == 1:
        return [(table, [])]
    groups: list[list[int]] = []
    full: list[str] = []
    start = 0
    for target in targets:
        columns = list(range(start, start + target.columns))
        start += target.columns
        together = not isinstance(target, Continuous)
        full += [table[len(groups)]] if isinstance(target, Categorical) else target.names
        groups += [columns] if together else [[column] for column in columns]
    return [(table, groups), (full, single)]
