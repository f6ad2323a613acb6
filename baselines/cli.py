"""The commands that run and train models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def predict(  # noqa: PLR0913 - one parameter an option
    *,
    task: Annotated[str, typer.Option(help="Task, such as va; or a challenge, such as abaw3-va.")],
    edition: Annotated[int | None, typer.Option(help="Edition; 3 by default.")] = None,
    data: Annotated[
        Path, typer.Option(envvar="ABAWKIT_DATA", help="Folder of the cropped frames.")
    ] = Path(),
    videos: Annotated[
        Path | None, typer.Option(help="Official list or sample file of what to predict.")
    ] = None,
    annotations: Annotated[
        Path | None,
        typer.Option(help="Annotations, for the videos and the number of frames of each."),
    ] = None,
    frames: Annotated[
        Path | None, typer.Option(help="Table video,frames with the number of frames.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="Imported model, such as enet_b0_8_best_vgaf; ONNX file; or "
            "package.module:factory. Bundled by default."
        ),
    ] = None,
    head: Annotated[
        Path | None,
        typer.Option(help="Trained head; merged one, or zero-shot from the emotions by default."),
    ] = None,
    fill: Annotated[
        str,
        typer.Option(help="Frames without a face: linear, nearest, previous, constant, none."),
    ] = "linear",
    smooth: Annotated[
        str,
        typer.Option(
            help="Filter over frames, such as box:101 (full width), none, or va=box:101,au=none."
        ),
    ] = "default",
    out: Annotated[Path, typer.Option(help="Where the run goes.")] = Path("preds"),
    provider: Annotated[
        str, typer.Option(help="Execution provider of ONNX Runtime: cpu, cuda, coreml, ….")
    ] = "cpu",
    allow_missing: Annotated[
        bool,
        typer.Option(
            "--allow-missing", help="Take listed videos without a folder as videos without a face."
        ),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at an image that cannot be read.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a run of something else.")
    ] = False,
) -> None:
    """Predict cropped frames into submission files; a run that was stopped goes on.

    By default VA and EXPR are smoothed with box:101 and AU with median:15.

    Example: abawkit predict --task va --data data/ --out preds/
    """
    from abawkit.errors import few
    from abawkit.protocol import find_challenge
    from baselines.model import load_predictor
    from baselines.plan import plan
    from baselines.predictor import predict as run
    from submissions.decide import Processing

    def note(text: str) -> None:
        typer.echo(text, err=True)

    challenge = find_challenge(task, edition)
    processing = Processing.parse(challenge, fill=fill, smooth=smooth)
    planned = plan(challenge, data, videos=videos, annotations=annotations, frames=frames,
                   allow_missing=allow_missing)  # fmt: skip
    if planned.foreign:
        note(f"no frames, left alone: {few(planned.foreign)}")
    predictor = load_predictor(challenge, model=model, head=head, provider=provider)
    note(f"{challenge.name} by {predictor}")
    outcome = run(challenge, predictor, planned, out=out, processing=processing,
                  strict=strict, force=force, note=note)  # fmt: skip
    typer.echo(outcome)
