"""The weights that training starts from: ImageNet's, a file's, an earlier stage's, or none."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from abawkit.errors import AbawkitWarning, ModelError, UsageError
from baselines.card import UNKNOWN
from baselines.checkpoints.building import build, find_network, n_outputs
from baselines.checkpoints.catalogue import identify
from baselines.checkpoints.imagenet import lite0_imagenet
from baselines.checkpoints.importing import find_source
from baselines.checkpoints.store import git_blob_id
from baselines.checkpoints.weights import read_weights
from baselines.networks.build import build_network
from baselines.networks.table import EFFICIENTNET_LITE0, find_networks
from baselines.preprocessing import Preprocessing
from baselines.training.recipe import recorded
from baselines.training.runs import CHECKPOINT, WEIGHTS, read_checkpoint
from baselines.training.tensorfiles import read_tensors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn

    from baselines.networks.table import Network


class UnfinishedRunWarning(AbawkitWarning):
    """Training starts from a run that has epochs left to do."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Start:
    """Where training starts.

    ``weights`` is a state dict, empty for random weights; ``trained_on`` names the data sets that
    they have seen.
    """

    weights: Mapping[str, Tensor]
    trained_on: tuple[str, ...]


def read_start(given: str, network: Network) -> Start:
    """Read the weights to start from.

    Parameters
    ----------
    given : str
        ``imagenet``, ``none``, the folder of a run, a file of weights, or the name of a published
        one that was pulled.
    network : Network
        What is to be trained.

    Returns
    -------
    Start
        The weights.

    Raises
    ------
    UsageError
        If there are no ImageNet weights of the network, or nothing is given.
    DataError
        If there is no such file or folder.
    ModelError
        If the weights cannot be read, or are of another network.
    MissingDependencyError
        If the package of ImageNet weights is not installed.
    """
    if not given:
        msg = (
            "expressions are learnt from weights that know faces: say --start RUN, the folder of "
            "stage 1; or a file of weights, imagenet, or none for random ones"
        )
        raise UsageError(msg)
    if given == "none":
        return Start(weights={}, trained_on=())
    if given == "imagenet":
        return _imagenet(network)
    if Path(given).is_dir():
        return _run(Path(given), network)
    return _file(find_source(given), network)


def network_of_run(folder: Path) -> tuple[str, Preprocessing] | None:
    """Tell what a run trains.

    Parameters
    ----------
    folder : Path
        What may be the folder of a run.

    Returns
    -------
    tuple of str and Preprocessing, or None
        The network's name and what it is given; None if it is no folder.

    Raises
    ------
    ModelError
        If it is a folder without a run, or one that cannot be read.
    """
    if not folder.is_dir():
        return None
    recipe = recorded(_state(folder)["recipe"])
    try:
        (network,) = find_networks(recipe["network"])
        return network.name, Preprocessing(**recipe["preprocessing"])
    except (TypeError, ValueError) as error:
        msg = f"{folder / CHECKPOINT}: a run of no network that is known here: {error}"
        raise ModelError(msg) from error


def _state(folder: Path) -> dict[str, Any]:
    path = folder / CHECKPOINT
    if not path.exists():
        msg = f"{folder}: expected the folder of a run of train-backbone, found no {CHECKPOINT}"
        raise ModelError(msg)
    return read_checkpoint(path)


def _imagenet(network: Network) -> Start:
    if network.name != EFFICIENTNET_LITE0.name:
        msg = (
            f"--start imagenet: there are ImageNet weights of {EFFICIENTNET_LITE0.name} only; "
            f"give --start a file of those of {network.name}, such as timm's, or none"
        )
        raise UsageError(msg)
    return Start(weights=lite0_imagenet(), trained_on=("ImageNet",))


def _run(folder: Path, network: Network) -> Start:
    state = _state(folder)
    recipe, done = recorded(state["recipe"]), len(state["done"])
    if recipe["network"] != network.name:
        msg = f"{folder}: expected a run of {network.name}, found one of {recipe['network']}"
        raise ModelError(msg)
    planned = recipe["head_epochs"] + recipe["epochs"]
    if done < planned:
        msg = f"{folder}: this run has done {done} of its {planned} epochs; training starts there"
        warnings.warn(msg, UnfinishedRunWarning, stacklevel=3)
    weights = read_tensors(folder / WEIGHTS, hint="finish that run")
    # Runs of old are those of the bundled model.
    seen = state.get("trained_on", ("ImageNet", "FER+"))
    return Start(weights=weights, trained_on=tuple(map(str, seen)))


def _file(path: Path, network: Network) -> Start:
    weights = read_weights(path)
    find_network(weights, [network], name=str(path))
    module = build(weights, network, name=str(path))
    with torch.device("meta"):
        plain = build_network(network, n_outputs(weights, network))
    if _built_as(module) != _built_as(plain):
        msg = f"{path}: this {network.name} pads or pools otherwise than those trained here"
        raise ModelError(msg)
    known = identify(git_blob_id(path))
    seen = known[0].trained_on if known else ()
    return Start(weights=module.state_dict(), trained_on=seen or (UNKNOWN,))


def _built_as(module: nn.Module) -> list[object]:
    return [getattr(module, "pooling", "avg"), *map(type, module.modules())]
