"""Options that commands share: what is scored, and by which rules."""

from __future__ import annotations

from typing import Annotated

import typer

Task = Annotated[
    str | None, typer.Option(help="Task, such as va; by default read from the headers.")
]
Edition = Annotated[int | None, typer.Option(help="Edition; by default 3, if its headers fit.")]
Decimals = Annotated[
    int, typer.Option("-w", "--decimals", min=0, max=17, help="Decimals of the scores.")
]
AllowMissing = Annotated[
    bool, typer.Option("--allow-missing", help="Leave annotated frames without prediction out.")
]
VaMask = Annotated[
    str | None, typer.Option(help="What an unannotated valence or arousal hides: frame or value.")
]
AuMask = Annotated[
    str | None, typer.Option(help="What an unannotated action unit hides: frame or value.")
]
Absent = Annotated[
    str | None,
    typer.Option(help="How a class counts that does not occur: zero, or skip to leave it out."),
]
