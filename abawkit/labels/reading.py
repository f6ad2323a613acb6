"""Reading label files into tracks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from abawkit.errors import DataError, UnknownChallengeError, few
from abawkit.labels.cells import value_names
from abawkit.labels.faults import Faults
from abawkit.labels.keys import key_pattern
from abawkit.labels.parsing import parse_table
from abawkit.labels.text import bare_header, header_of, is_text, quoted, read_text
from abawkit.labels.tracks import tracks_of
from abawkit.protocol import CHALLENGES, DEFAULT_EDITION, challenges_of, find_challenge, owners_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from abawkit.protocol import Challenge, FileFormat
    from abawkit.track import Track

LABEL_SUFFIXES = (".txt", ".csv")
"""How the names of label files end."""
_SAMPLE = 10_000
"""How many bytes to look at in a file without a header, to tell its layout."""


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
        for track in tracks_of(table, challenge.targets, faults):
            if track.video in tracks:
                faults.add(
                    file,
                    table.first_line,
                    f"video {track.video} was in another file",
                    code="row-duplicate",
                )
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
    header = bare_header(text)
    rows = challenges_of(task, edition)
    fitting = [row for row in rows if {header, None if task else header} & _headers(row)]
    if not fitting:
        options = {"--task": task, "--edition": edition}
        given = [f"{option} {value}" for option, value in options.items() if value is not None]
        raise UnknownChallengeError(_describe_unknown(file, text, rows, " ".join(given)))
    return max(
        fitting,
        key=lambda row: (
            _names_frames(row, header),
            row.edition.number == DEFAULT_EDITION,
            row.edition.number,
        ),
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
        If there are none, or `path` is a pipe, which can be read only once.
    """
    path = Path(path)
    if path.is_file():
        return [path]
    if path.exists() and not path.is_dir():
        msg = f"{path}: this is no regular file, as a pipe is none; save it to a file first"
        raise DataError(msg)
    if not path.is_dir():
        msg = f"{path}: no such file or folder; expected label files (.txt)"
        raise DataError(msg)
    entries = sorted(path.iterdir())
    files = [
        entry
        for entry in entries
        if entry.suffix.lower() in LABEL_SUFFIXES
        and not entry.name.startswith(".")
        and entry.is_file()
    ]
    if not files:
        found = few(entry.name for entry in entries) or "nothing"
        suffixes = ", ".join(LABEL_SUFFIXES)
        msg = f"{path}: no label files ({suffixes}) in this folder; found {found}"
        raise DataError(msg)
    return files


def _headers(challenge: Challenge) -> set[str | None]:
    return {layout.header for layout in challenge.protocol.layouts}


def _names_frames(challenge: Challenge, line: str) -> bool:
    # Without a header only the first row tells files of frames from files of whole clips.
    layout = challenge.protocol.submission
    if layout.header is not None or layout.key is None or layout.whole_clips:
        return False
    return key_pattern(layout.key).fullmatch(line.partition(",")[0]) is not None


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
    owners = [row.name for row in owners_of(bare_header(text))]
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
        for layout in protocol.layouts
    ]
    header = header_of(text)
    for layout in layouts:
        if layout.header == header:
            return layout
    commas = [line.count(b",") for line in text[:_SAMPLE].split(b"\n")]
    bare = [layout for layout in layouts if layout.header is None]
    if bare and text:
        return max(bare, key=lambda row: commas.count(len(value_names(row, challenge.targets))))
    headers = sorted({repr(layout.header) for layout in layouts if layout.header is not None})
    wanted = f"the header {' or '.join(headers)}" if headers else "rows"
    faults.add(
        path, 1, f"expected {wanted} of {challenge.name}, found {quoted(header)}", code="header"
    )
    return None
