"""``abawkit train-backbone``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_BY_RECIPE = "By the recipe if not given."


def train_backbone(  # noqa: PLR0913 - one parameter an option
    train: Annotated[Path, typer.Argument(help="Training part, or a folder with both parts.")],
    valid: Annotated[
        Path | None,
        typer.Argument(
            help="Validation part; of persons, a share of each one's images if absent."
        ),
    ] = None,
    *,
    out: Annotated[Path, typer.Option(help="Folder of the run.")] = Path("runs/backbone"),
    recipe: Annotated[
        str | None,
        typer.Option(help="ferplus, faces or expressions; by the data if not given."),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            help="Weights to start from: a run of an earlier stage, a file or a published name, "
            f"imagenet (EfficientNet-Lite0 only), or none. {_BY_RECIPE}"
        ),
    ] = None,
    network: Annotated[
        str | None,
        typer.Option(
            help="Row of the table of networks, such as tf_efficientnet_b2, with its own "
            f"preprocessing; by --start if that is a run. {_BY_RECIPE}"
        ),
    ] = None,
    size: Annotated[
        int | None, typer.Option(min=1, help="Height and width of the images in pixels.")
    ] = None,
    colour: Annotated[str | None, typer.Option(help="rgb, bgr or grey.")] = None,
    epochs: Annotated[
        int | None, typer.Option(min=0, help=f"Epochs of all layers. {_BY_RECIPE}")
    ] = None,
    head_epochs: Annotated[
        int | None,
        typer.Option(min=0, help=f"Epochs of the classifier alone, before. {_BY_RECIPE}"),
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(min=2, help=f"Images in a batch. {_BY_RECIPE}")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(help=f"Highest learning rate of all layers. {_BY_RECIPE}")
    ] = None,
    head_rate: Annotated[
        float | None, typer.Option(help=f"Rate of the classifier alone. {_BY_RECIPE}")
    ] = None,
    schedule: Annotated[
        str | None, typer.Option(help=f"one-cycle or constant. {_BY_RECIPE}")
    ] = None,
    optimizer: Annotated[
        str | None,
        typer.Option(help=f"adamw, adam, or sam: Adam, sharpness-aware. {_BY_RECIPE}"),
    ] = None,
    rho: Annotated[
        float | None, typer.Option(help="How far sam looks around. 0.05 if not given.")
    ] = None,
    weight_decay: Annotated[
        float | None, typer.Option(help=f"Decay of kernels. {_BY_RECIPE}")
    ] = None,
    class_weight: Annotated[
        float | None,
        typer.Option(help=f"0: no class weights; 1: by inverse frequency. {_BY_RECIPE}"),
    ] = None,
    ema_decay: Annotated[
        float | None,
        typer.Option(help=f"Decay of the average of the weights, by step; 0: none. {_BY_RECIPE}"),
    ] = None,
    drop_rate: Annotated[
        float | None, typer.Option(help=f"Dropout, in EfficientNets. {_BY_RECIPE}")
    ] = None,
    drop_path_rate: Annotated[
        float | None, typer.Option(help=f"Dropped residuals, in EfficientNets. {_BY_RECIPE}")
    ] = None,
    augment: Annotated[
        str | None,
        typer.Option(help=f"none, or changes such as rotation=10,erasing=0. {_BY_RECIPE}"),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random; 12345.")] = None,
    classes: Annotated[
        int, typer.Option(help="Emotions of AffectNet: 8, or 7 without contempt.")
    ] = 8,
    held_out: Annotated[
        float, typer.Option(help="Share of each person's images to validate on.")
    ] = 0.05,
    whole_images: Annotated[
        bool, typer.Option("--whole-images", help="Leave the boxes of AffectNet's table alone.")
    ] = False,
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Leave out labelled images that are lacking.")
    ] = False,
    frames: Annotated[
        Path | None,
        typer.Option(help="Cropped frames, of which TRAIN and VALID are the annotations."),
    ] = None,
    task: Annotated[str, typer.Option(help="Of the annotations of --frames.")] = "expr",
    edition: Annotated[int | None, typer.Option(help="Likewise; 3 by default.")] = None,
    dataset: Annotated[
        str | None,
        typer.Option(help="What the model's card calls the data; by their layout if not given."),
    ] = None,
    device: Annotated[str, typer.Option(help="Where torch computes: cpu, cuda, ….")] = "cpu",
    threads: Annotated[int, typer.Option(help="Threads of torch; 0 for all cores.")] = 0,
) -> None:
    """Train a network on faces or expressions, and export it to ONNX.

    The recipes: ferplus is the bundled model's, on FER+; faces is stage 1 of the paper, a folder
    of MTCNN crops without margin for each person (VGGFace2); expressions is stage 2, AffectNet as
    it comes or a folder a class, with --start the run of stage 1. Every value can be changed.

    The run is saved after each epoch and goes on from there; training needs the extra train. It
    writes backbone.onnx, and backbone.int8.onnx, the 8-bit version, for predict --model; that of
    faces gives embeddings only.

    Example: abawkit train-backbone train.npz valid.npz --out runs/lite0
    """
    from abawkit.protocol import find_challenge
    from baselines.extras import needed_for

    with needed_for("training"):
        from baselines.training.command import Settings, train_and_export
        from baselines.training.layouts.reading import Reading

    values = {
        "epochs": epochs,
        "head_epochs": head_epochs,
        "batch_size": batch_size,
        "rate": rate,
        "head_rate": head_rate,
        "schedule": schedule,
        "optimizer": optimizer,
        "rho": rho,
        "weight_decay": weight_decay,
        "class_weight": class_weight,
        "ema_decay": ema_decay,
        "drop_rate": drop_rate,
        "drop_path_rate": drop_path_rate,
        "seed": seed,
    }
    settings = Settings(
        recipe=recipe,
        network=network,
        start=start,
        augment=augment,
        size=size,
        colour=colour,
        values=values,
        dataset=dataset,
        device=device,
        threads=threads,
    )
    reading = Reading(
        n_classes=classes,
        held_out=held_out,
        whole_images=whole_images,
        allow_missing=allow_missing,
        frames=frames,
        challenge=None if frames is None else find_challenge(task, edition),
    )
    typer.echo(train_and_export(train, valid, out=out, settings=settings, reading=reading))
