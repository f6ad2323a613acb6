"""From the rows that were given to those that are written, or to all that would be a guess."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import few
from abawkit.labels.rows import Rows
from abawkit.labels.tracks import most_frames
from abawkit.labels.values import annotated
from abawkit.track import Track
from submissions.filling import fill_labels
from submissions.validation.collecting import finding
from submissions.validation.findings import PLACES
from submissions.validation.fixing.form import refused_form
from submissions.validation.fixing.rows import compared, repeated
from submissions.validation.fixing.values import clipped, settled
from submissions.validation.refusal import NotFixedError
from submissions.validation.repeats import spots_of
from submissions.validation.rows import SubmittedRows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from abawkit.protocol import Challenge
    from submissions.filling import Filling
    from submissions.template import Template
    from submissions.validation.findings import Finding
    from submissions.validation.rows import Ints
    from submissions.validation.submission import Submission


def repaired(
    submission: Submission,
    *,
    template: Template | None,
    fill: Filling | None,
) -> tuple[dict[str, Track], Rows]:
    """Repair the rows of a submission.

    Parameters
    ----------
    submission : Submission
        What was read, with values that overshoot by `OVERSHOOT` at most.
    template : Template, optional
        The official sample.
    fill : str, optional
        How to fill what is not there.

    Returns
    -------
    tracks : dict of str to Track
        Labels of every row, by video.
    rows : Rows
        The rows, in order.

    Raises
    ------
    NotFixedError
        If anything would have to be guessed; the message lists all of it.
    """
    filling, challenge = fill is not None, submission.challenge
    refused = refused_form(submission, template, fill=filling)
    if not submission.tables:
        raise NotFixedError(submission.path, refused, filling=filling)
    rows, found = _mended(SubmittedRows.of(submission), challenge)
    refused += found
    again, found = repeated(rows)
    refused += found
    wanted = None if template is None else template.expected()
    if wanted is not None:
        # Only a sample tells how often a row has to be there.
        rows = rows.take(~again)
    # Rows that cannot be read may be those that seem to be missing.
    if template is not None and _all_read(submission):
        extra, found = compared(rows, template, path=str(submission.path), fill=filling)
        refused += found
        rows = rows.take(~extra)
    refused += _too_far(rows)
    if refused:
        raise NotFixedError(submission.path, refused, filling=filling)
    frames = {} if wanted is None else wanted.by_video()
    tracks = dict(_tracks(rows, challenge, frames))
    if fill is not None:
        tracks, refused = _filled(tracks, rows, challenge, fill)
    if refused:
        raise NotFixedError(submission.path, refused, filling=filling)
    return tracks, _listed(
        rows, tracks
    ) if template is None or template.rows is None else template.rows


def _all_read(submission: Submission) -> bool:
    blank = submission.faults.lines("blank-line")
    return not submission.unread and all(
        np.isin(
            np.flatnonzero(table.video < 0) + table.first_line, blank.get(table.path, ())
        ).all()
        for table in submission.tables
    )


def _listed(rows: SubmittedRows, tracks: Mapping[str, Track]) -> Rows:
    # As they were given, if there are no others.
    frames = {
        video: np.arange(1, track.n_frames + 1)
        if track.listed is None
        else np.flatnonzero(track.listed) + 1
        for video, track in tracks.items()
    }
    if sum(map(len, frames.values())) > len(rows):
        return Rows.of_frames(frames)
    # Without the videos that were too many.
    left, video = np.unique(rows.video, return_inverse=True)
    names = tuple(rows.videos[number] for number in left.tolist())
    return Rows(videos=names, video=video, frame=rows.frame)


def _mended(rows: SubmittedRows, challenge: Challenge) -> tuple[SubmittedRows, list[Finding]]:
    mended = replace(rows, values=clipped(rows.values, challenge.targets))
    if rows.probabilities is None:
        return mended, []
    probabilities = settled(rows.probabilities)
    # What is no probability at all has been told as that.
    unread = np.isnan(rows.probabilities).any(axis=1)
    lost = np.asarray(np.isnan(probabilities).any(axis=1) & ~unread)
    mended = replace(mended, probabilities=probabilities)
    if not lost.any():
        return mended, []
    first = int(np.flatnonzero(lost)[0])
    total = rows.probabilities[first].sum()
    message = f"line {rows.line[first]}: the probabilities add up to {total:g}, too far from 1"
    places = rows.places(lost, limit=PLACES)
    return mended, [finding("probability", message, count=int(lost.sum()), at=places)]


def _too_far(rows: SubmittedRows) -> list[Finding]:
    # What `read_labels` would refuse, and what would fill the memory.
    last = np.zeros(len(rows.videos), np.intp)
    np.maximum.at(last, rows.video, rows.frame)
    most = most_frames(len(rows.frame))
    if int(last.sum()) <= most:
        return []
    latest = rows.frame == rows.frame.max()
    message = f"found frame {rows.frame.max()}, expected {most} frames of all videos at most"
    return [finding("key", message, count=1, at=rows.places(latest, limit=1))]


def _tracks(
    rows: SubmittedRows, challenge: Challenge, frames: Mapping[str, Ints]
) -> Iterator[tuple[str, Track]]:
    # Only what is known; a row that is wanted and not given is listed all the same.
    order = np.argsort(spots_of(rows.video, rows.frame), kind="stable")
    known = annotated(challenge.targets, rows.values)
    starts = np.flatnonzero(np.diff(rows.video[order], prepend=-1))
    for picked in np.split(order, starts)[1:]:
        video = rows.videos[int(rows.video[picked[0]])]
        own = rows.frame[picked]
        wanted = frames.get(video, own)
        n_frames = max(int(own[-1]), int(wanted.max(initial=0)))
        listed = np.zeros(n_frames, bool)
        listed[wanted - 1] = True
        values = _spread(rows.values[picked], own, n_frames)
        track = Track.of(video, values, _spread(known[picked], own, n_frames) == 1, listed)
        if rows.probabilities is not None:
            spread = _spread(rows.probabilities[picked], own, n_frames)
            track = replace(track, probabilities=spread)
        yield video, track


def _spread(values: NDArray[np.generic], frames: Ints, n_frames: int) -> NDArray[np.float64]:
    found = np.full((n_frames, values.shape[1]), np.nan)
    found[frames - 1] = values
    return found


def _filled(
    tracks: Mapping[str, Track], rows: SubmittedRows, challenge: Challenge, fill: Filling
) -> tuple[dict[str, Track], list[Finding]]:
    complete: dict[str, Track] = {}
    lost = []
    for video, track in tracks.items():
        listed = track.known if track.listed is None else track.known[track.listed]
        if listed.all():
            complete[video] = track
        elif fill != "constant" and not track.known.any(axis=0).all():
            lost.append(video)
        else:
            complete[video] = fill_labels(track, challenge, fill)
    if not lost:
        return complete, []
    message = f"{fill} has nothing to go by in {few(lost)}: a column has no value in any row"
    # A mark is a number, and what cannot be read is none.
    absent = ~annotated(challenge.targets, rows.values).all(axis=1)
    where = absent & (rows.numbers(lost) >= 0)
    marked = not np.isnan(rows.values[where]).any()
    places = rows.places(where, limit=PLACES)
    code = "sentinel" if marked else "nan"
    return complete, [finding(code, message, count=int(where.sum()), at=places)]


__all__ = ["repaired"]
