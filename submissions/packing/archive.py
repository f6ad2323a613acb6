"""The zip of a submission and its manifest: what its files are called, and how both appear."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abawkit.errors import UsageError
from abawkit.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from abawkit.protocol import FileFormat


def trial_name(layout: FileFormat, index: int) -> str:
    """Name the file of one of the submissions that are sent together.

    Parameters
    ----------
    layout : FileFormat
        The edition's layout, of one file.
    index : int
        Which of them, from 0; numbers go on from the layout's.

    Returns
    -------
    str
        Such as ``trial-1.txt``.

    Raises
    ------
    UsageError
        If the edition's files are not numbered, and it is not the first.
    """
    if layout.numbered:
        return layout.trial_file(index)
    if index:
        msg = f"several submissions cannot be sent together: the file is {layout.file}; pack one"
        raise UsageError(msg)
    return layout.file


def write_pair(archive: Path, data: bytes, manifest: Path, text: str) -> None:
    """Write a zip and its manifest, both or neither as far as a file system can promise that.

    Parameters
    ----------
    archive : Path
        The zip.
    data : bytes
        Its content.
    manifest : Path
        The manifest.
    text : str
        Its content.
    """
    new = not archive.exists()
    write_whole(archive, data)
    try:
        write_whole(manifest, text)
    finally:
        if new and not manifest.exists():
            archive.unlink()
