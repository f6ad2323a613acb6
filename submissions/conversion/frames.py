"""Of which video and frame each row of a table is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from abawkit.errors import DataError, few
from abawkit.labels.keys import key_pattern
from abawkit.labels.rows import Rows
from abawkit.labels.values import shown
from submissions.conversion.naming import FRAME, PATH, VIDEO, find_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from abawkit.protocol import Challenge
    from submissions.conversion.table import Table

    Array = NDArray[np.float64]

LONGEST = 1_000_000
"""No more frames are made room for, unless a table has rows for a twentieth of them."""
_NAME = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]+")
"""Any text that can stand in a file and in a file's name."""
_IMAGE = r"^(?P<video>.+)/(?P<counted>frame-)?(?P<frame>[0-9]+)\.[A-Za-z]+$"


def find_rows(
    table: Table, challenge: Challenge, first: int | None
) -> tuple[Rows, tuple[str, ...]]:
    """Tell of which video and frame each row is.

    Parameters
    ----------
    table : Table
        The table.
    challenge : Challenge
        What its rows are of: frames, or whole clips.
    first : int or None
        The number of a video's first frame in it.

    Returns
    -------
    rows : Rows
        Video and frame, from 1, of each row.
    used : tuple of str
        The columns that tell.

    Raises
    ------
    DataError
        If no column tells.
    """
    video, frame, path = (
        find_name(table.columns, names, source=table.source) for names in (VIDEO, FRAME, PATH)
    )
    if challenge.protocol.submission.whole_clips:
        column = video or path
        if column is not None:
            _refuse_frames(table, frame, first)
            return _clips(table, challenge, column), (column, *([frame] if frame else []))
    elif frame is not None and (video or (path is None and table.video)):
        names = table.texts(video).to_numpy() if video else np.full(len(table), table.video)
        start = _start(table, first, 1)
        return _rows(table, names, _frames(table, frame, start), video or frame), (
            *([video] if video else []),
            frame,
        )
    elif path is not None:
        return _images(table, path, first), (path,)
    clip = challenge.protocol.submission.whole_clips
    rows = (
        f"one of {', '.join(VIDEO + PATH)}" if clip else f"video and frame, or {', '.join(PATH)}"
    )
    msg = (
        f"{table.source}: no column tells of which {'clip' if clip else 'frame'} a row is; "
        f"expected {rows}; found {few(table.columns, limit=30)}"
    )
    raise DataError(msg)


def _start(table: Table, first: int | None, usual: int) -> int:
    if table.first is not None:
        return table.first
    return usual if first is None else first


def _clips(table: Table, challenge: Challenge, column: str) -> Rows:
    texts = table.texts(column)
    key = challenge.protocol.submission.key
    if key is not None:
        pattern = key_pattern(key)
        texts = texts.map(lambda text: m["video"] if (m := pattern.fullmatch(text)) else text)
    return _rows(table, texts.to_numpy(), np.ones(len(table)), column)


def _refuse_frames(table: Table, column: str | None, first: int | None) -> None:
    if column is None:
        return
    frames = _frames(table, column, _start(table, first, 1))
    wrong = np.flatnonzero(frames != 1)
    if wrong.size:
        msg = (
            f"{table.source}, {table.places(wrong)}: expected one row a clip, found frame "
            f"{shown(frames[wrong[0]])} in {column}; decide what the clip's label is first"
        )
        raise DataError(msg)


def _images(table: Table, column: str, first: int | None) -> Rows:
    texts = table.texts(column)
    found = texts.str.extract(_IMAGE)
    wrong = np.flatnonzero(found["frame"].isna().to_numpy())
    if wrong.size:
        msg = (
            f"{table.source}, {table.places(wrong)}: expected an image such as video/00001.jpg in "
            f"{column}, found {texts.iloc[wrong[0]]!r}"
        )
        raise DataError(msg)
    start = _start(table, first, 0 if found["counted"].notna().all() else 1)
    frames = found["frame"].astype(np.float64).to_numpy() - start + 1
    return _rows(table, found["video"].to_numpy(), frames, column)


def _frames(table: Table, column: str, start: int) -> Array:
    return table.numbers_of(column, expected="the number of a frame") - start + 1


def _rows(table: Table, names: NDArray[Any], frames: NDArray[Any], column: str) -> Rows:
    """Check the videos and frames of all rows.

    Parameters
    ----------
    table : Table
        The table.
    names : numpy.ndarray of str, shape (n_rows,)
        The video of each row.
    frames : numpy.ndarray of float64, shape (n_rows,)
        The frame of each, from 1.
    column : str
        The column that tells, for the message.

    Returns
    -------
    Rows
        The rows.

    Raises
    ------
    DataError
        If a video has no name that can be written, or a frame is no whole number from 1 on, or
        beyond `LONGEST`.
    """
    import pandas as pd  # noqa: PLC0415 - half a second, for those who have tables

    index, videos = pd.factorize(names)
    nameless = np.flatnonzero(np.array([not _NAME.fullmatch(str(name)) for name in videos])[index])
    if nameless.size:
        found = repr(str(names[nameless[0]])) if names[nameless[0]] else "nothing"
        where = f"{table.source}, {table.places(nameless)}"
        msg = f"{where}: expected a video's name in {column}, found {found}"
        raise DataError(msg)
    wrong = np.flatnonzero(~((frames >= 1) & (frames <= LONGEST) & (frames == np.floor(frames))))
    if wrong.size:
        at = wrong[0]
        msg = (
            f"{table.source}, {table.places(wrong)}: frame {shown(frames[at])} of {names[at]} "
            f"counted from 1; expected a whole number from 1 to {LONGEST}; tell by --first 0 (or "
            "first=0) where the first frame of a video is 0"
        )
        raise DataError(msg)
    ends = np.zeros(len(videos))
    np.maximum.at(ends, index, frames)
    if ends.sum() > max(LONGEST, 20 * len(table)):
        at = int(ends.argmax())
        msg = (
            f"{table.source}: {len(table)} rows for videos of {shown(ends.sum())} frames, such as "
            f"{videos[at]} of {shown(ends[at])}; expected no more than {LONGEST} for so few rows; "
            "see whether the frames are counted by video"
        )
        raise DataError(msg)
    return Rows(videos=tuple(map(str, videos)), video=index, frame=frames.astype(np.intp))
