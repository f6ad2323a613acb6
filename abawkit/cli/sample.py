"""``abawkit sample``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def sample(
    directory: Annotated[Path, typer.Argument(help="Where the data set goes; made if need be.")],
    *,
    seed: Annotated[int, typer.Option(help="Another seed gives other videos.")] = 0,
) -> None:
    """Make a small data set in the official layout, to try everything on.

    Its frames are one real face, moved and lit in many ways; its labels are made up.

    Example: abawkit sample data/
    """
    from abawkit.sample import make_sample

    typer.echo(make_sample(directory, seed=seed))
