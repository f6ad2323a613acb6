"""The rows of a submission as they stand in its files, all in one table: no loops over rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np

from submissions.validation.findings import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from abawkit.protocol import FileFormat
    from submissions.validation.collecting import Collector
    from submissions.validation.submission import Submission

    Ints = NDArray[np.intp]
    Mask = NDArray[np.bool_]
    Values = NDArray[np.float64]


T = TypeVar("T", np.intp, np.float64)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SubmittedRows:
    """The rows of all files of a submission whose key can be read, in order.

    Attributes
    ----------
    layout : FileFormat
        The layout that they should have.
    paths : tuple of Path
        The files.
    videos : tuple of str
        The videos, each once; where each has a file, those whose file has no rows too.
    video, frame : numpy.ndarray of int, shape (n_rows,)
        Index into `videos`, and the frame, from 1.
    file, line : numpy.ndarray of int, shape (n_rows,)
        Index into `paths`, and the line in that file.
    lines : tuple of range
        The lines of each file that are rows, whether or not their keys can be read.
    values : numpy.ndarray of float64, shape (n_rows, columns)
        As they stand, sentinels and all; NaN where there is none that can be read.
    probabilities : numpy.ndarray of float64, shape (n_rows, n_classes), or None
        How probable each class is, where all files tell.
    """

    layout: FileFormat
    paths: tuple[Path, ...]
    videos: tuple[str, ...]
    video: Ints
    frame: Ints
    file: Ints
    line: Ints
    lines: tuple[range, ...]
    values: Values
    probabilities: Values | None = None

    @classmethod
    def of(cls, submission: Submission) -> Self:
        """Bring the rows of all files together.

        Parameters
        ----------
        submission : Submission
            The submission.

        Returns
        -------
        SubmittedRows
            Its rows.
        """
        tables = submission.tables
        picked = [table.rows for table in tables]
        index: dict[str, int] = {}
        video = []
        for table, rows in zip(tables, picked, strict=True):
            names = table.videos or (table.path.stem,) * submission.layout.per_video
            numbers = np.array([index.setdefault(name, len(index)) for name in names], np.intp)
            video.append(numbers[table.video[rows]])
        parts = [*zip(tables, picked, strict=True)]
        told = [_of(table.probabilities, rows) for table, rows in parts
                if table.probabilities is not None]  # fmt: skip
        none = np.empty(0, np.intp)
        columns = submission.challenge.protocol.columns
        return cls(
            layout=submission.layout,
            paths=tuple(table.path for table in tables),
            videos=tuple(index),
            video=_joined(video, none),
            frame=_joined([_of(table.frame, rows) for table, rows in parts], none),
            file=np.repeat(np.arange(len(parts)), [len(rows) for rows in picked]),
            line=_joined([rows + table.first_line for table, rows in parts], none),
            lines=tuple(
                range(table.first_line, table.first_line + len(table.values)) for table in tables
            ),
            values=_joined(
                [_of(table.values, rows) for table, rows in parts], np.empty((0, columns))
            ),
            probabilities=_joined(told, told[0]) if told and len(told) == len(tables) else None,
        )

    def __len__(self) -> int:
        return len(self.video)

    def take(self, which: Mask) -> Self:
        """Keep some rows.

        Parameters
        ----------
        which : numpy.ndarray of bool, shape (n_rows,)
            Which.

        Returns
        -------
        SubmittedRows
            These, of the same files and videos.
        """
        if which.all():
            return self
        return replace(
            self,
            video=self.video[which],
            frame=self.frame[which],
            file=self.file[which],
            line=self.line[which],
            values=self.values[which],
            probabilities=None if self.probabilities is None else self.probabilities[which],
        )

    def numbers(self, videos: Sequence[str]) -> Ints:
        """Give the video of each row as its number in another list.

        Parameters
        ----------
        videos : sequence of str
            The list.

        Returns
        -------
        numpy.ndarray of int, shape (n_rows,)
            Index into the list, -1 where the video is none of these.
        """
        index = {name: number for number, name in enumerate(videos)}
        return np.array([index.get(name, -1) for name in self.videos], np.intp)[self.video]

    def places(self, which: Mask | Ints, *, limit: int) -> list[Place]:
        """Tell where some rows stand.

        Parameters
        ----------
        which : numpy.ndarray of bool or int
            Which rows.
        limit : int
            How many at most.

        Returns
        -------
        list of Place
            The first of them.
        """
        rows = np.arange(len(self))[which][:limit]
        return [
            Place(file=str(self.paths[file]), line=line)
            for file, line in zip(self.file[rows].tolist(), self.line[rows].tolist(), strict=True)
        ]

    def report(self, rows: Ints, said: str, *, code: str, faults: Collector) -> None:
        """Note a fault of some rows.

        Parameters
        ----------
        rows : numpy.ndarray of int
            Which rows, ascending.
        said : str
            What was found at the first of them and what was expected.
        code : str
            Its kind.
        faults : Collector
            Takes it up.
        """
        for file, own in by_number(self.file[rows]):
            faults.tally(self.paths[file], self.line[rows[own]], said, code=code)

    def report_videos(self, numbers: Ints, said: str, *, code: str, faults: Collector) -> None:
        """Note a fault of some videos, at their first rows.

        Parameters
        ----------
        numbers : numpy.ndarray of int
            Which of `videos`. One without rows is told of its file as a whole.
        said : str
            What was found and what was expected.
        code : str
            Its kind.
        faults : Collector
            Takes it up.
        """
        rows = first_rows(self.video, len(self.videos))[numbers]
        empty = {self.videos[number] for number in numbers[rows < 0].tolist()}
        for path in self.paths if empty else ():
            if path.stem in empty:
                faults.add(path, 0, said, code=code)
        self.report(np.sort(rows[rows >= 0]), said, code=code, faults=faults)

    def key(self, row: int) -> str:
        """Say which row this is.

        Parameters
        ----------
        row : int
            The row.

        Returns
        -------
        str
            Its key, or its frame.
        """
        return row_name(self.layout, self.videos[int(self.video[row])], int(self.frame[row]))


def row_name(layout: FileFormat, video: str, frame: int) -> str:
    """Say which row is meant.

    Parameters
    ----------
    layout : FileFormat
        The layout.
    video : str
        The video.
    frame : int
        The frame, from 1.

    Returns
    -------
    str
        The key of the row, or its frame in a file without keys.

    Examples
    --------
    >>> from abawkit.protocol import find_challenge
    >>> row_name(find_challenge("abaw8-ah").protocol.submission, "a/b.mp4", 1)
    'a/b.mp4/frame-0.jpg'
    >>> row_name(find_challenge("abaw3-va").protocol.submission, "4-30-1920x1080", 12)
    'frame 12 of 4-30-1920x1080'
    """
    if layout.key is None or "video" not in layout.key.fields:
        return f"frame {frame} of {video}"
    return layout.key.pattern.format(video=video, frame=frame - 1 + layout.key.first)


def first_rows(video: Ints, n_videos: int) -> Ints:
    """Find the first row of each video.

    Parameters
    ----------
    video : numpy.ndarray of int, shape (n_rows,)
        The number of the video of each row.
    n_videos : int
        How many videos there are.

    Returns
    -------
    numpy.ndarray of int, shape (n_videos,)
        The row; -1 of a video without rows.

    Examples
    --------
    >>> first_rows(np.array([2, 0, 0, 2]), 3).tolist()
    [1, -1, 0]
    """
    first = np.full(n_videos, -1)
    # The last one that is written stays.
    first[video[::-1]] = np.arange(len(video))[::-1]
    return first


def by_number(numbers: Ints) -> Iterator[tuple[int, Ints]]:
    """Go through the different numbers of a list, and where each stands.

    Parameters
    ----------
    numbers : numpy.ndarray of int
        Numbers from 0, such as those of the files of some rows.

    Yields
    ------
    tuple of int and numpy.ndarray of int
        A number, ascending, and its places, ascending too.

    Examples
    --------
    >>> [(number, places.tolist()) for number, places in by_number(np.array([3, 0, 3]))]
    [(0, [1]), (3, [0, 2])]
    """
    order = np.argsort(numbers, kind="stable")
    starts = np.flatnonzero(np.diff(numbers[order], prepend=-1))
    for places in np.split(order, starts)[1:]:
        yield int(numbers[places[0]]), places


def _of(column: NDArray[T], rows: Ints) -> NDArray[T]:
    return column if len(rows) == len(column) else column[rows]


def _joined(parts: Sequence[NDArray[T]], empty: NDArray[T]) -> NDArray[T]:
    if len(parts) == 1:
        return parts[0]
    return np.concatenate([empty[:0], *parts])
