"""From the rows of one file to the tracks of its videos."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abawkit.labels.values import annotated
from abawkit.track import Track

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from abawkit.labels.faults import FaultSink
    from abawkit.labels.parsing import Table
    from abawkit.protocol import Target

_FREE_FRAMES, _FRAMES_A_ROW = 1_000_000, 20
"""How many frames the videos of a file may have: so many, and so many more for each row.

Where some frames only have a row, about every tenth does. A number that is far too large would
fill the memory with frames of which nothing is known.
"""


def most_frames(n_rows: int) -> int:
    """Tell how many frames the videos of a file may have in all.

    Parameters
    ----------
    n_rows : int
        How many rows it has.

    Returns
    -------
    int
        The number.
    """
    return _FREE_FRAMES + _FRAMES_A_ROW * n_rows


def tracks_of(table: Table, targets: Sequence[Target], faults: FaultSink) -> Iterator[Track]:
    """Gather the rows of each video.

    Parameters
    ----------
    table : Table
        The rows of one file.
    targets : sequence of Target
        What its columns hold.
    faults : FaultSink
        Takes up rows that contradict each other (``row-duplicate``), and a frame so late that
        the file cannot mean it (``key``).

    Yields
    ------
    Track
        One a video, in the order of the file; sentinels are masked.
    """
    values, share = table.values, table.probabilities
    values = np.where(annotated(targets, values), values, np.nan)
    if not table.keyed:
        yield Track(
            video=table.path.stem, values=values, known=~np.isnan(values), probabilities=share
        )
        return
    if has_too_many_frames(table, faults):
        return
    rows = table.rows
    n_frames = _lengths(table)
    rows = rows[np.argsort(table.video[rows], kind="stable")]
    starts = np.flatnonzero(np.diff(table.video[rows], prepend=-1))
    parts = np.split(rows, starts[1:])
    for part in parts if len(rows) else []:
        video = int(table.video[part[0]])
        frames = table.frame[part] - 1
        _check_repeats(table, part, frames, faults)
        size = int(n_frames[video])
        listed = np.zeros(size, bool)
        listed[frames] = True
        own = _by_frame(values[part], frames, size)
        yield Track(
            video=table.videos[video],
            values=own,
            known=~np.isnan(own),
            listed=listed,
            probabilities=None if share is None else _by_frame(share[part], frames, size),
        )


def has_too_many_frames(table: Table, faults: FaultSink) -> bool:
    """Tell whether videos are longer than the number of rows allows, and name the last frame.

    Parameters
    ----------
    table : Table
        The rows of a file with keys.
    faults : FaultSink
        Takes up the last frame, as ``key``.

    Returns
    -------
    bool
        Whether they are.
    """
    n_rows = len(table.rows)
    most = most_frames(n_rows)
    if int(_lengths(table).sum()) <= most:
        return False
    row = int(table.frame.argmax())
    found = (
        f"expected {n_rows} rows to be of videos with {most} frames at most in all, "
        f"found frame {table.frame[row]} of one of them"
    )
    faults.add(table.path, table.first_line + row, found, code="key")
    return True


def _lengths(table: Table) -> NDArray[np.intp]:
    # The last frame of each video.
    lengths, rows = np.zeros(len(table.videos), np.intp), table.rows
    np.maximum.at(lengths, table.video[rows], table.frame[rows])
    return lengths


def _by_frame(
    values: NDArray[np.float64], frames: NDArray[np.intp], n_frames: int
) -> NDArray[np.float64]:
    placed = np.full((n_frames, values.shape[1]), np.nan)
    placed[frames] = values
    return placed


def _check_repeats(
    table: Table, rows: NDArray[np.intp], frames: NDArray[np.intp], faults: FaultSink
) -> None:
    """Allow a row to be there twice, as in the 4th edition's list, but not with other values.

    Parameters
    ----------
    table : Table
        The rows of a file with keys.
    rows, frames : numpy.ndarray of int
        The rows of one video, and their frames.
    faults : FaultSink
        Takes up the others.
    """
    if np.all(np.diff(frames) > 0):
        return
    _, first, inverse = np.unique(frames, return_index=True, return_inverse=True)
    original = rows[first[inverse]]
    differ = np.zeros(len(rows), bool)
    for told in (table.values, table.probabilities):
        if told is not None:
            # A faulty value is NaN, and named already.
            values, others = told[rows], told[original]
            differ |= ((values != others) & ~np.isnan(values) & ~np.isnan(others)).any(axis=1)
    for row, other in zip(rows[differ], original[differ], strict=True):
        line = table.first_line + int(other)
        found = f"this row repeats line {line} with other values"
        faults.add(table.path, table.first_line + int(row), found, code="row-duplicate")
