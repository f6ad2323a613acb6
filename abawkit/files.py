"""Writing files and folders so that a run can be stopped anywhere and leaves no half of one."""

from __future__ import annotations

import io
import secrets
import shutil
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_DATE = (1980, 1, 1, 0, 0, 0)  # The first that a zip can tell.
_MODE = 0o100644  # A plain file that anybody may read.
_UNIX = 3


def write_whole(path: Path, data: bytes | str) -> None:
    """Write a file under a temporary name and rename it, making its folder if need be.

    Several processes may write one file: it is then what the last of them wrote. A process that
    is killed at once may leave a file that ends in ``.part``, which nobody reads.

    Parameters
    ----------
    path : Path
        The file; an older one is replaced.
    data : bytes or str
        All of it; text is written as UTF-8 with the line ends it has.

    Raises
    ------
    OSError
        If it cannot be written; no part of it stays behind.
    """
    with _renamed(path) as temporary:
        temporary.write_bytes(data.encode() if isinstance(data, str) else data)


@contextmanager
def open_whole(path: Path) -> Iterator[TextIO]:
    """Open a file to be written part by part; otherwise as `write_whole`.

    Parameters
    ----------
    path : Path
        The file; an older one is replaced.

    Yields
    ------
    TextIO
        What to write text to, as UTF-8 with the line ends it has.

    Raises
    ------
    OSError
        If it cannot be written; no part of it stays behind.
    """
    with (
        _renamed(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="\n") as file,
    ):
        yield file


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """Make a hidden folder for what has not got its name yet, and remove what is left there.

    Parameters
    ----------
    target : Path
        The file or folder that will be there; the folder is beside it, and so on the same disk.

    Yields
    ------
    Path
        The folder, empty.
    """
    folder = _beside(target, "part")
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def put(made: Path, target: Path) -> None:
    """Give a file or a folder its name; an older one of that name is gone then, and not before.

    Parameters
    ----------
    made : Path
        What was written, on the same disk.
    target : Path
        Its name.

    Raises
    ------
    OSError
        If it cannot have this name; the older one is there as it was.
    """
    if not target.is_dir():
        made.replace(target)
        return
    # Outside of the folder that is removed whatever happens.
    old = _beside(target, "old")
    try:
        target.rename(old)
        made.rename(target)
    except BaseException:
        if not target.exists():
            old.rename(target)
        raise
    shutil.rmtree(old)


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


def _beside(target: Path, suffix: str) -> Path:
    return target.absolute().with_name(f".{target.name}.{secrets.token_hex(8)}.{suffix}")


@contextmanager
def _renamed(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Under a name of its own, for another process may be writing the same file.
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
