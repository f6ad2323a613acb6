"""Reading a submission as it stands: every row that can be read, and every fault of its form."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from abawkit.labels.cells import Terms
from abawkit.labels.parsing import parse_table
from abawkit.labels.text import read_text
from abawkit.labels.values import allowed
from abawkit.protocol import blocks
from submissions.validation.collecting import Collector
from submissions.validation.files import submission_files
from submissions.validation.findings import VideoRows
from submissions.validation.header import has_header
from submissions.validation.repeats import spots_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from abawkit.labels.parsing import Table
    from abawkit.protocol import Challenge, FileFormat
    from submissions.template import Template


BLANK_ROW = (
    "see whether a row is missing there: without the line, the rows after it move up a frame"
)
"""What to do about an empty line between rows that no key names."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Submission:
    """A submission as it stands.

    Attributes
    ----------
    path : Path
        Where it is.
    challenge : Challenge
        What it is checked as.
    layout : FileFormat
        The layout that it should have: the sample's, or else the edition's.
    tables : tuple of Table
        The rows of each file, as far as they can be read, sentinels and all.
    unread : tuple of Path
        Files with the header of another challenge or no text at all, which have no table.
    faults : Collector
        What is wrong with the form and the values.
    """

    path: Path
    challenge: Challenge
    layout: FileFormat
    tables: tuple[Table, ...]
    unread: tuple[Path, ...]
    faults: Collector

    def videos(self) -> list[VideoRows]:
        """Give the rows by video, each video once, in the order of the files.

        Returns
        -------
        list of VideoRows
            Of a row that is there twice, the first.
        """
        return [video for table in self.tables for video in _by_video(table, self.challenge)]


def read_submission(
    path: Path,
    challenge: Challenge,
    *,
    template: Template | None = None,
    overshoot: float = 0.0,
) -> Submission:
    """Read a submission, whatever is wrong with it.

    Parameters
    ----------
    path : Path
        A run folder, a folder of label files, or one file.
    challenge : Challenge
        What it is for.
    template : Template, optional
        The official sample, whose layout is then asked for.
    overshoot : float
        How far beyond its range a continuous value may be, as a share of the range.

    Returns
    -------
    Submission
        Its rows and its faults; a `DataError` if there is nothing to read at `path`, or an
        archive.
    """
    layout = challenge.protocol.submission if template is None else template.layout
    faults = Collector()
    # A sample with probabilities wants them; by the task's table they are up to the team.
    bare = template is None or not template.probabilities
    terms = Terms(bare=bare, sentinels=False, overshoot=overshoot)
    tables: list[Table] = []
    unread: list[Path] = []
    for file in submission_files(path, layout, faults):
        table = _read_table(file, challenge, layout, terms, faults)
        if table is None:
            unread.append(file)
        else:
            tables.append(table)
    return Submission(
        path=path,
        challenge=challenge,
        layout=layout,
        tables=tuple(tables),
        unread=tuple(unread),
        faults=faults,
    )


def _read_table(
    path: Path, challenge: Challenge, layout: FileFormat, terms: Terms, faults: Collector
) -> Table | None:
    text = read_text(path, faults)
    headed = has_header(path, text, challenge, layout, faults)
    if headed is None:
        return None
    # Whether or not there should be a header, the rows are looked for where they stand.
    table = parse_table(path, text, layout, challenge.targets, faults, headed=headed, terms=terms)
    if text and not len(table.values):
        faults.add(path, 0, "expected rows, found none after the first line", code="file-empty")
    if not table.keyed and len(table.rows) < len(table.values):
        faults.advise("blank-line", BLANK_ROW)
    return table


def _by_video(table: Table, challenge: Challenge) -> Iterator[VideoRows]:
    rows = table.rows
    if not len(rows):
        return
    values = _labels(table, challenge)
    video, frame = table.video[rows], table.frame[rows]
    spots = spots_of(video, frame)
    if not bool(np.all(np.diff(spots) > 0)):
        _, first = np.unique(spots, return_index=True)
        rows, video, frame = rows[first], video[first], frame[first]
    if len(rows) < len(values) or not bool(np.all(np.diff(rows) == 1)):
        values = values[rows]
    starts = [*np.flatnonzero(np.diff(video, prepend=-1)).tolist(), len(rows)]
    for start, stop in pairwise(starts):
        part = slice(start, stop)
        yield VideoRows(
            video=table.videos[int(video[start])],
            file=table.path,
            lines=rows[part] + table.first_line,
            frames=frame[part],
            values=values[part],
        )


def _labels(table: Table, challenge: Challenge) -> NDArray[np.float64]:
    values = table.values
    for target, columns in blocks(challenge.targets):
        fits = allowed(target, table.values[:, columns])
        if not fits.all():
            values = values.copy() if values is table.values else values
            values[:, columns][~fits] = np.nan
    return values
