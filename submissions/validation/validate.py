"""Checking a submission: everything at once, against the sample where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import UsageError, few
from abawkit.labels import read_labels
from abawkit.labels.tracks import has_too_many_frames
from submissions.identify import read_own_manifest
from submissions.validation.collecting import ordered
from submissions.validation.comparing import (
    Match,
    compare_rows,
    compare_videos,
    note_beyond,
    note_missing_videos,
    note_uncounted,
)
from submissions.validation.findings import PLACES, Verdict
from submissions.validation.rows import SubmittedRows
from submissions.validation.submission import read_submission
from submissions.validation.telling import find_telling
from submissions.validation.unaided import note_count, note_gaps, note_order, note_repeats

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from abawkit.protocol import Challenge
    from abawkit.track import Track
    from submissions.template import Template
    from submissions.validation.findings import VideoRows
    from submissions.validation.submission import Submission


def validate(  # noqa: PLR0913 - what to compare with is up to the caller
    path: Path,
    challenge: Challenge,
    *,
    template: Template | None = None,
    against: Path | None = None,
    training: Path | None = None,
    places: int = PLACES,
) -> Verdict:
    """Check a submission.

    Parameters
    ----------
    path : Path
        A run folder, a folder of label files, or one file.
    challenge : Challenge
        What it is for.
    template : Template, optional
        The official sample or list: which rows it has to have, in which order.
    against : Path, optional
        Another submission of the same videos, to see whether one of them is shifted.
    training : Path, optional
        The annotations of the training set, to see whether values are in their range.
    places : int
        How many places of each finding to name.

    Returns
    -------
    Verdict
        All findings; a `DataError` if there is nothing to read at one of the paths, and a
        `UsageError` if `against` has no frame in common with the submission.
    """
    submission = read_submission(path, challenge, template=template)
    found = SubmittedRows.of(submission)
    _check_rows(submission, found, template)
    _note_faceless(submission, found)
    videos = submission.videos()
    telling = find_telling(
        videos,
        challenge,
        training=None if training is None else read_labels(training, challenge),
        against=None if against is None else _read_other(against, challenge, videos),
        places=places,
    )
    findings = ordered([*submission.faults.findings(places=places), *telling])
    return Verdict(
        challenge=challenge.name,
        n_videos=len(found.videos),
        n_rows=sum(len(table.values) for table in submission.tables),
        compared=None if template is None else _described(template),
        errors=tuple(finding for finding in findings if finding.severity == "error"),
        warnings=tuple(finding for finding in findings if finding.severity == "warning"),
    )


def _check_rows(submission: Submission, found: SubmittedRows, template: Template | None) -> None:
    faults = submission.faults
    if not len(found) and (faults.lines("key") or not submission.layout.per_video):
        return  # Nothing can be told of rows that are not there at all.
    if template is None:
        note_repeats(found, None, faults)
        note_order(found, faults)
        _note_gaps(submission, found)
        note_count(found, submission.challenge, faults)
        return
    rows = template.expected()
    match = None if rows is None else Match.of(found, rows)
    unread = {file.stem for file in submission.unread} if found.layout.per_video else set()
    missing = compare_videos(found, template.videos, unread, faults)
    note_missing_videos(missing, found, match, submission.path, faults)
    # Files without keys have their rows in order, whatever is in them.
    in_order = template.rows is not None or found.layout.key is None
    if match is not None:
        compare_rows(found, match, ordered=in_order, faults=faults)
    note_repeats(found, None if match is None else match.wanted >= 0, faults)
    if not in_order:
        note_order(found, faults)
    if match is None:
        _note_gaps(submission, found)
        note_beyond(found, template.n_frames, faults)
    note_uncounted(template, faults)


def _note_gaps(submission: Submission, found: SubmittedRows) -> None:
    # A frame so late that the files cannot mean it is the fault, not those before it.
    late = [
        has_too_many_frames(table, submission.faults) for table in submission.tables if table.keyed
    ]
    if not any(late):
        note_gaps(found, submission.faults)


def _read_other(
    path: Path, challenge: Challenge, videos: Sequence[VideoRows]
) -> Mapping[str, Track]:
    """Read another submission, to compare with.

    Parameters
    ----------
    path : Path
        Where it is.
    challenge : Challenge
        What both are for.
    videos : sequence of VideoRows
        The rows of the submission that is checked.

    Returns
    -------
    mapping of str to Track
        Its labels by video.

    Raises
    ------
    UsageError
        If no frame is in both, so that nothing would be compared.
    """
    labels = read_labels(path, challenge)
    common = any(_overlap(video, labels[video.video]) for video in videos if video.video in labels)
    if videos and not common:
        shared = few(video.video for video in videos if video.video in labels)
        found = (
            f"no frame in common in {shared}"
            if shared
            else f"{few(labels)}, none of which is there"
        )
        msg = (
            f"--against {path}: expected another submission of {few(v.video for v in videos)}, "
            f"found {found}; hint: give one for the same test set"
        )
        raise UsageError(msg)
    return labels


def _overlap(video: VideoRows, other: Track) -> bool:
    frames = video.frames[video.frames <= other.n_frames] - 1
    return bool(len(frames)) and (other.listed is None or bool(other.listed[frames].any()))


def _note_faceless(submission: Submission, found: SubmittedRows) -> None:
    manifest = read_own_manifest(submission.path) or {}
    rows = manifest.get("videos")
    if not isinstance(rows, list):
        return
    faceless = {
        str(row.get("video")) for row in rows if isinstance(row, dict) and row.get("n_faces") == 0
    }
    numbers = [number for number, name in enumerate(found.videos) if name in faceless]
    if numbers:
        said = f"{found.videos[numbers[0]]} has no frame with a face: its rows are a constant"
        found.report_videos(np.array(numbers), said, code="no-face", faults=submission.faults)


def _described(template: Template) -> str:
    rows = template.expected()
    size = "" if rows is None else f", {len(rows)} rows"
    return f"{template.source} ({len(template.videos)} videos{size})"
