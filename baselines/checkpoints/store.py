"""The folder of downloaded weights and imported models, and what a file in it is."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

from abawkit.errors import UsageError
from baselines.checkpoints.catalogue import identify

if TYPE_CHECKING:
    from baselines.checkpoints.catalogue import Checkpoint

HOME = "ABAWKIT_HOME"
_CHUNK = 1 << 20
_HEAD = 512


def home() -> Path:
    """Give the folder that holds everything: ``files`` as published, ``models`` as imported.

    Returns
    -------
    Path
        The environment variable ``ABAWKIT_HOME``, else the user's cache folder; it need not exist.
    """
    chosen = os.environ.get(HOME)
    if chosen:
        return Path(chosen).expanduser()
    return user_cache_path("abawkit", appauthor=False)


def file_path(checkpoint: Checkpoint) -> Path:
    """Tell where a downloaded file is, or will be.

    Parameters
    ----------
    checkpoint : Checkpoint
        The file.

    Returns
    -------
    Path
        In the folder ``files``.
    """
    return home() / "files" / checkpoint.file


def model_path(name: str) -> Path:
    """Tell where an imported model is, or will be.

    Parameters
    ----------
    name : str
        The model's name.

    Returns
    -------
    Path
        The ONNX file in the folder ``models``.

    Raises
    ------
    UsageError
        If the name leads to another folder.
    """
    if not name or Path(name).name != name:
        msg = f"expected the name of a model, without folders, found {name!r}"
        raise UsageError(msg)
    return home() / "models" / f"{name}.onnx"


def git_blob_id(path: Path) -> str:
    """Compute the id that git gives to a file's content.

    Parameters
    ----------
    path : Path
        The file, read in pieces.

    Returns
    -------
    str
        40 hexadecimal digits, as ``git hash-object`` prints them.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        digest = hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def what_is(path: Path, blob: str) -> str:
    """Tell what a file is that has not the id it should have.

    Parameters
    ----------
    path : Path
        The file.
    blob : str
        Its git blob id.

    Returns
    -------
    str
        A known version of a published file, something that servers send instead, or "unknown".
    """
    known = identify(blob)
    if known is not None:
        row, version = known
        return f"{version} of {row.file}"
    with path.open("rb") as file:
        head = file.read(_HEAD).lstrip().lower()
    if not head:
        return "an empty file"
    if head.startswith(b"version https://git-lfs"):
        return "a git-LFS pointer, which stands for a file that lies elsewhere"
    if head.startswith((b"<!doctype html", b"<html")):
        return "a web page, as a login or a proxy sends it instead of the file"
    return "unknown"
