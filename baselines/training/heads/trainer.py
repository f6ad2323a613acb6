"""One run of a head's recipe in a folder, which it can leave and take up again at any epoch."""

from __future__ import annotations

import json
import math
import time
import warnings
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch

from abawkit.errors import AbawkitWarning, DataError, ModelError
from abawkit.files import write_whole
from abawkit.protocol import Continuous, blocks
from baselines.heads import HEAD
from baselines.training.heads.batches import batches
from baselines.training.heads.checkpoint import load_state, made_of
from baselines.training.heads.datasets import FeatureDataset
from baselines.training.heads.device import find_device
from baselines.training.heads.losses import count_labels, label_weights, target_loss
from baselines.training.heads.network import HeadNetwork
from baselines.training.heads.samplers import BalancedSampler, ShuffledSampler, balanced_weights
from baselines.training.heads.scaling import find_scaling
from baselines.training.heads.validation import Validation
from baselines.training.tensorfiles import one_line, write_tensors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from torch import Tensor

    from abawkit.track import Track
    from baselines.cache import FeatureCache
    from baselines.heads import Head
    from baselines.labelled import LabelledRows
    from baselines.training.heads.batches import Batch
    from baselines.training.heads.recipe import HeadRecipe

    Progress = Callable[[int], None]

CHECKPOINT = "checkpoint.pt"
LOG = "log.jsonl"
_STATE = {"done": list, "network": dict, "best": dict, "optimizer": dict}


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadEpoch:
    """What one epoch did.

    Attributes
    ----------
    epoch : int
        From 1.
    loss : float
        Mean over the batches, without the penalty of the weights.
    score : float
        The official score over the whole validation set, NaN where it is undefined.
    components : dict of str to float
        Its parts, such as ``ccc_valence``.
    rows_per_second : float
        How fast it learned.
    """

    epoch: int
    loss: float
    score: float
    components: dict[str, float]
    rows_per_second: float


class HeadTrainer:
    """One run of a recipe in a folder, which it can leave and take up again at any epoch.

    The same recipe, data, library and number of threads give the same head to the bit, also when
    the run was killed on the way and begun again.

    Parameters
    ----------
    folder : Path
        Where ``head.npz`` (the best head so far), ``checkpoint.pt`` (state of the run) and
        ``log.jsonl`` (one `HeadEpoch` a line) are kept.
    cache : FeatureCache
        The features of all videos; they are read as they are needed.
    train : LabelledRows
        What to learn from.
    valid_truth : mapping of str to Track
        Annotations to choose the best epoch by.
    recipe : HeadRecipe
        How to train.
    allow_missing : bool
        Take a validation video without features as one without a face.
    device : str
        Where torch computes, such as ``cpu`` or ``cuda``.

    Raises
    ------
    ModelError
        If the folder holds a run of another recipe or of other data, or a checkpoint that is
        none of ours, or there is no such device.
    DataError
        If there is nothing to learn from or to choose by for a target, a video has no features,
        or the folder cannot be written to.
    """

    def __init__(  # noqa: PLR0913 - one parameter a choice
        self,
        folder: Path,
        *,
        cache: FeatureCache,
        train: LabelledRows,
        valid_truth: Mapping[str, Track],
        recipe: HeadRecipe,
        allow_missing: bool = False,
        device: str = "cpu",
    ) -> None:
        self.folder, self.cache, self.recipe = folder, cache, recipe
        self.train, self.valid_truth = train, valid_truth
        self.challenge = train.challenge
        self.device = find_device(device)
        self.validation = Validation(
            challenge=train.challenge, cache=cache, truth=valid_truth, allow_missing=allow_missing
        )
        self.counts = count_labels(train)
        origin = cache.origin
        self.network = HeadNetwork(
            recipe,
            self.challenge,
            n_embedding=origin.n_embedding,
            n_scores=len(origin.card.outputs),
            scaling=find_scaling(recipe, cache, train),
        ).to(self.device)
        self.optimizer = torch.optim.Adam(self.network.groups(), lr=recipe.rate, fused=True)
        self.weights = {
            target.name: label_weights(target, self.counts[target.name])
            for target in self.challenge.targets
            if recipe.class_weights == "inverse" and not isinstance(target, Continuous)
        }
        self.dataset = FeatureDataset(cache, train, source=recipe.source)
        self.sampler = ShuffledSampler(len(train), seed=recipe.seed)
        if recipe.sampler == "balanced":
            self.sampler = BalancedSampler(balanced_weights(train), len(train), seed=recipe.seed)
        self.made_of = made_of(recipe, cache, train, valid_truth)
        self.done: list[HeadEpoch] = []
        self._best = _copy(self.network)
        self._resume()

    @property
    def best(self) -> HeadEpoch | None:
        """The epoch with the best score, the first one of equals; None before the first."""
        return max(self.done, key=lambda epoch: _rank(epoch.score), default=None)

    @property
    def finished(self) -> bool:
        """Whether all epochs are done, or there was no gain for too long."""
        if len(self.done) >= self.recipe.epochs:
            return True
        best = self.best
        waited = 0 if best is None else len(self.done) - best.epoch
        return 0 < self.recipe.patience <= waited

    def run(self, progress: Progress = lambda _: None) -> Iterator[HeadEpoch]:
        """Train what is left to train.

        Parameters
        ----------
        progress : callable
            Called after each batch with the number of its rows.

        Yields
        ------
        HeadEpoch
            Each epoch as it ends and is saved.
        """
        while not self.finished:
            began = time.perf_counter()
            loss = self._learn(len(self.done), progress)
            speed = len(self.train) / (time.perf_counter() - began)
            epoch = self._judge(loss, speed)
            self.done.append(epoch)
            if self.best is epoch:
                self._best = _copy(self.network)
            self._save()
            yield epoch

    def _judge(self, loss: float, speed: float) -> HeadEpoch:
        with warnings.catch_warnings():
            # Told once at the end, of the head that is kept, not after every epoch.
            warnings.simplefilter("ignore", AbawkitWarning)
            try:
                raw = self.validation.outputs(self._to_head())
            except ModelError as error:
                raise ModelError(self._blown_up("an output")) from error
            report = self.validation.score(raw)
            return HeadEpoch(
                epoch=len(self.done) + 1,
                loss=loss,
                score=report.score,
                components=report.components,
                rows_per_second=speed,
            )

    def _learn(self, index: int, progress: Progress) -> float:
        # One epoch; each has its own order, so that a resumed run draws what a whole one would.
        self.sampler.set_epoch(index)
        weights = [self._tensor(target.name) for target in self.challenge.targets]
        losses = []
        for batch in batches(
            self.dataset, self.sampler.order(), batch_size=self.recipe.batch_size
        ):
            loss = self._loss(batch, weights)
            if loss is not None:
                # None, not 0: Adam leaves parameters alone that have no gradient at all.
                self.optimizer.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]
                self.optimizer.step()
                losses.append(loss.detach())
            progress(len(batch.x))
        mean = float(torch.stack(losses).double().mean()) if losses else math.nan
        if not math.isfinite(mean):
            raise ModelError(self._blown_up("the loss"))
        return mean

    def _blown_up(self, what: str) -> str:
        return (
            f"{self.folder}: {what} of epoch {len(self.done) + 1} is not finite, for the weights "
            f"have grown without end; try a learning rate below {self.recipe.rate:g}"
        )

    def _loss(self, batch: Batch, weights: list[Tensor | None]) -> Tensor | None:
        labels, known = batch.labels.to(self.device), batch.known.to(self.device)
        sums = self.network(batch.x.to(self.device))
        total = None
        for at, (target, columns) in enumerate(blocks(self.challenge.targets)):
            scale = self.recipe.parts[at].loss_weight
            loss = target_loss(
                target, sums[at], labels[:, columns], known[:, columns], weights[at]
            )
            if loss is not None:
                total = scale * loss if total is None else total + scale * loss
        return total

    def _tensor(self, target: str) -> Tensor | None:
        weights = self.weights.get(target)
        return None if weights is None else torch.from_numpy(weights).float().to(self.device)

    def _to_head(self) -> Head:
        return self.network.to_head(
            self.cache.origin.card, reference=f"trained for {self.challenge.name}"
        )

    def _save(self) -> None:
        state = {
            "made_of": self.made_of,
            "done": [asdict(epoch) for epoch in self.done],
            "network": self.network.state_dict(),
            "best": self._best,
            "optimizer": self.optimizer.state_dict(),
        }
        with _writing_to(self.folder):
            # The head first: a run that is killed in between makes the same one again.
            if self.best is self.done[-1]:
                self._to_head().save(self.folder / HEAD)
            write_tensors(self.folder / CHECKPOINT, state)
            self._write_log()

    def _write_log(self) -> None:
        lines = (json.dumps(_null_undefined(asdict(epoch))) + "\n" for epoch in self.done)
        write_whole(self.folder / LOG, "".join(lines))

    def _resume(self) -> None:
        path = self.folder / CHECKPOINT
        with _writing_to(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            best = self._take_up(path) if path.exists() else None
            # What a run that was killed in between, or a user, left otherwise; and an empty log,
            # which tells before the first epoch whether the folder can be written to.
            if best is not None:
                best.save(self.folder / HEAD)
            self._write_log()

    def _take_up(self, path: Path) -> Head:
        state = load_state(path, self.made_of, _STATE)
        try:
            self.done = [HeadEpoch(**epoch) for epoch in state["done"]]
            self.network.load_state_dict(state["best"])
            best, self._best = self._to_head(), _copy(self.network)
            self.network.load_state_dict(state["network"])
            self.optimizer.load_state_dict(state["optimizer"])
        except Exception as error:  # torch raises almost anything for a state that does not fit
            msg = (
                f"{path}: not a checkpoint of this run: {one_line(error)}; delete it to begin anew"
            )
            raise ModelError(msg) from error
        return best


@contextmanager
def _writing_to(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        msg = (
            f"{folder}: cannot write to this folder: {error.strerror or error}; the run goes on "
            "from its last whole epoch when that is put right"
        )
        raise DataError(msg) from error


def _copy(network: HeadNetwork) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}


def _rank(score: float) -> float:
    return -math.inf if math.isnan(score) else score


def _null_undefined(values: dict[str, Any]) -> dict[str, Any]:
    parts = values["components"].items()
    undefined = {name: None if math.isnan(value) else value for name, value in parts}
    score = None if math.isnan(values["score"]) else values["score"]
    return {**values, "score": score, "components": undefined}
