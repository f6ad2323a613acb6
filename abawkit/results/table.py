"""The table of published scores, ``published.csv``, a row for each entry on each split.

Conventions: scores are fractions, with as many digits as are printed; what is printed stands in
the table, and what is arithmetic is computed. Ranks are those of the test. A score on validation
is that of the official validation part where ``fold`` is ``official``, and of the best of several
folds where it is ``best``; the two are never mixed, nor is validation with test.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Literal, cast, get_args

from abawkit.protocol import CHALLENGES
from abawkit.results.arithmetic import combined

if TYPE_CHECKING:
    from collections.abc import Mapping

ResultSplit = Literal["validation", "test", "public-test"]
"""What was scored: validation, the hidden test part, or a test part whose labels are public."""
Confidence = Literal["confirmed", "organisers", "single"]
"""By two independent sources or more; by a list of the organisers; or by one other source."""

SPLITS: tuple[ResultSplit, ...] = get_args(ResultSplit)
CONFIDENCE: dict[Confidence, str] = {
    "confirmed": "two independent sources or more",
    "organisers": "one source, the organisers' own",
    "single": "one source, not the organisers'",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one entry of one challenge is said to score on one split.

    Attributes
    ----------
    challenge : str
        Its name, such as ``abaw3-va``.
    team : str
        Whose it is; for a baseline also which network.
    kind : {"baseline", "entry"}
        The organisers' baseline, or a team's entry.
    rank : int or None
        The place on the test, where it is told.
    split : {"validation", "test", "public-test"}
        What was scored.
    fold : {"official", "best", ""}
        Whose validation part it is; empty on test.
    printed : float or None
        The score as printed, None where only parts of it or a rank are.
    parts : mapping of str to float
        The printed parts, by the names that a report gives its components; ``va`` is the mean
        CCC where the two are not told.
    digits : int
        How many decimals are printed, of the score or else of the coarsest part.
    confidence : {"confirmed", "organisers", "single"}
        How well it is known; `CONFIDENCE` says it in words.
    source : str
        Where it stands.
    note : str
        What else to know, often empty.
    """

    challenge: str
    team: str
    kind: Literal["baseline", "entry"]
    rank: int | None
    split: ResultSplit
    fold: Literal["official", "best", ""]
    printed: float | None
    parts: Mapping[str, float]
    digits: int
    confidence: Confidence
    source: str
    note: str

    @property
    def computed(self) -> float | None:
        """The score by arithmetic from its parts, None where one lacks."""
        return combined(CHALLENGES[self.challenge], self.parts)

    @property
    def score(self) -> float | None:
        """The printed score, otherwise the computed one, None where there is neither."""
        return self.computed if self.printed is None else self.printed

    @property
    def rounding(self) -> float:
        """How far off the score may be, because of the digits that are printed."""
        n_terms = 1 if self.printed is not None else len(CHALLENGES[self.challenge].targets)
        return n_terms * 0.5 * 10.0**-self.digits


def _result(row: dict[str, str]) -> Result:
    parts = dict(part.split("=") for part in row["parts"].split())
    numbers = [row["score"]] if row["score"] else parts.values()
    return Result(
        challenge=row["challenge"],
        team=row["team"],
        kind=cast("Literal['baseline', 'entry']", row["kind"]),
        rank=int(row["rank"]) if row["rank"] else None,
        split=cast("ResultSplit", row["split"]),
        fold=cast("Literal['official', 'best', '']", row["fold"]),
        printed=float(row["score"]) if row["score"] else None,
        parts={name: float(value) for name, value in parts.items()},
        digits=min((len(number.partition(".")[2]) for number in numbers), default=0),
        confidence=cast("Confidence", row["confidence"]),
        source=row["source"],
        note=row["note"],
    )


def _read() -> tuple[Result, ...]:
    text = files("abawkit.results").joinpath("published.csv").read_text("utf-8")
    return tuple(map(_result, csv.DictReader(text.splitlines())))


RESULTS = _read()
"""All of them: by challenge, in the order of the protocol table, and by split."""


def published(challenge: str) -> tuple[Result, ...]:
    """List what is published of a challenge.

    Parameters
    ----------
    challenge : str
        Its name, such as ``abaw3-va``.

    Returns
    -------
    tuple of Result
        In the order of the table: test first, and there by rank; none where nothing is known.

    Examples
    --------
    >>> [result.team for result in published("abaw2-va")][:2]
    ['NISL-2021', 'Netease Fuxi Virtual Human']
    """
    return tuple(result for result in RESULTS if result.challenge == challenge)


__all__ = ["CONFIDENCE", "RESULTS", "SPLITS", "Confidence", "Result", "ResultSplit", "published"]
