"""The commands around published weights: ``abawkit models``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

models = typer.Typer(
    help="Published weights: list, fetch, check, import and export them.", no_args_is_help=True
)


@models.command("list")
def list_models(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME...]", help="Files, or models, to tell all about."),
    ] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON list.")] = False,
) -> None:
    """List the published files, what they are, and which of them are here.

    Example: abawkit models list enet_b0_8_best_vgaf
    """
    from baselines.checkpoints.listing import models_as_json, models_as_text, models_in_detail

    if json:
        typer.echo(models_as_json(names or ()))
    else:
        typer.echo(models_in_detail(names) if names else models_as_text())


@models.command("pull")
def pull_models(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Files, or models.")],
    *,
    mirror: Annotated[
        str | None,
        typer.Option(
            envvar="ABAWKIT_MIRROR", help="Address of a folder that has the files instead."
        ),
    ] = None,
    offline: Annotated[
        bool,
        typer.Option(
            "--offline",
            envvar="ABAWKIT_OFFLINE",
            help="Only say what to fetch by hand, and where.",
        ),
    ] = False,
) -> None:
    """Download published files, and check them; what was cut off goes on.

    Example: abawkit models pull enet_b0_8_best_vgaf
    """
    from baselines.checkpoints.download import pull_all

    def note(text: str) -> None:
        typer.echo(text, err=True)

    for path in pull_all(names, mirror=mirror, offline=offline, note=note):
        typer.echo(path)


@models.command("verify")
def verify_models(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME...]", help="Files, or models; all that are here by default."
        ),
    ] = None,
) -> None:
    """Check files that are here against the ids of the published ones.

    Example: abawkit models verify enet_b0_8_best_vgaf
    """
    from baselines.checkpoints.download import verify

    found = verify(names or ())
    typer.echo("\n".join(map(str, found)) or "no files here yet: abawkit models pull NAME")
    if any(file.state != "ok" for file in found):
        raise typer.Exit(1)


@models.command("import")
def import_file(
    file: Annotated[str, typer.Argument(help="File of weights, or name of one that was pulled.")],
    *,
    network: Annotated[
        str | None,
        typer.Option(
            help="Network that it is of, such as tf_efficientnet_b0, if the file does not tell."
        ),
    ] = None,
    outputs: Annotated[
        str | None, typer.Option(help="Names of its scores in their order, with commas.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="What to call the model.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="ONNX file to write; in abawkit's own folder by default.")
    ] = None,
) -> None:
    """Make the ONNX file that predicts of weights; nothing in the file is run.

    Takes .pt (state dict or whole module), .h5, .safetensors and .onnx files.

    Example: abawkit models import enet_b0_8_best_vgaf
    """
    from baselines.checkpoints.importing import find_source, import_model

    names = None if outputs is None else [part.strip() for part in outputs.split(",")]
    typer.echo(import_model(find_source(file), network=network, outputs=names, name=name, out=out))


@models.command("export")
def export_model(
    model: Annotated[str, typer.Argument(help="Model that was imported, or ONNX file.")],
    *,
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    formats: Annotated[
        str, typer.Option("--format", help="Of float32, float16 and int8, with commas.")
    ] = "float32",
    frames: Annotated[
        Path | None,
        typer.Option(help="Folder of face crops to compare on; int8 is calibrated on them too."),
    ] = None,
    head: Annotated[Path | None, typer.Option(help="Trained head to merge in.")] = None,
) -> None:
    """Write other versions of a model, and compare each with it at once.

    Example: abawkit models export enet_b0_8_best_vgaf --out models/ --format int8 --frames data/
    """
    from baselines.extras import needed_for
    from baselines.heads import Head
    from baselines.location import locate_model

    with needed_for("exporting"):
        from baselines.checkpoints.batches import find_frames
        from baselines.checkpoints.comparison import comparison_table
        from baselines.checkpoints.formats import export_formats

    def note(text: str) -> None:
        typer.echo(text, err=True)

    made = export_formats(
        locate_model(model),
        out,
        formats=[part.strip() for part in formats.split(",")],
        head=None if head is None else Head.load(head),
        frames=() if frames is None else find_frames(frames),
        note=note,
    )
    typer.echo(comparison_table(made))
    typer.echo("".join(f"\nwrote {row.path}" for row in made))
