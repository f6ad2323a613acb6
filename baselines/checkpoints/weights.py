"""Weights of networks from files of several libraries, none of which but h5py need be installed.

What a file is, its content says, not its suffix. No file can make abawkit run code: a pickle is
read by an interpreter of our own, see `baselines.checkpoints.pickles`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from abawkit.errors import ModelError
from baselines.checkpoints.safetensors_files import read_safetensors
from baselines.checkpoints.torch_files import MAGIC, read_torch_archive, read_torch_legacy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_HDF5 = b"\x89HDF\r\n\x1a\n"
_HEAD = 512
_TAR = slice(257, 262)
_SAVE = "; save a state_dict() with torch.save or as safetensors"
_DATA_PARALLEL = "module."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weights:
    """The weights of a network, and what its file says of the network besides.

    ``tensors`` are arrays by the name of the parameter, ``blocks.0.0.conv_dw.weight`` or
    ``conv1/kernel``. ``layout`` says how kernels are stored: ``(out, in, height, width)`` by
    torch, ``(height, width, in, out)`` by Keras. The file of a whole torch module has
    ``modules``, the class of each module by its path ("" is the network), and ``settings``, the
    plain attributes of each; a class or function among these is given by its dotted name. A file
    of a whole Keras model has ``settings``, the config of each layer by its name.
    """

    tensors: Mapping[str, NDArray[Any]]
    modules: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    layout: Literal["torch", "keras"] = "torch"


def read_weights(path: Path) -> Weights:
    """Read the weights in a file of torch, safetensors or Keras, running nothing of it.

    Parameters
    ----------
    path : Path
        A file of ``torch.save`` with a state dict, a checkpoint or a whole module, from any
        version; a safetensors file; or a Keras model or its weights in HDF5.

    Returns
    -------
    Weights
        Arrays of their own. "module.", which training on several devices puts before all names,
        is left out.

    Raises
    ------
    ModelError
        If it is no such file, is damaged, or asks for something that weights do not need.
    ModuleNotFoundError
        If it is an HDF5 file, and h5py is not installed.
    """
    try:
        return _reader(path)(path)
    except ModelError as error:
        msg = f"{path}: {error}"
        raise ModelError(msg) from error
    except ModuleNotFoundError:  # of the library that reads the format
        raise
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror or error}"
        raise ModelError(msg) from error
    except Exception as error:  # a damaged file makes its libraries raise almost anything
        detail = str(error)[:200] or type(error).__name__
        msg = f"{path}: damaged, or cut off: {detail}; get the file again"
        raise ModelError(msg) from error


def _reader(path: Path) -> Callable[[Path], Weights]:
    # Tell the kind of a file from how it starts.
    if path.exists() and not path.is_file():
        msg = "a folder or a device; expected a file of weights"
        raise ModelError(msg)
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(b"PK\x03\x04"):
        return _torch_archive
    if MAGIC.to_bytes(10, "little") in head[:32]:
        return _torch_legacy
    if head.startswith(_HDF5):
        return _keras
    found = _other_kind(head)
    if found is None:
        return _safetensors
    msg = f"{found}; expected weights of torch, safetensors or Keras (.h5)"
    raise ModelError(msg)


def _other_kind(head: bytes) -> str | None:
    # Name what is not a file of weights, None if it starts as safetensors do.
    text = head.lstrip().lower()
    kinds = {
        "an empty file; get it again": not head,
        "a web page; follow its link to the file itself": text.startswith((b"<!doc", b"<html")),
        "a pointer of git-lfs, not the file; fetch the file with git lfs pull": text.startswith(
            b"version https://git-lfs"
        ),
        f"a tar archive of torch before 0.1.10, or another one{_SAVE}": head[_TAR] == b"ustar",
        f"a bare pickle, not a file of torch.save{_SAVE}": head.startswith(b"\x80"),
        # field 1 (the version of the format), then the producer or the graph
        "an ONNX network, which has its weights already in place": head.startswith(b"\x08")
        and head[2:3] in {b"\x12", b":", b"B"},
        "a file of no known kind": head[8:9] != b"{",
    }
    return next((kind for kind, is_so in kinds.items() if is_so), None)


def _torch_archive(path: Path) -> Weights:
    tensors, found = read_torch_archive(path)
    return Weights(
        tensors=_without_prefix(tensors), modules=found.modules, settings=found.settings
    )


def _torch_legacy(path: Path) -> Weights:
    tensors, found = read_torch_legacy(path)
    return Weights(
        tensors=_without_prefix(tensors), modules=found.modules, settings=found.settings
    )


def _safetensors(path: Path) -> Weights:
    return Weights(tensors=_without_prefix(read_safetensors(path)))


def _keras(path: Path) -> Weights:
    from baselines.checkpoints.keras_files import read_keras  # noqa: PLC0415 - h5py may be missing

    tensors, settings = read_keras(path)
    return Weights(tensors=tensors, settings=settings, layout="keras")


def _without_prefix(tensors: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    if all(name.startswith(_DATA_PARALLEL) for name in tensors):
        return {name.removeprefix(_DATA_PARALLEL): array for name, array in tensors.items()}
    return tensors
