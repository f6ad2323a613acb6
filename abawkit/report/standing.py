"""Where a score stands among the published ones, of the same challenge and split alone.

Conventions: validation and test are never mixed, nor is the official validation part with the
best of several folds; such scores are listed apart and get no place. A published score has few
digits, so within its rounding it is level with another.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from abawkit.errors import UsageError, counted
from abawkit.protocol import CHALLENGES
from abawkit.report.published import as_record, check_split, shown
from abawkit.report.render import table
from abawkit.results import published

if TYPE_CHECKING:
    from collections.abc import Iterator

    from abawkit.evaluation import Report
    from abawkit.evaluation.interval import Interval
    from abawkit.protocol import Split
    from abawkit.results import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A score among the published ones; a `Finding` of a report.

    Attributes
    ----------
    challenge : str
        Its name.
    split : str or None
        What was scored; None where nothing is published, so that it does not matter.
    score : float
        The score.
    interval : Interval or None
        How sure it is, where that was asked for.
    entries : tuple of Result
        Scores of this split, highest first.
    folds : tuple of Result
        Scores of the best of several folds of this split: not comparable.
    elsewhere : tuple of Result
        Scores of other splits: not comparable.
    doubts : tuple of str
        Why published scores may not be comparable: other rules, or other data.
    """

    challenge: str
    split: str | None
    score: float
    interval: Interval | None
    entries: tuple[Result, ...]
    folds: tuple[Result, ...]
    elsewhere: tuple[Result, ...]
    doubts: tuple[str, ...]

    @property
    def key(self) -> str:
        """The name of the entry in a JSON report."""
        return "standing"

    @property
    def place(self) -> int | None:
        """One more than there are higher scores; None without any to compare with."""
        if not self.entries or math.isnan(self.score):
            return None
        higher = (_score(entry) - entry.rounding > self.score for entry in self.entries)
        return 1 + sum(higher)

    @property
    def level(self) -> tuple[Result, ...]:
        """Those that may be the same score: the printed digits do not tell."""
        return tuple(
            entry for entry in self.entries if abs(_score(entry) - self.score) <= entry.rounding
        )

    @property
    def inside(self) -> tuple[Result, ...]:
        """Those that lie in the score's interval; none without an interval."""
        if self.interval is None:
            return ()
        low, high = self.interval.low, self.interval.high
        return tuple(entry for entry in self.entries if low <= _score(entry) <= high)

    def as_text(self, *, decimals: int) -> str:
        """Say it to people.

        Parameters
        ----------
        decimals : int
            How many decimals the score has.

        Returns
        -------
        str
            A table of the split's scores with this one among them; then a line for each group
            of scores that are not comparable.
        """
        lines = []
        if not self.entries:
            what = f"{self.split} of {self.challenge}" if self.split else self.challenge
            lines.append(f"no score is known to be published for {what}")
        elif self.place is None:
            lines.append(f"the score is undefined: it has no place on {self.split}")
        else:
            lines += [self._table(decimals), *self._placed()]
        groups = {"the best of several folds": self.folds, "another split": self.elsewhere}
        for what, results in groups.items():
            if results:
                names = "; ".join(
                    f"{result.team} {shown(result)} ({result.split})" for result in results
                )
                lines.append(f"not comparable, {what}: {names}")
        lines += [f"not quite comparable: {doubt}" for doubt in self.doubts]
        return "\n".join(lines)

    def _table(self, decimals: int) -> str:
        remarks = {id(entry): "level with this score" for entry in self.level}
        for entry in self.inside:
            remarks.setdefault(id(entry), "inside the interval")
        rows = [[entry.team, shown(entry), remarks.get(id(entry), "")] for entry in self.entries]
        own = ["this score", f"{self.score:z.{decimals}f}", ""]
        rows.insert(sum(_score(entry) > self.score for entry in self.entries), own)
        head = [f"published, {self.split}", "score", ""]
        return table([head, *rows], left=len(head))

    def _placed(self) -> list[str]:
        among = f"this score and {counted(len(self.entries), 'score')} published on {self.split}"
        lines = [f"place {self.place} among {among}; that is no rank of the challenge"]
        if any(entry.printed is None for entry in self.entries):
            lines.append("* computed from the parts, which alone are printed")
        if self.split == "validation":
            lines.append("whether a published score counts frames without a face is seldom told")
        return lines

    def as_json(self) -> dict[str, Any]:
        """Say it to programs.

        Returns
        -------
        dict of str to object
            Scores of this split under ``entries``, the others apart; each with its source.
        """
        return {
            "challenge": self.challenge,
            "split": self.split,
            "score": self.score,
            "place": self.place,
            "level": [entry.team for entry in self.level],
            "inside_interval": None
            if self.interval is None
            else [entry.team for entry in self.inside],
            "entries": [as_record(entry) for entry in self.entries],
            "not_comparable": [as_record(entry) for entry in (*self.folds, *self.elsewhere)],
            "doubts": list(self.doubts),
        }


def standing(
    report: Report, *, split: str | None = None, interval: Interval | None = None
) -> Standing:
    """Place a score among the published ones of its challenge.

    Parameters
    ----------
    report : Report
        The score.
    split : str, optional
        What was scored: ``validation``, ``test`` or ``public-test``; by default told from the
        numbers of videos and of rows.
    interval : Interval, optional
        How sure the score is.

    Returns
    -------
    Standing
        The score among those of the same split.

    Raises
    ------
    UsageError
        If there is no such split, or it is not given and the numbers do not tell it.
    """
    check_split(split)
    name = report.challenge.name
    scored = [result for result in published(name) if result.score is not None]
    if split is None and scored:
        split = _split_of(report)
    same = [result for result in scored if result.split == split]
    official = [result for result in same if result.fold != "best"]
    return Standing(
        challenge=name,
        split=split,
        score=report.score,
        interval=interval,
        entries=tuple(sorted(official, key=_score, reverse=True)),
        folds=tuple(result for result in same if result.fold == "best"),
        elsewhere=tuple(result for result in scored if result.split != split),
        doubts=tuple(_doubts(report, split)),
    )


def _score(result: Result) -> float:
    return math.nan if result.score is None else result.score


def _split_of(report: Report) -> str:
    fitting = _fitting(report)
    if len(fitting) == 1:
        return fitting[0]
    total = report.total
    rows = total.n_frames + total.n_missing
    sizes = "; ".join(map(_size, report.challenge.protocol.splits)) or "no sizes that are known"
    msg = (
        f"the annotations have {len(report.videos):,} videos and {rows:,} annotated rows, which "
        f"does not tell their split: {report.challenge.name} has {sizes}. "
        "Say what was scored: --split validation, test or public-test"
    )
    raise UsageError(msg)


def _fitting(report: Report) -> list[str]:
    return [split.name for split in report.challenge.protocol.splits if _fits(split, report)]


def _fits(split: Split, report: Report) -> bool:
    """Tell whether annotations have the size of a split, as far as that is known.

    Parameters
    ----------
    split : Split
        Part of the data.
    report : Report
        A score of the annotations.

    Returns
    -------
    bool
        Whether every number that is known is theirs, and one is. Rows of a test part are all
        that are to be submitted, annotated or not.
    """
    total = report.total
    annotated = total.n_frames + total.n_missing
    rows = annotated + total.n_masked if split.name == "test" else annotated
    pairs = [(split.videos, len(report.videos)), (split.rows, rows)]
    told = [(official, own) for official, own in pairs if official is not None]
    return bool(told) and all(official == own for official, own in told)


def _size(split: Split) -> str:
    counts = {"videos": split.videos, "rows": split.rows}
    told = [f"{number:,} {unit}" for unit, number in counts.items() if number is not None]
    return f"{split.name} of {' and '.join(told)}"


def _doubts(report: Report, split: str | None) -> Iterator[str]:
    """Say in what a score may differ from published ones of its split.

    Parameters
    ----------
    report : Report
        The score.
    split : str or None
        What was scored.

    Yields
    ------
    str
        A clause for each difference.
    """
    fitting = _fitting(report)
    if fitting and split not in {None, *fitting}:
        yield f"these are as many videos and rows as {fitting[0]} has, not {split}"
    own = CHALLENGES[report.challenge.name].targets
    for usual, target in zip(own, report.challenge.targets, strict=True):
        for field, rule in (("masking", "mask"), ("absent", "absent")):
            chosen, default = (getattr(row, field, None) for row in (target, usual))
            if chosen != default:
                yield f"the rule {rule} of {target.name} is {chosen}, usually {default}"
    missing = report.total.n_missing
    if missing:
        yield f"{missing:,} annotated rows without a prediction are left out"
