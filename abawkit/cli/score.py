"""``abawkit score``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from abawkit.cli.options import Absent, AllowMissing, AuMask, Decimals, Edition, Task, VaMask
from abawkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from abawkit.evaluation.bootstrap import Bootstrap

FINDINGS = 1
PUBLISHED = "published"


def score(  # noqa: PLR0913 - one parameter an option
    preds: Annotated[Path, typer.Argument(help="Predictions: a run folder, label files, a file.")],
    gt: Annotated[Path, typer.Argument(help="Annotations: a folder of label files, or a file.")],
    *,
    task: Task = None,
    edition: Edition = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    score_only: Annotated[
        bool, typer.Option("-b", "--score-only", help="Print the score alone.")
    ] = False,
    decimals: Decimals = 4,
    by_video: Annotated[
        bool, typer.Option("--by-video", help="Show the score of each video.")
    ] = False,
    allow_missing: AllowMissing = False,
    va_mask: VaMask = None,
    au_mask: AuMask = None,
    absent: Absent = None,
    confidence: Annotated[
        bool,
        typer.Option("--confidence", help="Show how sure each score is: bootstrap intervals."),
    ] = False,
    resamples: Annotated[
        int | None, typer.Option(help="Resamples of --confidence; 10000 by default.")
    ] = None,
    level: Annotated[
        float | None, typer.Option(help="Share inside the intervals; 0.95 by default.")
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option(
            help="What is resampled: video (default), or person: the crops and parts of a "
            "recording, or the clips of a participant, together."
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed of the resamples; 12345 by default.")
    ] = None,
    influence: Annotated[
        bool,
        typer.Option(
            "--influence", help="Show which videos move the score, and what gains bring."
        ),
    ] = False,
    faces: Annotated[
        bool, typer.Option("--faces", help="Show the score of the frames with a face beside it.")
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of the cropped frames, for --faces; by default the run tells."),
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="Place the score among others: published.")
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            help="What the annotations are, for --against: validation, test or public-test; "
            "by default told from their size."
        ),
    ] = None,
    fail_under: Annotated[
        float | None, typer.Option(help="Exit with 1 if the score is lower, or undefined.")
    ] = None,
) -> None:
    """Score predictions against annotations by the official metric.

    Example: abawkit score preds/ annotations/VA_Estimation_Challenge/Validation_Set/
    """
    from abawkit.evaluation.files import score_files
    from abawkit.report.asked import Asked, show

    drawing = {"resamples": resamples, "level": level, "unit": unit, "seed": seed}
    _only_with("--confidence", drawing, given=confidence)
    _only_with("--faces", {"data": data}, given=faces)
    _only_with("--against", {"split": split}, given=against is not None)
    beside = {"confidence": confidence, "influence": influence, "faces": faces}
    _nothing_beside({**beside, "against": against is not None}, score_only=score_only)
    asked = Asked(
        bootstrap=_bootstrap(drawing) if confidence else None,
        influence=influence,
        faces=faces,
        data=data,
        published=_published(against),
        split=split,
    )
    rules: Any = {"va_mask": va_mask, "au_mask": au_mask, "absent": absent}
    scored = score_files(
        preds, gt, task=task, edition=edition, allow_missing=allow_missing, **rules
    )
    if score_only:
        typer.echo(f"{scored.report.score:z.{decimals}f}")
    else:
        typer.echo(show(scored, preds, asked, json=json, decimals=decimals, by_video=by_video))
    if fail_under is not None and not scored.report.score >= fail_under:
        raise typer.Exit(FINDINGS)


def _only_with(option: str, others: Mapping[str, object], *, given: bool) -> None:
    idle = [f"--{name}" for name, value in others.items() if value is not None]
    if idle and not given:
        msg = f"{', '.join(idle)}: expected with {option} only; add {option}"
        raise UsageError(msg)


def _nothing_beside(others: Mapping[str, bool], *, score_only: bool) -> None:
    lost = [f"--{name}" for name, given in others.items() if given]
    if lost and score_only:
        msg = f"{', '.join(lost)}: -b prints the score alone; leave one of them out"
        raise UsageError(msg)


def _bootstrap(drawing: Mapping[str, Any]) -> Bootstrap:
    from abawkit.evaluation.bootstrap import Bootstrap

    return Bootstrap(**{name: value for name, value in drawing.items() if value is not None})


def _published(against: str | None) -> bool:
    if against not in {None, PUBLISHED}:
        msg = f"--against: expected {PUBLISHED}, found {against!r}; 'abawkit compare' takes runs"
        raise UsageError(msg)
    return against is not None
