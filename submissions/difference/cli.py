"""``abawkit diff``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def diff(  # noqa: PLR0913 - one parameter an option
    a: Annotated[Path, typer.Argument(help="Predictions: a run folder, label files, a file.")],
    b: Annotated[Path, typer.Argument(help="Others of the same videos, of any edition.")],
    *,
    task: Annotated[
        str | None, typer.Option(help="Task, such as va; by default read from the headers.")
    ] = None,
    edition: Annotated[
        int | None, typer.Option(help="Edition of A; by default 3, if its headers fit.")
    ] = None,
    top: Annotated[
        int, typer.Option(min=0, help="How many videos and pairs of classes to show.")
    ] = 10,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, with all videos.")
    ] = False,
) -> None:
    """Show what changed between two submissions, the videos that changed most first.

    Frames and videos that just one of them has are told, and left out.

    Example: abawkit diff preds/ preds51/
    """
    from submissions.difference.files import compare_files
    from submissions.difference.rendering import as_json, as_text

    difference = compare_files(a, b, task=task, edition=edition)
    typer.echo(as_json(difference) if json else as_text(difference, top=top))
