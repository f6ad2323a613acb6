"""Which rows a file of several videos has, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Rows:
    """The rows of a file, in order: of which video each is, and of which of its frames.

    Attributes
    ----------
    videos : tuple of str
        The videos, each once, in the order in which they first appear.
    video : numpy.ndarray of int, shape (n_rows,)
        Index into `videos`.
    frame : numpy.ndarray of int, shape (n_rows,)
        From 1, whatever the file counts from; 1 where a row is a whole clip.
    """

    videos: tuple[str, ...]
    video: NDArray[np.intp]
    frame: NDArray[np.intp]

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, int]]) -> Self:
        """Take the rows one by one.

        Parameters
        ----------
        pairs : iterable of (str, int)
            Video and frame, from 1, of each row.

        Returns
        -------
        Rows
            The rows in this order.
        """
        index: dict[str, int] = {}
        listed = [(index.setdefault(name, len(index)), frame) for name, frame in pairs]
        table = np.array(listed, np.intp).reshape(len(listed), 2)
        return cls(videos=tuple(index), video=table[:, 0], frame=table[:, 1])

    @classmethod
    def of_frames(cls, frames: Mapping[str, ArrayLike]) -> Self:
        """Take some frames of each video.

        Parameters
        ----------
        frames : mapping of str to array_like of int
            The frames of each video, from 1.

        Returns
        -------
        Rows
            Video after video, frames in their order.
        """
        own = [np.asarray(numbers, np.intp) for numbers in frames.values()]
        counts = np.array([len(numbers) for numbers in own], np.intp)
        return cls(
            videos=tuple(frames),
            video=np.repeat(np.arange(len(own)), counts),
            frame=np.concatenate([*own, np.empty(0, np.intp)]),
        )

    @classmethod
    def whole(cls, n_frames: Mapping[str, int]) -> Self:
        """Take all frames of some videos.

        Parameters
        ----------
        n_frames : mapping of str to int
            Number of frames of each video.

        Returns
        -------
        Rows
            Video after video, each from frame 1 on.
        """
        return cls.of_frames({video: np.arange(1, count + 1) for video, count in n_frames.items()})

    def __len__(self) -> int:
        return len(self.video)

    def __iter__(self) -> Iterator[tuple[str, int]]:
        for video, frame in zip(self.video.tolist(), self.frame.tolist(), strict=True):
            yield self.videos[video], frame

    def stretches(self) -> Iterator[tuple[str, NDArray[np.intp]]]:
        """Go through the rows, as many at a time as are of one video.

        Yields
        ------
        tuple of str and numpy.ndarray of int
            A video and the frames of its next rows, in order.
        """
        if not len(self):
            return
        starts = np.flatnonzero(np.diff(self.video, prepend=-1))
        for start, frames in zip(starts, np.split(self.frame, starts[1:]), strict=True):
            yield self.videos[int(self.video[start])], frames

    def by_video(self) -> dict[str, NDArray[np.intp]]:
        """Give the frames of each video.

        Returns
        -------
        dict of str to numpy.ndarray of int
            In the order of `videos`; the frames in the order of the rows.
        """
        counts = np.bincount(self.video, minlength=len(self.videos))
        frames = self.frame[np.argsort(self.video, kind="stable")]
        return dict(zip(self.videos, np.split(frames, np.cumsum(counts)[:-1]), strict=True))
