"""What ``abawkit train-backbone`` does: read, train, export, quantise, measure."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from abawkit.errors import UsageError
from baselines.card import UNKNOWN, Card
from baselines.checkpoints.export import export_onnx
from baselines.checkpoints.precision import quantise
from baselines.model import Backbone
from baselines.networks.build import build_network
from baselines.progress import progress_bar
from baselines.training.backbone import Trainer
from baselines.training.layouts.reading import Reading, read_parts
from baselines.training.measuring import measure, prepared
from baselines.training.recipe import STAGES, network_of, parse_augmentation, with_network
from baselines.training.runs import WEIGHTS
from baselines.training.start import network_of_run, read_start
from baselines.training.tensorfiles import read_tensors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from baselines.training.images import LabelledImages
    from baselines.training.recipe import Recipe, Stage

CALIBRATION_IMAGES = 512
_BUNDLED = ("ImageNet", "FER+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a user may say of a run besides the data.

    Attributes
    ----------
    recipe : str, optional
        A name of `STAGES`; by the data if it is not given.
    network, start, augment : str, optional
        As `with_network`, `read_start` and `parse_augmentation` take them; the recipe's, and the
        network of the run that is started from, if they are not given.
    size : int, optional
        Height and width of the images.
    colour : str, optional
        ``rgb``, ``bgr`` or ``grey``.
    values : mapping
        Fields of a `Recipe` that are to be other than the named one's.
    dataset : str, optional
        What a card is to call the data.
    device : str
        Where torch computes.
    threads : int
        Threads of torch, 0 for all cores.
    """

    recipe: str | None = None
    network: str | None = None
    start: str | None = None
    augment: str | None = None
    size: int | None = None
    colour: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    dataset: str | None = None
    device: str = "cpu"
    threads: int = 0


def train_and_export(
    train: Path,
    valid: Path | None,
    *,
    out: Path,
    settings: Settings,
    reading: Reading,
) -> str:
    """Train a backbone, or finish one, and write it as ONNX in 32 and in 8 bits.

    Parameters
    ----------
    train : Path
        The training part, in a layout that `read_parts` knows.
    valid : Path, optional
        The validation part.
    out : Path
        Folder of the run.
    settings : Settings
        How to train.
    reading : Reading
        How to read the data.

    Returns
    -------
    str
        What was measured, a line each.
    """
    if settings.threads:
        torch.set_num_threads(settings.threads)
    if settings.recipe is not None:
        _find_stage(settings.recipe)
        reading = replace(reading, persons=settings.recipe == "faces")
    faces, held_out = read_parts(train, valid, reading)
    if settings.dataset is not None:
        faces = replace(faces, dataset=settings.dataset)
    recipe, start = plan(settings, faces)
    started = read_start(start, network_of(recipe))
    trainer = Trainer(
        out,
        train=faces,
        valid=held_out,
        recipe=recipe,
        start=started.weights,
        trained_on=tuple(dict.fromkeys((*started.trained_on, faces.dataset))),
        device=settings.device,
    )
    for note in (*faces.notes, *held_out.notes, _overview(trainer)):
        _tell(note)
    _run(trainer)
    whole, small = _export(trainer)
    return "\n".join(_describe(path, whole, held_out) for path in (whole, small))


def plan(settings: Settings, faces: LabelledImages) -> tuple[Recipe, str]:
    """Tell how to train: a named recipe, with what the user wants otherwise.

    Parameters
    ----------
    settings : Settings
        What the user said.
    faces : LabelledImages
        The data.

    Returns
    -------
    recipe : Recipe
        How to train.
    start : str
        Where to start, as `read_start` takes it.

    Raises
    ------
    UsageError
        If a name or a value is not known.
    """
    stage = _find_stage(settings.recipe or _usual(faces))
    start = stage.start if settings.start is None else settings.start
    recipe = stage.recipe
    run = network_of_run(Path(start)) if start else None
    if settings.network is not None:
        recipe = with_network(recipe, settings.network)
    if run is not None and settings.network in {None, run[0]}:
        recipe = replace(recipe, network=run[0], preprocessing=run[1])
    images: dict[str, Any] = {"size": settings.size, "colour": settings.colour}
    try:
        preprocessing = replace(
            recipe.preprocessing, **{k: v for k, v in images.items() if v is not None}
        )
    except ValueError as error:
        raise UsageError(str(error)) from error
    augmentation = recipe.augmentation
    if settings.augment is not None:
        augmentation = parse_augmentation(settings.augment, augmentation)
    given = {name: value for name, value in settings.values.items() if value is not None}
    recipe = replace(recipe, preprocessing=preprocessing, augmentation=augmentation, **given)
    return recipe, start


def model_name(network: str, dataset: str) -> str:
    """Name a model after what it is and what it was trained on.

    Parameters
    ----------
    network : str
        Its row of the table of networks.
    dataset : str
        What a card calls the data.

    Returns
    -------
    str
        Such as ``efficientnet_lite0_ferplus``; data without a name are ``own``.
    """
    known = "own" if dataset == UNKNOWN else dataset.replace("+", "plus")
    return f"{network}_{''.join(filter(str.isalnum, known)).lower()}"


def _find_stage(name: str) -> Stage:
    if name not in STAGES:
        msg = f"no recipe {name!r}; there are {', '.join(STAGES)}"
        raise UsageError(msg)
    return STAGES[name]


def _usual(faces: LabelledImages) -> str:
    if faces.identities:
        return "faces"
    return "ferplus" if faces.dataset == "FER+" else "expressions"


def _overview(trainer: Trainer) -> str:
    recipe, faces = trainer.recipe, trainer.train
    preprocessing = recipe.preprocessing
    what = "persons" if faces.identities else "classes"
    return (
        f"{recipe.network}, {preprocessing.size} x {preprocessing.size} {preprocessing.colour}: "
        f"{len(faces)} images of {len(faces.classes)} {what}, {len(trainer.valid)} to validate; "
        f"{recipe.optimizer}, {recipe.head_epochs} epochs of the classifier at "
        f"{recipe.head_rate:g}, {recipe.epochs} of all layers at {recipe.rate:g}"
    )


def _run(trainer: Trainer) -> None:
    left = (trainer.n_epochs - len(trainer.done)) * len(trainer.train)
    with progress_bar("train", left, "images") as advance:
        for epoch in trainer.run(advance):
            _tell(
                f"epoch {epoch.epoch}/{trainer.n_epochs}: loss {epoch.loss:.4f}, "
                f"accuracy {epoch.accuracy:.4f}, mean recall {epoch.recall:.4f}, "
                f"{epoch.images_per_second:.0f} images/s"
            )


def _export(trainer: Trainer) -> tuple[Path, Path]:
    # What faces were told apart by is dropped: nobody asks a model for those persons.
    recipe, faces, out = trainer.recipe, trainer.train, trainer.folder
    row = network_of(recipe)
    outputs = () if faces.identities else faces.classes
    network = build_network(row, len(outputs))
    weights = read_tensors(out / WEIGHTS, hint="delete the run to begin anew")
    network.load_state_dict({name: weights[name] for name in network.state_dict()})
    whole, small = out / "backbone.onnx", out / "backbone.int8.onnx"
    card = Card(
        name=model_name(row.name, faces.dataset),
        network=row.name,
        outputs=outputs,
        scores=row.scores,
        preprocessing=recipe.preprocessing,
        trained_on=trainer.trained_on,
        licence="Apache-2.0" if trainer.trained_on == _BUNDLED else "",
    )
    export_onnx(network, whole, card=card)
    picked = np.random.default_rng(recipe.seed).permutation(len(faces))[:CALIBRATION_IMAGES]
    images = np.concatenate(list(prepared(faces.images, recipe.preprocessing, picked)))
    quantise(whole, small, images=images)
    return whole, small


def _describe(path: Path, whole: Path, faces: LabelledImages) -> str:
    backbone = Backbone.load(path)
    images = backbone.card.preprocessing
    size = f"{path}: {path.stat().st_size / 1e6:.1f} MB"
    if not backbone.card.outputs:
        likeness = _likeness(backbone, Backbone.load(whole), faces)
        return f"{size}, embeddings only, mean cosine {likeness:.4f} with those in 32 bits"
    accuracy, recalls = measure(lambda batch: backbone(batch)[1], faces, images)
    by_class = ", ".join(f"{name} {value:.3f}" for name, value in recalls.items())
    return f"{size}, accuracy {accuracy:.4f} ({by_class})"


def _likeness(backbone: Backbone, whole: Backbone, faces: LabelledImages) -> float:
    first = np.arange(min(len(faces), CALIBRATION_IMAGES))
    cosines = []
    for batch in prepared(faces.images, whole.card.preprocessing, first):
        a, b = backbone(batch)[0], whole(batch)[0]
        norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
        cosines.append((a * b).sum(axis=1) / np.maximum(norms, np.finfo(np.float32).tiny))
    return float(np.concatenate(cosines).mean())


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - the log of a long job
