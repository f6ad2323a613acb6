"""Weights in Keras's HDF5 files (``.h5``), read without Keras.

A whole model has its layers in the group ``model_weights`` and their settings as JSON in the
attribute ``model_config``; a file of weights has the layers at its root. Each layer's group may
repeat the layer's name, as ``conv1/conv1/kernel:0`` of Keras 2 and the longer paths of Keras 3.
Nothing in the settings is run: the code of a Lambda layer is text here.

The HDF5 library is trusted with the file. It follows what a file says, so that one that is damaged
just so can keep it busy until it is killed; published files are known by their id before.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from abawkit.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_MAX_NAMES = 100_000
_MAX_DEPTH = 16
_LARGEST_NUMBER = 8


def read_keras(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Mapping[str, Any]]]:
    """Read a model or its weights as Keras saves them in HDF5.

    Parameters
    ----------
    path : Path
        An HDF5 file.

    Returns
    -------
    tensors : dict of str to array
        By layer and weight, such as ``conv1/kernel``, stored as Keras does: a kernel is
        ``(height, width, in, out)``.
    settings : dict of str to mapping
        Each layer's ``config``, by layer; empty in a file of weights.

    Raises
    ------
    ModelError
        If it holds no weights of Keras, or refers to what is not in it.
    """
    left = path.stat().st_size
    tensors: dict[str, NDArray[Any]] = {}
    with h5py.File(path, "r") as file:
        config = file.attrs.get("model_config")
        layers = _member(file, "model_weights") if "model_weights" in file else file
        if not any(name.startswith("layer_names") for name in layers.attrs):
            msg = (
                "an HDF5 file, but not of Keras's weights: expected an attribute 'layer_names'. "
                "Save the model with model.save('….h5')"
            )
            raise ModelError(msg)
        for parts, dataset in _datasets(layers):
            name = _weight_name(parts)
            if name in tensors:
                msg = f"two weights in it go by the name {name[:80]!r}"
                raise ModelError(msg)
            left -= dataset.nbytes
            if left < 0:
                msg = f"{name[:80]!r} in it has more bytes than the file has left"
                raise ModelError(msg)
            tensors[name] = np.array(dataset, dtype=dataset.dtype.newbyteorder("="), order="C")
    return tensors, {} if config is None else _settings(json.loads(config))


def _datasets(layers: h5py.Group) -> Iterator[tuple[list[str], h5py.Dataset]]:
    # Walk the groups in their order; one that contains itself runs into the limits.
    waiting: list[tuple[list[str], h5py.Group | h5py.Dataset]] = [([], layers)]
    left = _MAX_NAMES
    while waiting:
        path, item = waiting.pop()
        if isinstance(item, h5py.Dataset):
            yield path, _checked(item, "/".join(path))
            continue
        left -= len(item)
        if left < 0 or len(path) > _MAX_DEPTH:
            msg = f"its groups have more than {_MAX_NAMES} names, or lie {_MAX_DEPTH} deep"
            raise ModelError(msg)
        waiting += [([*path, name], _member(item, name)) for name in reversed(list(item))]


def _member(group: h5py.Group, name: str) -> h5py.Group | h5py.Dataset:
    # A link may lead to any other file.
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        msg = f"{name[:80]!r} in it is a link to something else; expected weights in place"
        raise ModelError(msg)
    return group[name]


def _checked(dataset: h5py.Dataset, name: str) -> h5py.Dataset:
    # Keras writes numbers, in one piece.
    found = {
        "numbers in another file": bool(dataset.external) or dataset.is_virtual,
        "compressed numbers": dataset.compression is not None,
        f"elements of type {dataset.dtype}": dataset.dtype.kind not in "fiu"
        or dataset.dtype.itemsize > _LARGEST_NUMBER,
    }
    for what, is_so in found.items():
        if is_so:
            msg = f"{name[:80]!r} in it has {what}; expected weights as Keras writes them"
            raise ModelError(msg)
    return dataset


def _weight_name(parts: list[str]) -> str:
    # Leave out what lies between the layer's group and the last time its name comes.
    layer, *rest = parts
    while layer in rest:
        rest = rest[rest.index(layer) + 1 :]
    return "/".join([layer, *rest]).removesuffix(":0")


def _settings(model: Any, prefix: str = "") -> dict[str, Mapping[str, Any]]:  # noqa: ANN401 - JSON
    # Give the config of each layer; a model among the layers gives those of its own, too.
    inside = model["config"]
    found: dict[str, Mapping[str, Any]] = {}
    for layer in inside["layers"] if isinstance(inside, dict) else inside:
        config = layer["config"]
        name = prefix + config.get("name", layer.get("name"))
        found[name] = config
        if "layers" in config:
            found |= _settings(layer, f"{name}/")
    return found
