"""The commands that run models: over images, into features, into submissions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from abawkit.errors import few

if TYPE_CHECKING:
    from collections.abc import Sequence


def predict(  # noqa: PLR0913 - one parameter an option
    *,
    task: Annotated[str, typer.Option(help="Task, such as va; or a challenge, such as abaw3-va.")],
    edition: Annotated[
        int | None, typer.Option(help="Edition; by default 3, or the newest that --like fits.")
    ] = None,
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
    like: Annotated[
        Path | None,
        typer.Option(
            help="The organisers' sample: the labels get its rows, order, header and columns; it "
            "tells the videos as --videos does."
        ),
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
        typer.Option(
            help="Trained head, or the folder of its run; merged one, or zero-shot from the "
            "emotions by default."
        ),
    ] = None,
    features: Annotated[
        Path | None,
        typer.Option(
            help="Features that extract wrote, in the place of --data, --model and --provider."
        ),
    ] = None,
    fill: Annotated[
        str,
        typer.Option(
            help="Frames without a face: linear (default), nearest, previous, constant, none."
        ),
    ] = "default",
    smooth: Annotated[
        str,
        typer.Option(
            help="Filter over frames, such as box:101 (full width), none, or va=box:101,au=none."
        ),
    ] = "default",
    thresholds: Annotated[
        str | None,
        typer.Option(
            help="Probability from which on an action unit is there: one, or one a unit, by "
            "commas. Those of the head by default, else .5."
        ),
    ] = None,
    tuned: Annotated[
        Path | None,
        typer.Option(help="Settings that tune found; options given here win over them."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the run goes.")] = Path("preds"),
    provider: Annotated[
        str | None,
        typer.Option(help="Execution provider of ONNX Runtime: cuda, coreml, …; cpu by default."),
    ] = None,
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
    from baselines.cache import FeatureCache
    from baselines.cached import find_predictor
    from baselines.plan import plan
    from baselines.predictor import predict as run
    from submissions import Processing, Tuned
    from submissions.identify import choose_challenge
    from submissions.members import check_single
    from submissions.settings import model_name

    challenge = choose_challenge(task, edition, like=like)
    settings = None if tuned is None else Tuned.load(tuned)
    processing = Processing.parse(challenge, fill=fill, smooth=smooth, thresholds=thresholds,
                                  tuned=settings)  # fmt: skip
    cache = None if features is None else FeatureCache.open(features)
    predictor = find_predictor(challenge, cache, model=model, head=head, provider=provider)
    check_single(settings, model_name(predictor.identity))
    planned = plan(challenge, cache or data, videos=videos, annotations=annotations,
                   frames=frames, like=like, allow_missing=allow_missing)  # fmt: skip
    _note_foreign(planned.foreign)
    _note(f"{challenge.name} by {predictor}")
    outcome = run(challenge, predictor, planned, out=out, processing=processing,
                  strict=strict, force=force, note=_note)  # fmt: skip
    typer.echo(outcome)


def extract(  # noqa: PLR0913 - one parameter an option
    *,
    data: Annotated[
        Path, typer.Option(envvar="ABAWKIT_DATA", help="Folder of the cropped frames.")
    ] = Path(),
    videos: Annotated[
        Path | None, typer.Option(help="List of videos; every one in the folder by default.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="Imported model, such as enet_b0_8_best_vgaf, or ONNX file. Bundled by default."
        ),
    ] = None,
    provider: Annotated[
        str, typer.Option(help="Execution provider of ONNX Runtime: cpu, cuda, coreml, ….")
    ] = "cpu",
    out: Annotated[
        Path,
        typer.Option(help="Where features go, a folder a model; one --out for each kind of crop."),
    ] = Path("features"),
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
        bool, typer.Option("--force", help="Replace features of other images.")
    ] = False,
) -> None:
    """Run a network over cropped frames and keep what it says; a run that was stopped goes on.

    Train and predict read the features instead of the images: 2.6 kB a frame.

    Example: abawkit extract --data data/ --out features/
    """
    from abawkit.frames import FrameFolder
    from abawkit.lists import read_video_list
    from baselines.extraction import extract as run
    from baselines.model import load_backbone
    from baselines.plan import foreign_files

    only = None if videos is None else read_video_list(videos).videos
    frames = FrameFolder.index(data, only=only, faceless=only or () if allow_missing else ())
    _note_foreign(foreign_files(frames))
    backbone = load_backbone(model, provider=provider)
    _note(f"features of {backbone.card.name} ({backbone.provider})")
    typer.echo(run(frames, backbone, out=out, strict=strict, force=force, note=_note))


def _note(text: str) -> None:
    typer.echo(text, err=True)


def _note_foreign(files: Sequence[str]) -> None:
    if files:
        _note(f"no frames, left alone: {few(files)}")
