"""Train a backbone on labelled faces: identities first, then expressions, or either alone.

The procedure is that of the paper (Savchenko, CVPR 2022 workshops, section 2): start from trained
weights, train the classifier alone, then all layers with a weighted cross-entropy. Labels may be
distributions. What a `Recipe` can add: augmentation, a one-cycle rate and an exponential moving
average of the weights, which is what is kept.
"""

from __future__ import annotations

import math
import time
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from abawkit.errors import ModelError, UsageError
from baselines.networks.build import build_network, classifier_name
from baselines.networks.table import EfficientNetShape
from baselines.training.heads.device import find_device
from baselines.training.measuring import measure
from baselines.training.prefetch import read_ahead
from baselines.training.recipe import network_of, rate_factor
from baselines.training.runs import Epoch, digest_of_weights, save_run, take_up_run
from baselines.training.sam import sharpness_aware_step, step
from baselines.training.tensorfiles import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor, nn

    from baselines.networks.table import Network
    from baselines.training.images import LabelledImages
    from baselines.training.recipe import Recipe

    Progress = Callable[[int], None]

_LEAST_PROBABILITY = 1e-30


class Trainer:
    """One run of a recipe in a folder, which it can leave and take up again at any epoch.

    On a CPU the same recipe, data and number of threads give the same weights to the last bit,
    stopped on the way or not; a GPU may round otherwise each time.

    Parameters
    ----------
    folder : Path
        Where ``checkpoint.pt`` (state of the run), ``weights.pt`` (averaged state dict) and
        ``log.jsonl`` (one `Epoch` a line) are kept.
    train, valid : LabelledImages
        The data.
    recipe : Recipe
        What to do with it.
    start : mapping of str to Tensor
        The state dict to start from, without its classifier; what it lacks is random.
    trained_on : tuple of str
        Names of the data sets that the weights will have seen, which are kept with the run.
    device : str
        Where torch computes.

    Raises
    ------
    ModelError
        If the folder holds a run of another recipe or of other data, or a checkpoint that is
        none of ours, the start is for another network, or there is no such device.
    DataError
        If the folder cannot be made.
    UsageError
        If there is no such network, or it cannot take images of the size.
    """

    def __init__(  # noqa: PLR0913 - what makes a run, by keyword
        self,
        folder: Path,
        *,
        train: LabelledImages,
        valid: LabelledImages,
        recipe: Recipe,
        start: Mapping[str, Tensor],
        trained_on: tuple[str, ...] = (),
        device: str = "cpu",
    ) -> None:
        self.folder, self.recipe, self.train, self.valid = folder, recipe, train, valid
        self.trained_on, self.device = trained_on, find_device(device)
        row = network_of(recipe)
        torch.manual_seed(recipe.seed)
        network = build_network(row, len(train.classes), **_drops(row, recipe))
        prefix = f"{classifier_name(row)}."
        started = {k: v for k, v in start.items() if not k.startswith(prefix)}
        try:
            network.load_state_dict(network.state_dict() | started)
        except RuntimeError as error:
            msg = f"the weights to start from do not fit {row.name}: {one_line(error)}"
            raise ModelError(msg) from error
        _check_size(network, row)
        self.scores = row.scores
        self.classifier = network.get_submodule(classifier_name(row))
        # Twice as fast on a CPU as the default layout.
        self.network: nn.Module = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        counts = train.counts
        weights = (counts.max() / np.maximum(counts, 1)) ** recipe.class_weight
        self.class_weights = torch.from_numpy(weights * (counts.sum() / (weights * counts).sum()))
        self.data = {
            "train": train.digest,
            "valid": valid.digest,
            "start": digest_of_weights(started),
        }
        self.done: list[Epoch] = []
        self._begin_phase()
        state = take_up_run(folder, recipe, self.data)
        if state is not None:
            self._restore(state)

    @property
    def n_epochs(self) -> int:
        """Epochs in all, done or not."""
        return self.recipe.head_epochs + self.recipe.epochs

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
        for index in range(len(self.done), self.n_epochs):
            if index == recipe.head_epochs:
                self._begin_phase()
            # Each epoch has its own seed, so that a resumed run draws what a whole one would.
            torch.manual_seed(recipe.seed + index)
            began = time.perf_counter()
            loss = self._train_epoch(index, progress)
            speed = len(self.train) / (time.perf_counter() - began)
            accuracy, recall = self._validate()
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
        recipe = self.recipe
        head_only = len(self.done) < recipe.head_epochs
        self.network.requires_grad_(not head_only)
        self.classifier.requires_grad_(requires_grad=True)
        trained = [p for p in self.network.parameters() if p.requires_grad]
        groups: list[dict[str, Any]] = [
            {"params": [p for p in trained if p.ndim > 1]},
            {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
        ]
        kind = torch.optim.AdamW if recipe.optimizer == "adamw" else torch.optim.Adam
        self.optimizer = kind(groups, weight_decay=recipe.weight_decay)
        average = get_ema_multi_avg_fn(recipe.ema_decay)  # type: ignore[no-untyped-call]
        self.averaged = AveragedModel(self.network, multi_avg_fn=average, use_buffers=True)

    def _train_epoch(self, index: int, progress: Progress) -> float:
        recipe, size = self.recipe, self.recipe.preprocessing.size
        generator = torch.Generator().manual_seed(recipe.seed + index)
        head_only = index < recipe.head_epochs
        self.network.train(not head_only)
        total = 0.0
        batches = _split(torch.randperm(len(self.train), generator=generator), recipe.batch_size)
        read = partial(self.train.images.original, preprocessing=recipe.preprocessing)
        for number, pixels in enumerate(read_ahead(read, (batch.tolist() for batch in batches))):
            batch = batches[number]
            share = (index - recipe.head_epochs + number / len(batches)) / max(recipe.epochs, 1)
            rate = recipe.rate * rate_factor(recipe.schedule, share)
            for group in self.optimizer.param_groups:
                group["lr"] = recipe.head_rate if head_only else rate
            images = torch.from_numpy(np.stack(pixels)).to(self.device)
            views = self._normalised(recipe.augmentation(images, size, generator))
            targets = torch.from_numpy(self.train.distributions(batch.numpy()))
            loss = self._step(views, (targets * self.class_weights).to(self.device))
            self.averaged.update_parameters(self.network)
            total += loss * len(batch)
            progress(len(batch))
        return total / len(self.train)

    def _step(self, views: Tensor, targets: Tensor) -> float:
        def loss() -> Tensor:
            scores = self.network(views).scores
            if self.scores == "probabilities":
                scores = scores.clamp_min(_LEAST_PROBABILITY).log()
            return functional.cross_entropy(scores, targets)

        if self.recipe.optimizer == "sam":
            value = sharpness_aware_step(
                self.optimizer, loss, network=self.network, rho=self.recipe.rho
            ).item()
        else:
            value = step(self.optimizer, loss).item()
        if not math.isfinite(value):
            msg = (
                f"the loss of a batch is {value} in epoch {len(self.done) + 1}; try a lower "
                f"learning rate than {self.optimizer.param_groups[0]['lr']:.3g}"
            )
            raise ModelError(msg)
        return value

    def _normalised(self, views: Tensor) -> Tensor:
        preprocessing = self.recipe.preprocessing
        mean, std = (
            torch.tensor(values, device=self.device)
            for values in (preprocessing.mean, preprocessing.std)
        )
        batch = (views - mean[:, None, None]) / std[:, None, None]
        return batch.contiguous(memory_format=torch.channels_last)

    def _validate(self) -> tuple[float, float]:
        network = self.averaged.module.eval()

        def scores(batch: NDArray[np.float32]) -> NDArray[np.float32]:
            images = torch.from_numpy(batch).to(self.device, memory_format=torch.channels_last)
            with torch.inference_mode():
                return np.asarray(network(images).scores.cpu())

        accuracy, recalls = measure(scores, self.valid, self.recipe.preprocessing)
        return accuracy, float(np.mean(list(recalls.values())))

    def _save(self) -> None:
        state = {
            "recipe": asdict(self.recipe),
            "data": self.data,
            "trained_on": self.trained_on,
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        weights = self.averaged.module.state_dict()
        save_run(self.folder, state, weights=weights, done=self.done)

    def _restore(self, state: Mapping[str, Any]) -> None:
        try:
            self.done = [Epoch(**epoch) for epoch in state["done"]]
            self.network.load_state_dict(state["network"])
            # A phase that has ended leaves an optimizer that the next one does not take up.
            if len(self.done) != self.recipe.head_epochs:
                self._begin_phase()
                self.averaged.load_state_dict(state["averaged"])
                self.optimizer.load_state_dict(state["optimizer"])
        except Exception as error:  # torch raises almost anything for a state that does not fit
            msg = (
                f"{self.folder / 'checkpoint.pt'}: not a checkpoint of this run: "
                f"{one_line(error)}; delete it to begin anew"
            )
            raise ModelError(msg) from error


def _split(order: Tensor, batch_size: int) -> list[Tensor]:
    # Batch norms cannot train on one image, so a last one goes with those before it.
    batches = list(torch.split(order, batch_size))
    if len(batches) > 1 and len(batches[-1]) == 1:
        batches[-2:] = [torch.cat(batches[-2:])]
    return batches


def _drops(network: Network, recipe: Recipe) -> dict[str, float]:
    if not isinstance(network.shape, EfficientNetShape):
        return {}
    return {"drop_rate": recipe.drop_rate, "drop_path_rate": recipe.drop_path_rate}


def _check_size(network: nn.Module, row: Network) -> None:
    size = row.preprocessing.size
    try:
        with torch.inference_mode():
            network.eval()(torch.zeros(1, 3, size, size))
    except RuntimeError as error:
        msg = f"{row.name} cannot take images of {size} x {size}; say another --size"
        raise UsageError(msg) from error
