"""From outputs to labels: which rows are wanted, how gaps are filled, and what is decided."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import SubmissionError, counted, few
from abawkit.protocol import column_names
from abawkit.track import Track
from submissions.conversion.parts import lengthened
from submissions.decide import DEFAULT_THRESHOLD, decide, output_blocks
from submissions.filling import FILLINGS, fill_outputs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from abawkit.protocol import Challenge, FileFormat
    from submissions.filling import Filling
    from submissions.template import Template

    Frames = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Labels:
    """Labels of all wanted rows, by video; how many were filled, and how many are left out."""

    tracks: Mapping[str, Track]
    n_filled: int
    n_left_out: int


def labels_for(  # noqa: PLR0913 - what to decide, and each way to decide it
    challenge: Challenge,
    outputs: Mapping[str, Track],
    *,
    layout: FileFormat,
    template: Template | None = None,
    fill: Filling | None = None,
    thresholds: Sequence[float] = (),
) -> Labels:
    """Decide what the rows of a submission say.

    Parameters
    ----------
    challenge : Challenge
        What the submission is for.
    outputs : mapping of str to Track
        Raw outputs, by video.
    layout : FileFormat
        How it is laid out.
    template : Template, optional
        Which rows it is to have; by default all frames of each video, or those that the sources
        list where a layout has selected ones.
    fill : {"linear", "nearest", "previous", "constant"}, optional
        How rows without a value take one.
    thresholds : sequence of float
        Of action units; none for .5.

    Returns
    -------
    Labels
        Known in every wanted row.

    Raises
    ------
    SubmissionError
        If a row has no value and no fill is stated.
    """
    wanted = {video: _wanted(raw, layout, template) for video, raw in outputs.items()}
    gaps = {
        video: frames & np.isnan(lengthened(raw.values, len(frames))).any(axis=1)
        for (video, raw), frames in zip(outputs.items(), wanted.values(), strict=True)
    }
    n_gaps = sum(int(frames.sum()) for frames in gaps.values())
    if n_gaps and fill is None:
        raise SubmissionError(_told(challenge, outputs, gaps))
    return Labels(
        tracks={
            video: decided(challenge, raw, wanted[video], fill=fill, thresholds=thresholds)
            for video, raw in outputs.items()
        },
        n_filled=n_gaps,
        n_left_out=sum(_left_out(raw, wanted[video]) for video, raw in outputs.items()),
    )


def decided(
    challenge: Challenge,
    raw: Track,
    wanted: Frames,
    *,
    fill: Filling | None,
    thresholds: Sequence[float] = (),
) -> Track:
    """Fill and decide the outputs of one video.

    Parameters
    ----------
    challenge : Challenge
        What they are for.
    raw : Track
        Of shape ``(n_frames, n_outputs)``.
    wanted : numpy.ndarray of bool, shape (n_wanted,)
        Which frames are to be listed; the video ends with it.
    fill : {"linear", "nearest", "previous", "constant"} or None
        How frames without a value take one.
    thresholds : sequence of float
        Of action units; none for .5.

    Returns
    -------
    Track
        Labels of shape ``(n_wanted, columns)``.
    """
    n_frames = max(len(wanted), raw.n_frames)
    track = Track.of(raw.video, lengthened(raw.values, n_frames))
    if fill is not None:
        track = fill_outputs(track, challenge, fill)
    labels = decide(challenge, track, thresholds=thresholds or DEFAULT_THRESHOLD)
    end = len(wanted)
    probabilities = raw.probabilities
    if probabilities is not None:
        probabilities = lengthened(probabilities, end)
    return replace(
        labels,
        values=labels.values[:end],
        known=labels.known[:end],
        listed=wanted,
        probabilities=probabilities,
    )


def _wanted(raw: Track, layout: FileFormat, template: Template | None) -> Frames:
    listed = np.ones(raw.n_frames, bool) if raw.listed is None else raw.listed
    if template is not None and template.rows is not None:
        rows = template.rows
        frames = rows.frame[rows.video == rows.videos.index(raw.video)]
        wanted = np.zeros(int(frames.max()), bool)
        wanted[frames - 1] = True
        return wanted
    n_frames = None if template is None else template.n_frames.get(raw.video)
    if layout.selected or layout.whole_clips:
        return listed[:n_frames]
    return np.ones(raw.n_frames if n_frames is None else n_frames, bool)


def _left_out(raw: Track, wanted: Frames) -> int:
    listed = np.ones(raw.n_frames, bool) if raw.listed is None else raw.listed
    end = min(len(listed), len(wanted))
    return int(listed.sum() - (listed[:end] & wanted[:end]).sum())


def _told(challenge: Challenge, outputs: Mapping[str, Track], gaps: Mapping[str, Frames]) -> str:
    """Say which rows have no value.

    Parameters
    ----------
    challenge : Challenge
        What they are for.
    outputs : mapping of str to Track
        What is known, by video.
    gaps : mapping of str to numpy.ndarray of bool
        Which rows have none.

    Returns
    -------
    str
        What was found, where, and what can be done.
    """
    open_videos = {video: np.flatnonzero(frames) + 1 for video, frames in gaps.items()}
    open_videos = {video: frames for video, frames in open_videos.items() if len(frames)}
    places = [f"{video}: frame {few(frames)}" for video, frames in open_videos.items()]
    n_gaps = sum(len(frames) for frames in open_videos.values())
    lacking = [
        target.name
        for target, columns in output_blocks(challenge.targets)
        if any(
            np.isnan(lengthened(outputs[video].values[:, columns], frames[-1])[frames - 1]).any()
            for video, frames in open_videos.items()
        )
    ]
    return (
        f"no value of {', '.join(lacking)} in {counted(n_gaps, 'row')} of "
        f"{counted(len(open_videos), 'video')} "
        f"({few(places, limit=3)}); expected {', '.join(column_names(challenge.targets))} for "
        f"each; say by --fill how they are filled: {', '.join(FILLINGS)}"
    )
