"""What an ensemble is made of, and which runs tuned settings are for."""

from __future__ import annotations

import json
import warnings
from collections import Counter
from typing import TYPE_CHECKING, Any

from abawkit.errors import AbawkitWarning, DataError, UsageError
from submissions.combining import normalised
from submissions.decide import DEFAULT_THRESHOLD, output_names
from submissions.options import unit_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from abawkit.protocol import Challenge
    from submissions.combining import Method
    from submissions.run import Run
    from submissions.tuned import Tuned

    Weights = Mapping[str, Sequence[float]]


def identity(runs: Sequence[Run], method: Method, weights: Weights) -> dict[str, Any]:
    """Tell what an ensemble is, for its manifest: the same in any order of the runs.

    Parameters
    ----------
    runs : sequence of Run
        The members.
    method : {"mean", "weighted", "rank", "vote"}
        How they are combined; with equal weights ``weighted`` is ``mean``.
    weights : mapping of str to sequence of float
        One a run, by target; equal ones for a target that is not named.

    Returns
    -------
    dict
        Method, weights and members; of those that vote also by what thresholds and offsets.
    """
    shares = _shares(runs[0].challenge, weights, len(runs))
    if method == "weighted" and all(len(set(row)) == 1 for row in shares.values()):
        method = "mean"
    decides = [_decides(run) if method == "vote" else {} for run in runs]
    members = [
        {"name": run.name, **run.manifest["model"], **own}
        for run, own in zip(runs, decides, strict=True)
    ]
    order = sorted(
        range(len(runs)),
        key=lambda i: (
            runs[i].name,
            str(decides[i]),
            [row[i] for row in shares.values()],
            json.dumps(members[i], sort_keys=True),
        ),
    )
    ordered = {name: [row[i] for i in order] for name, row in shares.items()}
    return {
        "model": "ensemble",
        "method": method,
        **({"weights": ordered} if method == "weighted" else {}),
        "members": [members[i] for i in order],
    }


def _decides(run: Run) -> dict[str, list[float]]:
    processing, units = run.processing, unit_names(run.challenge)
    nothing = (0.0,) * len(output_names(run.challenge))
    return {
        "thresholds": list(processing.thresholds or (DEFAULT_THRESHOLD,) * len(units)),
        "offsets": list(processing.offsets or nothing),
    }


def _shares(challenge: Challenge, weights: Weights, n_runs: int) -> dict[str, list[float]]:
    return {
        target.name: list(normalised(weights.get(target.name, (1.0,) * n_runs)))
        for target in challenge.targets
    }


def tuned_weights(tuned: Tuned, names: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """Give the weights that were tuned for some runs, in the order of these runs.

    Parameters
    ----------
    tuned : Tuned
        The settings.
    names : sequence of str
        `Run.name` of the runs.

    Returns
    -------
    dict of str to tuple of float
        One weight a run, by target; empty where a single run was tuned.

    Raises
    ------
    UsageError
        If they were tuned for other runs, or for runs of the same name in another order.
    """
    members = tuned.members
    if not tuned.weights or len(members) == len(names) == 1:
        return {}
    if Counter(members) != Counter(names):
        msg = (
            f"the tuned weights are for {_told(members)}; found {_told(names)}; give the runs "
            "that were tuned, or --weights"
        )
        raise UsageError(msg)
    rows = _rows(tuned)
    if list(members) == list(names):
        return rows
    if len(set(members)) < len(members):
        msg = (
            f"some of the tuned runs have the same name: the weights are for {_told(members)}, in "
            f"this order; found {_told(names)}; give the runs as they were tuned, or --weights"
        )
        raise UsageError(msg)
    order = [members.index(name) for name in names]
    return {target: tuple(row[i] for i in order) for target, row in rows.items()}


def _rows(tuned: Tuned) -> dict[str, tuple[float, ...]]:
    # Without those of targets for which none were tried.
    rows = {target: row for target, row in tuned.weights.items() if row}
    for target, row in rows.items():
        if len(row) != len(tuned.members):
            msg = (
                f"the tuned settings have {len(row)} weights for {target}; expected "
                f"{len(tuned.members)}, one for each of {_told(tuned.members)}; abawkit tune "
                "makes them again"
            )
            raise DataError(msg)
    return rows


def check_single(tuned: Tuned | None, name: str) -> None:
    """Check that settings were not tuned for several runs, before they are put on a single one.

    Parameters
    ----------
    tuned : Tuned, optional
        The settings.
    name : str
        What `Run.name` of this one will be.

    Raises
    ------
    UsageError
        If they were.

    Warns
    -----
    AbawkitWarning
        If they were tuned for another single run.
    """
    if tuned is None:
        return
    if _several(tuned):
        msg = (
            f"these settings were tuned for the weighted mean of {_told(tuned.members)}; expected "
            "those of a single run; make the runs without them, and combine these with abawkit "
            "ensemble --tuned"
        )
        raise UsageError(msg)
    _warn_of_others(tuned, [name])


def check_members(run: Run, tuned: Tuned | None) -> None:
    """Check that what was tuned for several runs is put on their weighted mean.

    Parameters
    ----------
    run : Run
        A run.
    tuned : Tuned, optional
        The settings.

    Raises
    ------
    UsageError
        If they were tuned for several runs, and this is another one.

    Warns
    -----
    AbawkitWarning
        If they were tuned for another single run.
    """
    if tuned is None:
        return
    if not _several(tuned):
        _warn_of_others(tuned, [run.name])
    elif not _is_their_mean(run, tuned):
        msg = (
            f"these settings were tuned for the weighted mean of {len(tuned.members)} runs "
            f"({', '.join(tuned.members)}), and this is {run.name}; combine the runs with "
            "abawkit ensemble --tuned, or tune this one"
        )
        raise UsageError(msg)


def check_together(tuned: Tuned | None, names: Sequence[str], method: Method) -> None:
    """Check that what was tuned of decisions is for the mean of the very runs that are combined.

    Parameters
    ----------
    tuned : Tuned, optional
        The settings.
    names : sequence of str
        `Run.name` of the runs.
    method : {"mean", "weighted", "rank", "vote"}
        How they are combined.

    Raises
    ------
    UsageError
        If there are thresholds or offsets, and the runs vote or were not tuned together.

    Warns
    -----
    AbawkitWarning
        If the other settings were tuned for other runs.
    """
    if tuned is None:
        return
    decides = bool(tuned.thresholds or tuned.offsets)
    if decides and method == "vote":
        msg = (
            "--method vote takes no tuned thresholds or offsets, which are for the mean of runs; "
            "tune each run, and put that on it with abawkit refine before they vote"
        )
        raise UsageError(msg)
    if decides and Counter(tuned.members) != Counter(names):
        msg = (
            f"the tuned thresholds and offsets are for {_told(tuned.members)}; found "
            f"{_told(names)}; tune them together with abawkit tune"
        )
        raise UsageError(msg)
    _warn_of_others(tuned, names)


def _several(tuned: Tuned) -> bool:
    return len(tuned.members) > 1 or any(len(row) > 1 for row in tuned.weights.values())


def _is_their_mean(run: Run, tuned: Tuned) -> bool:
    model, rows = run.manifest["model"], _rows(tuned)
    names = [str(member.get("name")) for member in model.get("members", [])]
    if model.get("method") not in {"mean", "weighted"} or len(names) != len(tuned.members):
        return False
    found = model.get("weights") or _shares(run.challenge, {}, len(names))
    wanted = _shares(run.challenge, rows, len(names))
    return found.keys() == wanted.keys() and (
        _by_member(names, found) == _by_member(tuned.members, wanted)
    )


def _by_member(names: Sequence[str], shares: Weights) -> list[tuple[Any, ...]]:
    # Name and weights of each member, in one order for all.
    rows = [shares[target] for target in sorted(shares)]
    return sorted(zip(names, *rows, strict=False), key=repr)


def _warn_of_others(tuned: Tuned, names: Sequence[str]) -> None:
    if tuned.members and Counter(tuned.members) != Counter(names):
        msg = (
            f"the settings were tuned for {_told(tuned.members)} and are used for {_told(names)}; "
            "abawkit tune finds those for what they are used for"
        )
        warnings.warn(msg, AbawkitWarning, stacklevel=4)


def _told(names: Sequence[str]) -> str:
    return ", ".join(names) or "runs without a name"
