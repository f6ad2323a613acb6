"""One SQLite file that holds every trial, numbered from 1 within its challenge.

Several processes may write to it: each change is one transaction that waits for the others. The
file is ``--ledger``, else the environment variable ``ABAWKIT_TRIALS``, else ``trials.sqlite`` in
the user's data folder.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_data_path

from abawkit.errors import DataError, UsageError
from abawkit.protocol import CHALLENGES
from submissions.trials.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PLACE = "ABAWKIT_TRIALS"
SCHEMA = 1
_APPLICATION = 0x41424157  # "ABAW", so that no other program's database is taken for a ledger.
_WAIT = 30.0  # seconds, for another process
_TABLE = """
CREATE TABLE trials (
    challenge TEXT NOT NULL,
    number INTEGER NOT NULL,
    sent TEXT NOT NULL,
    file TEXT NOT NULL,
    content TEXT NOT NULL,
    settings TEXT NOT NULL,
    validation REAL,
    signature TEXT,
    score REAL,
    note TEXT NOT NULL,
    PRIMARY KEY (challenge, number),
    UNIQUE (challenge, content)
)
"""
_COLUMNS = "challenge, number, sent, file, content, settings, validation, signature, score, note"
_SELECT = f"SELECT {_COLUMNS} FROM trials"  # noqa: S608 - constants
_INSERT = f"INSERT INTO trials ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608


def ledger_path(given: Path | None = None) -> Path:
    """Tell where the ledger is.

    Parameters
    ----------
    given : Path, optional
        The file that is asked for.

    Returns
    -------
    Path
        It need not exist.
    """
    chosen = os.environ.get(PLACE)
    if given is not None:
        return given
    if chosen:
        return Path(chosen).expanduser()
    return user_data_path("abawkit", appauthor=False) / "trials.sqlite"


def read_trials(path: Path) -> list[Trial]:
    """Read all trials.

    Parameters
    ----------
    path : Path
        The ledger.

    Returns
    -------
    list of Trial
        By challenge in the table's order, and by number; empty if there is no such file.
    """
    if not path.exists() or not path.stat().st_size:  # Empty while another process makes it.
        return []
    with _opened(path, "DEFERRED") as ledger:
        return _select(path, ledger)


def add_trials(path: Path, trials: Sequence[Trial]) -> list[Trial]:
    """Add trials, all or none.

    Parameters
    ----------
    path : Path
        The ledger; made if need be.
    trials : sequence of Trial
        What to add, each under the next number of its challenge.

    Returns
    -------
    list of Trial
        The new trials, with their numbers: of several that are sent together, some may have
        been sent to the same challenge before.

    Raises
    ------
    UsageError
        If all of them were, or two of them are the same.
    """
    added: list[Trial] = []
    known: list[str] = []
    path.parent.mkdir(parents=True, exist_ok=True)
    with _opened(path, "IMMEDIATE") as ledger:
        before = _select(path, ledger)
        for trial in trials:
            own = [row for row in before if row.challenge == trial.challenge]
            same = next((row for row in own if row.content == trial.content), None)
            if same is not None:
                msg = (
                    f"{trial.file}: this is trial {same.number} of {same.challenge}, sent on "
                    f"{same.sent} as {same.file}; abawkit trials note adds to it"
                )
                if same in added:
                    raise UsageError(msg)
                known.append(msg)
                continue
            numbered = replace(trial, number=max((row.number for row in own), default=0) + 1)
            ledger.execute(_INSERT, numbered.row())
            before.append(numbered)
            added.append(numbered)
    if known and not added:
        raise UsageError("\n".join(known))
    return added


def note_trial(
    path: Path, challenge: str, number: int, *, score: float | None = None, text: str | None = None
) -> Trial:
    """Note the score that came back of a trial, or say more of it.

    Parameters
    ----------
    path : Path
        The ledger.
    challenge : str
        Name of the challenge.
    number : int
        The trial's number.
    score : float, optional
        The score; an earlier one is replaced.
    text : str, optional
        Goes after what was noted before.

    Returns
    -------
    Trial
        The trial as it now is.

    Raises
    ------
    UsageError
        If there is no such trial.
    """
    _find(path, read_trials(path), challenge, number)  # Makes no ledger where there is none.
    with _opened(path, "IMMEDIATE") as ledger:
        old = _find(path, _select(path, ledger), challenge, number)
        trial = replace(
            old,
            score=old.score if score is None else score,
            note="; ".join(part for part in (old.note, text) if part),
        )
        ledger.execute(
            "UPDATE trials SET score = ?, note = ? WHERE challenge = ? AND number = ?",
            (trial.score, trial.note, challenge, number),
        )
    return trial


def remove_trial(path: Path, challenge: str, number: int) -> Trial:
    """Take back a trial that was added by mistake; the others keep their numbers.

    Parameters
    ----------
    path : Path
        The ledger.
    challenge : str
        Name of the challenge.
    number : int
        The trial's number; a `UsageError` if there is none.

    Returns
    -------
    Trial
        The trial as it was.
    """
    _find(path, read_trials(path), challenge, number)
    with _opened(path, "IMMEDIATE") as ledger:
        trial = _find(path, _select(path, ledger), challenge, number)
        ledger.execute(
            "DELETE FROM trials WHERE challenge = ? AND number = ?", (challenge, number)
        )
    return trial


def _find(path: Path, trials: Sequence[Trial], challenge: str, number: int) -> Trial:
    own = {row.number: row for row in trials if row.challenge == challenge}
    if number not in own:
        told = ", ".join(map(str, own)) or "none"
        msg = f"{path}: no trial {number} of {challenge}; there are {told}"
        raise UsageError(msg)
    return own[number]


def _select(path: Path, ledger: sqlite3.Connection) -> list[Trial]:
    order = {name: place for place, name in enumerate(CHALLENGES)}
    rows = [Trial.of_row(row, where=path) for row in ledger.execute(_SELECT)]
    return sorted(rows, key=lambda trial: (order[trial.challenge], trial.number))


@contextmanager
def _opened(path: Path, begin: str) -> Iterator[sqlite3.Connection]:
    # A transaction, which counts only if nothing is raised.
    try:
        # Absolute, for some names without a folder have a meaning of their own. Transactions are
        # begun by hand, for a change has to lock the file before it reads.
        database = sqlite3.connect(path.absolute(), timeout=_WAIT, isolation_level=None)
        with closing(database) as ledger:
            ledger.execute(f"BEGIN {begin}")
            _check(path, ledger)
            yield ledger
            ledger.execute("COMMIT")
    except (sqlite3.Error, UnicodeError) as error:
        msg = f"{path}: cannot use this ledger of trials: {error}"
        raise DataError(msg) from error


def _check(path: Path, ledger: sqlite3.Connection) -> None:
    (application,), (version,), (n_tables,) = (
        ledger.execute(query).fetchone()
        for query in (
            "PRAGMA application_id",
            "PRAGMA user_version",
            "SELECT COUNT(*) FROM sqlite_master",
        )
    )
    if (application, version, n_tables) == (0, 0, 0):
        ledger.execute(_TABLE)
        ledger.execute(f"PRAGMA application_id = {_APPLICATION}")
        ledger.execute(f"PRAGMA user_version = {SCHEMA}")
    elif application != _APPLICATION:
        msg = f"{path}: this database is no ledger of trials; choose another --ledger"
        raise DataError(msg)
    elif version != SCHEMA:
        msg = f"{path}: found version {version} of the ledger, this reads {SCHEMA}; update abawkit"
        raise DataError(msg)
    (state,) = ledger.execute("PRAGMA quick_check(1)").fetchone()
    if state != "ok":
        msg = f"{path}: this ledger of trials is damaged ({state}); restore a copy of it"
        raise DataError(msg)
