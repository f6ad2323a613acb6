"""Where a repaired submission goes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from abawkit.errors import UsageError

if TYPE_CHECKING:
    from abawkit.protocol import FileFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """What is to be written: a file, or a folder with the file or files."""

    out: Path
    is_file: bool

    @property
    def log(self) -> Path:
        """The table of all changes, beside it."""
        return self.out.with_name(f"{self.out.name}.changes.csv")


def destination(path: Path, layout: FileFormat, out: Path | None) -> Destination:
    """Choose where the result goes.

    A file becomes a file, and a folder a folder; but where the name of a file says something, its
    video or the number of the trial, a file keeps it and goes into a folder.

    Parameters
    ----------
    path : Path
        The file or folder that is given.
    layout : FileFormat
        The layout of the submission.
    out : Path, optional
        Where it is asked for; by default beside `path`: ``name.fixed.txt`` for ``name.txt``, and
        a folder ``name.fixed`` for ``name``.

    Returns
    -------
    Destination
        Nothing is there yet.

    Raises
    ------
    UsageError
        If there is something already, it is in the folder that is given, or it has to be a folder
        and is named as a file.
    """
    named = layout.per_video or layout.numbered
    is_file = path.is_file() and not named
    if out is None:
        place = path.resolve()
        stem = place.stem if path.is_file() else place.name
        name = f"{stem}.fixed{place.suffix if is_file else ''}"
        out = path.with_name(name) if path.name else place.with_name(name)
    elif named and out.suffix == Path(layout.file).suffix:
        msg = f"--out {out}: expected a folder, in which {layout.file} keeps its name"
        raise UsageError(msg)
    if out.exists():
        msg = f"--out {out}: there is something already; choose another name"
        raise UsageError(msg)
    if path.is_dir() and out.resolve().is_relative_to(path.resolve()):
        msg = f"--out {out}: this is in {path}, which stays as it is; choose another place"
        raise UsageError(msg)
    return Destination(out=out, is_file=is_file)


__all__ = ["Destination", "destination"]
