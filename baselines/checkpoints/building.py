"""From the tensors of a weight file to a network that runs: which one it is, and whether it fits.

Names of parameters do not tell all: TensorFlow's padding and PyTorch's give state dicts of the
same names and shapes. The classes in a whole pickled module do, and so do its settings, which are
compared with the network that is built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from abawkit.errors import ModelError, UsageError, few
from baselines.checkpoints.keras_layout import to_torch_layout
from baselines.networks.build import build_network, classifier_name
from baselines.networks.table import (
    NETWORKS,
    EfficientNetShape,
    MobileNetShape,
    MobileVitV2Shape,
    ReXNetShape,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from baselines.checkpoints.weights import Weights
    from baselines.networks.table import Network

# What a network has in the file besides its tensors, where both sides have it.
_SETTINGS = {
    "eps": "epsilon",
    "stride": "strides",
    "groups": "groups",
    "dilation": "dilation_rate",
}
_POOLINGS = {"": "avg", "avg": "avg", "fast": "avg", "fastavg": "avg", "max": "max"}
_COUNTER = "num_batches_tracked"
# What versions of timm call the activations, outside of squeeze-and-excitation.
_SILU = {"SiLU", "Swish", "SwishMe", "SwishJit", "MemoryEfficientSwish"}
_RELU6 = {"ReLU6"}
_GATES = {"Sigmoid", "ReLU"}
_SILENT = {"Identity", "Dropout"}
_PADS = {"same": [[0, 1], [0, 1]], "symmetric": [[1, 1], [1, 1]]}


def find_network(weights: Weights, among: Sequence[Network], *, name: str) -> Network:
    """Tell which network a file of weights is of.

    Parameters
    ----------
    weights : Weights
        What the file holds.
    among : sequence of Network
        The networks that come into question.
    name : str
        What to call the file in messages.

    Returns
    -------
    Network
        The only one that fits.

    Raises
    ------
    ModelError
        If none fits, or what the file holds are no finite numbers.
    UsageError
        If several do, and nothing in the file tells them apart.
    """
    _check_numbers(weights, name)
    misfits = {network.name: _misfits(weights, network) for network in among}
    fitting = [network for network in among if not misfits[network.name]]
    if not fitting:
        nearest = min(misfits, key=lambda key: len(misfits[key]))
        msg = (
            f"{name}: not the weights of {few(misfits, limit=9)}"
            f"{f'; nearest is {nearest}' if len(among) > 1 else ''}: "
            f"{few(misfits[nearest], limit=3)}{_instead(weights, among)}"
        )
        raise ModelError(msg)
    told = [network for network in fitting if _padding_agrees(weights, network)]
    if not told:
        msg = (
            f"{name}: the classes in the file pad otherwise than {few(r.name for r in fitting)}; "
            "leave out --network, or name another"
        )
        raise ModelError(msg)
    if len(told) > 1:
        names = " or ".join(network.name for network in told)
        msg = (
            f"{name}: this can be {names}: their tensors are the same, and how they pad or take "
            "images is not; say which with --network, in full (EmotiEffLib's start with tf_)"
        )
        raise UsageError(msg)
    return told[0]


def _instead(weights: Weights, among: Sequence[Network]) -> str:
    # A hint at the networks that would fit.
    others = [row for row in NETWORKS.values() if row not in among]
    fitting = [row.name for row in others if not _misfits(weights, row)]
    return f"; it is {' or '.join(fitting)}" if fitting else ""


def build(weights: Weights, network: Network, *, name: str) -> nn.Module:
    """Build a network with the weights of a file.

    Parameters
    ----------
    weights : Weights
        What the file holds.
    network : Network
        The row of the table.
    name : str
        What to call the file in messages.

    Returns
    -------
    torch.nn.Module
        In evaluation mode, from images to `Features`; with as many scores as the file has.

    Raises
    ------
    ModelError
        If tensors or settings are not those of the network.
    """
    try:
        options = _options(weights, network)
        module = build_network(network, n_outputs(weights, network), **options)
        state = _state(weights, network, module)
    except ModelError as error:
        msg = f"{name}: {error}"
        raise ModelError(msg) from error
    misfits = _differences(_shapes(state), _shapes(module.state_dict()))
    if misfits:
        msg = f"{name}: not the weights of {network.name}: {few(misfits, limit=3)}"
        raise ModelError(msg)
    module.load_state_dict(state, strict=True)
    differing = [*_differing_settings(weights, module), *_differing_modules(weights, network)]
    if differing:
        msg = f"{name}: not {network.name} as it is known here: {few(differing)}"
        raise ModelError(msg)
    return module.eval()


def n_outputs(weights: Weights, network: Network) -> int:
    """Count the scores that a file's network gives.

    Parameters
    ----------
    weights : Weights
        What the file holds.
    network : Network
        Which network it is of.

    Returns
    -------
    int
        0 if it has no classifier.
    """
    prefix = classifier_name(network)
    last = "kernel" if weights.layout == "keras" else "weight"
    for name, tensor in _named(weights, network).items():
        if name in {f"{prefix}.{last}", f"{prefix}/{last}"}:
            return int(tensor.shape[1 if weights.layout == "keras" else 0])
    return 0


def _named(weights: Weights, network: Network) -> dict[str, NDArray[Any]]:
    # Published classifiers are a Linear, or a Sequential with one in it.
    prefix = classifier_name(network)
    tensors = {
        name.replace(f"{prefix}.0.", f"{prefix}.", 1)
        if name.startswith(f"{prefix}.0.")
        else name: tensor
        for name, tensor in weights.tensors.items()
    }
    heads = {name.split(".")[0] for name in tensors}
    if weights.layout == "torch" and len(heads) == 1:
        # The network may be a member of what was saved.
        wrapper = f"{heads.pop()}."
        return {name.removeprefix(wrapper): tensor for name, tensor in tensors.items()}
    return tensors


def _misfits(weights: Weights, network: Network) -> list[str]:
    # What keeps the weights from being those of a network.
    with torch.device("meta"):
        module = build_network(network, n_outputs(weights, network))
    expected = _shapes(module.state_dict())
    try:
        state = _state(weights, network, module)
    except ModelError as error:
        return [str(error)]
    return _differences(_shapes(state), expected)


def _shapes(state: Mapping[str, torch.Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in state.items()}


def _differences(
    found: Mapping[str, tuple[int, ...]], expected: Mapping[str, tuple[int, ...]]
) -> list[str]:
    missing = [f"no {name}" for name in expected if name not in found and _COUNTER not in name]
    surplus = [f"{name} is too much" for name in found if name not in expected]
    other = [
        f"{name} has shape {found[name]}, not {shape}"
        for name, shape in expected.items()
        if name in found and found[name] != shape
    ]
    return [*missing, *surplus, *other]


def _state(weights: Weights, network: Network, module: nn.Module) -> dict[str, torch.Tensor]:
    tensors = _named(weights, network)
    if weights.layout == "keras":
        tensors = to_torch_layout(tensors, module, network)
    return {
        key: torch.from_numpy(
            tensor if key.endswith(_COUNTER) else tensor.astype(np.float32, copy=False)
        )
        for key, tensor in tensors.items()
    }


def _check_numbers(weights: Weights, name: str) -> None:
    # Steps that were counted are the only whole numbers; the rest has to fit single precision.
    for key, values in weights.tensors.items():
        if key.endswith(_COUNTER):
            continue
        with np.errstate(over="ignore"):
            finite = np.isfinite(values.astype(np.float32, copy=False)).all()
        if values.dtype.kind != "f" or not finite:
            found = values.dtype if values.dtype.kind != "f" else "infinite or no numbers"
            msg = f"{name}: {key} holds {found}; expected finite numbers of single precision"
            raise ModelError(msg)


def _padding_agrees(weights: Weights, network: Network) -> bool:
    # False where the classes or the settings in the file speak against a network.
    if not isinstance(network.shape, EfficientNetShape) or not weights.modules:
        return True
    same = any(name.endswith(".Conv2dSame") for name in weights.modules.values())
    return same == (network.shape.padding == "same")


def _options(weights: Weights, network: Network) -> dict[str, Any]:
    # What a file says of its network that is not in the table.
    if isinstance(network.shape, MobileNetShape):
        return _mobilenet_options(weights.settings) if weights.layout == "keras" else {}
    for path, settings in weights.settings.items():
        if "pool_type" in settings and path.endswith("global_pool"):
            pooling = _POOLINGS.get(str(settings["pool_type"]))
            if pooling is None:
                found = settings["pool_type"]
                msg = f"{path} pools by {found!r}; expected the mean or the maximum"
                raise ModelError(msg)
            return {"pooling": pooling}
    return {}


def _mobilenet_options(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    # Keras padded symmetrically before version 2.2, and layers may have any activation.
    if "conv1" not in settings:
        msg = "weights alone, without what Keras did with them; expected a whole saved model"
        raise ModelError(msg)
    last = settings.get("emotion_preds", {}).get("activation", "softmax")
    pads = settings.get("conv1_pad", {}).get("padding", _PADS["same"])
    padding = next((name for name, value in _PADS.items() if _listed(pads) == value), None)
    if last != "softmax" or padding is None:
        msg = (
            f"conv1 is padded by {pads} and emotion_preds ends in {last}; "
            f"expected {' or '.join(map(str, _PADS.values()))}, and softmax"
        )
        raise ModelError(msg)
    activation = settings.get("feats", {}).get("activation", "linear")
    return {"padding": padding, "feats_activation": activation}


def _listed(pads: Any) -> Any:  # noqa: ANN401 - as JSON gives it
    return [_listed(part) for part in pads] if isinstance(pads, (list, tuple)) else pads


def _differing_settings(weights: Weights, module: nn.Module) -> Iterable[str]:
    # Names of torch and of Keras; paths are those of torch, or names of layers.
    own = dict(module.named_modules())
    for path, settings in weights.settings.items():
        for attribute, theirs in _SETTINGS.items():
            expected = getattr(own.get(path), attribute, None)
            found = settings.get(attribute, settings.get(theirs))
            if expected is None or not isinstance(found, (int, float, list, tuple)):
                continue
            if not np.allclose(found, expected, rtol=1e-6, atol=0):
                yield f"{path}.{attribute} is {found}, not {expected}"


def _differing_modules(weights: Weights, network: Network) -> Iterable[str]:
    # Activations have no tensors; the classes in the file tell them.
    classifier = f"{classifier_name(network)}."
    usual = _activations(network)
    for path, dotted in weights.modules.items():
        name = dotted.rpartition(".")[2]
        gates = _GATES if ".se." in path else set()
        if path.startswith(classifier) and path != f"{classifier}0" and name not in _SILENT:
            yield f"{path} is a {name}, where only the classifier is expected"
        elif usual and ".activation" in dotted and name not in usual | gates | _SILENT:
            yield f"{path} is a {name}, not a {' or '.join(sorted(usual))}"


def _activations(network: Network) -> set[str]:
    # Empty where the activations have tensors of their own.
    match network.shape:
        case EfficientNetShape(activation="relu6"):
            return _RELU6
        case EfficientNetShape() | MobileVitV2Shape():
            return _SILU
        case ReXNetShape():
            return _SILU | _RELU6
        case _:
            return set()
