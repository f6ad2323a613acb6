"""What ``abawkit train-backbone`` does: train, export, quantise, measure."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import torch

from baselines.card import Card
from baselines.checkpoints.export import export_onnx
from baselines.checkpoints.imagenet import lite0_imagenet
from baselines.checkpoints.precision import quantise
from baselines.model import DEFAULT_MODEL, Backbone
from baselines.networks.build import build_network
from baselines.networks.table import EFFICIENTNET_LITE0
from baselines.progress import progress_bar
from baselines.training.backbone import PREPROCESSING, Trainer, measure, prepare
from baselines.training.ferplus import read_ferplus

if TYPE_CHECKING:
    from pathlib import Path

    from baselines.training.backbone import Recipe
    from baselines.training.ferplus import LabelledFaces

CALIBRATION_IMAGES = 512


def train_and_export(
    train: Path, valid: Path, *, out: Path, recipe: Recipe, threads: int = 0
) -> str:
    """Train a backbone, or finish one, and write it as ONNX in 32 and in 8 bits.

    Parameters
    ----------
    train, valid : Path
        FER+ parts, as `read_ferplus` takes them.
    out : Path
        Folder of the run.
    recipe : Recipe
        How to train.
    threads : int
        Threads of torch, 0 for all cores.

    Returns
    -------
    str
        What was measured, a line each.
    """
    if threads:
        torch.set_num_threads(threads)
    faces, held_out = read_ferplus(train), read_ferplus(valid)
    trainer = Trainer(out, train=faces, valid=held_out, recipe=recipe, start=lite0_imagenet())
    epochs = recipe.head_epochs + recipe.epochs
    left = (epochs - len(trainer.done)) * len(faces.images)
    with progress_bar("train", left, "images") as advance:
        for epoch in trainer.run(advance):
            print(  # noqa: T201 - the log of a long job
                f"epoch {epoch.epoch}/{epochs}: loss {epoch.loss:.4f}, "
                f"accuracy {epoch.accuracy:.4f}, mean recall {epoch.recall:.4f}, "
                f"{epoch.images_per_second:.0f} images/s",
                file=sys.stderr,
                flush=True,
            )
    network = build_network(EFFICIENTNET_LITE0, len(faces.classes))
    network.load_state_dict(torch.load(out / "weights.pt", weights_only=True))
    whole, small = out / "backbone.onnx", out / "backbone.int8.onnx"
    card = Card(
        name=DEFAULT_MODEL,
        network=EFFICIENTNET_LITE0.name,
        outputs=tuple(faces.classes),
        scores="logits",
        preprocessing=PREPROCESSING,
        trained_on=("ImageNet", "FER+"),
        licence="Apache-2.0",
    )
    export_onnx(network, whole, card=card)
    picked = np.random.default_rng(recipe.seed).permutation(len(faces.images))
    quantise(whole, small, images=prepare(faces.images[picked[:CALIBRATION_IMAGES]]))
    return "\n".join(_describe(path, held_out) for path in (whole, small))


def _describe(path: Path, faces: LabelledFaces) -> str:
    backbone = Backbone.load(path)
    accuracy, recalls = measure(lambda batch: backbone(batch)[1], faces)
    size = path.stat().st_size / 1e6
    by_class = ", ".join(f"{name} {value:.3f}" for name, value in recalls.items())
    return f"{path}: {size:.1f} MB, accuracy {accuracy:.4f} ({by_class})"
