"""The folder of a training run: what it holds, and whether a run may go on in it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch

from abawkit.errors import DataError, ModelError
from abawkit.files import write_whole
from baselines.training.recipe import recorded
from baselines.training.tensorfiles import read_tensors, write_tensors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from torch import Tensor

    from baselines.training.recipe import Recipe

CHECKPOINT, WEIGHTS, LOG = "checkpoint.pt", "weights.pt", "log.jsonl"
_PARTS = {"recipe": dict, "done": list, "network": dict, "averaged": dict, "optimizer": dict}


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """What one epoch did: mean training loss, and the averaged weights on the validation set."""

    epoch: int
    loss: float
    accuracy: float
    recall: float
    images_per_second: float


def save_run(
    folder: Path,
    state: Mapping[str, Any],
    *,
    weights: Mapping[str, Tensor],
    done: Sequence[Epoch],
) -> None:
    """Write a run after an epoch.

    Parameters
    ----------
    folder : Path
        Of the run.
    state : mapping
        All that is needed to go on.
    weights : mapping of str to Tensor
        The result so far.
    done : sequence of Epoch
        The epochs that are done.
    """
    epochs = [asdict(epoch) for epoch in done]
    write_tensors(folder / CHECKPOINT, {**state, "done": epochs})
    write_tensors(folder / WEIGHTS, dict(weights))
    write_whole(folder / LOG, "".join(json.dumps(epoch) + "\n" for epoch in epochs))


def take_up_run(folder: Path, recipe: Recipe, data: Mapping[str, str]) -> dict[str, Any] | None:
    """Make the folder of a run, or read the run that is there.

    Parameters
    ----------
    folder : Path
        Of the run.
    recipe : Recipe
        What is to be done.
    data : mapping of str to str
        Digests of what it is to be done with.

    Returns
    -------
    dict or None
        What `save_run` was given; None if there is no run yet.

    Raises
    ------
    ModelError
        If the folder holds a run of another recipe or of other data, or a checkpoint that is
        none of ours.
    DataError
        If the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{folder}: cannot make this folder: {error.strerror}"
        raise DataError(msg) from error
    path = folder / CHECKPOINT
    if not path.exists():
        return None
    state = read_checkpoint(path)
    there, now = recorded(state["recipe"]), asdict(recipe)
    differing = [name for name in now | there if there.get(name) != now.get(name)]
    if differing:
        msg = (
            f"{path}: made by another recipe; choose another folder, or delete this one "
            f"(other: {', '.join(differing)})"
        )
        raise ModelError(msg)
    # Checkpoints of old do not say what they were made with.
    known = state.get("data", data)
    other = [name for name, digest in data.items() if known.get(name) != digest]
    if other:
        msg = (
            f"{path}: made with other data ({', '.join(other)}); choose another folder, or "
            "delete this one"
        )
        raise ModelError(msg)
    return state


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read the state of a run.

    Parameters
    ----------
    path : Path
        Its ``checkpoint.pt``.

    Returns
    -------
    dict
        With the parts that every checkpoint has, of the right types.

    Raises
    ------
    ModelError
        If it cannot be read, or is none of ours.
    """
    state = read_tensors(path, hint="delete it to begin anew")
    found = state if isinstance(state, dict) else {}
    wrong = [name for name, kind in _PARTS.items() if not isinstance(found.get(name), kind)]
    if not isinstance(found.get("data", {}), dict):
        wrong.append("data")
    if wrong:
        msg = (
            f"{path}: not a checkpoint of abawkit, for it lacks {', '.join(wrong)}; "
            "choose another folder, or delete it"
        )
        raise ModelError(msg)
    return found


def digest_of_weights(weights: Mapping[str, Tensor]) -> str:
    """Take a hash of a state dict.

    Parameters
    ----------
    weights : mapping of str to Tensor
        The state dict.

    Returns
    -------
    str
        Hexadecimal, whatever the order of the names.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(weights.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)} ".encode())
        digest.update(tensor.detach().cpu().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
