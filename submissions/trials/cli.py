"""The ledger of trials: ``abawkit trials``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

trials = typer.Typer(
    help="What was sent to each challenge, what differed, and what came back.",
    no_args_is_help=True,
)

_Task = Annotated[
    str | None, typer.Option(help="Task, such as va, or a whole challenge, such as abaw5-va.")
]
_Edition = Annotated[int | None, typer.Option(help="Edition.")]
_Ledger = Annotated[
    Path | None,
    typer.Option(
        help="The ledger's file; else ABAWKIT_TRIALS, else one in the user's data folder."
    ),
]
_Score = Annotated[float | None, typer.Option(help="Score that came back.")]


@trials.command("add")
def add(  # noqa: PLR0913 - one parameter an option
    sent: Annotated[Path, typer.Argument(help="What was sent: a zip, a run folder, label files.")],
    *,
    task: _Task = None,
    edition: _Edition = None,
    on: Annotated[
        str | None, typer.Option(help="The day it was sent, YYYY-MM-DD; today by default.")
    ] = None,
    score: _Score = None,
    note: Annotated[str, typer.Option(help="What to remember of it.")] = "",
    ledger: _Ledger = None,
) -> None:
    """Record that a submission was sent; how it was made is read from its manifest.

    Example: abawkit trials add abaw5-va.zip --note "longer smoothing"
    """
    from submissions.trials.recording import record

    typer.echo(
        record(sent, task=task, edition=edition, on=on, score=score, note=note, ledger=ledger)
    )


@trials.command("note")
def note(  # noqa: PLR0913 - one parameter an option
    number: Annotated[int, typer.Argument(help="Number of the trial.")],
    text: Annotated[
        str | None, typer.Argument(help="What to remember of it, after what is noted.")
    ] = None,
    *,
    task: _Task = None,
    edition: _Edition = None,
    score: _Score = None,
    ledger: _Ledger = None,
) -> None:
    """Note the score that came back of a trial, or say more of it.

    Example: abawkit trials note 2 --task abaw5-va --score .4731
    """
    from submissions.trials.recording import remark

    typer.echo(remark(number, text=text, task=task, edition=edition, score=score, ledger=ledger))


@trials.command("remove")
def remove(
    number: Annotated[int, typer.Argument(help="Number of the trial.")],
    *,
    task: _Task = None,
    edition: _Edition = None,
    ledger: _Ledger = None,
) -> None:
    """Take back a trial that was recorded by mistake; the others keep their numbers.

    Example: abawkit trials remove 2 --task abaw5-va
    """
    from submissions.trials.recording import take_back

    typer.echo(take_back(number, task=task, edition=edition, ledger=ledger))


@trials.command("list")
def list_trials(
    *,
    task: _Task = None,
    edition: _Edition = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print all that is known as one JSON list.")
    ] = False,
    csv: Annotated[
        bool, typer.Option("--csv", help="Print all that is known, one line a trial.")
    ] = False,
    ledger: _Ledger = None,
) -> None:
    """List what was sent, what changed from one to the next, and how many trials are left.

    Example: abawkit trials list --task va
    """
    from submissions.trials.recording import listing

    typer.echo(listing(task=task, edition=edition, json=json, csv=csv, ledger=ledger), nl=not csv)
