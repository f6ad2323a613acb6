"""``abawkit pack``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def pack(  # noqa: PLR0913 - one parameter an option
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            help="A run folder, a folder of label files or a file; several where the edition "
            "numbers files by trial.",
        ),
    ],
    *,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="The zip; CHALLENGE.zip by default.")
    ] = None,
    task: Annotated[
        str | None, typer.Option(help="Task, such as va; by default read from the headers.")
    ] = None,
    edition: Annotated[
        int | None, typer.Option(help="Edition; by default read from the headers.")
    ] = None,
    like: Annotated[
        Path | None, typer.Option(help="The organisers' sample or list: the rows there must be.")
    ] = None,
    frames: Annotated[
        Path | None, typer.Option(help="Table video,frames: how many rows each video must have.")
    ] = None,
    run: Annotated[
        list[Path] | None,
        typer.Option(
            help="The run that tells how label files were made, such as those of convert or of "
            "validate --fix, one a PATH."
        ),
    ] = None,
    annotations: Annotated[
        Path | None,
        typer.Option(help="Annotations of the validation set, to tell the score in the manifest."),
    ] = None,
    validation: Annotated[
        list[Path] | None,
        typer.Option(help="Predictions of the validation set, one a PATH; PATH by default."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse what the checks only warn of as well.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
) -> None:
    """Check a submission and write the zip to send, with a manifest beside it.

    Nothing is written if anything is wrong; the same labels give the same bytes.

    Example: abawkit pack preds/ --like CVPR_5th_ABAW_VA_test_set_sample.txt -o first.zip
    """
    from submissions.packing.pack import pack as pack_submissions

    packed = pack_submissions(
        paths, out=out, task=task, edition=edition, like=like, frames=frames,
        runs=run or (), annotations=annotations, validation=validation or (), strict=strict,
        force=force,
    )  # fmt: skip
    typer.echo(packed)
