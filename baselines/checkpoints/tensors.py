"""Tensors as files describe them, and the arrays that they become.

*Conventions*: a type of elements goes by torch's name (``float32``). Offsets, strides and lengths
count elements, not bytes. bfloat16, which numpy lacks, becomes float32.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from abawkit.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

_CODES = {
    "float64": "f8",
    "float32": "f4",
    "float16": "f2",
    "bfloat16": "u2",
    "int64": "i8",
    "int32": "i4",
    "int16": "i2",
    "int8": "i1",
    "uint64": "u8",
    "uint32": "u4",
    "uint16": "u2",
    "uint8": "u1",
    "bool": "u1",
}
_MAX_NUMBERS = 36
_MAX_COUNT = 1 << 48
_PIECE = 1 << 22
# Tensors may share what a file holds once, but not so often that it fills the memory.
_MAX_GROWTH = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """Elements in a row, somewhere in a file.

    ``key`` names the row, which has ``whole`` elements; this is a part of it, ``length`` of them
    from ``start`` on.
    """

    key: str
    elements: str
    whole: int
    start: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tensor:
    """A view of a storage."""

    storage: Storage
    elements: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def check_counts(*numbers: object) -> None:
    """Refuse what cannot be sizes, offsets or strides, before anyone calculates with them.

    Parameters
    ----------
    *numbers : object
        At most 16 for each of a shape and its strides, and a few more.

    Raises
    ------
    ModelError
        If they are more, or not whole, or negative, or beyond any file.
    """
    if len(numbers) > _MAX_NUMBERS or any(
        type(number) is not int or not 0 <= number < _MAX_COUNT for number in numbers
    ):
        msg = "a tensor in it has an impossible size, offset or stride; the file is damaged"
        raise ModelError(msg)


def item_size(elements: str) -> int:
    """Give the bytes of one element.

    Parameters
    ----------
    elements : str
        The type of the elements.

    Returns
    -------
    int
        Bytes.

    Raises
    ------
    ModelError
        If numpy has nothing for that type.
    """
    return _dtype(elements, "<").itemsize


def read_arrays(
    tensors: Mapping[str, Tensor],
    read: Callable[[str], NDArray[np.uint8]],
    *,
    limit: int,
    order: str = "<",
) -> dict[str, NDArray[Any]]:
    """Copy tensors out of their storages, each of which is read once and then dropped.

    Parameters
    ----------
    tensors : mapping of str to Tensor
        By name.
    read : callable
        Gives the bytes of a storage by its key.
    limit : int
        The size of the file in bytes. All arrays together may be four times as large.
    order : {"<", ">"}
        The order of bytes in the storages, as `numpy.dtype` has it.

    Returns
    -------
    dict of str to array
        By name, in the same order; one tensor under several names is one array.

    Raises
    ------
    ModelError
        If a tensor does not lie in its storage, or they are too large together.
    """
    left = _MAX_GROWTH * limit
    keys: dict[str, dict[int, Tensor]] = {}
    for name, tensor in tensors.items():
        _check(name, tensor)
        distinct = keys.setdefault(tensor.storage.key, {})
        if id(tensor) not in distinct:
            distinct[id(tensor)] = tensor
            left -= math.prod(tensor.shape) * item_size(tensor.elements)
    if left < 0:
        msg = f"its tensors take more than {_MAX_GROWTH} times the bytes that the file has"
        raise ModelError(msg)
    arrays: dict[int, NDArray[Any]] = {}
    for key, distinct in keys.items():
        raw = read(key)
        arrays |= {number: _copy(tensor, raw, order) for number, tensor in distinct.items()}
    return {name: arrays[id(tensor)] for name, tensor in tensors.items()}


def read_bytes(stream: IO[bytes], size: int) -> NDArray[np.uint8]:
    """Read so many bytes from where a stream stands, in pieces.

    Parameters
    ----------
    stream : IO of bytes
        Any stream.
    size : int
        How many; the caller knows that the file is not shorter.

    Returns
    -------
    array of uint8
        The bytes.

    Raises
    ------
    ModelError
        If the stream ends before.
    """
    raw = np.empty(size, np.uint8)
    filled = 0
    while filled < size:
        piece = stream.read(min(size - filled, _PIECE))
        if not piece:
            msg = f"it ends too early: {size} bytes of a tensor expected, {filled} found"
            raise ModelError(msg)
        raw[filled : filled + len(piece)] = np.frombuffer(piece, np.uint8)
        filled += len(piece)
    return raw


def _dtype(elements: str, order: str) -> np.dtype[Any]:
    if elements not in _CODES:
        msg = (
            f"a tensor in it has elements of type {elements[:40]!r}; expected one of "
            f"{', '.join(_CODES)}. Convert it to float32 where it was made"
        )
        raise ModelError(msg)
    return np.dtype(order + _CODES[elements])


def _check(name: str, tensor: Tensor) -> None:
    # Refuse a tensor that reaches out of its storage, or has more elements.
    storage = tensor.storage
    there = storage.length * item_size(storage.elements) // item_size(tensor.elements)
    count = math.prod(tensor.shape)
    steps = zip(tensor.shape, tensor.strides, strict=True)
    last = tensor.offset + sum((n - 1) * step for n, step in steps)
    if (
        storage.start + storage.length > storage.whole
        or count > there
        or (count > 0 and last >= there)
    ):
        msg = (
            f"tensor {name[:200]!r} does not lie within its storage of {storage.length} elements: "
            f"offset {tensor.offset}, shape {tensor.shape}, strides {tensor.strides}"
        )
        raise ModelError(msg)


def _copy(tensor: Tensor, raw: NDArray[np.uint8], order: str) -> NDArray[Any]:
    storage = tensor.storage
    size = item_size(storage.elements)
    if raw.size != storage.whole * size:
        msg = (
            f"storage {storage.key[:40]!r} has {raw.size} bytes; expected {storage.whole} "
            f"elements of {storage.elements}; the file is damaged, get it again"
        )
        raise ModelError(msg)
    dtype = _dtype(tensor.elements, order)
    if 0 in tensor.shape:
        return np.empty(tensor.shape, np.float32 if tensor.elements == "bfloat16" else dtype)
    view: NDArray[Any] = np.ndarray(
        tensor.shape,
        dtype,
        buffer=raw.data,
        offset=storage.start * size + tensor.offset * dtype.itemsize,
        strides=tuple(stride * dtype.itemsize for stride in tensor.strides),
    )
    if tensor.elements == "bool":
        return np.asarray(view != 0, order="C")
    if tensor.elements == "bfloat16":
        # bfloat16 is the upper half of float32
        return (view.astype(np.uint32, order="C") << 16).view(np.float32)
    return view.astype(dtype.newbyteorder("="), order="C")
