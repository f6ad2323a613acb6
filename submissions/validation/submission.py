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

    Ints = NDArray[np.intp]


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
    terms = Terms(sentinels=False, overshoot=overshoot)
    tables: list[Table] = []
    unread: list[Path] = []
    for file in submission_files(path, layout, faults):
        table = _read_table(file, challenge, layout, terms, faults)
        if table is None:
            unread.append(file)
        else:
            tables.append(table)
    if template is not None and template.probabilities:
        for table in tables:
            _want_probabilities(table, challenge, faults)
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
        faults.add(path, 0, "found a header and no rows", code="file-empty")
    return table


def _want_probabilities(table: Table, challenge: Challenge, faults: Collector) -> None:
    if table.probabilities is None:
        rows: Ints = np.arange(len(table.values))
    else:
        rows = np.flatnonzero(np.isnan(table.probabilities).all(axis=1))
    classes = ",".join(f"p({name})" for name in challenge.targets[0].names)
    found = f"found the label alone; the sample has {classes} before it"
    faults.tally(table.path, rows + table.first_line, found, code="columns")


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
