"""A submission against the official sample or list: its videos, its rows and their order."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import counted
from abawkit.frames import other_people
from submissions.validation.repeats import occurrences
from submissions.validation.rows import by_number, first_rows, row_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from abawkit.labels.rows import Rows
    from submissions.template import Template
    from submissions.validation.collecting import Collector
    from submissions.validation.rows import SubmittedRows

    Ints = NDArray[np.intp]
    Bools = NDArray[np.bool_]

_ENDLESS = np.iinfo(np.intp).max


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Match:
    """Which row of a submission is which of the rows that it has to have.

    Attributes
    ----------
    rows : Rows
        The rows that it has to have.
    wanted : numpy.ndarray of int, shape (n_found,)
        Index into `rows` of each row of the submission, -1 where it is none of them.
    found : numpy.ndarray of int, shape (n_rows,)
        Index into the submission's rows of each of `rows`, -1 where it is missing.
    known : numpy.ndarray of bool, shape (n_found,)
        Whether the video of a row has rows in `rows` at all.
    again : numpy.ndarray of bool, shape (n_found,)
        Whether the same row stood there before.
    """

    rows: Rows
    wanted: Ints
    found: Ints
    known: Bools
    again: Bools

    @classmethod
    def of(cls, found: SubmittedRows, rows: Rows) -> Match:
        """Find each row.

        Parameters
        ----------
        found : SubmittedRows
            The rows of the submission.
        rows : Rows
            The rows that it has to have.

        Returns
        -------
        Match
            Of a row that is there more often than it should be, the first are taken.
        """
        video = found.numbers(rows.videos)
        # A number a row: of its video, its frame, and how often it stood there before.
        size = 1 + max(int(rows.frame.max(initial=0)), int(found.frame.max(initial=0)))
        want, have = rows.video * size + rows.frame, video * size + found.frame
        if np.array_equal(want, have):
            every = np.arange(len(want))
            again = occurrences(have) > 0
            return cls(rows=rows, wanted=every, found=every, known=video >= 0, again=again)
        wanted_before, found_before = occurrences(want), occurrences(have)
        times = 1 + max(int(wanted_before.max(initial=0)), int(found_before.max(initial=0)))
        want, have = want * times + wanted_before, have * times + found_before
        order = np.argsort(want, kind="stable")
        at = np.minimum(np.searchsorted(want[order], have), max(len(want) - 1, 0))
        wanted = np.full(len(have), -1)
        if len(want):
            hit = (video >= 0) & (want[order][at] == have)
            wanted[hit] = order[at[hit]]
        back = np.full(len(want), -1)
        back[wanted[wanted >= 0]] = np.flatnonzero(wanted >= 0)
        return cls(rows=rows, wanted=wanted, found=back, known=video >= 0, again=found_before > 0)

    def missing(self) -> Ints:
        """List the rows that are not there.

        Returns
        -------
        numpy.ndarray of int
            Indices into `rows`, ascending.
        """
        return np.flatnonzero(self.found < 0)


def compare_videos(
    found: SubmittedRows, videos: Sequence[str], unread: set[str], faults: Collector
) -> list[str]:
    """Note videos that are unknown, or of the wrong one of two people.

    Parameters
    ----------
    found : SubmittedRows
        The rows of the submission.
    videos : sequence of str
        The videos that it should have.
    unread : set of str
        Videos whose file is there, but cannot be read.
    faults : Collector
        Takes them up.

    Returns
    -------
    list of str
        The videos that are missing.
    """
    present, wanted = {*found.videos, *unread}, set(videos)
    missing = {video: None for video in videos if video not in present}
    strangers = [number for number, name in enumerate(found.videos) if name not in wanted]
    if not strangers:
        return list(missing)
    strange = []
    for number in strangers:
        name = found.videos[number]
        other = next((other for other in other_people(name) if other in missing), None)
        if other is None:
            strange.append(number)
            continue
        del missing[other]
        said = f"found {name}, expected {other}, another person of the same video"
        found.report_videos(np.array([number]), said, code="video-person", faults=faults)
    if strange:
        name = found.videos[strange[0]]
        near = get_close_matches(name, list(missing) or videos, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        said = f"found {name}, which is none of the {len(videos)} videos asked for{hint}"
        found.report_videos(np.array(strange), said, code="video-unknown", faults=faults)
    return list(missing)


def note_missing_videos(
    missing: Sequence[str],
    found: SubmittedRows,
    match: Match | None,
    folder: Path,
    faults: Collector,
) -> None:
    """Note videos that have no row at all, where they should stand.

    Parameters
    ----------
    missing : sequence of str
        The videos.
    found : SubmittedRows
        The rows of the submission.
    match : Match or None
        Which rows are there, if that is known.
    folder : Path
        The submission.
    faults : Collector
        Takes them up.
    """
    if not missing:
        return
    said = f"expected rows of {missing[0]}, found none"
    if found.layout.per_video:
        for name in missing:
            file = folder / found.layout.file.format(video=name)
            faults.add(file, 0, f"expected {file.name}, found no such file", code="video-missing")
        return
    lines: list[int] = [0]
    if match is not None and len(found):
        index = {name: number for number, name in enumerate(match.rows.videos)}
        numbers = [index[name] for name in missing if name in index]
        starts = first_rows(match.rows.video, len(match.rows.videos))[numbers]
        _, line = _place(found, match, starts[starts >= 0])
        lines = line.tolist() or [0]
    more = len(missing) - len(set(lines))
    faults.tally(found.paths[0], lines, said, code="video-missing", more=more)


def note_uncounted(template: Template, faults: Collector) -> None:
    """Note videos of which nobody tells how many rows they should have.

    Parameters
    ----------
    template : Template
        What the submission is compared with.
    faults : Collector
        Takes them up, at the list that names them.
    """
    if template.rows is not None or template.layout.whole_clips:
        return
    unknown = sum(video not in template.n_frames for video in template.videos)
    if unknown:
        videos = counted(unknown, "video")
        said = f"the list names {videos} without the number of rows: rows were not counted"
        more = unknown - 1
        faults.tally(Path(template.source), [0], said, code="row-count-unknown", more=more)


def note_beyond(found: SubmittedRows, n_frames: Mapping[str, int], faults: Collector) -> None:
    """Note rows of frames that their videos do not have.

    Parameters
    ----------
    found : SubmittedRows
        The rows of the submission.
    n_frames : mapping of str to int
        The number of frames of videos, as far as it is known.
    faults : Collector
        Takes the rows up.
    """
    if not found.videos:
        return
    last = np.array([n_frames.get(video, _ENDLESS) for video in found.videos], np.intp)
    beyond = np.flatnonzero(found.frame > last[found.video])
    if len(beyond):
        count = counted(int(last[found.video[beyond[0]]]), "frame")
        said = f"found {found.key(beyond[0])}; the video has {count}"
        found.report(beyond, said, code="row-extra", faults=faults)


def compare_rows(found: SubmittedRows, match: Match, *, ordered: bool, faults: Collector) -> None:
    """Note rows that are missing, too many or out of order, of videos that are there.

    Parameters
    ----------
    found : SubmittedRows
        The rows of the submission.
    match : Match
        Which of the rows it should have they are.
    ordered : bool
        Whether the order of the rows is known.
    faults : Collector
        Takes them up.
    """
    absent = match.found < 0
    if absent.any():
        there = np.zeros(len(match.rows.videos), bool)
        index = {name: number for number, name in enumerate(match.rows.videos)}
        there[[index[name] for name in found.videos if name in index]] = True
        _note_missing(found, match, np.flatnonzero(absent & there[match.rows.video]), faults)
    extra = np.flatnonzero(match.known & (match.wanted < 0) & ~match.again)
    if len(extra):
        said = f"found {found.key(extra[0])}, which is not asked for"
        found.report(extra, said, code="row-extra", faults=faults)
    if ordered:
        _note_order(found, match, faults)


def _note_missing(found: SubmittedRows, match: Match, missing: Ints, faults: Collector) -> None:
    if not len(missing):
        return
    file, line = _place(found, match, missing)
    for number, here in by_number(file):
        own, lines = missing[here], np.unique(line[here])
        first = int(own[np.argmin(line[here])])
        name = match.rows.videos[int(match.rows.video[first])]
        wanted = row_name(found.layout, name, int(match.rows.frame[first]))
        said = f"expected {wanted}, found {_standing(found, number, int(lines[0]))}"
        more = len(own) - len(lines)
        faults.tally(found.paths[number], lines, said, code="row-missing", more=more)


def _standing(found: SubmittedRows, file: int, line: int) -> str:
    if line not in found.lines[file]:
        return "the end of the file"
    here = np.flatnonzero((found.file == file) & (found.line == line))
    return found.key(int(here[0])) if len(here) else "a row that cannot be read"


def _place(found: SubmittedRows, match: Match, missing: Ints) -> tuple[Ints, Ints]:
    # After the nearest row before it that is there, or else at the top of its file.
    every = np.arange(len(match.found))
    before = np.maximum.accumulate(np.where(match.found >= 0, every, -1))[missing]
    if found.layout.per_video:
        before = np.where(match.rows.video[before] == match.rows.video[missing], before, -1)
    row = match.found[before]
    top = np.array([lines.start for lines in found.lines])
    if found.layout.per_video:
        files = {path.stem: number for number, path in enumerate(found.paths)}
        names = np.array([files.get(name, -1) for name in match.rows.videos])
        file = names[match.rows.video[missing]]
    else:
        file = np.zeros(len(missing), np.intp)
    return file, np.where(before >= 0, np.append(found.line + 1, 0)[row], top[file])


def _note_order(found: SubmittedRows, match: Match, faults: Collector) -> None:
    rows = np.flatnonzero(match.wanted >= 0)
    place = match.wanted[rows]
    if bool(np.all(np.diff(place) > 0)):
        return
    # One order for each file, for the order of the files means nothing.
    right = place[np.lexsort((place, found.file[rows]))]
    wrong = np.flatnonzero(place != right)
    if len(wrong):
        first = int(right[wrong[0]])
        name = match.rows.videos[int(match.rows.video[first])]
        wanted = row_name(found.layout, name, int(match.rows.frame[first]))
        said = f"expected {wanted}, found {found.key(rows[wrong[0]])}"
        files = found.file[rows[wrong]]
        # Where rows in a row are all misplaced, the first one tells.
        leads = (np.diff(wrong, prepend=-2) > 1) | (np.diff(files, prepend=-1) != 0)
        for file, own in by_number(files):
            starts = rows[wrong[own[leads[own]]]]
            faults.tally(
                found.paths[file],
                found.line[starts],
                said,
                code="row-order",
                more=len(own) - len(starts),
            )
