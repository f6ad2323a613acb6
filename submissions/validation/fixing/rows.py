"""Rows that are there twice, too many or missing: which of them have one right answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import few
from submissions.validation.collecting import finding
from submissions.validation.findings import PLACES, Place
from submissions.validation.repeats import Repeats, spots_of
from submissions.validation.rows import row_name

if TYPE_CHECKING:
    from abawkit.labels.rows import Rows
    from abawkit.protocol import FileFormat
    from submissions.template import Template
    from submissions.validation.findings import Finding
    from submissions.validation.rows import Ints, Mask, SubmittedRows

AT_THE_END = 2
"""How many rows are added or taken off at the end of a file whose rows have no names: decoders
count a frame less than the organisers in most videos."""


def repeated(given: SubmittedRows) -> tuple[Mask, list[Finding]]:
    """Find rows that are there already.

    Parameters
    ----------
    given : SubmittedRows
        The rows.

    Returns
    -------
    again : numpy.ndarray of bool, shape (n_rows,)
        Which rows repeat an earlier one.
    refused : list of Finding
        Those that do so with other values.
    """
    repeats = Repeats.of(given)
    again = np.zeros(len(given), bool)
    again[repeats.rows] = True
    rows = repeats.rows[repeats.differs]
    if not rows.size:
        return again, []
    line = given.line[repeats.original[repeats.differs][0]]
    message = f"line {given.line[rows[0]]}: this row repeats line {line} with other values"
    places = given.places(rows, limit=PLACES)
    return again, [finding("row-duplicate", message, count=len(rows), at=places)]


def compared(
    given: SubmittedRows, template: Template, *, path: str, fill: bool
) -> tuple[Mask, list[Finding]]:
    """Compare the rows with those of the official sample.

    Parameters
    ----------
    given : SubmittedRows
        The rows, each once.
    template : Template
        The official sample.
    path : str
        Where the submission is.
    fill : bool
        Whether it is told how to fill rows that are not there.

    Returns
    -------
    extra : numpy.ndarray of bool, shape (n_rows,)
        Which rows are too many.
    refused : list of Finding
        What would have to be guessed: rows and videos that are missing, and those that are too
        many where they may be the missing ones under a wrong name.
    """
    there = {given.videos[video] for video in np.unique(given.video).tolist()}
    lacking = [name for name in template.videos if name not in there]
    unknown = given.numbers(template.videos) < 0
    refused = []
    if lacking:
        message = f"{len(lacking)} videos of the sample are not there: {few(lacking)}"
        refused.append(
            finding("video-missing", message, count=len(lacking), at=[Place(file=path)])
        )
    if lacking and unknown.any():
        names = dict.fromkeys(given.videos[video] for video in given.video[unknown].tolist())
        message = f"these may be the missing ones, with wrong names: {few(names)}"
        places = given.places(unknown, limit=PLACES)
        refused.append(finding("video-unknown", message, count=len(names), at=places))
    wanted = template.expected()
    if wanted is None:
        return unknown, refused
    extra, found = _by_rows(given, wanted, template.layout, fill=fill)
    return unknown | extra, refused + found


def _by_rows(
    given: SubmittedRows, wanted: Rows, layout: FileFormat, *, fill: bool
) -> tuple[Mask, list[Finding]]:
    own = given.numbers(wanted.videos)
    if not len(given) or not wanted.videos:
        # Of videos that are all missing or all unknown, which has been told.
        return np.zeros(len(given), bool), []
    spots, asked = spots_of(own, given.frame), spots_of(wanted.video, wanted.frame)
    extra = (own >= 0) & ~np.isin(spots, asked)
    # A video of which there is no row is told as one.
    missing = np.isin(wanted.video, own) & ~np.isin(asked, spots)
    n_missing, n_extra = (
        np.bincount(videos, minlength=len(wanted.videos))
        for videos in (wanted.video[missing], own[extra])
    )
    doubtful = (n_missing > 0) & (n_extra > 0)
    if layout.key is None:
        doubtful = (n_missing > AT_THE_END) | (n_extra > AT_THE_END)
    refused = []
    taken_off = extra & doubtful[own]
    if taken_off.any():
        message = "nobody can tell whether these rows are too many, or others under a wrong name"
        places = given.places(taken_off, limit=PLACES)
        refused.append(finding("row-extra", message, count=int(taken_off.sum()), at=places))
    added = missing & (doubtful[wanted.video] | (not fill))
    if added.any():
        first = int(np.flatnonzero(added)[0])
        video, frame = wanted.videos[int(wanted.video[first])], int(wanted.frame[first])
        message = f"the first is {row_name(layout, video, frame)}"
        places = _standing(given, wanted, np.flatnonzero(added))[:PLACES]
        refused.append(finding("row-missing", message, count=int(added.sum()), at=places))
    return extra, refused


def _standing(given: SubmittedRows, wanted: Rows, lacking: Ints) -> list[Place]:
    # After the row that comes before it, or at the top of its file.
    own = given.numbers(wanted.videos)
    known = np.flatnonzero(own >= 0)
    spots = spots_of(own[known], given.frame[known])
    order = known[np.argsort(spots, kind="stable")]
    before = np.searchsorted(
        np.sort(spots), spots_of(wanted.video[lacking], wanted.frame[lacking])
    )
    files = {path.stem: number for number, path in enumerate(given.paths)}
    places = []
    for video, at in zip(wanted.video[lacking].tolist(), (before - 1).tolist(), strict=True):
        row = int(order[at])
        per_video = given.layout.per_video
        file = files.get(wanted.videos[video], 0) if per_video else 0
        if at < 0 or (per_video and int(own[row]) != video):
            line = given.lines[file].start
        else:
            line = int(given.line[row]) + 1
        places.append(Place(file=str(given.paths[file]), line=line))
    return [*dict.fromkeys(places)]


__all__ = ["AT_THE_END", "compared", "repeated"]
