"""``abawkit validate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

FINDINGS = 1


def validate(  # noqa: PLR0913 - one parameter an option
    path: Annotated[
        Path, typer.Argument(help="Submission: a run folder, a folder of label files, a file.")
    ],
    *,
    task: Annotated[
        str | None, typer.Option(help="Task, such as va; by default told by run or header.")
    ] = None,
    edition: Annotated[
        int | None, typer.Option(help="Edition; by default 3 if its headers fit, else the newest.")
    ] = None,
    like: Annotated[
        Path | None,
        typer.Option(help="The official sample or list: which rows there are, in which order."),
    ] = None,
    frames: Annotated[
        Path | None, typer.Option(help="CSV of video,frames: how many rows each video has.")
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(help="Another submission: is a video shifted, or another person's?"),
    ] = None,
    training: Annotated[
        Path | None,
        typer.Option(help="Training annotations: are values in their range?"),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Count warnings as errors.")] = False,
    places: Annotated[int, typer.Option(min=1, help="How many places of a finding to name.")] = 5,
    fix: Annotated[
        bool, typer.Option("--fix", help="Repair what has one right answer, in a new file.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="With --fix: the new file or folder; PATH.fixed by default."),
    ] = None,
    fill: Annotated[
        str | None,
        typer.Option(
            help="With --fix: fill of what is missing: linear, nearest, previous, constant."
        ),
    ] = None,
) -> None:
    """Check a submission as strictly as anybody could, and name every fault at once.

    Exits with 1 if it is not valid.

    Example: abawkit validate preds/predictions.txt --like ABAW_VA_test_set_sample.txt
    """
    from submissions.validation.command import check
    from submissions.validation.refusal import NotFixedError
    from submissions.validation.rendering import as_json, as_text, passes

    try:
        verdict, fixed = check(path, task=task, edition=edition, like=like, frames=frames,
                               against=against, training=training, places=places, fix=fix,
                               out=out, fill=fill)  # fmt: skip
    except NotFixedError as error:
        if not json or error.verdict is None:
            raise
        typer.echo(as_json(error.verdict, strict=strict, refused=True))
        raise typer.Exit(FINDINGS) from error
    show = as_json if json else as_text
    typer.echo(show(verdict, fixed=fixed, strict=strict))
    if not passes(verdict, strict=strict):
        raise typer.Exit(FINDINGS)
