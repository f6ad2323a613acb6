"""All rows of a submission in one table, so that checks need no loop over rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from submissions.validation.findings import Place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from submissions.validation.findings import VideoRows


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Stack:
    """The rows of a submission, video after video.

    Attributes
    ----------
    videos : tuple of VideoRows
        Those that have rows.
    starts : numpy.ndarray of int, shape (n_videos,)
        The first row of each.
    breaks : numpy.ndarray of bool, shape (n_rows,)
        Which rows do not go on from the row before: it is of another video, or not of the frame
        before.
    values : numpy.ndarray of float64, shape (columns, n_rows)
        A row a column of the submission, so that each lies in one piece; NaN where there is no
        valid label.
    """

    videos: tuple[VideoRows, ...]
    starts: NDArray[np.intp]
    breaks: NDArray[np.bool_]
    values: NDArray[np.float64]

    @classmethod
    def of(cls, videos: Iterable[VideoRows], columns: int) -> Self:
        """Stack the rows of some videos.

        Parameters
        ----------
        videos : iterable of VideoRows
            The videos.
        columns : int
            How many columns they have.

        Returns
        -------
        Stack
            Their rows, in this order.
        """
        filled = tuple(video for video in videos if len(video.frames))
        starts = np.cumsum([0, *(len(video.frames) for video in filled)], dtype=np.intp)
        values = np.empty((columns, starts[-1]))
        frames = np.zeros(starts[-1], np.intp)
        for video, start, stop in zip(filled, starts, starts[1:], strict=False):
            values[:, start:stop] = video.values.T
            frames[start:stop] = video.frames
        breaks = np.diff(frames, prepend=0) != 1
        breaks[starts[:-1]] = True
        return cls(videos=filled, starts=starts[:-1], breaks=breaks, values=values)

    @property
    def n_rows(self) -> int:
        """Number of rows of all videos."""
        return len(self.breaks)

    @property
    def lengths(self) -> NDArray[np.intp]:
        """Number of rows of each video."""
        return np.diff(self.starts, append=self.n_rows)

    def video_of(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Tell of which video rows are.

        Parameters
        ----------
        rows : numpy.ndarray of int, shape (n,)
            Some rows.

        Returns
        -------
        numpy.ndarray of int, shape (n,)
            Index into `videos` of each.
        """
        return np.searchsorted(self.starts, rows, side="right") - 1

    def places(self, rows: NDArray[np.intp]) -> tuple[Place, ...]:
        """Tell where rows stand.

        Parameters
        ----------
        rows : numpy.ndarray of int, shape (n,)
            Some rows.

        Returns
        -------
        tuple of Place
            File and line of each.
        """
        pairs = zip(rows.tolist(), self.video_of(rows).tolist(), strict=True)
        return tuple(
            place(self.videos[video], row - int(self.starts[video])) for row, video in pairs
        )

    def files(self, limit: int) -> tuple[Place, ...]:
        """Name the first files.

        Parameters
        ----------
        limit : int
            How many at most.

        Returns
        -------
        tuple of Place
            Whole files.
        """
        names = dict.fromkeys(str(video.file) for video in self.videos)
        return tuple(Place(file=name) for name in [*names][:limit])


def place(video: VideoRows, row: int) -> Place:
    """Tell where a row of a video stands.

    Parameters
    ----------
    video : VideoRows
        The video.
    row : int
        The row, from 0.

    Returns
    -------
    Place
        Its file and line.
    """
    return Place(file=str(video.file), line=int(video.lines[row]))
