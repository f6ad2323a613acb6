"""``abawkit compare``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer


class Format(StrEnum):
    """How a comparison is printed."""

    text = "text"
    md = "md"
    latex = "latex"
    json = "json"
    csv = "csv"


def compare(  # noqa: PLR0913 - one parameter an option
    preds: Annotated[
        list[Path],
        typer.Argument(help="Predictions of two systems or more: run folders, label files."),
    ],
    gt: Annotated[Path, typer.Argument(help="Annotations: a folder of label files, or a file.")],
    *,
    task: Annotated[
        str | None, typer.Option(help="Task, such as va; by default read from the headers.")
    ] = None,
    edition: Annotated[
        int | None, typer.Option(help="Edition; by default 3, if its headers fit.")
    ] = None,
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
    decimals: Annotated[
        int, typer.Option("-w", "--decimals", min=0, max=17, help="Decimals of the scores.")
    ] = 4,
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
        preds,
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
