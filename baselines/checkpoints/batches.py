"""Frames as batches that a network takes, a batch at a time in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import DataError
from baselines.decoding import read_image

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from baselines.preprocessing import Preprocessing

BATCH = 16
_ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}


def find_frames(folder: Path) -> tuple[Path, ...]:
    """List the images in a folder and all folders in it.

    Parameters
    ----------
    folder : Path
        The folder, such as one of videos with a folder each.

    Returns
    -------
    tuple of Path
        Files that are called ``.jpg``, ``.jpeg``, ``.png``, ``.webp`` or ``.bmp``, in the order
        of their names; those that start with a dot are left out.

    Raises
    ------
    DataError
        If it is no folder, or has no such file.
    """
    if not folder.is_dir():
        msg = f"{folder}: no such folder; expected one of face crops"
        raise DataError(msg)
    found = (path for path in folder.rglob("[!.]*") if path.suffix.lower() in _ENDINGS)
    frames = tuple(sorted(path for path in found if path.is_file()))
    if not frames:
        msg = f"{folder}: no images in it; expected face crops, {', '.join(sorted(_ENDINGS))}"
        raise DataError(msg)
    return frames


def spread(frames: Sequence[Path], limit: int) -> Sequence[Path]:
    """Pick frames evenly.

    Parameters
    ----------
    frames : sequence of Path
        In their order.
    limit : int
        How many at most.

    Returns
    -------
    sequence of Path
        All if there are no more than `limit`, else the first, the last and some between.
    """
    if len(frames) <= limit:
        return frames
    return [frames[round(at)] for at in np.linspace(0, len(frames) - 1, limit)]


def frame_batches(
    frames: Sequence[Path], preprocessing: Preprocessing, *, unreadable: set[Path]
) -> Iterator[NDArray[np.float32]]:
    """Read frames as a network takes them.

    Parameters
    ----------
    frames : sequence of Path
        Image files.
    preprocessing : Preprocessing
        The network's.
    unreadable : set of Path
        Where to put those that cannot be read, which are left out.

    Yields
    ------
    numpy.ndarray of float32, shape (n, 3, size, size)
        Normalised images, `BATCH` of them and fewer at the end.

    Raises
    ------
    DataError
        If none can be read.
    """
    batch = []
    problem, n_read = "", 0
    for frame in frames:
        try:
            image = read_image(frame, "L" if preprocessing.colour == "grey" else "RGB")
        except OSError as error:
            unreadable.add(frame)
            problem = problem or f"{frame}: {error.strerror or error}"
            continue
        n_read += 1
        batch.append(preprocessing.pixels(image))
        if len(batch) == BATCH:
            yield _normalised(batch, preprocessing)
            batch = []
    if batch:
        yield _normalised(batch, preprocessing)
    if not n_read:
        msg = f"none of {len(frames)} frames can be read; the first: {problem}"
        raise DataError(msg)


def random_batches(preprocessing: Preprocessing, n: int) -> Iterator[NDArray[np.float32]]:
    """Make images of seeded noise, the same at every call.

    Parameters
    ----------
    preprocessing : Preprocessing
        The network's.
    n : int
        How many batches.

    Yields
    ------
    numpy.ndarray of float32, shape (BATCH, 3, size, size)
        Normalised noise.
    """
    random = np.random.default_rng(0)
    channels = 1 if preprocessing.colour == "grey" else 3
    for _ in range(n):
        shape = (channels, preprocessing.size, preprocessing.size)
        noise = [random.integers(0, 256, shape, dtype=np.uint8) for _ in range(BATCH)]
        yield _normalised(noise, preprocessing)


def _normalised(
    batch: Sequence[NDArray[np.uint8]], preprocessing: Preprocessing
) -> NDArray[np.float32]:
    return preprocessing.normalise(np.stack(batch))
