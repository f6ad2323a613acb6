"""Two sets of labels, frame beside frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from abawkit.errors import AlignmentError, DataError, few
from abawkit.labels.values import expectation, shown, wrong_values
from abawkit.protocol import Categorical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from abawkit.protocol import Challenge
    from abawkit.track import Track


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Aligned:
    """The frames that two sets of labels share, video after video.

    Attributes
    ----------
    videos : tuple of str
        Those that share a frame, in the order of the first set.
    starts : numpy.ndarray of int, shape (n_videos,)
        The first row of each.
    frames : numpy.ndarray of int, shape (n_rows,)
        The frame of each row, from 1.
    first, second : numpy.ndarray of float64, shape (n_rows, columns)
        The labels of both; NaN where one of the two has none.
    first_probabilities, second_probabilities : numpy.ndarray of float64
        Of shape ``(n_rows, n_classes)``: the probabilities of the classes; NaN where one of the
        two has none, and no columns where one has none at all.
    only_first, only_second : mapping of str to int
        How many frames just one of them has, by video, as far as there are any.
    """

    videos: tuple[str, ...]
    starts: NDArray[np.intp]
    frames: NDArray[np.intp]
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    first_probabilities: NDArray[np.float64]
    second_probabilities: NDArray[np.float64]
    only_first: Mapping[str, int]
    only_second: Mapping[str, int]

    @classmethod
    def of(cls, a: Mapping[str, Track], b: Mapping[str, Track], challenge: Challenge) -> Self:
        """Put the labels of the same frames beside each other.

        Parameters
        ----------
        a, b : mapping of str to Track
            Labels by video; a frame is there if one of its values is known.
        challenge : Challenge
            What they are labels of.

        Returns
        -------
        Aligned
            The frames that both have, and how many one has.

        Raises
        ------
        AlignmentError
            If no frame is in both, or a track has another number of columns.
        DataError
            If a value is no label.
        """
        in_a, in_b = _there(a, challenge), _there(b, challenge)
        shared = _shared(in_a, in_b)
        if not shared:
            msg = (
                f"no frame is in both: one has {few(a) or 'no video'}, the other "
                f"{few(b) or 'no video'}; expected labels of the same videos"
            )
            raise AlignmentError(msg)
        first, second = (
            np.concatenate([side[name].values[rows] for name, rows in shared.items()])
            for side in (a, b)
        )
        n_classes = min(_n_classes(side, challenge) for side in (a, b))
        shares = [_probabilities(side, shared, n_classes) for side in (a, b)]
        aligned = cls(
            videos=tuple(shared),
            starts=np.cumsum([0, *map(len, shared.values())], dtype=np.intp)[:-1],
            frames=np.concatenate([*shared.values()]) + 1,
            first=first,
            second=second,
            first_probabilities=shares[0],
            second_probabilities=shares[1],
            only_first=_only(in_a, shared),
            only_second=_only(in_b, shared),
        )
        for values in (first, second):
            aligned.check(values, challenge)
        for one, other in ((first, second), (shares[0], shares[1])):
            lacking = np.isnan(one) | np.isnan(other)
            one[lacking] = other[lacking] = np.nan
        return aligned

    @property
    def has_probabilities(self) -> bool:
        """Whether both have the probabilities of a frame."""
        return not np.isnan(self.first_probabilities).all()

    @property
    def moved(self) -> NDArray[np.bool_]:
        """Of which rows the probabilities differ, ``(n_rows,)``."""
        apart = np.abs(self.second_probabilities - self.first_probabilities)
        return np.asarray((apart > 0).any(axis=1))

    def where(self, row: int) -> tuple[str, int]:
        """Tell of what a row is.

        Parameters
        ----------
        row : int
            The row.

        Returns
        -------
        video : str
            Its video.
        frame : int
            Its frame, from 1.
        """
        video = int(np.searchsorted(self.starts, row, side="right")) - 1
        return self.videos[video], int(self.frames[row])

    def check(self, values: NDArray[np.float64], challenge: Challenge) -> None:
        """Refuse values that are no labels.

        Parameters
        ----------
        values : numpy.ndarray of float64, shape (n_rows, columns)
            Labels of the shared frames, NaN where there is none.
        challenge : Challenge
            What they are labels of.

        Raises
        ------
        DataError
            If a value is no label.
        """
        wrong = next(wrong_values(challenge.targets, values, ~np.isnan(values)), None)
        if wrong is not None:
            video, frame = self.where(wrong.row)
            msg = (
                f"{video}, frame {frame}: {wrong.name}: expected {expectation(wrong.target)}, "
                f"found {shown(wrong.value)}"
            )
            raise DataError(msg)


def _there(tracks: Mapping[str, Track], challenge: Challenge) -> dict[str, NDArray[np.bool_]]:
    # Which frames of each video have a label.
    columns = challenge.protocol.columns
    for video, track in tracks.items():
        if track.values.shape[1] != columns:
            msg = (
                f"{video}: expected {columns} columns for {challenge.name}, "
                f"found {track.values.shape[1]}"
            )
            raise AlignmentError(msg)
    return {video: np.asarray(track.known.any(axis=1)) for video, track in tracks.items()}


def _shared(
    in_a: Mapping[str, NDArray[np.bool_]], in_b: Mapping[str, NDArray[np.bool_]]
) -> dict[str, NDArray[np.intp]]:
    # The rows that both have, of the videos that share one.
    shared = {}
    for video, one in in_a.items():
        other = in_b.get(video, one[:0])
        n_frames = min(len(one), len(other))
        rows = np.flatnonzero(one[:n_frames] & other[:n_frames])
        if len(rows):
            shared[video] = rows
    return shared


def _n_classes(tracks: Mapping[str, Track], challenge: Challenge) -> int:
    # Of how many classes there are probabilities.
    if all(track.probabilities is None for track in tracks.values()):
        return 0
    return next((len(t.names) for t in challenge.targets if isinstance(t, Categorical)), 0)


def _probabilities(
    tracks: Mapping[str, Track], shared: Mapping[str, NDArray[np.intp]], n_classes: int
) -> NDArray[np.float64]:
    values = []
    for video, rows in shared.items():
        told = tracks[video].probabilities
        unknown = np.full((len(rows), n_classes), np.nan)
        values.append(told[rows] if told is not None and n_classes else unknown)
    return np.concatenate(values)


def _only(
    there: Mapping[str, NDArray[np.bool_]], shared: Mapping[str, NDArray[np.intp]]
) -> dict[str, int]:
    counts = {
        video: int(frames.sum()) - len(shared.get(video, ())) for video, frames in there.items()
    }
    return {video: count for video, count in counts.items() if count}
