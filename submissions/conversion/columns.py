"""From the columns of a table to outputs of a challenge's targets."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import AbawkitWarning, DataError, counted, few
from abawkit.protocol import Categorical
from abawkit.track import Track
from submissions.conversion.frames import find_rows
from submissions.conversion.naming import expected_names, find_name, label_names, output_names
from submissions.conversion.parts import Part
from submissions.conversion.values import read_classes, read_outputs, read_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from abawkit.labels.rows import Rows
    from abawkit.protocol import Challenge, Target
    from submissions.conversion.table import Table

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """The columns of one target: of class labels, and one a name; none where not there."""

    label: str | None
    outputs: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return self.outputs if self.label is None else (self.label, *self.outputs)


def parts_of_table(table: Table, challenge: Challenge, *, first: int | None = None) -> list[Part]:
    """Read what a table says of a challenge's targets.

    Parameters
    ----------
    table : Table
        The table.
    challenge : Challenge
        What its columns may hold.
    first : int, optional
        The number of a video's first frame in it; by default 0 in paths like
        ``video/frame-0.jpg``, else 1.

    Returns
    -------
    list of Part
        The targets of which it has all columns.

    Raises
    ------
    DataError
        If it has none, a target has some of its columns only, a row is of no frame, or a value
        is none of its target.

    Warns
    -----
    AbawkitWarning
        If there are columns that mean nothing here, or a frame has several rows that say the
        same.
    """
    rows, meant = find_rows(table, challenge, first)
    numbered = challenge.protocol.submission.probabilities
    found = {t.name: _find_columns(table, t, numbered=numbered) for t in challenge.targets}
    used = {name for columns in found.values() for name in columns.names}
    if not used:
        expected = expected_names(challenge.targets, numbered=numbered)
        msg = (
            f"{table.source}: no column of {challenge.name}; expected {expected}; found "
            f"{few(table.columns, limit=30)}"
        )
        raise DataError(msg)
    rest = [name for name in table.columns if name not in used.union(meant)]
    if rest:
        told = few(map(repr, rest))
        msg = f"{table.source}: these columns mean nothing for {challenge.name}: {told}"
        warnings.warn(msg, AbawkitWarning, stacklevel=2)
    order = np.lexsort((rows.frame, rows.video))
    parts = [
        _part(table, rows, order, target, found[target.name])
        for target in challenge.targets
        if found[target.name].names
    ]
    _tell_repeated(table, rows, order)
    return parts


def _find_columns(table: Table, target: Target, *, numbered: bool) -> _Columns:
    """Find the columns of a target.

    Parameters
    ----------
    table : Table
        The table.
    target : Target
        The target.
    numbered : bool
        Whether its classes may be called by their index.

    Returns
    -------
    _Columns
        All of them, or none if the table says nothing of the target.

    Raises
    ------
    DataError
        If only some are there.
    """
    names = list(table.columns)
    by_name = {
        name: find_name(names, wanted, source=table.source)
        for name, wanted in zip(target.names, output_names(target, numbered=numbered), strict=True)
    }
    outputs = tuple(column for column in by_name.values() if column is not None)
    label = None
    if isinstance(target, Categorical):
        others = [name for name in names if name not in outputs]
        label = find_name(others, label_names(target), source=table.source)
    if len(outputs) == len(target.names):
        return _Columns(label=label, outputs=outputs)
    # One name of a class alone may mean anything.
    if label is None and len(outputs) > isinstance(target, Categorical):
        lacking = [name for name, column in by_name.items() if column is None]
        msg = (
            f"{table.source}: no column {few(lacking, limit=12)} of {target.name}; expected "
            f"{expected_names([target], numbered=numbered)}; found {few(names, limit=30)}"
        )
        raise DataError(msg)
    return _Columns(label=label, outputs=())


def _part(
    table: Table, rows: Rows, order: NDArray[np.intp], target: Target, columns: _Columns
) -> Part:
    probabilities = None
    if isinstance(target, Categorical):
        if columns.outputs:
            outputs, probabilities = read_scores(table, columns.outputs)
        if columns.label is not None:
            outputs = read_classes(table, target, columns.label)
    else:
        outputs = read_outputs(table, target, columns.outputs)
    told = [outputs] if probabilities is None else [outputs, probabilities]
    _refuse_contradictions(table, rows, order, np.column_stack(told))
    starts = np.searchsorted(rows.video[order], np.arange(1, len(rows.videos)))
    tracks = {
        video: _track(video, rows, picked, outputs, probabilities)
        for video, picked in zip(rows.videos, np.split(order, starts), strict=True)
    }
    return Part(source=table.source, target=target, tracks=tracks)


def _track(
    video: str,
    rows: Rows,
    picked: NDArray[np.intp],
    outputs: Array,
    probabilities: Array | None,
) -> Track:
    frames = rows.frame[picked] - 1
    values = np.full((int(frames.max()) + 1, outputs.shape[1]), np.nan)
    listed = np.zeros(len(values), bool)
    values[frames], listed[frames] = outputs[picked], True
    told = None
    if probabilities is not None:
        told = np.full(values.shape, np.nan)
        told[frames] = probabilities[picked]
    return replace(Track.of(video, values), listed=listed, probabilities=told)


def _refuse_contradictions(
    table: Table, rows: Rows, order: NDArray[np.intp], outputs: Array
) -> None:
    """Refuse a table that says different things of one frame.

    Parameters
    ----------
    table : Table
        The table.
    rows : Rows
        Its rows.
    order : numpy.ndarray of int, shape (n_rows,)
        The rows by video and frame.
    outputs : numpy.ndarray of float64, shape (n_rows, n_outputs)
        What they say.

    Raises
    ------
    DataError
        If a frame has two rows with other values.
    """
    before, after = _repeated(rows, order)
    differ = (
        (outputs[before] != outputs[after])
        & ~(np.isnan(outputs[before]) & np.isnan(outputs[after]))
    ).any(axis=1)
    again = after[differ]
    if again.size:
        at = again[0]
        msg = (
            f"{table.source}, {table.places(again)}: {rows.videos[rows.video[at]]}, frame "
            f"{rows.frame[at]} is there before, with other values; expected one row a frame"
        )
        raise DataError(msg)


def _tell_repeated(table: Table, rows: Rows, order: NDArray[np.intp]) -> None:
    _, again = _repeated(rows, order)
    if again.size:
        msg = (
            f"{table.source}: {counted(len(again), 'row')} of frames that are there before, with "
            f"the same values, such as {table.places(again[:1])}; each frame is written once"
        )
        warnings.warn(msg, AbawkitWarning, stacklevel=3)


def _repeated(rows: Rows, order: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    # Rows whose frame has another row after it, and those that come after.
    same = (np.diff(rows.video[order]) == 0) & (np.diff(rows.frame[order]) == 0)
    return order[:-1][same], order[1:][same]
