"""What ``abawkit tune`` does: read the runs and the annotations, search, write the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from abawkit.errors import DataError, UsageError
from abawkit.labels import read_labels
from submissions.combining import check_runs
from submissions.decide import DEFAULT_FILL
from submissions.run import load_run
from submissions.tuning.crossvalidation import tune
from submissions.tuning.folds import read_groups
from submissions.tuning.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from submissions.run import Run
    from submissions.tuning.result import Tuning


def tune_files(  # noqa: PLR0913 - one parameter an option
    paths: Sequence[Path],
    annotations: Path,
    *,
    out: Path,
    folds: int,
    seed: int,
    groups: Path | None = None,
    note: Callable[[str], None] = lambda _: None,
    **grid: Any,  # noqa: ANN401 - as Grid.parse takes them
) -> Tuning:
    """Search the settings of runs, and write those that are better than the defaults.

    Parameters
    ----------
    paths : sequence of Path
        The run folders.
    annotations : Path
        A folder of label files, or a file.
    out : Path
        Where the settings go.
    folds, seed
        As `tune` takes them.
    groups : Path, optional
        Which videos belong together, as `read_groups` reads it.
    note : callable
        Takes what a user should know on the way.
    **grid
        What to try, as `Grid.parse` takes it.

    Returns
    -------
    Tuning
        What was found.

    Raises
    ------
    DataError
        If the settings cannot be written.
    UsageError
        If a run is given twice.
    """
    _make_room(out)
    runs = _load(paths)
    challenge = next(iter(runs.values())).challenge
    tried = Grid.parse(challenge, n_runs=len(runs), **grid)
    fills = {run.processing.fill for run in runs.values()}
    tuning = tune(
        challenge,
        read_labels(annotations, challenge),
        [run.tracks for run in runs.values()],
        grid=tried,
        folds=folds,
        groups=None if groups is None else read_groups(groups),
        seed=seed,
        fill=fills.pop() if len(fills) == 1 else DEFAULT_FILL,
        members=[run.name for run in runs.values()],
        note=note,
    )
    tuning.tuned.save(out)
    return tuning


def _make_room(out: Path) -> None:
    # Before the search, which may take long.
    if out.is_dir():
        msg = f"{out}: this is a folder; expected the name of a file, such as tuned.json"
        raise UsageError(msg)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{out}: the settings cannot be written: {error}"
        raise DataError(msg) from error


def _load(paths: Sequence[Path]) -> dict[str, Run]:
    folders = [path.resolve() for path in paths]
    twice = [path for path in paths if folders.count(path.resolve()) > 1]
    if twice:
        msg = f"{twice[0]} is given twice; expected each run once"
        raise UsageError(msg)
    runs = {str(path): load_run(path) for path in paths}
    check_runs(runs)
    return runs
