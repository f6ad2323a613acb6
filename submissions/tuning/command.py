"""What ``abawkit tune`` does: read the runs and the annotations, search, write the settings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from abawkit.errors import DataError, UsageError
from abawkit.labels import read_labels
from submissions.combining import check_runs
from submissions.decide import DEFAULT_THRESHOLD, Processing, output_names
from submissions.options import unit_names
from submissions.run import load_run
from submissions.tuning.crossvalidation import tune
from submissions.tuning.folds import read_groups
from submissions.tuning.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from abawkit.protocol import Challenge
    from submissions.run import Run
    from submissions.tuning.result import Tuning

T = TypeVar("T")
_UNWRITABLE = "{}: the settings cannot be written: {}"


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
    """Search the settings of runs, and write those that are better than what the runs have.

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
        What to try, as `Grid.parse` takes it; the filters that the runs have are tried too.

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
    baseline = _common(challenge, [run.processing for run in runs.values()])
    tried = _with_filters(Grid.parse(challenge, n_runs=len(runs), **grid), baseline)
    tuning = tune(
        challenge,
        read_labels(annotations, challenge),
        [run.tracks for run in runs.values()],
        grid=tried,
        folds=folds,
        groups=None if groups is None else read_groups(groups),
        seed=seed,
        baseline=baseline,
        members=[run.name for run in runs.values()],
        note=note,
    )
    try:
        tuning.tuned.save(out)
    except OSError as error:
        msg = _UNWRITABLE.format(out, error)
        raise DataError(msg) from error
    return tuning


def _common(challenge: Challenge, settings: Sequence[Processing]) -> Processing:
    # What all runs have, and the default of what differs.
    default = Processing.parse(challenge)
    halves = (DEFAULT_THRESHOLD,) * len(unit_names(challenge))
    zeros = (0.0,) * len(output_names(challenge))
    return Processing(
        fill=_agreed([own.fill for own in settings], default.fill),
        smooth={
            name: _agreed([own.smooth[name] for own in settings], chosen)
            for name, chosen in default.smooth.items()
        },
        thresholds=_agreed([own.thresholds or halves for own in settings], halves),
        offsets=_agreed([own.offsets or zeros for own in settings], zeros),
    )


def _agreed(values: Sequence[T], otherwise: T) -> T:
    return values[0] if all(value == values[0] for value in values) else otherwise


def _with_filters(grid: Grid, baseline: Processing) -> Grid:
    smooth = {
        name: tuple(dict.fromkeys([*filters, baseline.smooth[name]]))
        for name, filters in grid.smooth.items()
    }
    return replace(grid, smooth=smooth)


def _make_room(out: Path) -> None:
    # Before the search, which may take long.
    try:
        if out.is_dir():
            msg = f"{out}: this is a folder; expected the name of a file, such as tuned.json"
            raise UsageError(msg)
        out.parent.mkdir(parents=True, exist_ok=True)
        trial = out.with_name(f"{out.name}.part")
        trial.touch()
        trial.unlink()
    except OSError as error:
        msg = _UNWRITABLE.format(out, error)
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
