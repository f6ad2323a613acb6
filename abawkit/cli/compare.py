"""``abawkit compare``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from abawkit.cli.options import Absent, AllowMissing, AuMask, Decimals, Edition, Task, VaMask


class Format(StrEnum):
    """How a comparison is printed."""

    text = "text"
    md = "md"
    latex = "latex"
    json = "json"
    csv = "csv"


def compare(  # noqa: PLR0913 - one parameter an option
    preds: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Predictions of two systems or more: run folders, label files.",
            show_default=False,
        ),
    ] = None,
    *,
    gt: Annotated[Path, typer.Argument(help="Annotations: a folder of label files, or a file.")],
    task: Task = None,
    edition: Edition = None,
    baseline: Annotated[
        str | None,
        typer.Option(help="The system to compare the others with; by default, all pairs are."),
    ] = None,
    resamples: Annotated[
        int, typer.Option(help="How many resamples and swaps are drawn.")
    ] = 10_000,
    level: Annotated[
        float, typer.Option(help="Level of the intervals, and one less that of the tests.")
    ] = 0.95,
    seed: Annotated[int, typer.Option(help="Seed of the resamples and swaps.")] = 12345,
    unit: Annotated[
        str, typer.Option(help="What is drawn and swapped: video, or person with all parts.")
    ] = "video",
    correction: Annotated[
        str, typer.Option(help="Of p for the number of pairs: holm, bonferroni, bh or none.")
    ] = "holm",
    output: Annotated[Format, typer.Option("--format", help="What to print.")] = Format.text,
    decimals: Decimals = 4,
    allow_missing: AllowMissing = False,
    va_mask: VaMask = None,
    au_mask: AuMask = None,
    absent: Absent = None,
) -> None:
    """Tell whether one system beats another, by two tests on the same videos.

    Systems are called as their folders are.

    Example: abawkit compare runs/base/ runs/mine/ annotations/VA/Validation_Set/
    """
    from abawkit.evaluation.bootstrap import Bootstrap
    from abawkit.evaluation.systems import compare_files
    from abawkit.report.comparison import as_csv, as_json, as_latex, as_markdown, as_text

    rules: Any = {"va_mask": va_mask, "au_mask": au_mask, "absent": absent}
    drawn: Any = {"resamples": resamples, "level": level, "unit": unit, "seed": seed}
    choice: Any = correction
    found = compare_files(
        preds or (),
        gt,
        bootstrap=Bootstrap(**drawn),
        correction=choice,
        baseline=baseline,
        task=task,
        edition=edition,
        allow_missing=allow_missing,
        **rules,
    )
    match output:
        case Format.json:
            typer.echo(as_json(found))
        case Format.csv:
            typer.echo(as_csv(found))
        case Format.md:
            typer.echo(as_markdown(found, decimals=decimals))
        case Format.latex:
            typer.echo(as_latex(found, decimals=decimals))
        case _:
            typer.echo(as_text(found, decimals=decimals))
