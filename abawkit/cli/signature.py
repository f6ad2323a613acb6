"""``abawkit signature``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

FINDINGS = 1


def signature(  # noqa: PLR0913 - one parameter an option
    sig: Annotated[
        str,
        typer.Argument(
            help="A signature in quotes; or a file of text or JSON that holds one, - for stdin."
        ),
    ],
    other: Annotated[
        str | None, typer.Argument(help="Another one, to compare them: exit with 1 if one cannot.")
    ] = None,
    *,
    check: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            metavar="PREDS GT",
            help="Score these files as the signature says: exit with 1 if they are others.",
        ),
    ] = None,
    long: Annotated[bool, typer.Option("--long", help="Print the long form alone.")] = False,
    short: Annotated[bool, typer.Option("--short", help="Print the short form alone.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Explain the signature of a score, compare it with another, or check files against it.

    Example: abawkit signature "$(abawkit score preds/ gt/ | tail -n 1)" --check preds/ gt/
    """
    from abawkit.errors import UsageError
    from abawkit.evaluation.comparability import comparable
    from abawkit.evaluation.recomputing import check_files
    from abawkit.evaluation.told import read_signature
    from abawkit.report import signing

    if sum([other is not None, check is not None, long, short]) > 1 or (json and (long or short)):
        msg = (
            "expected at most one of a second signature, --check, --long and --short, the last "
            "two without --json"
        )
        raise UsageError(msg)
    told, fine = read_signature(sig), True
    if long or short:
        text = told.long if long else told.short
    elif other is not None:
        second = read_signature(other)
        show = signing.differences_as_json if json else signing.differences_as_text
        text, fine = show(told, second), comparable(told, second) is True
    elif check is not None:
        report, checked = check_files(told, *check)
        show_checked = signing.checked_as_json if json else signing.checked_as_text
        text, fine = show_checked(report, checked), not signing.refuted(checked)
    else:
        text = (signing.explained_as_json if json else signing.explained_as_text)(told)
    typer.echo(text)
    if not fine:
        raise typer.Exit(FINDINGS)
