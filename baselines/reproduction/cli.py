"""``abawkit reproduce``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer


def reproduce(  # noqa: PLR0913 - one parameter an option
    tables: Annotated[
        list[str], typer.Argument(help="table1, table2, table3, table4, table5, or all.")
    ],
    *,
    features: Annotated[
        Path, typer.Option(help="Folder of features, one cache a network, from extract.")
    ],
    annotations: Annotated[
        Path,
        typer.Option(help="The organisers' folder, which holds EXPR_Classification_Challenge, …."),
    ],
    out: Annotated[
        Path, typer.Option(help="Folder of the trained heads and their results.")
    ] = Path("runs/reproduce"),
    seeds: Annotated[
        int, typer.Option(min=1, help="Train each head so often; shows mean ± deviation.")
    ] = 1,
    network: Annotated[
        list[str] | None,
        typer.Option(help="Take another model for a network, as EfficientNet-B0=NAME."),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Epochs of every head; the published code's if not.")
    ] = None,
    allow_missing: Annotated[
        bool,
        typer.Option(
            "--allow-missing", help="Take annotated videos without features as without a face."
        ),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object with every seed's numbers.")
    ] = False,
    device: Annotated[str, typer.Option(help="Where torch computes, such as cpu.")] = "cpu",
    threads: Annotated[
        int, typer.Option(min=0, help="Threads of torch, at most one a core; 0 for all cores.")
    ] = 0,
) -> None:
    """Run the experiments of the paper's tables, and show them beside the paper's numbers.

    What was finished before on the same data is not trained again; a head that was stopped goes
    on at its epoch. Training needs torch, which the extra named train brings.

    Example: abawkit reproduce table1 --features features/ --annotations annotations/
    """
    from baselines.extras import needed_for
    from baselines.reproduction.sources import parse_networks

    with needed_for("training"):
        from baselines.reproduction.command import run
        from baselines.reproduction.running import Settings

    settings = Settings(features=features, annotations=annotations, out=out, seeds=seeds,
                        networks=parse_networks(network or ()), epochs=epochs,
                        allow_missing=allow_missing, device=device)  # fmt: skip
    for text in run(
        tables, settings, whole=json, threads=threads, note=partial(typer.echo, err=True)
    ):
        typer.echo(text)
