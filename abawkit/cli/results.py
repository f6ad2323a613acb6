"""``abawkit results``."""

from __future__ import annotations

from typing import Annotated

import typer


def results(
    *,
    task: Annotated[
        str | None, typer.Option(help="Show this task only, such as va, or abaw3-va.")
    ] = None,
    edition: Annotated[int | None, typer.Option(help="Show this edition only.")] = None,
    split: Annotated[
        str | None, typer.Option(help="Show this split only: validation, test or public-test.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON list.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print a CSV table.")] = False,
) -> None:
    """List the scores that are published, of baselines and of entries.

    Example: abawkit results --task va --split validation
    """
    from abawkit.errors import UsageError
    from abawkit.report import published

    if json and csv:
        msg = "--json and --csv exclude each other"
        raise UsageError(msg)
    show = published.results_as_text
    if json or csv:
        show = published.results_as_json if json else published.results_as_csv
    typer.echo(show(published.select(task, edition, split)))
