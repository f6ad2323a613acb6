"""The words of torch's pickles: which names they use, and what data each makes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from abawkit.errors import ModelError
from baselines.checkpoints.machine import Name, Vocabulary, check_key
from baselines.checkpoints.tensors import Storage, Tensor, check_counts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PACKAGES = ("torch.nn", "timm", "torchvision", "geffnet", "efficientnet_pytorch", "mobilefacenet")

_TYPED = {
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
    "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128",
    "QInt8Storage": "qint8",
    "QInt32Storage": "qint32",
    "QUInt8Storage": "quint8",
}
_STORAGES = {
    f"{module}.{name}": elements
    for module in ("torch", "torch.cuda")
    for name, elements in _TYPED.items()
} | dict.fromkeys(
    ("torch.UntypedStorage", "torch.storage.UntypedStorage", "torch.cuda.UntypedStorage"), "uint8"
)
_DTYPES = (
    *("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8"),
    *("uint64", "uint32", "uint16", "uint8", "bool", "complex64", "complex128"),
    *("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz"),
)
# What lies beside the weights in a checkpoint of a training: kept as names, never made.
_BESIDE = (
    "argparse.Namespace",
    "numpy.dtype",
    "numpy.ndarray",
    *(
        f"numpy.{core}.multiarray.{name}"
        for core in ("core", "_core")
        for name in ("scalar", "_reconstruct")
    ),
    "torch.device",
    *(f"{module}.{name}" for module in ("builtins", "__builtin__") for name in ("dict", "list")),
    *(f"{module}.{name}" for module in ("builtins", "__builtin__") for name in ("int", "float")),
)


def torch_vocabulary(*, storages: dict[str, Storage], legacy: bool) -> Vocabulary:
    """Make the vocabulary of one file of torch.

    Parameters
    ----------
    storages : dict of str to Storage
        Is filled with the storages that the pickle refers to, by key.
    legacy : bool
        Whether the file is of the format before torch 1.6, which refers to classes, too, by
        persistent ids.

    Returns
    -------
    Vocabulary
        For `read_pickle`.
    """

    def persistent(pid: object) -> object:
        match pid:
            case ("module", Name() as of, _, _) if legacy:
                return of
            case ("storage", Name() as of, str(key), str(), int(whole), *view):
                storage = _storage(of, key, whole, view)
                known = storages.setdefault(key, storage)
                if (known.elements, known.whole) == (storage.elements, whole):
                    return storage
        msg = "it refers to bytes in a way that torch does not; the file is damaged or forged"
        raise ModelError(msg)

    return Vocabulary(builders=_BUILDERS, inert=_INERT, packages=PACKAGES, persistent=persistent)


def _storage(of: Name, key: str, whole: int, view: list[Any]) -> Storage:
    elements = _STORAGES[str(of)]
    match view:
        case [] | [None]:
            check_counts(whole)
            return Storage(key=key, elements=elements, whole=whole, start=0, length=whole)
        case [(str(), int(start), int(length))]:
            check_counts(whole, start, length)
            return Storage(key=key, elements=elements, whole=whole, start=start, length=length)
    raise TypeError


def _tensor(storage: object, offset: object, shape: object, strides: object) -> Tensor:
    if not isinstance(storage, Storage):
        raise TypeError
    return _view(storage, storage.elements, offset, shape, strides)


def _tensor_v2(
    storage: object, offset: object, shape: object, strides: object, *beside: object
) -> Tensor:
    # requires_grad, hooks, and bits that would change the values, such as a pending negation
    if any(beside[2:]):
        msg = "a tensor in it is stored as the conjugate or the negative of its values"
        raise ModelError(msg)
    return _tensor(storage, offset, shape, strides)


def _tensor_v3(
    storage: object, offset: object, shape: object, strides: object, *beside: object
) -> Tensor:
    _, _, of, *_ = beside
    if not isinstance(storage, Storage):
        raise TypeError
    return _view(storage, str(of).removeprefix("torch."), offset, shape, strides)


def _view(storage: Storage, elements: str, *place: object) -> Tensor:
    match place:
        case (int(offset), tuple(shape), tuple(strides)) if len(shape) == len(strides):
            check_counts(offset, *shape, *strides)
            return Tensor(
                storage=storage, elements=elements, offset=offset, shape=shape, strides=strides
            )
    raise TypeError


def _parameter(tensor: object, *_beside: object) -> Tensor:
    if not isinstance(tensor, Tensor):
        raise TypeError
    return tensor


def _dict(items: object = ()) -> dict[object, object]:
    pairs = items.items() if isinstance(items, dict) else items
    if not isinstance(pairs, Iterable):
        raise TypeError
    return {check_key(key): value for key, value in pairs}


def _default_dict(_factory: object = None, items: object = ()) -> dict[object, object]:
    return _dict(items)


def _set(items: object = ()) -> set[object]:
    if not isinstance(items, list | tuple):
        raise TypeError
    return set(map(check_key, items))


def _frozen_set(items: object = ()) -> frozenset[object]:
    return frozenset(_set(items))


def _size(items: object) -> tuple[object, ...]:
    if not isinstance(items, list | tuple):
        raise TypeError
    return tuple(items)


def _encoded(text: object, encoding: object = "latin1") -> bytes:
    if not isinstance(text, str) or encoding not in {"latin1", "latin-1"}:
        raise TypeError
    return text.encode("latin-1")


_BUILDERS: Mapping[str, Callable[..., object]] = {
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor_v2,
    "torch._utils._rebuild_tensor_v3": _tensor_v3,
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_parameter_with_state": _parameter,
    "torch.Size": _size,
    "collections.OrderedDict": _dict,
    "collections.Counter": _dict,
    "collections.defaultdict": _default_dict,
    "builtins.set": _set,
    "__builtin__.set": _set,
    "builtins.frozenset": _frozen_set,
    "__builtin__.frozenset": _frozen_set,
    "_codecs.encode": _encoded,
    # protocol 2 has no bytes: these are empty ones, others are encoded text
    "builtins.bytes": lambda: b"",
    "__builtin__.bytes": lambda: b"",
}
_INERT = frozenset((*_STORAGES, *(f"torch.{name}" for name in _DTYPES), *_BESIDE))
