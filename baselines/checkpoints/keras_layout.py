"""From Keras' way to keep the weights of layers to torch's.

Keras keeps kernels as ``(height, width, in, out)``, those of depthwise convolutions as
``(height, width, in, 1)``, and flattens maps with the channels last. A layer's tensors are called
``<layer>/<weight>`` there and ``<layer>.<weight>`` here; the layers of our networks have Keras'
names where they come from Keras.
"""

from __future__ import annotations

from collections import ChainMap
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import nn

from abawkit.errors import ModelError
from baselines.networks.table import VggShape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from baselines.networks.table import Network

_NORM = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}


def to_torch_layout(
    tensors: Mapping[str, NDArray[Any]], module: nn.Module, network: Network
) -> dict[str, NDArray[Any]]:
    """Rename and turn the tensors of a Keras model.

    Parameters
    ----------
    tensors : mapping of str to numpy.ndarray
        As `read_weights` gives them.
    module : torch.nn.Module
        The network that they are for.
    network : Network
        Its row of the table.

    Returns
    -------
    dict of str to numpy.ndarray
        A state dict; what belongs to no layer of the network keeps its name.

    Raises
    ------
    ModelError
        If a tensor is missing, or has not the number of dimensions that its layer needs.
    """
    left = dict(tensors)
    state: dict[str, NDArray[Any]] = {}
    for name, layer in module.named_modules():
        match layer:
            case nn.Conv2d():
                kernel = _take(left, name, "depthwise_kernel" if layer.groups > 1 else "kernel", 4)
                # Of a depthwise kernel the last axis, a multiplier, goes before the window too.
                axes = (2, 3, 0, 1) if layer.groups > 1 else (3, 2, 0, 1)
                state[f"{name}.weight"] = kernel.transpose(axes)
            case nn.Linear():
                kernel = _take(left, name, "kernel", 2)
                state[f"{name}.weight"] = _channels_first(kernel, layer, network).T
            case nn.BatchNorm2d():
                for ours, theirs in _NORM.items():
                    state[f"{name}.{ours}"] = _take(left, name, theirs, 1)
        if isinstance(layer, nn.Conv2d | nn.Linear) and layer.bias is not None:
            state[f"{name}.bias"] = _take(left, name, "bias", 1)
    both = ChainMap(state, left)
    return {name: np.ascontiguousarray(tensor) for name, tensor in both.items()}


def _take(left: dict[str, NDArray[Any]], name: str, weight: str, ndim: int) -> NDArray[Any]:
    # Keras 3 calls every kernel a kernel.
    key = next((k for k in (f"{name}/{weight}", f"{name}/kernel") if k in left), None)
    if key is None:
        msg = f"no {name}/{weight}"
        raise ModelError(msg)
    tensor = left.pop(key)
    if tensor.ndim != ndim:
        msg = f"{key} has shape {tensor.shape}, expected {ndim} dimensions"
        raise ModelError(msg)
    return tensor


def _channels_first(kernel: NDArray[Any], layer: nn.Linear, network: Network) -> NDArray[Any]:
    # The first dense layer of VGG16 takes maps that Keras flattened with the channels last.
    if not isinstance(network.shape, VggShape) or layer.in_features == network.shape.embedding:
        return kernel
    if kernel.shape[0] != layer.in_features:
        return kernel
    channels = network.shape.blocks[-1][1]
    side = round((layer.in_features / channels) ** 0.5)
    maps = kernel.reshape(side, side, channels, -1)
    return maps.transpose(2, 0, 1, 3).reshape(kernel.shape)
