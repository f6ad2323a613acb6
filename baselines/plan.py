"""Which frames of which videos a run is to predict, from lists, annotations and the disk."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import FrameCountWarning, UsageError, few
from abawkit.frames import FrameFolder, VideoFrames, count_frames
from abawkit.labels import read_labels
from abawkit.labels.rows import Rows
from abawkit.lists import VideoList, read_frame_counts, read_video_list
from baselines.cache import FeatureCache
from submissions.template import Template

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from abawkit.protocol import Challenge
    from abawkit.track import Track


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PlannedVideo:
    """One video of a run: its images, its length, and which frames are asked for."""

    images: VideoFrames
    n_frames: int
    listed: NDArray[np.int32] | None

    @property
    def name(self) -> str:
        """The video's name."""
        return self.images.name

    @property
    def frames(self) -> NDArray[np.int32]:
        """The frames to predict: asked for, and with an image."""
        frames = self.images.frames[self.images.frames <= self.n_frames]
        return frames if self.listed is None else np.intersect1d(frames, self.listed)

    @property
    def n_rows(self) -> int:
        """How many frames the submission has a row for."""
        return self.n_frames if self.listed is None else len(self.listed)

    @property
    def source(self) -> str:
        """A fingerprint of all that its raw outputs depend on beside the model."""
        if self.listed is None:
            return f"{self.images.fingerprint}:{self.n_frames}"
        return f"{self.images.fingerprint}:{self.n_frames}:{','.join(map(str, self.listed))}"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Plan:
    """What a run is to predict; ``template`` says which rows its labels have."""

    videos: Mapping[str, PlannedVideo]
    template: Template
    foreign: tuple[str, ...]


def plan(  # noqa: PLR0913 - one parameter a source
    challenge: Challenge,
    data: Path | FeatureCache,
    *,
    videos: Path | None = None,
    annotations: Path | None = None,
    frames: Path | None = None,
    like: Path | None = None,
    allow_missing: bool = False,
) -> Plan:
    """Find out which frames of which videos are to be predicted.

    Parameters
    ----------
    challenge : Challenge
        The challenge.
    data : Path or FeatureCache
        The folder of cropped frames, or the features of them.
    videos : Path, optional
        An official list or sample file; by default every annotated video, else every video.
    annotations : Path, optional
        Annotations, for the number of frames of each video, and for the rows of one that lists
        some frames only.
    frames : Path, optional
        A table of ``video,frames``.
    like : Path, optional
        The organisers' sample, which tells the videos as well as rows, order, header and columns
        of the labels.
    allow_missing : bool
        Take a listed video that is not there, if its length is known, as one without a face.

    Returns
    -------
    Plan
        Videos in the order of the list.

    Raises
    ------
    DataError
        If a video is not there, or `frames` tells no numbers.
    UsageError
        If the challenge asks for one row a clip or image of its own, or the list is one of
        another challenge; or `videos` and `like` are both given.

    Warns
    -----
    FrameCountWarning
        If the number of frames of a video is a guess, or there are images beyond the end.
    """
    key = challenge.protocol.submission.key
    if key is not None and "frame" not in key.fields:
        unit = "an image of its own" if key.pattern.endswith(".jpg") else "a clip"
        msg = f"{challenge.name} asks for one label for {unit}; this predicts frames of videos"
        raise UsageError(msg)
    sample = _read_sample(challenge, videos=videos, like=like)
    official = None if videos is None else _read_official(videos, challenge)
    if sample is not None:
        official = _as_list_of(sample)
    annotated = {} if annotations is None else read_labels(annotations, challenge)
    given = {} if frames is None else read_frame_counts(frames)
    if official is None and annotated:
        official = _of_annotations(annotated)
    # Where row i is frame i + 1, a list of some frames still asks for all.
    rows = None if official is None or key is None else official.rows
    listed = {} if rows is None else rows.by_video()
    ends = {video: int(numbers.max()) for video, numbers in listed.items()}
    known = {**official.n_frames, **ends} if official else {}
    lengths = {video: track.n_frames for video, track in annotated.items()}
    folder = _index(
        data,
        only=None if official is None else official.videos,
        faceless={*known, *lengths, *given} if allow_missing else (),
    )
    counted: Iterable[VideoFrames] = folder.videos.values()
    if rows is not None:
        # What such a list leaves out, it leaves out on purpose: nothing to warn of.
        counted = [replace(v, frames=v.frames[v.frames <= known[v.name]]) for v in counted]
    if official is not None and (videos is not None or sample is not None):
        given = {**given, **_last_images(counted, {**given, **lengths, **known})}
    counts = count_frames(counted, listed=known, annotated=lengths, given=given)
    template = sample
    if template is None:
        template = replace(
            Template.of_frames(counts, challenge, source=str(videos or data)), rows=None
        )
    return Plan(
        videos={
            name: PlannedVideo(
                images=images, n_frames=counts[name], listed=_some(listed.get(name), counts[name])
            )
            for name, images in folder.videos.items()
        },
        template=_completed(template, rows, counts),
        foreign=foreign_files(folder),
    )


def _read_sample(
    challenge: Challenge, *, videos: Path | None, like: Path | None
) -> Template | None:
    if like is None:
        return None
    if videos is not None:
        msg = "--like tells the videos as well; leave --videos out"
        raise UsageError(msg)
    return Template.read(like, challenge)


def _as_list_of(sample: Template) -> VideoList:
    # Of selected rows, their number does not tell where a video ends, but its last row does.
    n_frames = {} if sample.rows is not None else sample.n_frames
    return VideoList(videos=sample.videos, rows=sample.rows, n_frames=n_frames)


def _completed(template: Template, rows: Rows | None, counts: Mapping[str, int]) -> Template:
    # With the rows of a list, else all frames; a list's order is that of one file of all videos.
    if rows is not None and template.layout.per_video and template.rows is None:
        rows = Rows.of_frames({name: np.unique(own) for name, own in rows.by_video().items()})
    n_frames = {video: counts[video] for video in template.videos}
    if template.layout.key is None:
        return replace(template, n_frames=n_frames)
    return replace(template, n_frames=n_frames, rows=rows or Rows.whole(n_frames))


def foreign_files(folder: FrameFolder) -> tuple[str, ...]:
    """Name what is among the frames and is none.

    Parameters
    ----------
    folder : FrameFolder
        The frames.

    Returns
    -------
    tuple of str
        What is no video, and what is in the folder of one, as ``video/file``.
    """
    inside = [
        f"{name}/{file}" for name, images in folder.videos.items() for file in images.foreign
    ]
    return (*folder.foreign, *inside)


def _index(
    data: Path | FeatureCache, *, only: Sequence[str] | None, faceless: Collection[str]
) -> FrameFolder:
    if not isinstance(data, FeatureCache):
        return FrameFolder.index(data, only=only, faceless=faceless)
    there = set(data.videos)
    wanted = data.videos if only is None else only
    # A folder that is not complete is that of a video that was not done, not of one without faces.
    data.require(wanted, faceless={v for v in faceless if not (data.folder / v).exists()})
    videos = {
        name: _frames_of(data, name) if name in there else VideoFrames.index(data.folder / name)
        for name in wanted
    }
    return FrameFolder(root=data.folder, videos=videos, foreign=())


def _frames_of(cache: FeatureCache, video: str) -> VideoFrames:
    # The images that features were made from, also those that could not be read.
    features = cache.describe(video)
    return VideoFrames(
        name=video,
        folder=cache.folder / video,
        frames=np.union1d(features.frames, features.broken),
        foreign=(),
        fingerprint=features.source,
    )


def _read_official(path: Path, challenge: Challenge) -> VideoList:
    official = read_video_list(path)
    owners = official.challenges()
    outputs = [target.names for target in challenge.targets]
    if owners and all([target.names for target in row.targets] != outputs for row in owners):
        msg = (
            f"{path}: expected a list of {challenge.name}, found the header "
            f"{official.header!r} of {few(row.name for row in owners)}"
        )
        raise UsageError(msg)
    return official


def _last_images(videos: Iterable[VideoFrames], known: Mapping[str, int]) -> Mapping[str, int]:
    # Lists of the 3rd edition name videos only.
    guessed = {video.name: video.last for video in videos if video.name not in known}
    if guessed:
        msg = (
            f"{len(guessed)} videos end at their last image, for the list names videos without "
            f"their numbers of frames: {few(guessed)}. The official count is often one more; "
            "tell it with --frames or --annotations"
        )
        warnings.warn(msg, FrameCountWarning, stacklevel=3)
    return guessed


def _some(frames: NDArray[np.intp] | None, n_frames: int) -> NDArray[np.int32] | None:
    # The frames of a list, or None if they are all there are.
    if frames is None:
        return None
    listed = np.unique(frames)
    return None if len(listed) == n_frames else listed.astype(np.int32)


def _of_annotations(annotated: Mapping[str, Track]) -> VideoList:
    # Annotations, read as a list of what is to be predicted.
    sparse = any(track.listed is not None for track in annotated.values())
    listed = {
        video: np.flatnonzero(track.listed) + 1
        for video, track in annotated.items()
        if track.listed is not None
    }
    lengths = {video: track.n_frames for video, track in annotated.items()}
    rows = Rows.of_frames(listed) if sparse else None
    return VideoList(videos=tuple(annotated), rows=rows, n_frames=lengths)
