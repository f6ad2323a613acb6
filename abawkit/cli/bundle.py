"""``abawkit bundle``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def bundle(  # noqa: PLR0913 - one parameter an option
    *,
    task: Annotated[str, typer.Option(help="Task, such as va, or a whole challenge.")],
    edition: Annotated[
        int | None, typer.Option(help="Edition; by default that of the challenge, or 3.")
    ] = None,
    out: Annotated[Path, typer.Option("-o", "--out", help="The zip to write.")],
    annotations: Annotated[
        Path | None,
        typer.Option(help="Annotations to score by; they are in the bundle then."),
    ] = None,
    docker_image: Annotated[
        str | None, typer.Option(help="Image to score in; else the bundle says how to build one.")
    ] = None,
    details: Annotated[
        bool, typer.Option("--details", help="Show entrants the score of each video.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a file that is there already.")
    ] = False,
) -> None:
    """Make a scoring bundle for organisers, for Codabench.

    Example: abawkit bundle --edition 6 --task va --annotations annotations/ -o bundle.zip
    """
    from abawkit.bundle.building import IMAGE, write_bundle
    from abawkit.protocol import find_challenge

    made = write_bundle(
        out,
        find_challenge(task, edition),
        annotations=annotations,
        image=docker_image or IMAGE,
        details=details,
        force=force,
    )
    typer.echo(made)
    typer.echo("before you upload it: README.md in it says what is left to do", err=True)
