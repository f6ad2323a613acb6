"""The commands that work on runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_FILL = "Frames without a face: linear, nearest, previous, constant, none; as before by default."
_SMOOTH = (
    "Filter over frames, such as box:101 (full width), none, default, or va=box:101,au=none; as "
    "before by default."
)
_THRESHOLDS = "Of the action units' probabilities: one number, or one a unit with commas between."
_LIKE = (
    "The organisers' sample: the labels get its rows, order, header and columns; as before by "
    "default."
)


def refine(  # noqa: PLR0913 - one parameter an option
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    *,
    fill: Annotated[str | None, typer.Option(help=_FILL)] = None,
    smooth: Annotated[str | None, typer.Option(help=_SMOOTH)] = None,
    thresholds: Annotated[str | None, typer.Option(help=_THRESHOLDS)] = None,
    tuned: Annotated[
        Path | None, typer.Option(help="Settings that abawkit tune found; options win over them.")
    ] = None,
    like: Annotated[Path | None, typer.Option(help=_LIKE)] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of a new run; by default in place.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a run of something else in --out.")
    ] = False,
) -> None:
    """Fill, smooth and decide again from the raw outputs of a run, without the network.

    What is neither given nor tuned stays as the run has it.

    Example: abawkit refine preds/ --smooth box:51 --out preds51/
    """
    from submissions.refining import refine as run_again
    from submissions.tuned import Tuned

    settings = None if tuned is None else Tuned.load(tuned)
    outcome = run_again(run, fill=fill, smooth=smooth, thresholds=thresholds, tuned=settings,
                        like=like, out=out, force=force)  # fmt: skip
    typer.echo(outcome)


def ensemble(  # noqa: PLR0913 - one parameter an option
    runs: Annotated[list[Path], typer.Argument(help="Run folders, two or more.")],
    *,
    out: Annotated[Path, typer.Option(help="Folder of the new run.")],
    method: Annotated[
        str | None,
        typer.Option(help="mean, weighted, rank or vote; mean without weights by default."),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(help="One a run, such as .6,.4; by target: va=.6,.4;au=.5,.5 in quotes."),
    ] = None,
    tuned: Annotated[
        Path | None,
        typer.Option(help="Settings that abawkit tune found for these runs; options win."),
    ] = None,
    fill: Annotated[str | None, typer.Option(help=_FILL)] = None,
    smooth: Annotated[str | None, typer.Option(help=_SMOOTH)] = None,
    thresholds: Annotated[str | None, typer.Option(help=_THRESHOLDS)] = None,
    like: Annotated[Path | None, typer.Option(help=_LIKE)] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a run of something else in --out.")
    ] = False,
) -> None:
    """Combine the raw outputs of runs of the same frames into a new run.

    Settings that all runs have are kept; where they differ, fill and smoothing are the defaults,
    and thresholds the mean.

    Example: abawkit ensemble runs/a runs/b --weights .6,.4 --out preds/ensemble
    """
    from submissions.ensembling import ensemble as combine
    from submissions.tuned import Tuned

    settings = None if tuned is None else Tuned.load(tuned)
    outcome = combine(runs, out=out, method=method, weights=weights, tuned=settings, fill=fill,
                      smooth=smooth, thresholds=thresholds, like=like, force=force)  # fmt: skip
    typer.echo(outcome)
