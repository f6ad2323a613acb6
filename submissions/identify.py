"""Telling which challenge a submission is for: by what is asked, by its run, by its header."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

from abawkit.errors import AbawkitWarning, DataError, UnknownChallengeError, UsageError
from abawkit.evaluation.files import MANIFEST, read_processing
from abawkit.labels import detect_challenge
from abawkit.protocol import CHALLENGES, DEFAULT_EDITION, canonical, find_challenge
from submissions.headers import editions_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from abawkit.protocol import Challenge


def identify(
    path: Path,
    *,
    task: str | None = None,
    edition: int | None = None,
    like: Path | None = None,
    certain: bool = False,
) -> Challenge:
    """Tell which challenge a submission is for.

    What is asked for by name counts; then the manifest of a run, the header of the official
    sample, and the header of the files. If only the task is asked for and the header is none of
    its headers, it is the task's default edition, so that a check can name the header as a fault.

    Parameters
    ----------
    path : Path
        A run folder, a folder of label files, or one file.
    task : str, optional
        The task, or a whole challenge such as ``abaw5-va``.
    edition : int, optional
        The edition.
    like : Path, optional
        The organisers' sample or list, if there is one.
    certain : bool
        Refuse to choose among editions of the same form.

    Returns
    -------
    Challenge
        The row of the table.

    Raises
    ------
    UsageError
        If a run of another challenge is at `path`; or if nothing tells which of several editions
        of the same form is meant, and that has to be `certain`.
    """
    challenge = _identify(path, task, edition, like)
    if certain and not is_told(path, task=task, edition=edition):
        refuse_several(path, [challenge, *editions_like(challenge)])
    return challenge


def is_told(path: Path, *, task: str | None, edition: int | None) -> bool:
    """Tell whether the edition of a submission is known, and not chosen by its form.

    Parameters
    ----------
    path : Path
        The submission.
    task : str, optional
        The task, or a whole challenge, if asked for.
    edition : int, optional
        The edition, if asked for.

    Returns
    -------
    bool
        Whether it is asked for, or noted by a run.
    """
    named = task is not None and canonical(task) in CHALLENGES
    return named or edition is not None or run_challenge(path) is not None


def editions_like(challenge: Challenge) -> list[Challenge]:
    """List the other editions of a task whose submissions have the same form.

    Parameters
    ----------
    challenge : Challenge
        One edition.

    Returns
    -------
    list of Challenge
        In the table's order; files may have another name in them.
    """
    form = _form(challenge)
    return [row for row in CHALLENGES.values() if row != challenge and _form(row) == form]


def refuse_several(path: Path, fitting: Sequence[Challenge]) -> None:
    """Make sure that one edition alone is meant.

    Parameters
    ----------
    path : Path
        The submission.
    fitting : sequence of Challenge
        Which may be meant.

    Raises
    ------
    UsageError
        If there are several; the message names them.
    """
    if len(fitting) > 1:
        names = ", ".join(name for name, row in CHALLENGES.items() if row in fitting)
        msg = f"{path}: this may be for any of {names}; tell which with --edition"
        raise UsageError(msg)


def _identify(path: Path, task: str | None, edition: int | None, like: Path | None) -> Challenge:
    own = run_challenge(path)
    if own is not None:
        if not own.is_asked(task, edition):
            msg = (
                f"{path} is a run of {own.name}, {_given(task, edition)} was given; leave that "
                "out, or turn the run into another layout with abawkit convert"
            )
            raise UsageError(msg)
        return own
    if task is not None and (edition is not None or canonical(task) in CHALLENGES):
        return find_challenge(task, edition)
    for source in (like, path):
        try:
            return detect_challenge(source or path, task=task, edition=edition)
        except (DataError, UnknownChallengeError) as error:
            failure = error
    editions = [
        row.edition.number for row in CHALLENGES.values() if row.protocol.task == _name(task)
    ]
    if editions and isinstance(failure, UnknownChallengeError):
        return find_challenge(_name(task), _default(editions))
    raise failure


def choose_challenge(
    task: str, edition: int | None = None, *, like: Path | None = None
) -> Challenge:
    """Tell what is to be written: what is asked for, of the edition whose sample is followed.

    Parameters
    ----------
    task : str
        The task, or a whole challenge such as ``abaw5-va``.
    edition : int, optional
        The edition.
    like : Path, optional
        The organisers' sample or list.

    Returns
    -------
    Challenge
        Where the edition is not asked for, the newest that the sample fits, unless it fits the
        default one or tells nothing.

    Warns
    -----
    AbawkitWarning
        If the sample fits several editions: they write the same, but are other challenges.
    """
    name = canonical(task)
    told = edition is not None or name in CHALLENGES or like is None
    fitting = [] if told or like is None else editions_of(like, name)
    if not fitting or any(row.edition.number == DEFAULT_EDITION for row in fitting):
        return find_challenge(task, edition)
    chosen = max(fitting, key=lambda row: row.edition.number)
    if len(fitting) > 1:
        names = ", ".join(row.name for row in fitting)
        msg = f"{like} fits {names}; {chosen.name} is taken, tell another with --edition"
        warnings.warn(msg, AbawkitWarning, stacklevel=2)
    return chosen


def run_challenge(path: Path) -> Challenge | None:
    """Tell which challenge a run is for.

    Parameters
    ----------
    path : Path
        A run folder, or anything else.

    Returns
    -------
    Challenge or None
        That of its manifest; None if there is no manifest of abawkit.
    """
    content = read_own_manifest(path)
    return None if content is None else find_challenge(content["challenge"])


def read_own_manifest(path: Path) -> dict[str, Any] | None:
    """Read the manifest of a run, if there is one.

    Parameters
    ----------
    path : Path
        A run folder, or anything else.

    Returns
    -------
    dict or None
        The manifest; None if there is none, or another tool's.
    """
    try:
        content = json.loads((path / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or content.get("challenge") not in list(CHALLENGES):
        return None
    read_processing(path)  # Refuses a run that was stopped while its labels were written.
    return content


def _form(row: Challenge) -> tuple[object, ...]:
    layout, names = row.protocol.submission, [target.names for target in row.targets]
    return row.protocol.task, names, layout.header, layout.key, layout.per_video


def _given(task: str | None, edition: int | None) -> str:
    options = {"--task": task, "--edition": edition}
    return " ".join(f"{name} {value}" for name, value in options.items() if value is not None)


def _name(task: str | None) -> str:
    return "" if task is None else canonical(task)


def _default(editions: list[int]) -> int:
    return DEFAULT_EDITION if DEFAULT_EDITION in editions else max(editions)


__all__ = [
    "choose_challenge",
    "editions_like",
    "identify",
    "is_told",
    "read_own_manifest",
    "refuse_several",
    "run_challenge",
]
