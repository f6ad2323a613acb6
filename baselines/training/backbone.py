"""Fine-tune a backbone on face images whose labels are distributions.

The recipe is that of the paper's second stage (Savchenko, CVPR 2022 workshops, section 3.1), with
soft labels: start from trained weights, train the classifier alone, then all layers with a
weighted cross-entropy. What is added: augmentation, a one-cycle rate and an exponential moving
average of the weights, which is what is kept.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import time
from dataclasses import asdict, dataclass, field
from pickle import UnpicklingError
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from abawkit.errors import DataError, ModelError
from abawkit.files import write_whole
from baselines.networks.build import build_network, classifier_name
from baselines.networks.table import EFFICIENTNET_LITE0
from baselines.preprocessing import Preprocessing
from baselines.training.augmentation import Augmentation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor, nn

    from baselines.training.ferplus import LabelledFaces

    Progress = Callable[[int], None]

PREPROCESSING = Preprocessing(
    size=112, colour="grey", mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)
)

_CHECKPOINT = {"recipe": dict, "done": list, "network": dict, "averaged": dict, "optimizer": dict}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that decides the result; the same recipe and data give the same weights.

    ``class_weight`` is the exponent e of the weight ``(largest class / class) ** e``, from 0, no
    weights, to 1, the paper's inverse frequency.
    """

    head_epochs: int = 1
    epochs: int = 20
    batch_size: int = 32
    head_rate: float = 1e-3
    rate: float = 4e-4
    weight_decay: float = 0.03
    class_weight: float = 0.15
    ema_decay: float = 0.9995
    drop_rate: float = 0.3
    drop_path_rate: float = 0.1
    seed: int = 12345
    augmentation: Augmentation = field(default_factory=Augmentation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """What one epoch did: mean training loss, and the averaged weights on the validation set."""

    epoch: int
    loss: float
    accuracy: float
    recall: float
    images_per_second: float


class Trainer:
    """One run of a recipe in a folder, which it can leave and take up again at any epoch.

    Parameters
    ----------
    folder : Path
        Where ``checkpoint.pt`` (state of the run), ``weights.pt`` (averaged state dict) and
        ``log.jsonl`` (one `Epoch` a line) are kept.
    train, valid : LabelledFaces
        The data.
    recipe : Recipe
        What to do with it.
    start : mapping of str to Tensor
        The state dict to start from; its classifier is not used.

    Raises
    ------
    ModelError
        If the folder holds a run of another recipe or of other data, or a checkpoint that is
        none of ours, or the start is for another network.
    DataError
        If the folder cannot be made.
    """

    def __init__(
        self,
        folder: Path,
        *,
        train: LabelledFaces,
        valid: LabelledFaces,
        recipe: Recipe,
        start: Mapping[str, Tensor],
    ) -> None:
        torch.manual_seed(recipe.seed)
        self.folder, self.recipe, self.train, self.valid = folder, recipe, train, valid
        network = build_network(
            EFFICIENTNET_LITE0,
            len(train.classes),
            drop_rate=recipe.drop_rate,
            drop_path_rate=recipe.drop_path_rate,
        )
        self.classifier = network.get_submodule(classifier_name(EFFICIENTNET_LITE0))
        own = network.state_dict()
        prefix = f"{classifier_name(EFFICIENTNET_LITE0)}."
        started = {k: v for k, v in start.items() if not k.startswith(prefix)}
        try:
            network.load_state_dict(own | started)
        except RuntimeError as error:
            name = EFFICIENTNET_LITE0.name
            msg = f"the weights to start from do not fit {name}: {_one_line(error)}"
            raise ModelError(msg) from error
        # Twice as fast on a CPU as the default layout.
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        counts = train.targets.sum(axis=0)
        weights = (counts.max() / np.maximum(counts, 1)) ** recipe.class_weight
        self.class_weights = torch.from_numpy(weights * (counts.sum() / (weights * counts).sum()))
        self.data = {
            "train": _digest_of_faces(train),
            "valid": _digest_of_faces(valid),
            "start": _digest_of_weights(started),
        }
        self.done: list[Epoch] = []
        self._begin_phase()
        self._resume()

    def run(self, progress: Progress) -> Iterator[Epoch]:
        """Train what is left to train.

        Parameters
        ----------
        progress : callable
            Called after each batch with the number of its images.

        Yields
        ------
        Epoch
            Each epoch as it ends and is saved.
        """
        recipe = self.recipe
        for index in range(len(self.done), recipe.head_epochs + recipe.epochs):
            if index == recipe.head_epochs:
                self._begin_phase()
            # Each epoch has its own seed, so that a resumed run draws what a whole one would.
            torch.manual_seed(recipe.seed + index)
            began = time.perf_counter()
            loss = self._train_epoch(index, progress)
            speed = len(self.train.images) / (time.perf_counter() - began)
            accuracy, recall = _validate(self.averaged.module, self.valid)
            self.done.append(
                Epoch(
                    epoch=index + 1,
                    loss=loss,
                    accuracy=accuracy,
                    recall=recall,
                    images_per_second=speed,
                )
            )
            self._save()
            yield self.done[-1]

    def _begin_phase(self) -> None:
        head_only = len(self.done) < self.recipe.head_epochs
        self.network.requires_grad_(not head_only)
        self.classifier.requires_grad_(requires_grad=True)
        trained = [p for p in self.network.parameters() if p.requires_grad]
        groups: list[dict[str, Any]] = [
            {"params": [p for p in trained if p.ndim > 1]},
            {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups, weight_decay=self.recipe.weight_decay)
        average = get_ema_multi_avg_fn(self.recipe.ema_decay)  # type: ignore[no-untyped-call]
        self.averaged = AveragedModel(self.network, multi_avg_fn=average, use_buffers=True)

    def _train_epoch(self, index: int, progress: Progress) -> float:
        recipe, size = self.recipe, PREPROCESSING.size
        images = torch.from_numpy(self.train.images)
        targets = torch.from_numpy(self.train.targets)
        generator = torch.Generator().manual_seed(recipe.seed + index)
        head_only = index < recipe.head_epochs
        self.network.train(not head_only)
        total = 0.0
        order = torch.randperm(len(images), generator=generator)
        batches = torch.split(order, recipe.batch_size)
        for step, batch in enumerate(batches):
            share = (index - recipe.head_epochs + step / len(batches)) / recipe.epochs
            rate = recipe.head_rate if head_only else recipe.rate * one_cycle(share)
            for group in self.optimizer.param_groups:
                group["lr"] = rate
            views = recipe.augmentation(images[batch], size, generator)
            scores = self.network(_normalise(views)).scores
            loss = functional.cross_entropy(scores, targets[batch] * self.class_weights)
            self.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
            self.averaged.update_parameters(self.network)
            total += loss.item() * len(batch)
            progress(len(batch))
        return total / len(images)

    def _save(self) -> None:
        state = {
            "recipe": asdict(self.recipe),
            "data": self.data,
            "done": [asdict(epoch) for epoch in self.done],
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        write_whole(self.folder / "checkpoint.pt", _bytes(state))
        weights = self.averaged.module.state_dict()
        write_whole(self.folder / "weights.pt", _bytes(weights))
        lines = "".join(json.dumps(asdict(epoch)) + "\n" for epoch in self.done)
        write_whole(self.folder / "log.jsonl", lines)

    def _resume(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            msg = f"{self.folder}: cannot make this folder: {error.strerror}"
            raise DataError(msg) from error
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            return
        state = _read_checkpoint(path)
        if state["recipe"] != asdict(self.recipe):
            msg = f"{path}: made by another recipe; choose another folder, or delete this one"
            raise ModelError(msg)
        # Checkpoints of old do not say what they were made with.
        known = state.get("data", self.data)
        other = [name for name, digest in self.data.items() if known.get(name) != digest]
        if other:
            msg = (
                f"{path}: made with other data ({', '.join(other)}); choose another folder, or "
                "delete this one"
            )
            raise ModelError(msg)
        try:
            self._restore(state)
        except Exception as error:  # torch raises almost anything for a state that does not fit
            reason = _one_line(error)
            msg = f"{path}: not a checkpoint of this run: {reason}; delete it to begin anew"
            raise ModelError(msg) from error

    def _restore(self, state: Mapping[str, Any]) -> None:
        self.done = [Epoch(**epoch) for epoch in state["done"]]
        self.network.load_state_dict(state["network"])
        # A phase that has ended leaves an optimizer that the next one does not take up.
        if len(self.done) == self.recipe.head_epochs:
            return
        self._begin_phase()
        self.averaged.load_state_dict(state["averaged"])
        self.optimizer.load_state_dict(state["optimizer"])


def _read_checkpoint(path: Path) -> dict[str, Any]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a corrupt file raises almost anything
        # Of a pickle torch says at length how to run what is in it, which we never want.
        unpickled = isinstance(error, UnpicklingError)
        reason = "it is no file of tensors" if unpickled else _one_line(error)
        msg = f"{path}: cannot read this checkpoint: {reason}; delete it to begin anew"
        raise ModelError(msg) from error
    found = state if isinstance(state, dict) else {}
    wrong = [name for name, kind in _CHECKPOINT.items() if not isinstance(found.get(name), kind)]
    if not isinstance(found.get("data", {}), dict):
        wrong.append("data")
    if wrong:
        msg = (
            f"{path}: not a checkpoint of abawkit, for it lacks {', '.join(wrong)}; "
            "choose another folder, or delete it"
        )
        raise ModelError(msg)
    return found


def _one_line(error: Exception) -> str:
    return shorten(str(error), 200, placeholder=" ...") or type(error).__name__


def _digest_of_faces(faces: LabelledFaces) -> str:
    digest = hashlib.sha256(json.dumps(faces.classes).encode())
    for array in (faces.images, faces.targets):
        digest.update(f"{array.dtype.str} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _digest_of_weights(weights: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name, tensor in sorted(weights.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)} ".encode())
        digest.update(tensor.detach().cpu().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def one_cycle(share: float, *, warm_up: float = 0.1) -> float:
    """Factor of the learning rate: a linear rise, then half a cosine down to 0.

    Parameters
    ----------
    share : float
        How much of the training is done, in [0, 1].
    warm_up : float
        Share of the training during which the rate rises.

    Returns
    -------
    float
        In [0, 1].
    """
    if share < warm_up:
        return share / warm_up
    return 0.5 * (1 + math.cos(math.pi * (share - warm_up) / (1 - warm_up)))


def prepare(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Prepare images as the predictor does.

    Parameters
    ----------
    images : numpy.ndarray of uint8, shape (n, height, width)
        Grey images.

    Returns
    -------
    numpy.ndarray of float32, shape (n, 3, size, size)
        What the network takes.
    """
    pixels = [PREPROCESSING.pixels(Image.fromarray(image)) for image in images]
    return PREPROCESSING.normalise(np.stack(pixels))


def measure(
    scores: Callable[[NDArray[np.float32]], NDArray[np.float32]], faces: LabelledFaces
) -> tuple[float, dict[str, float]]:
    """Measure how often the best score is the label that most people gave.

    Parameters
    ----------
    scores : callable
        From a batch of prepared images to scores ``(n, classes)``.
    faces : LabelledFaces
        Images with labels.

    Returns
    -------
    accuracy : float
        Over all images.
    recalls : dict of str to float
        Over the images of each class that occurs.
    """
    starts = range(0, len(faces.images), 64)
    guesses = [scores(prepare(faces.images[at : at + 64])).argmax(axis=1) for at in starts]
    hit = np.concatenate(guesses) == faces.labels
    recalls = {
        name: float(hit[faces.labels == label].mean())
        for label, name in enumerate(faces.classes)
        if (faces.labels == label).any()
    }
    return float(hit.mean()), recalls


def _validate(network: nn.Module, faces: LabelledFaces) -> tuple[float, float]:
    def scores(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        images = torch.from_numpy(batch).contiguous(memory_format=torch.channels_last)
        with torch.inference_mode():
            return np.asarray(network(images).scores)

    network.eval()
    accuracy, recalls = measure(scores, faces)
    return accuracy, float(np.mean(list(recalls.values())))


def _normalise(views: Tensor) -> Tensor:
    mean, std = torch.tensor(PREPROCESSING.mean), torch.tensor(PREPROCESSING.std)
    batch = (views - mean[:, None, None]) / std[:, None, None]
    return batch.contiguous(memory_format=torch.channels_last)


def _bytes(state: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()
