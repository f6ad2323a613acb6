"""Writing files so that a run can be stopped at any point and leaves no half of one."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


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
    path.parent.mkdir(parents=True, exist_ok=True)
    # Under a name of its own, for another process may be writing the same file.
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
    try:
        temporary.write_bytes(data.encode() if isinstance(data, str) else data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
