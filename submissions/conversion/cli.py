"""``abawkit convert``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def convert(  # noqa: PLR0913 - one parameter an option
    sources: Annotated[
        list[Path],
        typer.Argument(
            help="Predictions: run folders, label files of any edition, .csv, .tsv, .parquet or "
            ".npz; several where each has some of the targets, or of the videos."
        ),
    ],
    *,
    task: Annotated[str, typer.Option(help="What to write: a task, or a name: abaw6-va.")],
    edition: Annotated[
        int | None,
        typer.Option(help="The edition; by default 3, or the newest that --like fits."),
    ] = None,
    out: Annotated[
        Path,
        typer.Option("-o", "--out", help="Folder; or file, where the edition asks for one."),
    ],
    source: Annotated[
        str | None,
        typer.Option("--from", help="What the sources hold, such as abaw3-mtl; by default "
                     "by their manifest or header, and tables hold the task."),
    ] = None,
    like: Annotated[
        Path | None,
        typer.Option(help="The official sample or list: which rows to write, in which order."),
    ] = None,
    frames: Annotated[
        Path | None, typer.Option(help="CSV of video,frames: how many frames each video has.")
    ] = None,
    first: Annotated[
        int | None, typer.Option(help="Number of a video's first frame in tables: 1, or 0.")
    ] = None,
    fill: Annotated[
        str | None,
        typer.Option(help="Rows without a value: linear, nearest, previous, constant; by default "
                     "they are an error."),
    ] = None,
    thresholds: Annotated[
        str | None,
        typer.Option(help="Of action units' probabilities in tables: one number, or one a unit "
                     "with commas between; .5 by default."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace an earlier submission in --out.")
    ] = False,
) -> None:  # fmt: skip
    """Turn predictions into the layout of another edition or task, and check what is written.

    Targets are picked and joined by name: MTL gives VA, and VA, EXPR and AU together give MTL.
    Nothing is clipped, filled or guessed unless an option says so.

    Example: abawkit convert old.csv --task va --edition 6 --like sample.txt --out predictions.txt
    """
    from abawkit.protocol import find_challenge
    from submissions.conversion import convert as write
    from submissions.identify import choose_challenge
    from submissions.options import numbers
    from submissions.template import choose_template

    challenge = choose_challenge(task, edition, like=like)
    outcome = write(
        sources,
        challenge,
        out=out,
        given=None if source is None else find_challenge(source),
        template=choose_template(challenge, like=like, frames=frames),
        first=first,
        fill=fill,
        thresholds=() if thresholds is None else numbers(thresholds, option="--thresholds"),
        force=force,
        kept=[path for path in (like, frames) if path is not None],
    )
    typer.echo(outcome)
