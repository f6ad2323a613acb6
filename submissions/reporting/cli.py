"""``abawkit report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from abawkit.cli.options import Absent, AllowMissing, AuMask, Edition, Task, VaMask


def report(  # noqa: PLR0913 - one parameter an option
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN... GT",
            help="Predictions, each a run folder, label files or a file; the annotations last.",
        ),
    ],
    *,
    out: Annotated[Path, typer.Option("-o", "--out", help="The page.")] = Path("report.html"),
    task: Task = None,
    edition: Edition = None,
    names: Annotated[
        str | None,
        typer.Option(help="What to call the runs, as in A,B; by default by their folders."),
    ] = None,
    title: Annotated[str | None, typer.Option(help="The title of the page.")] = None,
    allow_missing: AllowMissing = False,
    va_mask: VaMask = None,
    au_mask: AuMask = None,
    absent: Absent = None,
    resamples: Annotated[int, typer.Option(help="Resamples of the intervals.")] = 10_000,
    level: Annotated[float, typer.Option(help="Share of the resamples within.")] = 0.95,
    seed: Annotated[int, typer.Option(help="Seed of the resamples.")] = 12345,
    unit: Annotated[str, typer.Option(help="What a resample draws: video or person.")] = "video",
    force: Annotated[
        bool, typer.Option("--force", help="Replace a file that is no such page.")
    ] = False,
) -> None:
    """Show runs on one page: how sure the score is, and where they fail.

    The page is one file that needs no server and no network.

    Example: abawkit report preds/ annotations/VA_Estimation_Challenge/Validation_Set/ -o va.html
    """
    from abawkit.evaluation.bootstrap import Bootstrap
    from submissions.reporting.reporting import write_report

    rules: Any = {"va_mask": va_mask, "au_mask": au_mask, "absent": absent}
    drawn: Any = {"resamples": resamples, "level": level, "seed": seed, "unit": unit}
    written = write_report(
        paths, out, task=task, edition=edition, names=names, title=title,
        allow_missing=allow_missing, bootstrap=Bootstrap(**drawn), force=force, **rules,
    )  # fmt: skip
    typer.echo(written)
