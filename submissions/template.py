"""The contract of a submission: which videos and rows it has, in which order, and its header.

Where there is an official sample, that is the contract, to the letter. Otherwise numbers of
frames tell the rows; those of a run are in `submissions.following`.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from abawkit.errors import DataError, UsageError, few
from abawkit.labels.reading import label_files
from abawkit.labels.rows import Rows
from abawkit.lists import read_frame_counts, read_video_list
from abawkit.protocol import CHALLENGES, FileFormat
from submissions.headers import refuse_elsewhere
from submissions.samples import Sample, read_sample, refuse_others

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

    from abawkit.lists import VideoList
    from abawkit.protocol import Challenge

LIKE, IN_ORDER = "like", "in_order"
"""Where the manifest of a run notes the sample that it follows, and that rows are in order."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Template:
    """What a submission has to look like.

    Attributes
    ----------
    source : str
        Where it stands: the path of a sample or of a table, or what made a run.
    layout : FileFormat
        The challenge's layout, with header, key column and order of the columns as the sample
        has them.
    videos : tuple of str
        The videos, in order.
    rows : Rows or None
        Every row in order, where rows are named; None where only the videos are known, and
        where row ``i`` of a video's file is frame ``i``.
    n_frames : mapping of str to int
        Number of rows of each video, as far as it is known. Where a file lists selected frames
        and `rows` is None, it is the greatest frame.
    probabilities : bool
        Whether the rows of the sample have the probabilities of the classes, so that a
        submission has to have them too.
    sha256 : str or None
        Of the sample's bytes; None where there is no sample.
    """

    source: str
    layout: FileFormat
    videos: tuple[str, ...]
    rows: Rows | None
    n_frames: Mapping[str, int]
    probabilities: bool = False
    sha256: str | None = None

    @classmethod
    def read(cls, path: Path, challenge: Challenge) -> Self:
        """Read the organisers' sample, or a list of what to predict.

        Parameters
        ----------
        path : Path
            A sample file of all videos, with dummy values, trailing commas or none, with a header
            or none; a folder of samples, one a video; or a list: a video a line, or
            ``video,frames`` a line.
        challenge : Challenge
            What is to be submitted.

        Returns
        -------
        Template
            What it asks for.

        Raises
        ------
        DataError
            If it cannot be read, or is of another challenge, such as another edition that lays
            the task out otherwise.

        Warns
        -----
        SampleWarning
            If its header or its key column is not as the table has it: it is followed.
        """
        refuse_elsewhere(path, challenge)
        files = _sample_files(path, challenge)
        samples = {file: read_sample(file, challenge) for file in files}
        read = {file: sample for file, sample in samples.items() if sample is not None}
        if len(read) < len(samples):
            if len(samples) > 1:
                others = [file.name for file in samples if file not in read]
                msg = f"{path}: expected a sample a video, found other files: {few(others)}"
                raise DataError(msg)
            return cls._of_list(files[0], challenge)
        layout = refuse_others(read)
        template = cls._of_videos if layout.per_video else cls._of_file
        return replace(template(str(path), read), sha256=_sha256(files))

    @classmethod
    def of_frames(cls, n_frames: Mapping[str, int], challenge: Challenge, *, source: str) -> Self:
        """Ask for every frame of some videos.

        Parameters
        ----------
        n_frames : mapping of str to int
            Number of frames of each video.
        challenge : Challenge
            What is to be submitted.
        source : str
            Where the numbers stand.

        Returns
        -------
        Template
            With all rows where they are named, but where a file lists selected frames only.
        """
        layout = challenge.protocol.submission
        rows = None
        if layout.whole_clips:
            n_frames = dict.fromkeys(n_frames, 1)
        if layout.key is not None and not layout.selected:
            rows = Rows.whole(n_frames)
        return cls(
            source=source,
            layout=layout,
            videos=tuple(n_frames),
            rows=rows,
            n_frames=dict(n_frames),
        )

    @classmethod
    def _of_videos(cls, source: str, samples: Mapping[Path, Sample]) -> Self:
        counts = {file.stem: sample.n_rows for file, sample in samples.items()}
        stretches = [sample.rows for sample in samples.values()]
        rows = None
        if all(counts.values()) and stretches[0] is not None:
            rows = Rows.of_frames({
                row.videos[0]: row.frame for row in stretches if row is not None
            })
        return cls(
            source=source,
            layout=next(iter(samples.values())).layout,
            videos=tuple(counts),
            rows=rows,
            n_frames={video: count for video, count in counts.items() if count},
        )

    @classmethod
    def _of_file(cls, source: str, samples: Mapping[Path, Sample]) -> Self:
        (sample,) = samples.values()
        rows = Rows.of(()) if sample.rows is None else sample.rows
        counts = np.bincount(rows.video, minlength=len(rows.videos)).tolist()
        return cls(
            source=source,
            layout=sample.layout,
            videos=rows.videos,
            rows=rows,
            n_frames=dict(zip(rows.videos, counts, strict=True)),
            probabilities=sample.probabilities,
        )

    @classmethod
    def _of_list(cls, path: Path, challenge: Challenge) -> Self:
        official = _read_list(path, challenge)
        template = cls.of_frames(official.n_frames, challenge, source=str(path))
        if set(official.n_frames) < set(official.videos):
            template = replace(template, videos=official.videos, rows=None)
        return replace(template, sha256=_sha256([path]))

    def with_rows(self, frames: Mapping[str, ArrayLike]) -> Self:
        """Ask for some frames of each video, video after video.

        Parameters
        ----------
        frames : mapping of str to array_like of int
            From 1, by video.

        Returns
        -------
        Template
            The same with these rows.
        """
        return replace(self, videos=tuple(frames), rows=Rows.of_frames(frames))

    def expected(self) -> Rows | None:
        """Give the rows that a submission has to have, if they are known.

        Returns
        -------
        Rows or None
            All of them; of videos whose number of frames is not known, none. They are in order
            if `rows` is known, or rows are not named.
        """
        if self.rows is not None:
            return self.rows
        if self.layout.whole_clips:
            return Rows.whole(dict.fromkeys(self.videos, 1))
        if self.layout.selected or not self.n_frames:
            return None
        return Rows.whole(self.n_frames)

    def only(self, video: str) -> Self:
        """Ask for one video, and no other.

        Parameters
        ----------
        video : str
            One of `videos`.

        Returns
        -------
        Template
            Its part.
        """
        own = replace(self, videos=(video,))
        if self.rows is None:
            return own
        return own.with_rows({
            video: self.rows.frame[self.rows.video == self.rows.videos.index(video)]
        })

    def describe(self) -> dict[str, Any]:
        """Give what the manifest of a run notes of its template.

        Returns
        -------
        dict
            Whether the rows are ``in_order`` of the frames; ``like`` where there is a sample,
            with its ``name``, ``sha256`` and ``layout``.
        """
        like = {
            "name": Path(self.source).name,
            "sha256": self.sha256,
            "layout": asdict(self.layout),
        }
        return {
            **({} if self.sha256 is None else {LIKE: like}),
            IN_ORDER: self.rows is None or _is_in_order(self.rows),
        }


def choose_template(
    challenge: Challenge, *, like: Path | None, frames: Path | None
) -> Template | None:
    """Read the sample, or the numbers of frames, that a user gives.

    Parameters
    ----------
    challenge : Challenge
        What is to be submitted.
    like : Path, optional
        The organisers' sample or list.
    frames : Path, optional
        A table ``video,frames``; it completes a list that does not tell them of all videos.

    Returns
    -------
    Template or None
        What a submission has to look like; None if nothing is given.

    Raises
    ------
    UsageError
        If both tell the rows.
    DataError
        If `frames` lacks videos of the list.
    """
    if like is None:
        if frames is None:
            return None
        return Template.of_frames(read_frame_counts(frames), challenge, source=str(frames))
    template = Template.read(like, challenge)
    if frames is None:
        return template
    if template.rows is not None or set(template.n_frames) >= set(template.videos):
        msg = f"--like {like} tells the rows of each video; leave --frames out"
        raise UsageError(msg)
    counts = {**read_frame_counts(frames), **template.n_frames}
    lacking = [video for video in template.videos if video not in counts]
    if lacking:
        msg = f"{frames}: {len(lacking)} videos of {like} have no number: {few(lacking)}"
        raise DataError(msg)
    chosen = {video: counts[video] for video in template.videos}
    full = Template.of_frames(chosen, challenge, source=template.source)
    return replace(template, rows=full.rows, n_frames=full.n_frames)


def _read_list(path: Path, challenge: Challenge) -> VideoList:
    try:
        return read_video_list(path)
    except DataError as error:
        clips = [
            row.name
            for row in CHALLENGES.values()
            if row.protocol.task == challenge.protocol.task and row.protocol.submission.whole_clips
        ]
        if not clips:
            raise
        msg = f"{error}\nhint: if it is a sample of {few(clips)}, tell the --edition"
        raise DataError(msg) from error


def _sample_files(path: Path, challenge: Challenge) -> list[Path]:
    files = label_files(path)
    layout = challenge.protocol.submission
    if not path.is_dir():
        return files
    if layout.per_video:
        suffix = Path(layout.file).suffix
        fitting = [file for file in files if file.suffix == suffix]
        if not fitting:
            msg = f"{path}: expected samples named {layout.file}, found {few(files)}"
            raise DataError(msg)
        return fitting
    if len(files) > 1:
        names = few(file.name for file in files)
        msg = f"{path}: expected one sample of {challenge.name}, found {len(files)}: {names}"
        raise DataError(msg)
    return files


def _sha256(files: Sequence[Path]) -> str:
    if len(files) == 1:
        return hashlib.sha256(files[0].read_bytes()).hexdigest()
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _is_in_order(rows: Rows) -> bool:
    new = np.diff(rows.video) > 0
    same = (np.diff(rows.video) == 0) & (np.diff(rows.frame) > 0)
    return bool((new | same).all())
