"""``abawkit challenges``."""

from __future__ import annotations

from typing import Annotated

import typer


def challenges(
    *,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON list.")] = False,
    edition: Annotated[int | None, typer.Option(help="Show this edition only.")] = None,
) -> None:
    """List the challenges abawkit knows, one a line.

    Example: abawkit challenges --edition 3
    """
    from abawkit.report.catalogue import challenges_as_json, challenges_as_text

    show = challenges_as_json if json else challenges_as_text
    typer.echo(show(edition))
