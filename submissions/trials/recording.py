"""Recording, noting and listing trials: what ``abawkit trials`` does."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from abawkit.errors import AbawkitWarning, UsageError, counted
from abawkit.protocol import CHALLENGES, challenges_of
from submissions.trials.comparing import warn_incomparable
from submissions.trials.ledger import (
    add_trials,
    ledger_path,
    note_trial,
    read_trials,
    remove_trial,
)
from submissions.trials.rendering import as_csv, as_json, as_text, budget
from submissions.trials.sent import read_sent

if TYPE_CHECKING:
    from pathlib import Path

    from submissions.trials.trial import Trial


def record(  # noqa: PLR0913 - one parameter an option
    path: Path,
    *,
    task: str | None = None,
    edition: int | None = None,
    on: str | None = None,
    score: float | None = None,
    note: str = "",
    ledger: Path | None = None,
) -> str:
    """Record that a submission was sent.

    Parameters
    ----------
    path : Path
        A zip, a run folder or label files, as `read_sent` takes it.
    task : str, optional
        The task, or a whole challenge such as ``abaw5-va``.
    edition : int, optional
        The edition.
    on : str, optional
        The day it was sent, ``YYYY-MM-DD``; today by default.
    score : float, optional
        The score that came back.
    note : str
        What to remember of it.
    ledger : Path, optional
        The ledger; see `ledger_path`.

    Returns
    -------
    str
        A line a trial, and how many are left.

    Raises
    ------
    UsageError
        If several trials were sent together and a score is given, or a day or score is none.

    Warns
    -----
    AbawkitWarning
        If these are more trials than the challenge allows; they are recorded.
    """
    _check_score(score)
    found = read_sent(path, task=task, edition=edition, sent=_day(on))
    if score is not None and len(found) > 1:
        msg = f"{path} has {len(found)} trials; note the score of each: abawkit trials note"
        raise UsageError(msg)
    file = ledger_path(ledger)
    added = add_trials(file, [replace(trial, score=score, note=note) for trial in found])
    challenge = CHALLENGES[added[0].challenge]
    n_sent = _n_sent(file, challenge.name)
    allowed = challenge.protocol.trials
    if n_sent > allowed:
        msg = f"{challenge.name}: trial {n_sent}, but {allowed} are allowed; recorded all the same"
        warnings.warn(msg, AbawkitWarning, stacklevel=2)
    lines = [f"trial {trial.number} of {trial.challenge}: {path}" for trial in added]
    if len(found) > len(added):
        lines.append(f"{counted(len(found) - len(added), 'trial')} of it recorded before")
    return "\n".join([*lines, budget(challenge, n_sent)])


def remark(  # noqa: PLR0913 - one parameter an option
    number: int,
    *,
    text: str | None = None,
    task: str | None = None,
    edition: int | None = None,
    score: float | None = None,
    ledger: Path | None = None,
) -> str:
    """Note the score that came back of a trial, or say more of it.

    Parameters
    ----------
    number : int
        The trial's number.
    text : str, optional
        What to remember of it.
    task : str, optional
        The task, or a whole challenge; not needed if all trials are of one.
    edition : int, optional
        The edition; not needed if all trials of the task are of one.
    score : float, optional
        The score.
    ledger : Path, optional
        The ledger; see `ledger_path`.

    Returns
    -------
    str
        What is now noted of the trial.

    Raises
    ------
    UsageError
        If there is no such trial, nothing to note, or several challenges may be meant.
    """
    if score is None and not text:
        msg = "nothing to note: give a --score, a text, or both"
        raise UsageError(msg)
    _check_score(score)
    file = ledger_path(ledger)
    name = _only(file, task, edition)
    trial = note_trial(file, name, number, score=score, text=text)
    came_back = "no score yet" if trial.score is None else f"score {trial.score:z.4f}"
    return "; ".join([f"trial {number} of {name}: {came_back}", *filter(None, [trial.note])])


def take_back(
    number: int,
    *,
    task: str | None = None,
    edition: int | None = None,
    ledger: Path | None = None,
) -> str:
    """Remove a trial that was recorded by mistake.

    Parameters
    ----------
    number : int
        The trial's number; the others keep theirs.
    task, edition
        As `remark` takes them.
    ledger : Path, optional
        The ledger; see `ledger_path`.

    Returns
    -------
    str
        What was removed, and how many trials are left.
    """
    file = ledger_path(ledger)
    trial = remove_trial(file, _only(file, task, edition), number)
    left = budget(CHALLENGES[trial.challenge], _n_sent(file, trial.challenge))
    return f"removed trial {number} of {trial.challenge}: {trial.file}\n{left}"


def listing(
    *,
    task: str | None = None,
    edition: int | None = None,
    json: bool = False,
    csv: bool = False,
    ledger: Path | None = None,
) -> str:
    """List trials.

    Parameters
    ----------
    task : str, optional
        Only those of this task, or of this challenge.
    edition : int, optional
        Only those of this edition.
    json, csv : bool
        Give all that is known in this form.
    ledger : Path, optional
        The ledger; see `ledger_path`.

    Returns
    -------
    str
        The list.

    Raises
    ------
    UsageError
        If both forms are asked for.

    Warns
    -----
    ComparisonWarning
        If validation scores in the list for people are of other frames than one before them.
    """
    if json and csv:
        msg = "--json and --csv are two forms; ask for one"
        raise UsageError(msg)
    file = ledger_path(ledger)
    chosen = _chosen(file, task, edition)
    if json or csv:
        return as_json(chosen) if json else as_csv(chosen)
    warn_incomparable(chosen)
    return as_text(chosen) or f"no trials in {file}: abawkit trials add SENT"


def _chosen(file: Path, task: str | None, edition: int | None) -> list[Trial]:
    names = {row.name for row in challenges_of(task, edition)}
    return [trial for trial in read_trials(file) if trial.challenge in names]


def _only(file: Path, task: str | None, edition: int | None) -> str:
    names = [*dict.fromkeys(trial.challenge for trial in _chosen(file, task, edition))]
    if len(names) != 1:
        told = f"trials of {', '.join(names)}: tell --task and --edition" if names else "no trials"
        msg = f"{file}: expected trials of one challenge, found {told}"
        raise UsageError(msg)
    return names[0]


def _n_sent(file: Path, challenge: str) -> int:
    return sum(trial.challenge == challenge for trial in read_trials(file))


def _day(text: str | None) -> str:
    if text is None:
        return datetime.now(UTC).astimezone().date().isoformat()
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        msg = f"--on {text}: expected a day such as 2026-03-14"
        raise UsageError(msg) from error


def _check_score(score: float | None) -> None:
    if score is not None and not math.isfinite(score):
        msg = f"--score {score}: expected a number"
        raise UsageError(msg)
