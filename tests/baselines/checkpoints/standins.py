"""Files as others write them, of networks that are built here with seeded weights."""

import json
import sys
import warnings
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import nn

from baselines.networks.layers import SameConv2d

# Where two generations of timm keep the classes that its pickled modules name.
TIMM_OLD = {
    "EfficientNet": "timm.models.efficientnet",
    "Block": "timm.models.efficientnet_blocks",
    "SqueezeExcite": "timm.models.efficientnet_blocks",
    "SameConv2d": "timm.models.layers.conv2d_same",
}
TIMM_NEW = {
    "EfficientNet": "timm.models.efficientnet",
    "Block": "timm.models._efficientnet_blocks",
    "SqueezeExcite": "timm.models._efficientnet_blocks",
    "SameConv2d": "timm.layers.conv2d_same",
}
_NAMES = {"Block": "InvertedResidual", "SameConv2d": "Conv2dSame", "SymmetricConv2d": "Conv2d"}


def settled(network, size, seed=0):
    """Give a module seeded weights, and the statistics that images really have in it.

    With statistics of chance, rounding at the begin of a deep network is large at its end.
    """
    generator = torch.Generator().manual_seed(seed)
    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
    with torch.no_grad():
        for tensor in network.parameters():
            if tensor.ndim > 1:
                width = (6 / tensor[0].numel()) ** 0.5
                tensor.uniform_(-width, width, generator=generator)
        for norm in norms:
            norm.weight.uniform_(0.5, 1.5, generator=generator)
            norm.bias.uniform_(-0.1, 0.1, generator=generator)
            norm.momentum = None
        network.train()(torch.randn(8, 3, size, size, generator=generator))
    return network.eval()


def save_module(network, path, places=TIMM_NEW, *, legacy=False, **members):
    """Pickle a whole module under the names that timm's classes have, as torch.save does."""
    made = {}
    whole = _copied(network, places, made)
    for name, member in members.items():
        whole.add_module(name, member)
    before = set(sys.modules)
    try:
        for cls in made.values():
            _show(cls)
        with warnings.catch_warnings():
            # The old format wants the source of classes, which these have none of.
            warnings.simplefilter("ignore")
            torch.save(whole, path, _use_new_zipfile_serialization=not legacy)
    finally:
        for place in set(sys.modules) - before:
            del sys.modules[place]
    return path


def _copied(module, places, made):
    # The same module, of a class of another name.
    cls = type(module)
    if cls.__module__.startswith("baselines."):
        name = _NAMES.get(cls.__name__, cls.__name__)
        place = places.get(cls.__name__)
        cls = made.setdefault(name, type(name, (nn.Module,), {"__module__": place})) if place \
            else getattr(nn, name)  # fmt: skip
    shell = cls.__new__(cls)
    children = {name: _copied(child, places, made) for name, child in module.named_children()}
    # A function that is no member of a module cannot be pickled.
    state = {key: value for key, value in vars(module).items() if key != "activation"}
    vars(shell).update(state | {"_modules": children})
    return shell


def _show(cls):
    # Make a class importable, which pickle insists on.
    parts = cls.__module__.split(".")
    for end in range(1, len(parts) + 1):
        name = ".".join(parts[:end])
        module = sys.modules.setdefault(name, ModuleType(name))
    setattr(module, cls.__name__, cls)


def save_keras(network, path, *, config=None):
    """Write the layers of a network as Keras saves a model to HDF5."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        group = file.create_group("model_weights")
        names = []
        for name, layer in network.named_modules():
            tensors = _keras_tensors(layer)
            if not tensors:
                continue
            names.append(name.encode())
            inner = group.create_group(name)
            inner.attrs["weight_names"] = [f"{name}/{key}:0".encode() for key in tensors]
            for key, value in tensors.items():
                inner[f"{name}/{key}:0"] = value
        group.attrs["layer_names"] = names
        if config is not None:
            layers = [
                {"class_name": "Layer", "config": c | {"name": n}} for n, c in config.items()
            ]
            text = json.dumps({"class_name": "Model", "config": {"layers": layers}})
            file.attrs["model_config"] = text.encode()
    return path


def _keras_tensors(layer):
    state = {name: np.asarray(value) for name, value in layer.state_dict().items()}
    match layer:
        case SameConv2d() | nn.Conv2d() if layer.groups > 1:
            tensors = {"depthwise_kernel": state["weight"].transpose(2, 3, 0, 1)}
        case nn.Conv2d():
            tensors = {"kernel": state["weight"].transpose(2, 3, 1, 0)}
        case nn.Linear():
            tensors = {"kernel": state["weight"].T}
        case nn.BatchNorm2d():
            return {
                "gamma": state["weight"],
                "beta": state["bias"],
                "moving_mean": state["running_mean"],
                "moving_variance": state["running_var"],
            }
        case _:
            return {}
    return tensors | ({"bias": state["bias"]} if "bias" in state else {})
