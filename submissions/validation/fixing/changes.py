"""What was changed in a submission: a log that can be read beside the two files."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from abawkit.files import open_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import ArrayLike

COLUMNS = ("code", "file", "first_line", "last_line", "before", "after")


class Change(NamedTuple):
    """One thing that was done to some lines, one after the other.

    ``first`` and ``last`` are lines of the file that was given, from 1; of a row that was not
    there they are lines of the file that was written. ``before`` and ``after`` are what stood
    there and what stands there now, or say it in a word where that is the same in every line.
    """

    code: str
    file: str
    first: int
    last: int
    before: str
    after: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Changes:
    """All changes of one kind.

    Attributes
    ----------
    code : str
        Their kind.
    count : int
        How many lines they are about.
    entries : iterator of Change
        Each of them, made when it is asked for: a file may have a million. They are gone
        through once.
    """

    code: str
    count: int
    entries: Iterator[Change]


def stretches(lines: ArrayLike) -> Iterator[tuple[int, int]]:
    """Join lines that follow one another.

    Parameters
    ----------
    lines : array_like of int, shape (n_lines,)
        Lines, ascending.

    Yields
    ------
    tuple of int
        The first and the last line of each stretch.

    Examples
    --------
    >>> list(stretches([2, 3, 4, 9]))
    [(2, 4), (9, 9)]
    """
    array = np.asarray(lines, np.intp)
    if not array.size:
        return
    breaks = np.flatnonzero(np.diff(array) != 1)
    starts = array[np.r_[0, breaks + 1]]
    ends = array[np.r_[breaks, len(array) - 1]]
    yield from zip(starts.tolist(), ends.tolist(), strict=True)


def joined(changes: Iterable[Change]) -> Iterator[Change]:
    """Join changes of lines that follow one another and are the same but for the line.

    Parameters
    ----------
    changes : iterable of Change
        In the order of the lines.

    Yields
    ------
    Change
        As few as say the same.
    """
    last: Change | None = None
    for change in changes:
        if last is not None and _goes_on(last, change):
            last = last._replace(last=change.last)
            continue
        if last is not None:
            yield last
        last = change
    if last is not None:
        yield last


def _goes_on(last: Change, change: Change) -> bool:
    return (
        change.first == last.last + 1
        and (change.before, change.after) == (last.before, last.after)
        and (change.code, change.file) == (last.code, last.file)
    )


def write_log(path: Path, changes: Iterable[Changes]) -> None:
    """Write a log: CSV with the header `COLUMNS`, a change a line.

    Parameters
    ----------
    path : Path
        Where to.
    changes : iterable of Changes
        What was changed.
    """
    with open_whole(path) as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        for kind in changes:
            rows.writerows(kind.entries)


__all__ = ["COLUMNS", "Change", "Changes", "joined", "stretches", "write_log"]
