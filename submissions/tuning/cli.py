"""``abawkit tune``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from submissions.tuning.grid import THRESHOLDS


def tune(  # noqa: PLR0913 - one parameter an option
    runs: Annotated[list[Path], typer.Argument(help="Run folders, of the same frames.")],
    gt: Annotated[Path, typer.Argument(help="Annotations: a folder of label files, or a file.")],
    *,
    out: Annotated[Path, typer.Option("-o", "--out", help="Where the settings go.")] = Path(
        "tuned.json"
    ),
    smooth: Annotated[
        str | None,
        typer.Option(
            help="Filters to try, such as none,box:11,median:15; default is the target's own; by "
            "target: va=box:51,box:101;au=none in quotes. By default none, and boxes and medians "
            "of 3 to 201 frames. The filter that the run has is always tried too."
        ),
    ] = None,
    thresholds: Annotated[
        str, typer.Option(help="Thresholds to try: start:stop:step, or numbers with commas.")
    ] = THRESHOLDS,
    offsets: Annotated[
        str,
        typer.Option(
            help="Offsets of the classes' log-probabilities to try, such as -2:2:.25, or none. "
            "With any, shifts of values are tried too."
        ),
    ] = "none",
    weights: Annotated[
        float | None,
        typer.Option(help="Step of the runs' weights; .1 by default, .25 for more than 3 runs."),
    ] = None,
    folds: Annotated[int, typer.Option(min=2, help="Folds of the cross-validation.")] = 5,
    groups: Annotated[
        Path | None,
        typer.Option(help="CSV of video,group: which videos to hold out together, such as those "
                     "of a person. By default all parts of a recording: left and right, "
                     "video86_1 and video86_2, 122-60-1920x1080-1 and -2."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the folds.")] = 12345,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:  # fmt: skip
    """Search filters, thresholds, offsets and weights of runs, and judge them on held-out videos.

    A target that is not better with them keeps what the run has: the file says nothing of it.
    refine, predict and ensemble take the file with --tuned.

    Example: abawkit tune preds/valid annotations/Validation_Set/ -o tuned.json
    """
    from submissions.tuning.command import tune_files
    from submissions.tuning.report import as_json, as_text

    tuning = tune_files(runs, gt, out=out, smooth=smooth, thresholds=thresholds, offsets=offsets,
                        weights=weights, folds=folds, groups=groups, seed=seed,
                        note=lambda text: typer.echo(text, err=True))  # fmt: skip
    typer.echo(as_json(tuning) if json else as_text(tuning))
    typer.echo(f"written to {out}", err=True)
