"""From the raw outputs of a run to its label files, one video in memory at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from abawkit.errors import SubmissionError, few
from abawkit.labels import write_labels
from abawkit.track import Track
from submissions.decide import process
from submissions.run import RawVideo, raw_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from abawkit.protocol import Challenge
    from submissions.decide import Processing
    from submissions.template import Template


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
    template : Template
        The videos, and the rows of each.
    """

    def __init__(
        self, out: Path, challenge: Challenge, processing: Processing, template: Template
    ) -> None:
        self.out, self.challenge, self.processing = out, challenge, processing
        self.template = template

    def __getitem__(self, video: str) -> Track:
        raw = RawVideo.load(raw_path(self.out, video))
        return make_labels(self.challenge, raw, self.processing)

    def __iter__(self) -> Iterator[str]:
        return iter(self.template.videos)

    def __len__(self) -> int:
        return len(self.template.videos)

    def __contains__(self, video: object) -> bool:
        return video in self.template.videos

    def write_video(self, video: str) -> None:
        """Write a video's own file, where each has one.

        Parameters
        ----------
        video : str
            The video.
        """
        if self.template.layout.per_video:
            write_submission(
                self.out, {video: self[video]}, self.challenge, self.template.only(video)
            )

    def write_all(self) -> None:
        """Write the one file of all videos, where there is one."""
        if not self.template.layout.per_video:
            self.write()

    def write(self) -> None:
        """Write the files of all videos; none if a frame of one has no label."""
        write_submission(self.out, self, self.challenge, self.template)


def write_submission(
    folder: Path, tracks: Mapping[str, Track], challenge: Challenge, template: Template
) -> list[Path]:
    """Write labels as a template asks for them.

    Parameters
    ----------
    folder : Path
        Where the files go.
    tracks : mapping of str to Track
        Labels by video; those of other videos are left out.
    challenge : Challenge
        What the labels are for.
    template : Template
        Which rows there have to be, and how they are laid out.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    SubmissionError
        If a row has no label, or the sample has probabilities and the labels have none. No
        file has been written then.
    """
    if template.probabilities:
        lacking = [video for video in template.videos if tracks[video].probabilities is None]
        if lacking:
            msg = (
                f"{template.source} asks for the probabilities of the classes, and "
                f"{len(lacking)} videos have none: {few(lacking)}; take the organisers' sample "
                "without them, or predictions that have them"
            )
            raise SubmissionError(msg)
    asked = tracks
    if template.rows is None and template.layout.per_video:
        asked = {video: _cut(tracks[video], template.n_frames) for video in template.videos}
    return write_labels(
        folder, asked, targets=challenge.targets, layout=template.layout, rows=template.rows
    )


def _cut(track: Track, n_frames: Mapping[str, int]) -> Track:
    end = n_frames.get(track.video, track.n_frames)
    return replace(track, values=track.values[:end], known=track.known[:end], listed=None)
