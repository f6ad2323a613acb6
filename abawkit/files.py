"""Writing files so that a run can be stopped at any point and leaves no half of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_whole(path: Path, data: bytes | str) -> None:
    """Write a file under a temporary name and rename it, making its folder if need be.

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
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    try:
        temporary.write_bytes(data.encode() if isinstance(data, str) else data)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
