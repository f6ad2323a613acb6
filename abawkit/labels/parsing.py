"""From the bytes of a label file to its rows, with every fault named.

All of it is done with arrays over the bytes, for files have a million rows. What is out of the
ordinary is read as well as it can be, and told to a sink of faults; what `read_labels` reads
without a word is in `abawkit.labels.faults`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from abawkit.labels.cells import ANNOTATIONS, Terms, field_names, read_rows, value_names
from abawkit.labels.faults import Teller
from abawkit.labels.keys import Keys, keys_of
from abawkit.labels.lines import scan, squeeze
from abawkit.protocol import column_names

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from abawkit.labels.faults import FaultSink
    from abawkit.labels.lines import Lines
    from abawkit.protocol import FileFormat, Target


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Table:
    """The rows of one file; row ``i`` is line ``first_line + i``, whatever is wrong with it.

    Attributes
    ----------
    path : Path
        The file.
    first_line : int
        The line of the first row, from 1.
    values : numpy.ndarray of float64, shape (n_rows, n_columns)
        Sentinels and all, in the task's order of columns; NaN where there is no valid value.
    probabilities : numpy.ndarray of float64, shape (n_rows, n_classes), or None
        Where the file has them; NaN where they are no probabilities.
    videos : tuple of str
        The videos that the keys name, each once; without a key column the file's own.
    video : numpy.ndarray of int, shape (n_rows,)
        Index into `videos`, -1 where the key is wrong or the line is blank.
    frame : numpy.ndarray of int, shape (n_rows,)
        From 1; 1 where a row is a whole clip, 0 where `video` is -1. Without a key column row
        after row, blank lines left out.
    keyed : bool
        Whether there is a key column.
    """

    path: Path
    first_line: int
    values: NDArray[np.float64]
    probabilities: NDArray[np.float64] | None
    videos: tuple[str, ...]
    video: NDArray[np.intp]
    frame: NDArray[np.intp]
    keyed: bool

    @property
    def rows(self) -> NDArray[np.intp]:
        """Which rows, from 0, are of a frame: those that are not blank and have a right key."""
        return np.flatnonzero(self.video >= 0)


def parse_table(  # noqa: PLR0913 - how a file is laid out, and how it is read
    path: Path,
    text: bytes,
    layout: FileFormat,
    targets: Sequence[Target],
    faults: FaultSink,
    *,
    headed: bool | None = None,
    terms: Terms = ANNOTATIONS,
) -> Table:
    """Parse the rows of one file and check every value.

    A row that has a comma too many at its end is read without it; of a row that has too few or
    too many values, the key is read alone.

    Parameters
    ----------
    path : Path
        The file's name, for messages.
    text : bytes
        From `read_text`; of its header everything has been told.
    layout : FileFormat
        The file's layout; where rows may have probabilities, most of them tell whether they do,
        if `terms` allow labels alone.
    targets : sequence of Target
        What its columns hold.
    faults : FaultSink
        Takes up what is wrong: ``blank-line``, ``columns``, ``trailing-comma``, ``key``,
        ``empty-value``, ``nan``, ``text``, ``sentinel`` and ``range``; and what is not to the
        letter: ``spaces``, ``number-format``, ``number-notation``, ``probability`` and
        ``label-probability``.
    headed : bool, optional
        Whether the first line is a header, whichever; by default it is if the layout has one.
    terms : Terms
        Which values are taken that are no labels.

    Returns
    -------
    Table
        Its rows; a faulty value is NaN.
    """
    text, spaced = squeeze(text)
    headed = layout.header is not None if headed is None else headed
    first_line = 2 if headed else 1
    spaced = spaced[spaced >= int(headed)]
    if spaced.size:
        found = "expected commas alone between values, found spaces"
        faults.tally(path, spaced + 1, found, code="spaces")
    pieces = list(scan(text, (text.find(b"\n") + 1 or len(text)) if headed else 0))
    layout = _as_most_rows(pieces, layout, targets) if terms.bare else layout
    keys = (
        _counted(pieces, path.stem)
        if layout.key is None
        else keys_of(pieces, layout.key, stem=path.stem)
    )
    n_rows, n_values = len(keys.video), len(value_names(layout, targets))
    values = np.empty((n_rows, n_values), order="F")
    first = 0
    for lines in pieces:
        rows = slice(first, first + len(lines))
        teller = Teller(path=path, first_line=first_line + first, data=lines.data, faults=faults)
        values[rows] = read_rows(
            lines, keys.video[rows] >= 0, layout, targets, teller, terms=terms
        )
        first += len(lines)
    n_classes = n_values - len(column_names(targets))
    return Table(
        path=path,
        first_line=first_line,
        values=values[:, n_classes:],
        probabilities=values[:, :n_classes] if layout.probabilities else None,
        videos=keys.videos,
        video=keys.video,
        frame=keys.frame,
        keyed=layout.key is not None,
    )


def _counted(pieces: Sequence[Lines], video: str) -> Keys:
    # Without a key column a row is the next frame; a blank line is no row.
    full = np.concatenate([np.empty(0, bool), *(lines.start != lines.stop for lines in pieces)])
    return Keys(
        videos=(video,), video=np.where(full, 0, -1), frame=np.where(full, np.cumsum(full), 0)
    )


def _as_most_rows(
    pieces: Sequence[Lines], layout: FileFormat, targets: Sequence[Target]
) -> FileFormat:
    """Tell whether rows that may have probabilities have them.

    Parameters
    ----------
    pieces : sequence of Lines
        The rows.
    layout : FileFormat
        A layout with or without probabilities.
    targets : sequence of Target
        What the columns hold.

    Returns
    -------
    FileFormat
        Without probabilities if more rows look so.
    """
    if not layout.probabilities:
        return layout
    bare = replace(layout, probabilities=False)
    with_them, without = (
        sum(int(np.isin(lines.n_fields, (n, n + 1)).sum()) for lines in pieces)
        for n in (len(field_names(layout, targets)), len(field_names(bare, targets)))
    )
    return bare if without > with_them else layout


__all__ = ["Table", "parse_table"]
