"""The ledger as text, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, fields
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abawkit.protocol import CHALLENGES
from abawkit.report.render import table
from submissions.trials.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from abawkit.protocol import Challenge

_WIDTH = 40
_HEADER = ["trial", "sent", "file", "validation", "score", "changed", "note"]


def budget(challenge: Challenge, n_trials: int) -> str:
    """Say how many trials are left.

    Parameters
    ----------
    challenge : Challenge
        The challenge.
    n_trials : int
        How many were sent.

    Returns
    -------
    str
        Such as ``2 of 5 sent, 3 left``, and whether the number is confirmed.
    """
    allowed = challenge.protocol.trials
    told = f"{n_trials} of {allowed} sent, {max(allowed - n_trials, 0)} left"
    if challenge.protocol.trials_confirmed:
        return told
    return f"{told}; how many may be sent is not confirmed"


def as_text(trials: Sequence[Trial]) -> str:
    """Show trials to people.

    Parameters
    ----------
    trials : sequence of Trial
        As `read_trials` gives them.

    Returns
    -------
    str
        By challenge, how many are left and a table of those that were sent; what changed is told
        against the trial before.
    """
    parts = []
    for challenge, own in _by_challenge(trials):
        rows = [_HEADER]
        for before, trial in zip([None, *own], own, strict=False):
            rows.append([
                f"{trial.number}",
                trial.sent,
                _short(Path(trial.file).name),
                _score(trial.validation),
                _score(trial.score),
                _changed(before, trial),
                " ".join(trial.note.split()) or "-",
            ])
        parts.append(f"{challenge.name}: {budget(challenge, len(own))}\n{table(rows)}")
    return "\n\n".join(parts)


def as_json(trials: Sequence[Trial]) -> str:
    """Give all that the ledger tells as one JSON list.

    Parameters
    ----------
    trials : sequence of Trial
        As `read_trials` gives them.

    Returns
    -------
    str
        One object a challenge: ``allowed``, ``confirmed``, ``sent``, ``left`` and ``trials``,
        each with all its attributes and what ``changed``: by setting, what it was and what it is.
    """
    content = []
    for challenge, own in _by_challenge(trials):
        allowed = challenge.protocol.trials
        content.append({
            "challenge": challenge.name,
            "allowed": allowed,
            "confirmed": challenge.protocol.trials_confirmed,
            "sent": len(own),
            "left": max(allowed - len(own), 0),
            "trials": [
                {**asdict(trial), "changed": trial.changes(before) if before else {}}
                for before, trial in zip([None, *own], own, strict=False)
            ],
        })
    return json.dumps(content, indent=2)


def as_csv(trials: Sequence[Trial]) -> str:
    """Give all that the ledger tells as a table.

    Parameters
    ----------
    trials : sequence of Trial
        As `read_trials` gives them.

    Returns
    -------
    str
        One line a trial, one column an attribute; ``settings`` is JSON, empty if not known.
    """
    text = io.StringIO()
    names = [field.name for field in fields(Trial)]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    for trial in trials:
        settings = None if trial.settings is None else json.dumps(trial.settings)
        writer.writerow({**asdict(trial), "settings": settings})
    return text.getvalue()


def _by_challenge(trials: Sequence[Trial]) -> Iterator[tuple[Challenge, list[Trial]]]:
    for name, own in groupby(trials, key=lambda trial: trial.challenge):
        yield CHALLENGES[name], list(own)


def _score(score: float | None) -> str:
    return "-" if score is None else f"{score:z.4f}"


def _changed(before: Trial | None, trial: Trial) -> str:
    if before is None:
        return "-"
    if trial.settings is None or before.settings is None:
        return "not known"
    changes = trial.changes(before)
    return "; ".join(_change(name, *pair) for name, pair in changes.items()) or "nothing"


def _change(name: str, old: Any, new: Any) -> str:  # noqa: ANN401 - any JSON value
    if isinstance(old, str | None) and isinstance(new, str | None):
        return f"{name} {_short(old or 'none')} -> {_short(new or 'none')}"
    return name


def _short(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
