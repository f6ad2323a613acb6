"""What a source says of one target, and the arithmetic of targets: pick, rename, join.

Conventions: a part holds outputs, one column a name of its target. A class label is 1 for its
class and 0 for the others, so that labels and probabilities can be filled and decided alike;
what is not known is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import AlignmentError, DataError, UsageError, counted, few
from abawkit.protocol import Categorical, MultiLabel, blocks
from abawkit.track import Track
from submissions.conversion.naming import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from abawkit.protocol import Challenge, Target


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Part:
    """Outputs of one target, by video.

    Attributes
    ----------
    source : str
        Where they come from, for messages.
    target : Target
        What they are.
    tracks : mapping of str to Track
        Of shape ``(n_frames, n_names)``.
    """

    source: str
    target: Target
    tracks: Mapping[str, Track]

    @property
    def graded(self) -> bool:
        """Whether they are probabilities of action units, which thresholds decide about."""
        return isinstance(self.target, MultiLabel) and any(
            ((track.values > 0) & (track.values < 1)).any() for track in self.tracks.values()
        )


def parts_of_labels(
    source: str, tracks: Mapping[str, Track], targets: Sequence[Target]
) -> Iterator[Part]:
    """Split labels by target.

    Parameters
    ----------
    source : str
        Where they come from.
    tracks : mapping of str to Track
        Labels, of shape ``(n_frames, columns)``, by video.
    targets : sequence of Target
        What the columns hold.

    Yields
    ------
    Part
        One target's.
    """
    for target, columns in blocks(targets):
        yield Part(
            source=source,
            target=target,
            tracks={
                video: replace(
                    Track.of(video, _outputs(target, track.values[:, columns])),
                    listed=track.listed,
                    probabilities=(
                        track.probabilities if isinstance(target, Categorical) else None
                    ),
                )
                for video, track in tracks.items()
            },
        )


def _outputs(target: Target, labels: NDArray[np.float64]) -> NDArray[np.float64]:
    return one_hot(labels[:, 0], len(target.names)) if isinstance(target, Categorical) else labels


def one_hot(labels: NDArray[np.float64], n_classes: int) -> NDArray[np.float64]:
    """Give each class an output.

    Parameters
    ----------
    labels : numpy.ndarray of float64, shape (n_rows,)
        Indices of classes, NaN where there is none.
    n_classes : int
        How many classes there are.

    Returns
    -------
    numpy.ndarray of float64, shape (n_rows, n_classes)
        1 for the class, 0 for the others; NaN where there is none.
    """
    outputs: NDArray[np.float64] = (labels[:, None] == np.arange(n_classes)).astype(np.float64)
    outputs[np.isnan(labels)] = np.nan
    return outputs


def retarget(part: Part, target: Target) -> Part:
    """Take outputs for another edition's target, by the names of classes and units.

    Parameters
    ----------
    part : Part
        The outputs.
    target : Target
        What they are to be, of the same name.

    Returns
    -------
    Part
        With the columns of that target; a class that the source does not know has 0.

    Raises
    ------
    DataError
        If the source has not all values or units, a frame has a class that the target has not,
        or the values mean another range.
    """
    own, names = [[plain(name) for name in row.names] for row in (part.target, target)]
    lacking = [name for name, key in zip(target.names, names, strict=True) if key not in set(own)]
    if not isinstance(target, Categorical) and lacking:
        msg = (
            f"{part.source}: no {few(lacking, limit=12)}; expected {', '.join(target.names)}, "
            f"found {', '.join(part.target.names)}, and one does not tell the other"
        )
        raise DataError(msg)
    if own == names:
        return replace(part, target=target)
    if isinstance(target, Categorical):
        _refuse_other_classes(part, target, [i for i, key in enumerate(own) if key not in names])
    picked = [own.index(key) if key in own else -1 for key in names]
    return replace(
        part,
        target=target,
        tracks={video: _picked(track, picked) for video, track in part.tracks.items()},
    )


def _picked(track: Track, columns: Sequence[int]) -> Track:
    # Column -1 is a class that is never there, and unknown where the others are.
    values = np.column_stack([track.values, 0.0 * track.values[:, 0]])[:, list(columns)]
    return replace(Track.of(track.video, values), listed=track.listed)


def _refuse_other_classes(part: Part, target: Categorical, columns: Sequence[int]) -> None:
    """Refuse frames of a class that a target has not.

    Parameters
    ----------
    part : Part
        Classes of another edition.
    target : Categorical
        The target.
    columns : sequence of int
        The classes of the part that the target has not.

    Raises
    ------
    DataError
        If there is such a frame.
    """
    places = [
        f"frame {frame + 1} of {video}: {part.target.names[columns[column]]}"
        for video, track in part.tracks.items()
        for frame, column in np.argwhere(_is_greatest(track.values)[:, list(columns)]).tolist()
    ]
    if places:
        msg = (
            f"{part.source}: {counted(len(places), 'frame')} with a class that {target.name} has "
            f"not ({few(places)}); expected {', '.join(target.names)}; decide what they are "
            "instead, or give a table with a probability for each of these"
        )
        raise DataError(msg)


def _is_greatest(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    greatest: NDArray[np.bool_] = values == values.max(axis=1, keepdims=True)
    return greatest


def join(
    parts: Sequence[Part], challenge: Challenge, *, videos: Sequence[str] | None = None
) -> dict[str, Track]:
    """Put the outputs of all targets side by side.

    Parameters
    ----------
    parts : sequence of Part
        What the sources say; of a target, each video once.
    challenge : Challenge
        Which targets are wanted; others are left.
    videos : sequence of str, optional
        Which videos are wanted, and in which order; by default all, which then have to be the
        same for every target.

    Returns
    -------
    dict of str to Track
        Raw outputs of the challenge by video; listed are the frames that a source lists.

    Raises
    ------
    AlignmentError
        If a target lacks a video.
    """
    by_target = {target.name: _videos_of(parts, target, challenge) for target in challenge.targets}
    wanted = videos or dict.fromkeys(video for row in by_target.values() for video in row)
    for name, tracks in by_target.items():
        lacking = [video for video in wanted if video not in tracks]
        if lacking:
            msg = (
                f"{len(lacking)} of {len(wanted)} videos have no {name}: {few(lacking)}; expected "
                f"all of {'the sample' if videos else 'the other sources'}, found "
                f"{few(tracks) or 'none'}; see whether the names are the same"
            )
            raise AlignmentError(msg)
    return {
        video: _beside(video, [tracks[video] for tracks in by_target.values()]) for video in wanted
    }


def _videos_of(parts: Sequence[Part], target: Target, challenge: Challenge) -> dict[str, Track]:
    """Collect the videos of one target from all sources.

    Parameters
    ----------
    parts : sequence of Part
        What the sources say.
    target : Target
        The target.
    challenge : Challenge
        Whose target it is, for the message.

    Returns
    -------
    dict of str to Track
        Outputs by video.

    Raises
    ------
    UsageError
        If no source has the target, or two have the same video of it.
    """
    fitting = [part for part in parts if part.target.name == target.name]
    if not fitting:
        found = {part.target.name: None for part in parts}
        wanted = ", ".join(row.name for row in challenge.targets)
        msg = (
            f"no source has {target.name}; {challenge.name} asks for {wanted}, found "
            f"{', '.join(found) or 'nothing'}; add a source that has it"
        )
        raise UsageError(msg)
    tracks: dict[str, Track] = {}
    for part in fitting:
        twice = [video for video in part.tracks if video in tracks]
        if twice:
            msg = (
                f"{part.source}: {target.name} of {few(twice)} is in another source too; "
                "expected each video of a target in one of them"
            )
            raise UsageError(msg)
        tracks |= retarget(part, target).tracks
    return tracks


def _beside(video: str, tracks: Sequence[Track]) -> Track:
    n_frames = max(track.n_frames for track in tracks)
    values = [lengthened(track.values, n_frames) for track in tracks]
    listed = np.zeros(n_frames, bool)
    for track in tracks:
        listed[: track.n_frames] |= True if track.listed is None else track.listed
    probabilities = next((t.probabilities for t in tracks if t.probabilities is not None), None)
    if probabilities is not None:
        probabilities = lengthened(probabilities, n_frames)
    joined = Track.of(video, np.concatenate(values, axis=1))
    return replace(joined, listed=listed, probabilities=probabilities)


def lengthened(values: NDArray[np.float64], n_frames: int) -> NDArray[np.float64]:
    """Give an array more rows, or fewer.

    Parameters
    ----------
    values : numpy.ndarray of float64, shape (n_rows, n_columns)
        The array.
    n_frames : int
        How many rows it is to have.

    Returns
    -------
    numpy.ndarray of float64, shape (n_frames, n_columns)
        NaN in the new rows.
    """
    new = np.full((n_frames, values.shape[1]), np.nan)
    new[: len(values)] = values[:n_frames]
    return new
