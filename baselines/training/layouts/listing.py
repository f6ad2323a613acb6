"""Which image files are in a folder, in the same order on every disk."""

from __future__ import annotations

import os
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import DataError, few
from abawkit.frames import natural
from baselines.training.images import ImageFiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")


def is_image(name: str) -> bool:
    """Tell by its suffix, in whatever case, whether a file is an image.

    Parameters
    ----------
    name : str
        The file's name.

    Returns
    -------
    bool
        Hidden files are none.
    """
    return name.lower().endswith(SUFFIXES) and not name.startswith(".")


def folders_in(folder: Path) -> list[str]:
    """List the folders in a folder.

    Parameters
    ----------
    folder : Path
        The folder.

    Returns
    -------
    list of str
        Their names in natural order, without hidden ones.

    Raises
    ------
    DataError
        If the folder cannot be read.
    """
    try:
        with os.scandir(folder) as entries:
            names = [e.name for e in entries if e.is_dir() and not e.name.startswith((".", "__"))]
    except OSError as error:
        msg = f"{folder}: cannot read this folder: {error.strerror}"
        raise DataError(msg) from error
    return sorted(names, key=natural)


def images_in(folder: Path) -> dict[str, int]:
    """List the image files in a folder.

    Parameters
    ----------
    folder : Path
        The folder.

    Returns
    -------
    dict of str to int
        The bytes of each, by its name, sorted.
    """
    with os.scandir(folder) as entries:
        sizes = {e.name: e.stat().st_size for e in entries if is_image(e.name) and e.is_file()}
    return dict(sorted(sizes.items()))


def by_folder(root: Path, folders: Sequence[str]) -> tuple[ImageFiles, NDArray[np.int64]]:
    """List the images of several folders.

    Parameters
    ----------
    root : Path
        Where the folders are.
    folders : sequence of str
        Their names.

    Returns
    -------
    images : ImageFiles
        Folder by folder.
    owner : numpy.ndarray of int64, shape (n,)
        Index of the folder of each image.
    """
    sizes: dict[str, int] = {}
    counts = []
    for folder in folders:
        there = images_in(root / folder)
        counts.append(len(there))
        sizes |= {f"{folder}/{name}": size for name, size in there.items()}
    return listed(root, sizes), np.repeat(np.arange(len(counts)), counts)


def listed(
    root: Path, sizes: Mapping[str, int], boxes: NDArray[np.int32] | None = None
) -> ImageFiles:
    """Make a set of image files.

    Parameters
    ----------
    root : Path
        Where they are.
    sizes : mapping of str to int
        Bytes by name.
    boxes : numpy.ndarray of int32, shape (n, 4), optional
        Where the faces are.

    Returns
    -------
    ImageFiles
        In the order of the mapping.
    """
    n_bytes = np.fromiter(sizes.values(), np.int64, len(sizes))
    return ImageFiles(root=root, names=tuple(sizes), n_bytes=n_bytes, boxes=boxes)


def sizes_of(root: Path, names: Sequence[str]) -> dict[str, int]:
    """Look for files that a list names.

    Parameters
    ----------
    root : Path
        Where they should be.
    names : sequence of str
        Their names, with ``/`` between folders.

    Returns
    -------
    dict of str to int
        The bytes of those that are there, by name.
    """
    sizes = {}
    for name in names:
        try:
            sizes[name] = (root / name).stat().st_size
        except OSError:
            continue
    return sizes


def portable(text: str) -> str | None:
    r"""Read the name of a file under a folder, written on any system.

    Parameters
    ----------
    text : str
        With ``/`` or ``\`` between folders.

    Returns
    -------
    str or None
        With ``/``; None if it is empty, absolute, or leads out of the folder.

    Examples
    --------
    >>> portable("689\\a.jpg"), portable("../a.jpg")
    ('689/a.jpg', None)
    """
    path = PureWindowsPath(text.strip())
    strange = path.anchor or ".." in path.parts or not path.name
    return None if strange else path.as_posix()


def check_there(
    what: Path, lacking: Sequence[str], n_all: int, *, allow_missing: bool
) -> tuple[str, ...]:
    """Refuse a list whose images are not all there, unless that is allowed.

    Parameters
    ----------
    what : Path
        Who names them.
    lacking : sequence of str
        Those that are not there.
    n_all : int
        How many are named.
    allow_missing : bool
        Whether some may be lacking; not all.

    Returns
    -------
    tuple of str
        A note, if some are lacking.

    Raises
    ------
    DataError
        If too many are lacking.
    """
    if lacking and not (allow_missing and len(lacking) < n_all):
        msg = (
            f"{what}: {len(lacking)} of {n_all} labelled images are not there: {few(lacking)}. "
            "Put them there, or learn from the others (--allow-missing)"
        )
        raise DataError(msg)
    return (f"{what}: {len(lacking)} labelled images are not there",) if lacking else ()
