"""The table of published scores, shown."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from abawkit.errors import UsageError
from abawkit.protocol import challenges_of
from abawkit.report.render import table
from abawkit.results import SPLITS, Result, published
from abawkit.results.table import CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Sequence


def select(
    task: str | None = None, edition: int | None = None, split: str | None = None
) -> list[Result]:
    """Pick published scores.

    Parameters
    ----------
    task : str, optional
        The task, or a whole challenge such as ``abaw3-va``; by default all.
    edition : int, optional
        The edition; by default all.
    split : str, optional
        ``validation``, ``test`` or ``public-test``; by default all.

    Returns
    -------
    list of Result
        In the order of the table.

    Raises
    ------
    UsageError
        If there is no such challenge or split.
    """
    check_split(split)
    return [
        result
        for challenge in challenges_of(task, edition)
        for result in published(challenge.name)
        if split in {None, result.split}
    ]


def check_split(split: str | None) -> None:
    """Refuse the name of a split that there is not.

    Parameters
    ----------
    split : str or None
        The name, None for any.

    Raises
    ------
    UsageError
        If scores are published of no such split.
    """
    if split is not None and split not in SPLITS:
        msg = f"--split {split!r}: expected one of {', '.join(SPLITS)}"
        raise UsageError(msg)


def shown(result: Result) -> str:
    """Write a score with the digits that are printed.

    Parameters
    ----------
    result : Result
        With a score or without.

    Returns
    -------
    str
        With a star, and a digit more, where it is arithmetic; ``-`` without a score.
    """
    if result.printed is not None:
        return f"{result.printed:.{result.digits}f}"
    return "-" if result.computed is None else f"{result.computed:.{result.digits + 1}f}*"


def results_as_text(results: Sequence[Result]) -> str:
    """List published scores for people.

    Parameters
    ----------
    results : sequence of Result
        Which ones.

    Returns
    -------
    str
        A heading and a line each, then what is to be known about some.
    """
    if not results:
        return "nothing is known to be published of this"
    rows = [["challenge", "split", "rank", "entry", "score", "parts", "confidence", "source"]]
    for result in results:
        fold = " (best fold)" if result.fold == "best" else ""
        parts = " ".join(f"{name} {value:.4g}" for name, value in result.parts.items())
        rank = "-" if result.rank is None else f"{result.rank}"
        head = [result.challenge, result.split + fold, rank, result.team]
        rows.append([*head, shown(result), parts or "-", result.confidence, result.source])
    notes: dict[str, dict[str, None]] = {}
    for result in results:
        name = f"{result.team} ({result.challenge} {result.split})"
        notes.setdefault(result.note, {})[name] = None
    said = [f"{', '.join(names)}: {note}" for note, names in notes.items() if note]
    legend = [f"confidence {name}: {words}" for name, words in CONFIDENCE.items()]
    legend.append("* computed from the parts, which alone are printed; - not told")
    blocks = [table(rows, left=len(rows[0])), "\n".join(said), "\n".join(legend)]
    return "\n\n".join(filter(None, blocks))


def results_as_json(results: Sequence[Result]) -> str:
    """List published scores for programs.

    Parameters
    ----------
    results : sequence of Result
        Which ones.

    Returns
    -------
    str
        A JSON list of objects; what is not told is ``null``.
    """
    return json.dumps([as_record(result) for result in results], indent=2, ensure_ascii=False)


def results_as_csv(results: Sequence[Result]) -> str:
    """List published scores for spreadsheets.

    Parameters
    ----------
    results : sequence of Result
        Which ones.

    Returns
    -------
    str
        A header and a row each; what is not told is empty, parts are ``name=value``.
    """
    names = [*(field.name for field in fields(Result)), "computed"]
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, names, lineterminator="\n")
    writer.writeheader()
    for result in results:
        record = as_record(result)
        parts = " ".join(f"{name}={value}" for name, value in result.parts.items())
        writer.writerow({**record, "parts": parts})
    return buffer.getvalue().rstrip("\n")


def as_record(result: Result) -> dict[str, Any]:
    """Give a published score as plain values.

    Parameters
    ----------
    result : Result
        The score.

    Returns
    -------
    dict of str to object
        Its fields, with ``computed``: what is printed and what is arithmetic stay apart.
    """
    return {**asdict(result), "computed": result.computed}
