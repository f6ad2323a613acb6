"""Several runs made one run: what ``abawkit ensemble`` does.

What all runs have in common of fill and smoothing the ensemble has as well; where they differ, it
has the default. Thresholds and offsets are averaged like the outputs that they are for, and are
.5 and none where the runs vote.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import DataError, UsageError, few
from submissions.combining import METHODS, average, by_output, check_runs, combine, normalised
from submissions.decide import DEFAULT_THRESHOLD, Processing, output_names
from submissions.following import template_of
from submissions.members import check_together, identity, tuned_weights
from submissions.options import by_target, numbers, unit_names
from submissions.run import Run, load_run
from submissions.template import LIKE, Template
from submissions.writing import write_run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from abawkit.protocol import Challenge
    from submissions.combining import Method
    from submissions.members import Weights
    from submissions.tuned import Tuned
    from submissions.writing import Outcome


def ensemble(  # noqa: PLR0913 - one parameter an option
    paths: Sequence[Path],
    *,
    out: Path,
    method: str | None = None,
    weights: str | None = None,
    tuned: Tuned | None = None,
    fill: str | None = None,
    smooth: str | None = None,
    thresholds: str | None = None,
    like: Path | None = None,
    force: bool = False,
) -> Outcome:
    """Combine the raw outputs of runs into a new run.

    Parameters
    ----------
    paths : sequence of Path
        The run folders, two or more.
    out : Path
        Folder of the new run.
    method : str, optional
        One of `METHODS`; ``weighted`` if there are weights, else ``mean``.
    weights : str, optional
        One a run, separated by commas, for all targets or by target: ``va=.6,.4;au=.5,.5``.
    tuned : Tuned, optional
        Settings that ``abawkit tune`` found for these runs.
    fill, smooth, thresholds : str, optional
        As `Processing.revised` takes them.
    like : Path, optional
        The organisers' sample, whose rows, order, header and columns the labels will have; by
        default those of the first run.
    force : bool
        Replace the run in `out`, whatever it is of.

    Returns
    -------
    Outcome
        What the new run has.

    Raises
    ------
    DataError
        If a folder is no finished run, or the new one cannot be written.
    """
    _check_folders(paths, out)
    runs = {str(path): load_run(path) for path in paths}
    check_runs(runs)
    members = [*runs.values()]
    challenge = members[0].challenge
    chosen = _weights(challenge, members, weights, tuned)
    how = _method(method, weighted=bool(chosen))
    check_together(tuned, [run.name for run in members], how)
    run = Run(
        challenge=challenge,
        manifest={
            "abawkit": "",
            "challenge": challenge.name,
            "model": identity(members, how, chosen),
            "labels": {},
            "planned": list(members[0].videos),
            **{name: text for name, text in members[0].manifest.items() if name == LIKE},
        },
        videos=combine(members, method=how, weights=chosen),
    )
    processing = _common(members, how, chosen).revised(
        challenge, fill=fill, smooth=smooth, thresholds=thresholds, tuned=tuned
    )
    sample = None if like is None else Template.read(like, challenge)
    template = template_of(members[0], paths[0], sample)
    try:
        return write_run(out, run, processing, template=template, force=force)
    except OSError as error:
        msg = f"{out}: the run could not be written: {error}"
        raise DataError(msg) from error


def _check_folders(paths: Sequence[Path], out: Path) -> None:
    if len(paths) < 2:  # noqa: PLR2004 - one run is no ensemble
        msg = f"expected two runs or more, found {few(paths) or 'none'}"
        raise UsageError(msg)
    counts = Counter(path.resolve() for path in paths)
    twice = [path for path in dict.fromkeys(paths) if counts[path.resolve()] > 1]
    if twice:
        msg = f"{few(twice)} is given twice; give a run more weight with --weights"
        raise UsageError(msg)
    if out.resolve() in counts:
        msg = f"{out} is one of the runs to combine; choose another --out"
        raise UsageError(msg)


def _method(method: str | None, *, weighted: bool) -> Method:
    if method is None:
        return "weighted" if weighted else "mean"
    for known in METHODS:
        if method == known:
            if weighted != (known == "weighted"):
                what = "takes no weights" if weighted else "needs --weights, or --tuned with some"
                msg = f"--method {method} {what}"
                raise UsageError(msg)
            return known
    msg = f"no method {method!r}; there are {', '.join(METHODS)}"
    raise UsageError(msg)


def _weights(
    challenge: Challenge, runs: Sequence[Run], text: str | None, tuned: Tuned | None
) -> Weights:
    # Of the targets that are named; none at all for equal ones.
    if text is not None:
        parts = by_target(challenge, text, option="--weights")
        given: Weights = {name: numbers(part, option="--weights") for name, part in parts.items()}
    else:
        given = {} if tuned is None else tuned_weights(tuned, [run.name for run in runs])
    for name, row in given.items():
        if len(row) != len(runs):
            msg = f"expected {len(runs)} weights, one a run; found {len(row)} for {name}"
            raise UsageError(msg)
        normalised(row)
    return given


def _common(runs: Sequence[Run], method: Method, weights: Weights) -> Processing:
    challenge, settings = runs[0].challenge, [run.processing for run in runs]
    first, default = settings[0], Processing.parse(challenge)
    same = all(own.fill == first.fill for own in settings)
    common = replace(
        default,
        fill=first.fill if same else default.fill,
        smooth={
            name: first.smooth[name]
            if all(own.smooth[name] == first.smooth[name] for own in settings)
            else chosen
            for name, chosen in default.smooth.items()
        },
    )
    if method == "vote":
        return common
    names, units = output_names(challenge), set(unit_names(challenge))
    shares = by_output(challenge, weights, len(runs))
    of_units = [name in units for name in names]
    return replace(
        common,
        thresholds=_average(
            [own.thresholds for own in settings], shares[:, of_units], none=DEFAULT_THRESHOLD
        ),
        offsets=_average([own.offsets for own in settings], shares, none=0.0),
    )


def _average(
    rows: Sequence[tuple[float, ...]], shares: NDArray[np.float64], *, none: float
) -> tuple[float, ...]:
    if len(set(rows)) == 1:
        return rows[0]
    full = np.array([row or (none,) * shares.shape[1] for row in rows])
    return tuple(average(full, shares).tolist())
