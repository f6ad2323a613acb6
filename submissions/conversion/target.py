"""Where a converted submission goes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from abawkit.errors import DataError, UsageError, few
from abawkit.labels.keys import key_pattern
from abawkit.labels.text import header_of, quoted, read_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from abawkit.protocol import FileFormat


def target_of(
    out: Path,
    layout: FileFormat,
    sources: Sequence[Path],
    *,
    force: bool,
    kept: Sequence[Path] = (),
) -> Path:
    """Tell where a submission goes, and make sure that it can.

    Parameters
    ----------
    out : Path
        A folder; or a file, where all videos have one and the name has a suffix.
    layout : FileFormat
        How the submission is laid out.
    sources : sequence of Path
        What it is made of.
    force : bool
        Replace an earlier one.
    kept : sequence of Path
        What else is read: the official sample and the table of frames.

    Returns
    -------
    Path
        The file, or the folder of files.

    Raises
    ------
    UsageError
        If it is there already, or anything that is read is there.
    """
    one_file = not layout.per_video
    target = out / layout.file if one_file and (out.is_dir() or not out.suffix) else out
    for paths, what in ((sources, "a source"), (kept, "what the rows are told by")):
        for path in paths:
            _refuse_read(target, layout, path, what)
    there = target.exists() and (one_file or not target.is_dir() or any(target.iterdir()))
    if there and not force:
        msg = f"--out {target} is there already; choose another, or --force to replace it"
        raise UsageError(msg)
    if there:
        _refuse_others(target, layout)
    return target


def _refuse_read(target: Path, layout: FileFormat, path: Path, what: str) -> None:
    place, own = target.resolve(), path.resolve()
    relation = None
    if place == own:
        relation = "is"
    elif place in own.parents:
        relation = "holds"
    elif place.parent == own and not layout.per_video:
        # All files of the folder are read, the next time this one too.
        relation = "is in"
    if relation is not None:
        msg = (
            f"--out {target} {relation} {what}, {path}; expected another place, for what is read "
            "is never changed"
        )
        raise UsageError(msg)


def _refuse_others(target: Path, layout: FileFormat) -> None:
    """Refuse to replace what is no submission.

    Parameters
    ----------
    target : Path
        A file, or a folder with anything in it.
    layout : FileFormat
        How a submission is laid out.

    Raises
    ------
    DataError
        If it is something else, or holds something else.
    """
    if target.is_dir() == (not layout.per_video):
        kinds = ("a file", "a folder") if target.is_dir() else ("a folder", "a file")
        msg = f"--out {target}: expected {kinds[0]}, found {kinds[1]}; choose another"
        raise DataError(msg)
    files = sorted(target.iterdir()) if layout.per_video else [target]
    suffix = Path(layout.file).suffix if layout.per_video else target.suffix
    others = [file.name for file in files if file.suffix != suffix or not file.is_file()]
    if others:
        msg = (
            f"--out {target}: expected nothing but {layout.file}, found {few(others)};"
            " --force replaces a submission, and nothing else; choose another"
        )
        raise DataError(msg)
    for file in files:
        _refuse_other_rows(file, layout)


def _refuse_other_rows(file: Path, layout: FileFormat) -> None:
    """Refuse to replace a file without the header of a layout, or without rows as it has them.

    Parameters
    ----------
    file : Path
        The file.
    layout : FileFormat
        How a submission is laid out.

    Raises
    ------
    DataError
        If it is another file.
    """
    text = read_text(file)
    if layout.header is None:
        expected = "rows without a header"
        key, *values = text.partition(b"\n")[0].decode("utf-8", "replace").split(",")
        pattern = None if layout.key is None else key_pattern(layout.key)
        fits = bool(values) and (pattern is None or pattern.fullmatch(key) is not None)
    else:
        expected = f"the header {layout.header!r}"
        fits = header_of(text) == header_of(layout.header.encode())
    if not fits:
        msg = (
            f"{file}, line 1: expected {expected}, as a submission has, found "
            f"{quoted(header_of(text))}; --force replaces a submission, and nothing else; choose "
            "another --out"
        )
        raise DataError(msg)
