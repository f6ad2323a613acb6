"""Files of ``torch.save``, read without torch: the zip archive, and the format before torch 1.6.

The archive has ``NAME/data.pkl``, a pickle that refers to ``NAME/data/KEY``, the bytes of each
storage. The older format is a row of pickles (a magic number, a version, the saver's machine,
the value, the keys of the storages), then for each key a count of elements and the elements.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

from abawkit.errors import ModelError
from baselines.checkpoints.machine import NO_NAMES
from baselines.checkpoints.modules import Contents, contents
from baselines.checkpoints.pickles import read_pickle
from baselines.checkpoints.tensors import Storage, item_size, read_arrays, read_bytes
from baselines.checkpoints.torch_pickles import torch_vocabulary

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

MAGIC = 0x1950A86A20F9469CFC6C
_VERSION = 1001
# The pickle of a whole network has 0.1 MB, the directory of its archive 0.03 MB.
_MAX_PICKLE = 1 << 26
_MAX_PIECE = 1 << 24
_ORDERS = {b"little": "<", b"big": ">"}


def read_torch_archive(path: Path) -> tuple[dict[str, NDArray[Any]], Contents]:
    """Read the archive that torch writes since 1.6.

    Parameters
    ----------
    path : Path
        A zip file.

    Returns
    -------
    tensors : dict of str to array
        By name.
    contents : Contents
        What they are part of.

    Raises
    ------
    ModelError
        If it is another archive, or is damaged or forged.
    """
    size = path.stat().st_size
    with _Bounded(io.FileIO(path)) as file, zipfile.ZipFile(file) as archive:
        entries = _checked(archive, size)
        folder = _folder(entries)
        pickle = entries[f"{folder}data.pkl"]
        if pickle.file_size > _MAX_PICKLE:
            msg = f"its pickle has {pickle.file_size} bytes; expected at most {_MAX_PICKLE}"
            raise ModelError(msg)
        order = entries.get(f"{folder}byteorder")
        mark = archive.read(order) if order and order.file_size < 10 else b"little"  # noqa: PLR2004
        if mark not in _ORDERS:
            msg = f"its order of bytes is {mark!r}; expected little or big"
            raise ModelError(msg)
        vocabulary = torch_vocabulary(storages={}, legacy=False)
        found = contents(read_pickle(io.BytesIO(archive.read(pickle)), vocabulary))

        def read(key: str) -> NDArray[np.uint8]:
            entry = entries.get(f"{folder}data/{key}")
            if entry is None:
                msg = f"the bytes of storage {key[:40]!r} are missing; get the file again"
                raise ModelError(msg)
            with archive.open(entry) as stream:
                return read_bytes(stream, entry.file_size)

        return read_arrays(found.tensors, read, limit=size, order=_ORDERS[mark]), found


def read_torch_legacy(path: Path) -> tuple[dict[str, NDArray[Any]], Contents]:
    """Read the format that torch wrote before 1.6.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    tensors : dict of str to array
        By name.
    contents : Contents
        What they are part of.

    Raises
    ------
    ModelError
        If it is damaged or forged.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        stream = io.BytesIO(file.read(_MAX_PICKLE))
        start = [read_pickle(stream, NO_NAMES) for _ in ("magic", "version", "machine")]
        if start[:2] != [MAGIC, _VERSION]:
            msg = "it starts as torch's older format does, but its version is not 1001"
            raise ModelError(msg)
        storages: dict[str, Storage] = {}
        value = read_pickle(stream, torch_vocabulary(storages=storages, legacy=True))
        keys = read_pickle(stream, NO_NAMES)
        places: dict[str, tuple[int, int]] = {}
        place = stream.tell()
        for key in keys if isinstance(keys, list) else ():
            storage = storages.get(key) if isinstance(key, str) else None
            if storage is None or key in places:
                msg = "its list of storages is not that of its tensors; get the file again"
                raise ModelError(msg)
            file.seek(place)
            count = int.from_bytes(file.read(8), "little", signed=True)
            length = storage.whole * item_size(storage.elements)
            if count != storage.whole or place + 8 + length > size:
                msg = f"it ends too early, or storage {key[:40]!r} has another size than it says"
                raise ModelError(msg)
            places[key] = (place + 8, length)
            place += 8 + length
        found = contents(value)

        def read(key: str) -> NDArray[np.uint8]:
            if key not in places:
                msg = f"the bytes of storage {key[:40]!r} are missing; get the file again"
                raise ModelError(msg)
            begin, length = places[key]
            file.seek(begin)
            return read_bytes(file, length)

        return read_arrays(found.tensors, read, limit=size), found


class _Bounded(io.BufferedReader):
    """Gives little at once, so that a directory that lies of its size cannot fill the memory."""

    def read(self, size: int | None = -1, /) -> bytes:
        most = _MAX_PIECE
        return super().read(most if size is None or size < 0 else min(size, most))


def _checked(archive: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    # Refuse what torch never writes and what would grow on reading.
    entries = {entry.filename: entry for entry in archive.infolist()}
    if len(entries) < len(archive.infolist()):
        msg = "a name is twice in the archive; the file is forged"
        raise ModelError(msg)
    for entry in entries.values():
        if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
            msg = f"{entry.filename[:80]!r} in it is compressed, which torch never does"
            raise ModelError(msg)
    if sum(entry.file_size for entry in entries.values()) > size:
        msg = "the parts of the archive overlap; the file is forged"
        raise ModelError(msg)
    return entries


def _folder(entries: dict[str, zipfile.ZipInfo]) -> str:
    # Give the folder in which the pickle lies, with its slash.
    folders = [name.removesuffix("data.pkl") for name in entries if name.endswith("/data.pkl")]
    names = {name.partition("/")[2] for name in entries}
    if "constants.pkl" in names or any(name.startswith("code/") for name in names):
        msg = (
            "a TorchScript program, which is code; load it with torch.jit.load and save its "
            "state_dict() with torch.save"
        )
        raise ModelError(msg)
    if "model.weights.h5" in entries:
        msg = "a .keras archive; save the model as .h5 instead"
        raise ModelError(msg)
    if len(folders) != 1:
        msg = "a zip archive, but not one of torch.save; expected one data.pkl in it"
        raise ModelError(msg)
    return folders[0]
