"""Comparing files: what ``abawkit diff`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abawkit.errors import AlignmentError, UnknownChallengeError
from abawkit.labels import read_labels
from submissions.difference.difference import compare
from submissions.identify import identify

if TYPE_CHECKING:
    from pathlib import Path

    from abawkit.protocol import Challenge
    from submissions.difference.difference import Difference


def compare_files(
    a: Path, b: Path, *, task: str | None = None, edition: int | None = None
) -> Difference:
    """Compare two submissions, in the layout of any edition of their task.

    Parameters
    ----------
    a, b : Path
        Run folders, folders of label files, or files.
    task : str, optional
        The task, or a whole challenge such as ``abaw5-va``; by default told by the files.
    edition : int, optional
        The edition of `a`; by default told by its files.

    Returns
    -------
    Difference
        What changed from `a` to `b`.

    Raises
    ------
    AlignmentError
        If they are of different tasks, or of different classes; or share no frame.
    """
    challenge = identify(a, task=task, edition=edition)
    other = _identify_other(b, task, challenge)
    if _labels_of(other) != _labels_of(challenge):
        msg = (
            f"{a} has the labels of {challenge.name}, {b} those of {other.name}; expected the "
            "same task and classes. abawkit convert turns one into the other where it can"
        )
        raise AlignmentError(msg)
    return compare(read_labels(a, challenge), read_labels(b, challenge), challenge)


def _identify_other(path: Path, task: str | None, challenge: Challenge) -> Challenge:
    try:
        return identify(path, task=task)
    except UnknownChallengeError:
        # A file without a header does not tell its task.
        return identify(path, task=challenge.protocol.task)


def _labels_of(challenge: Challenge) -> list[tuple[str, tuple[str, ...]]]:
    return [(target.name, target.names) for target in challenge.targets]
