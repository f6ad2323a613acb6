"""From the raw outputs of a run to its label files, one video in memory at a time."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from abawkit.errors import RowOrderWarning, SubmissionError
from abawkit.labels import write_labels
from abawkit.labels.keys import key_pattern
from abawkit.track import Track
from submissions.decide import process
from submissions.run import RawVideo, raw_path

Rows = Sequence[tuple[str, int]]
"""The rows of one file of all videos, in order: video, and frame from 1."""

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from abawkit.protocol import Challenge
    from submissions.decide import Processing


def make_labels(challenge: Challenge, raw: RawVideo, processing: Processing) -> Track:
    """Make the labels of one video that a submission can have.

    Parameters
    ----------
    challenge : Challenge
        What the labels are for.
    raw : RawVideo
        The raw outputs.
    processing : Processing
        How raw outputs become labels.

    Returns
    -------
    Track
        The labels, known wherever the submission has a row.

    Raises
    ------
    SubmissionError
        If a frame that has a row has no label.
    """
    labels = process(challenge, raw.track, processing)
    wanted = slice(None) if labels.listed is None else labels.listed
    unknown = ~labels.known[wanted].all(axis=1)
    if unknown.any():
        msg = (
            f"{raw.video}: {unknown.sum()} frames have no face and no label, which "
            f"{challenge.name} does not allow; take a --fill such as linear"
        )
        raise SubmissionError(msg)
    return labels


class RunLabels(Mapping[str, Track]):
    """The labels of each video of a run, made from its raw outputs when they are asked for.

    Parameters
    ----------
    out : Path
        The run folder.
    challenge : Challenge
        What the labels are for.
    processing : Processing
        How raw outputs become labels.
    n_frames : mapping of str to int
        The videos, and the number of frames of each.
    rows : sequence of (str, int), optional
        The rows of the one file of all videos, video and frame from 1; all frames by default.
    """

    def __init__(
        self,
        out: Path,
        challenge: Challenge,
        processing: Processing,
        *,
        n_frames: Mapping[str, int],
        rows: Rows | None = None,
    ) -> None:
        self.out, self.challenge, self.processing = out, challenge, processing
        self.n_frames, self.rows = n_frames, rows
        self.layout = challenge.protocol.submission

    def __getitem__(self, video: str) -> Track:
        raw = RawVideo.load(raw_path(self.out, video))
        return make_labels(self.challenge, raw, self.processing)

    def __iter__(self) -> Iterator[str]:
        return iter(self.n_frames)

    def __len__(self) -> int:
        return len(self.n_frames)

    def __contains__(self, video: object) -> bool:
        return video in self.n_frames

    def write_video(self, video: str) -> None:
        """Write a video's own file, where each has one.

        Parameters
        ----------
        video : str
            The video.
        """
        if self.layout.per_video:
            self._write({video: self[video]}, rows=None)

    def write_all(self) -> None:
        """Write the one file of all videos, where there is one."""
        if not self.layout.per_video:
            every = (
                (name, frame)
                for name, n_frames in self.n_frames.items()
                for frame in range(1, n_frames + 1)
            )
            self._write(self, rows=every if self.rows is None else self.rows)

    def write(self) -> None:
        """Write the files of all videos; none if a frame of one has no label."""
        if self.layout.per_video:
            self._write(self, rows=None)
        else:
            self.write_all()

    def _write(
        self, tracks: Mapping[str, Track], *, rows: Iterable[tuple[str, int]] | None
    ) -> None:
        write_labels(
            self.out, tracks, targets=self.challenge.targets, layout=self.layout, rows=rows
        )


def read_rows(challenge: Challenge, out: Path, videos: Mapping[str, RawVideo]) -> Rows | None:
    """Read the order of the rows of a run's one file of all videos, that of the official sample.

    Parameters
    ----------
    challenge : Challenge
        What the run is for.
    out : Path
        The run folder.
    videos : mapping of str to RawVideo
        The videos of the run, which tell the rows that there have to be.

    Returns
    -------
    list of (str, int), or None
        Video and frame from 1; None where each video has its own file.

    Warns
    -----
    RowOrderWarning
        If the file is not there, or has other rows: they are then in the order of the videos.
    """
    layout = challenge.protocol.submission
    if layout.per_video or layout.key is None:
        return None
    expected = [(name, frame) for name, raw in videos.items() for frame in raw.rows]
    try:
        lines = (out / layout.file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        lines = []
    pattern, first = key_pattern(layout.key), layout.key.first
    keys = (pattern.fullmatch(line.partition(",")[0]) for line in lines)
    found = [(key["video"], int(key["frame"]) - first + 1) for key in keys if key]
    if sorted(found) == sorted(expected):
        return found
    msg = (
        f"{out / layout.file}: expected the {len(expected)} rows of this run, found {len(found)}, "
        "or others; the new file has them in the order of the videos, not of the official sample"
    )
    warnings.warn(msg, RowOrderWarning, stacklevel=3)
    return expected
