"""The zip of a submission: flat, and the same bytes of the same files."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from abawkit.errors import UsageError
from abawkit.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from abawkit.protocol import FileFormat

_DATE = (1980, 1, 1, 0, 0, 0)  # The first that a zip can tell.
_MODE = 0o100644  # A plain file that anybody may read.
_UNIX = 3


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


def make_zip(files: Mapping[str, bytes]) -> bytes:
    """Pack files.

    Parameters
    ----------
    files : mapping of str to bytes
        The content of each by its name.

    Returns
    -------
    bytes
        The zip, files in order of their names, without folders. Neither dates nor permissions
        nor the system tell, so that the same files give the same bytes.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, _UNIX
            entry.external_attr = _MODE << 16
            archive.writestr(entry, files[name])
    return buffer.getvalue()


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
