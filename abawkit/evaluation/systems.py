"""Comparing files: what ``abawkit compare`` does."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, Unpack

from abawkit.errors import AlignmentError
from abawkit.evaluation.comparing import check_choices, compare
from abawkit.evaluation.files import score_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from abawkit.evaluation.bootstrap import Bootstrap
    from abawkit.evaluation.comparison import Comparison
    from abawkit.evaluation.corrections import Correction
    from abawkit.evaluation.files import Scored
    from abawkit.evaluation.rules import Rules


def score_system(name: str, predictions: Path, annotations: Path, **asked: Any) -> Scored:  # noqa: ANN401
    """Score the label files of one system among several.

    Parameters
    ----------
    name : str
        What the system is called.
    predictions, annotations, **asked
        As `abawkit.evaluation.score_files` takes them.

    Returns
    -------
    Scored
        The score.

    Raises
    ------
    AlignmentError
        As `score_files` raises it; the message names the system.
    """
    try:
        return score_files(predictions, annotations, **asked)
    except AlignmentError as error:
        msg = f"{name}: {error}"
        raise AlignmentError(msg) from error


def compare_files(  # noqa: PLR0913 - one parameter an option
    predictions: Sequence[Path],
    annotations: Path,
    *,
    bootstrap: Bootstrap | None = None,
    correction: Correction = "holm",
    baseline: str | None = None,
    task: str | None = None,
    edition: int | None = None,
    allow_missing: bool = False,
    **rules: Unpack[Rules],
) -> Comparison:
    """Compare label files of several systems against annotation files.

    Parameters
    ----------
    predictions : sequence of Path
        A run folder, a folder of label files or one file of each system, which is called as
        `unique_names` says.
    annotations : Path
        A folder of label files or one file.
    bootstrap : Bootstrap, optional
        How resamples and swaps are drawn; 10,000 of videos by default.
    correction : {"holm", "bonferroni", "bh", "none"}
        How ``p`` values are corrected for the number of pairs.
    baseline : str, optional
        The system to compare the others with, by its name or as it is given.
    task, edition, allow_missing, **rules
        As `abawkit.evaluation.score_files` takes them.

    Returns
    -------
    Comparison
        Every system, and every pair.
    """
    names = unique_names(predictions)
    given = {str(path): name for path, name in zip(predictions, names, strict=True)}
    if baseline is not None and baseline not in names:
        baseline = given.get(baseline, baseline)
    check_choices(names, baseline, correction)
    scored = {
        name: score_system(
            name,
            path,
            annotations,
            task=task,
            edition=edition,
            allow_missing=allow_missing,
            **rules,
        )
        for name, path in zip(names, predictions, strict=True)
    }
    return compare(
        {name: each.report for name, each in scored.items()},
        bootstrap=bootstrap,
        correction=correction,
        baseline=baseline,
        processing={name: each.processing for name, each in scored.items()},
    )


def unique_names(paths: Sequence[Path]) -> tuple[str, ...]:
    """Name systems by their folders or files.

    Parameters
    ----------
    paths : sequence of Path
        One a system.

    Returns
    -------
    tuple of str
        The last part of each path, with as many before it as it takes to tell all apart; what
        is given twice gets a number.

    Examples
    --------
    >>> from pathlib import Path
    >>> unique_names([Path("a/run"), Path("b/run"), Path("b/run")])
    ('a/run', 'b/run', 'b/run (2)')
    """
    parts = [path.resolve().parts for path in paths]
    n_distinct = len(set(parts))
    names: list[str] = []
    for depth in range(1, max(map(len, parts), default=0) + 1):
        names = ["/".join(part[-depth:]) for part in parts]
        if len(set(names)) == n_distinct:
            break
    taken: set[str] = set()
    for index, name in enumerate(names):
        spellings = (f"{name} ({number})" if number > 1 else name for number in count(1))
        names[index] = next(spelt for spelt in spellings if spelt not in taken)
        taken.add(names[index])
    return tuple(names)
