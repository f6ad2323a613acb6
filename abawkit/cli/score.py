"""``abawkit score``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

FINDINGS = 1


def score(  # noqa: PLR0913 - one parameter an option
    preds: Annotated[Path, typer.Argument(help="Predictions: a run folder, label files, a file.")],
    gt: Annotated[Path, typer.Argument(help="Annotations: a folder of label files, or a file.")],
    *,
    task: Annotated[
        str | None, typer.Option(help="Task, such as va; by default read from the headers.")
    ] = None,
    edition: Annotated[
        int | None, typer.Option(help="Edition; by default 3, if its headers fit.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    score_only: Annotated[
        bool, typer.Option("-b", "--score-only", help="Print the score alone.")
    ] = False,
    decimals: Annotated[
        int, typer.Option("-w", "--decimals", min=0, max=17, help="Decimals of the scores.")
    ] = 4,
    by_video: Annotated[
        bool, typer.Option("--by-video", help="Show the score of each video.")
    ] = False,
    allow_missing: Annotated[
        bool,
        typer.Option("--allow-missing", help="Leave annotated frames without prediction out."),
    ] = False,
    va_mask: Annotated[
        str | None,
        typer.Option(help="What an unannotated valence or arousal hides: frame or value."),
    ] = None,
    au_mask: Annotated[
        str | None, typer.Option(help="What an unannotated action unit hides: frame or value.")
    ] = None,
    absent: Annotated[
        str | None,
        typer.Option(
            help="How a class counts that does not occur: zero, or skip to leave it out."
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
    from abawkit.report import as_json, as_text

    rules: Any = {"va_mask": va_mask, "au_mask": au_mask, "absent": absent}
    scored = score_files(
        preds, gt, task=task, edition=edition, allow_missing=allow_missing, **rules
    )
    report, processing = scored.report, scored.processing
    if json:
        typer.echo(as_json(report, processing=processing))
    elif score_only:
        typer.echo(f"{report.score:z.{decimals}f}")
    else:
        typer.echo(as_text(report, decimals=decimals, by_video=by_video, processing=processing))
    if fail_under is not None and not report.score >= fail_under:
        raise typer.Exit(FINDINGS)
