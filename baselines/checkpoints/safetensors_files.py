"""Files of safetensors, read with numpy alone.

The format is a length, a JSON header of that length with type, shape and place of each tensor,
and the bytes: https://github.com/huggingface/safetensors#format. Its own reader for numpy has no
bfloat16.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from abawkit.errors import ModelError
from baselines.checkpoints.tensors import (
    Storage,
    Tensor,
    check_counts,
    item_size,
    read_arrays,
    read_bytes,
)

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_MAX_HEADER = 1 << 26
MAX_NAMES = 100_000
_TYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U64": "uint64",
    "U32": "uint32",
    "U16": "uint16",
    "U8": "uint8",
    "BOOL": "bool",
}


def read_safetensors(path: Path) -> dict[str, NDArray[Any]]:
    """Read a file of safetensors.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict of str to array
        By name.

    Raises
    ------
    ModelError
        If it is damaged or forged, or has a type that numpy has not.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > min(_MAX_HEADER, size - 8):
            msg = f"its header of {length} bytes is longer than the file, or than {_MAX_HEADER}"
            raise ModelError(msg)
        header = json.loads(file.read(length))
        header.pop("__metadata__", None)
        if len(header) > MAX_NAMES:
            msg = f"it has {len(header)} tensors, more than {MAX_NAMES}; expected a network"
            raise ModelError(msg)
        start = 8 + length
        places: dict[str, tuple[int, int]] = {}
        tensors = {}
        for name, entry in header.items():
            begin, end = entry["data_offsets"]
            check_counts(begin, end)
            tensors[name] = _tensor(name, entry["dtype"], entry["shape"])
            places[name] = (begin, end)
        if sum(max(end - begin, 0) for begin, end in places.values()) > size - start:
            msg = "its tensors have more bytes than the file; it is cut off, get it again"
            raise ModelError(msg)

        def read(name: str) -> NDArray[np.uint8]:
            begin, end = places[name]
            if not 0 <= begin <= end <= size - start:
                msg = f"tensor {name[:80]!r} lies outside the file; it is cut off, get it again"
                raise ModelError(msg)
            file.seek(start + begin)
            return read_bytes(file, end - begin)

        return read_arrays(tensors, read, limit=size)


def _tensor(name: str, kind: str, shape: list[int]) -> Tensor:
    elements = _TYPES.get(kind, kind)
    item_size(elements)
    check_counts(*shape)
    count = math.prod(shape)
    strides = tuple(math.prod(shape[i + 1 :]) for i in range(len(shape)))
    storage = Storage(key=name, elements=elements, whole=count, start=0, length=count)
    return Tensor(
        storage=storage, elements=elements, offset=0, shape=tuple(shape), strides=strides
    )
