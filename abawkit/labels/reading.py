"""Reading label files into tracks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import DataError, UnknownChallengeError, few
from abawkit.labels.keys import key_pattern
from abawkit.labels.parsing import (
    Faults,
    Table,
    header_of,
    is_text,
    parse_table,
    quoted,
    read_text,
    value_names,
)
from abawkit.labels.values import annotated
from abawkit.protocol import CHALLENGES, DEFAULT_EDITION, canonical, find_challenge
from abawkit.track import Track

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from abawkit.protocol import Challenge, FileFormat, Key

_SUFFIXES = (".txt", ".csv")
_SAMPLE = 100
"""How many lines to look at in a file without a header, to tell its layout."""


def read_labels(
    path: Path | str, challenge: Challenge | str, *, limit: int = 20
) -> dict[str, Track]:
    """Read annotations or predictions of one challenge, in any edition's layout of its task.

    Row ``i`` of a file without a key column is frame ``i``, from 1. In a file with one, frames
    that are not listed are not known, and the last one listed ends the video.

    Parameters
    ----------
    path : Path or str
        A folder of files, one a video, or with the one file of all videos; or such a file.
    challenge : Challenge or str
        What the files hold: a row of the table or its name, such as ``abaw3-va``.
    limit : int
        How many faults to name; the rest is counted.

    Returns
    -------
    dict of str to Track
        Labels by the video's name, in the order of the files; sentinels are masked.

    Raises
    ------
    UnknownChallengeError
        If there is no challenge of this name.
    DataError
        If there is nothing to read at `path`.
    AnnotationError
        If a file is not laid out as its header says or holds a value that is no label; all
        faults at once, with file, line, what was found and what was expected.
    """
    if isinstance(challenge, str):
        challenge = find_challenge(challenge)
    faults = Faults(limit)
    tracks: dict[str, Track] = {}
    for file in label_files(path):
        text = read_text(file)
        layout = _choose_layout(file, text, challenge, faults)
        if layout is None:
            continue
        table = parse_table(file, text, layout, challenge.targets, faults)
        for track in _tracks(table, layout, challenge, faults):
            if track.video in tracks:
                faults.add(file, table.first_line, f"video {track.video} was in another file")
            tracks[track.video] = track
    faults.check()
    return tracks


def detect_challenge(
    path: Path | str, *, task: str | None = None, edition: int | None = None
) -> Challenge:
    """Tell from a header which challenge some label files belong to.

    Parameters
    ----------
    path : Path or str
        A file, or a folder whose first file is looked at.
    task : str, optional
        The task, or a whole challenge such as ``abaw3-va``, where it is known; files without a
        header cannot be told otherwise.
    edition : int, optional
        The edition, where it is known; otherwise the default one if it has such files, else the
        newest that has.

    Returns
    -------
    Challenge
        The row of the table.

    Raises
    ------
    UnknownChallengeError
        If no challenge that is asked for has files with this header; the message tells whose
        it is, or which headers there are.
    """
    file = label_files(path)[0]
    text = read_text(file)
    header = header_of(text)
    name = None if task is None else canonical(task)
    rows = [
        row
        for row in CHALLENGES.values()
        if name in {None, row.protocol.task, row.name} and edition in {None, row.edition.number}
    ]
    if not rows:
        return find_challenge(task or "", edition)  # Says what there is instead.
    fitting = [row for row in rows if {header, None if task else header} & _headers(row)]
    if not fitting:
        options = {"--task": task, "--edition": edition}
        given = [f"{option} {value}" for option, value in options.items() if value is not None]
        raise UnknownChallengeError(_describe_unknown(file, text, rows, " ".join(given)))
    return max(
        fitting, key=lambda row: (row.edition.number == DEFAULT_EDITION, row.edition.number)
    )


def label_files(path: Path | str) -> list[Path]:
    """List the label files of a folder, or the one file.

    Parameters
    ----------
    path : Path or str
        A folder or a file.

    Returns
    -------
    list of Path
        Sorted by name, at least one; hidden files are left out.

    Raises
    ------
    DataError
        If there are none.
    """
    path = Path(path)
    if path.is_file():
        return [path]
    if not path.is_dir():
        msg = f"{path}: no such file or folder; expected label files (.txt)"
        raise DataError(msg)
    entries = sorted(path.iterdir())
    files = [
        entry
        for entry in entries
        if entry.suffix in _SUFFIXES and not entry.name.startswith(".") and entry.is_file()
    ]
    if not files:
        found = few(entry.name for entry in entries) or "nothing"
        msg = f"{path}: no label files (.txt) in this folder; found {found}"
        raise DataError(msg)
    return files


def _headers(challenge: Challenge) -> set[str | None]:
    return {challenge.protocol.annotation.header, challenge.protocol.submission.header}


def _describe_unknown(file: Path, text: bytes, rows: Sequence[Challenge], given: str) -> str:
    """Say why the header of a file fits no row: whose it is, or what was expected.

    Parameters
    ----------
    file : Path
        The file.
    text : bytes
        From `read_text`.
    rows : sequence of Challenge
        The rows that were asked for.
    given : str
        By which options.

    Returns
    -------
    str
        One line, or one more for each header of the default edition, if it is among the rows.
    """
    header = header_of(text)
    owners = [row.name for row in CHALLENGES.values() if header in _headers(row)]
    if owners:
        return f"{file}: this is the header of {few(owners)}; {given} was given"
    if not text:
        return f"{file}: this file is empty; expected labels"
    if not is_text(text):
        return (
            f"{file}: this is no text file, it starts with {quoted(header[:16])}; expected labels"
        )
    usual = [row for row in rows if row.edition.number == DEFAULT_EDITION]
    tasks: dict[str | None, dict[str, None]] = {}
    for row in usual or rows:
        for known in _headers(row):
            tasks.setdefault(known, {})[row.protocol.task] = None
    lines = [
        f"  {', '.join(names)}: {'no header' if known is None else quoted(known)}"
        for known, names in tasks.items()
    ]
    head = (
        f"{file}: its first line is {quoted(header)}, the header of no known challenge; "
        "expected one of these, or --task, or another --edition"
    )
    return "\n".join([head, *sorted(lines)])


def _choose_layout(
    path: Path, text: bytes, challenge: Challenge, faults: Faults
) -> FileFormat | None:
    """Choose the layout by the header, of this edition or of another with the same labels.

    Parameters
    ----------
    path : Path
        The file's name, for messages.
    text : bytes
        From `read_text`.
    challenge : Challenge
        What the file holds.
    faults : Faults
        Takes up a header that is wrong.

    Returns
    -------
    FileFormat or None
        The layout, None if the header is wrong; without a header, the layout that fits most of
        the first lines.
    """
    own = challenge.protocol
    names = [target.names for target in own.targets]
    rows = (row for row in CHALLENGES.values() if [t.names for t in row.targets] == names)
    layouts = [
        layout
        for protocol in (own, *(row.protocol for row in rows))
        for layout in (protocol.annotation, protocol.submission)
    ]
    header = header_of(text)
    for layout in layouts:
        if layout.header == header:
            return layout
    commas = [line.count(b",") for line in text.split(b"\n", _SAMPLE)[:_SAMPLE]]
    bare = [layout for layout in layouts if layout.header is None]
    if bare and text:
        return max(bare, key=lambda row: commas.count(len(value_names(row, challenge.targets))))
    headers = sorted({repr(layout.header) for layout in layouts if layout.header is not None})
    wanted = f"the header {' or '.join(headers)}" if headers else "rows"
    faults.add(path, 1, f"expected {wanted} of {challenge.name}, found {quoted(header)}")
    return None


def _tracks(
    table: Table, layout: FileFormat, challenge: Challenge, faults: Faults
) -> Iterable[Track]:
    known = annotated(challenge.targets, table.values)
    if layout.key is None or table.keys is None:
        yield Track.of(table.path.stem, table.values, known)
        return
    video_of, frame_of = _parse_keys(table, layout.key, faults)
    for video, rows in video_of.items():
        frames = frame_of[rows]
        values = np.full((int(frames.max()) + 1, table.values.shape[1]), np.nan)
        mask, listed = np.zeros(values.shape, bool), np.zeros(len(values), bool)
        _check_repeats(table, rows, frames, faults)
        values[frames], mask[frames], listed[frames] = table.values[rows], known[rows], True
        yield Track.of(video, values, mask, listed)


def _parse_keys(
    table: Table, key: Key, faults: Faults
) -> tuple[Mapping[str, NDArray[np.intp]], NDArray[np.intp]]:
    """Group the rows by video.

    Parameters
    ----------
    table : Table
        The rows of a file with keys.
    key : Key
        What the keys look like.
    faults : Faults
        Takes up keys that look otherwise.

    Returns
    -------
    rows : dict of str to numpy.ndarray of int
        The rows of each video.
    frames : numpy.ndarray of int, shape (n_rows,)
        The frame of each row, from 0.
    """
    pattern = key_pattern(key)
    example = key.pattern.format(video="<video>", frame=key.first)
    rows: dict[str, list[int]] = {}
    frames = np.zeros(len(table.values), np.intp)
    for row, text in enumerate(table.keys or ()):
        if text is None:  # Named already.
            continue
        match = pattern.fullmatch(text)
        parts = match.groupdict() if match else {}
        frame = int(parts.get("frame", key.first)) - key.first
        if match is None or frame < 0:
            found = f"expected a row of {example}, found {quoted(text)}"
            faults.add(table.path, table.first_line + row, found)
            continue
        frames[row] = frame
        rows.setdefault(parts.get("video", table.path.stem), []).append(row)
    return {video: np.array(picked) for video, picked in rows.items()}, frames


def _check_repeats(
    table: Table, rows: NDArray[np.intp], frames: NDArray[np.intp], faults: Faults
) -> None:
    """Allow a row to be there twice, as in the 4th edition's list, but not with other values.

    Parameters
    ----------
    table : Table
        The rows of a file with keys.
    rows, frames : numpy.ndarray of int
        The rows of one video, and their frames.
    faults : Faults
        Takes up the others.
    """
    _, first, inverse = np.unique(frames, return_index=True, return_inverse=True)
    if len(first) == len(frames):
        return
    original = rows[first[inverse]]
    values, others = table.values[rows], table.values[original]
    # A faulty value is NaN, and named already.
    differ = ((values != others) & ~np.isnan(values) & ~np.isnan(others)).any(axis=1)
    for row, other in zip(rows[differ], original[differ], strict=True):
        line = table.first_line + int(other)
        found = f"this row repeats line {line} with other values"
        faults.add(table.path, table.first_line + int(row), found)
