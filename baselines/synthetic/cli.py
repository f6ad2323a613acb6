"""``abawkit sample-features``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def sample_features(
    directory: Annotated[Path, typer.Argument(help="Where the set goes; made if need be.")],
    *,
    seed: Annotated[int, typer.Option(help="Another seed gives other data.")] = 0,
    scale: Annotated[float, typer.Option(help="How many times as many videos.")] = 1.0,
) -> None:
    """Make features and annotations with a known structure, to try training and tuning on.

    They stand in for those of the paper's three networks on Aff-Wild2, and are all made up.

    Example: abawkit sample-features made-up/
    """
    from baselines.synthetic.writing import make_features

    typer.echo(make_features(directory, seed=seed, scale=scale))
