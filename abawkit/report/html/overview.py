"""What stands first on a page: how good each entry is, how sure that is, and what moves it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from abawkit.errors import counted
from abawkit.evaluation.coverage import compare_coverage
from abawkit.evaluation.uncertain import FEW_UNITS
from abawkit.report.html.tables import (
    beside_the_first,
    class_scores,
    gains_table,
    movers,
    other_signatures,
)
from abawkit.report.html.words import amount, extent, number, signed, spoken

if TYPE_CHECKING:
    from collections.abc import Iterable

    from abawkit.evaluation.bootstrap import Intervals
    from abawkit.evaluation.interval import Interval
    from abawkit.report.html.blocks import Block
    from abawkit.report.html.entry import Entry, Page

_STEP = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A score and its interval, as text and as places on an axis, in percent of its width."""

    name: str
    text: str
    ends: str
    spoken: str
    zero: float | None
    start: float | None
    stop: float | None
    point: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A sentence about a score; ``warn`` marks what readers should be wary of."""

    text: str
    warn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What is said of one entry; ``index`` counts from 1 and is that of its colour.

    ``axes`` are the ends of what the score and the parts of it are drawn on.
    """

    index: int
    name: str
    score: str
    interval: str
    whole: Line
    parts: tuple[Line, ...]
    axes: tuple[tuple[str, str], tuple[str, str]]
    facts: tuple[Fact, ...]
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The first part of a page; ``groups`` are blocks beside each other."""

    eyebrow: str
    lead: str
    cards: tuple[Card, ...]
    groups: tuple[tuple[Block, ...], ...]
    footer: str


def overview(page: Page, *, by_video: bool = True, linked: bool = True) -> Overview:
    """Say what matters most.

    Parameters
    ----------
    page : Page
        What the page shows.
    by_video : bool
        Whether to tell of single videos, and how many frames of each class there are.
    linked : bool
        Whether there are timelines to link videos to.

    Returns
    -------
    Overview
        Score cards, and tables under them.
    """
    challenge = page.challenge
    total = page.entries[0].report.total
    unit = "clip" if challenge.protocol.annotation.whole_clips else "frame"
    alone = (beside_the_first(page), other_signatures(page), class_scores(page))
    groups: list[tuple[Block, ...]] = [(table,) for table in alone if table is not None]
    if by_video:
        moved = tuple(movers(entry, i, linked=linked) for i, entry in _numbered(page))
        gained = tuple(gains_table(entry, i) for i, entry in _numbered(page))
        # Of one entry the two stand beside each other, of several those of each kind.
        groups += [(*moved, *gained)] if len(moved) == 1 else [moved, gained]
    how = page.entries[0].intervals
    return Overview(
        eyebrow=f"{challenge.name} \N{MIDDLE DOT} {challenge.protocol.title}",
        lead=(
            f"{counted(len(page.entries[0].report.videos), 'annotated video')}, "
            f"{counted(total.n_frames, unit)} scored. Score: {challenge.protocol.score}."
        ),
        cards=_cards(page),
        groups=tuple(groups),
        footer=(
            f"Intervals are those of {how.bootstrap.resamples:,} resamples by "
            f"{how.bootstrap.unit}, seed {how.bootstrap.seed}."
        ),
    )


def _numbered(page: Page) -> Iterable[tuple[int, Entry]]:
    return enumerate(page.entries, 1)


# ---- score cards ----


def _cards(page: Page) -> tuple[Card, ...]:
    whole = _axis([(entry.report.score, entry.intervals.score) for entry in page.entries])
    parts = _axis([item for entry in page.entries for item in _parts(entry).values()])
    return tuple(
        Card(
            index=i,
            name=entry.name,
            score=number(entry.report.score),
            interval=_interval_words(entry.intervals),
            whole=_line("Score", entry.report.score, entry.intervals.score, whole),
            parts=tuple(
                _line(name, value, interval, parts)
                for name, (value, interval) in _parts(entry).items()
            ),
            axes=(_ends(whole), _ends(parts)),
            facts=tuple(_facts(page, entry)),
            signature=entry.signature,
        )
        for i, entry in _numbered(page)
    )


def _parts(entry: Entry) -> dict[str, tuple[float, Interval]]:
    """Name what the score is made of.

    Parameters
    ----------
    entry : Entry
        The entry.

    Returns
    -------
    dict of str to (float, Interval)
        The components, or where there is one only, which is the score, the classes of it.
    """
    report, intervals = entry.report, entry.intervals
    if len(report.components) > 1:
        return {
            spoken(report.challenge, name): (value, intervals.components[name])
            for name, value in report.components.items()
        }
    return {name: (value, intervals.per_class[name]) for name, value in report.per_class.items()}


def _axis(values: Iterable[tuple[float, Interval]]) -> tuple[float, float]:
    found = [x for value, at in values for x in (value, at.low, at.high) if not math.isnan(x)]
    low, high = min([0.0, *found]), max([1.0, *found])
    return math.floor(low / _STEP) * _STEP, math.ceil(high / _STEP) * _STEP


def _ends(axis: tuple[float, float]) -> tuple[str, str]:
    return f"{axis[0]:g}", f"{axis[1]:g}"


def _line(name: str, value: float, interval: Interval, axis: tuple[float, float]) -> Line:
    low, high = axis

    def place(x: float) -> float | None:
        return None if math.isnan(x) else round(100 * (x - low) / (high - low), 2)

    return Line(
        name=name,
        text=number(value),
        ends=extent(interval),
        spoken=f"{number(value)}, interval {extent(interval)}, axis from {low:g} to {high:g}",
        zero=place(0.0) if low < 0 else None,
        start=place(interval.low),
        stop=place(interval.high),
        point=place(value),
    )


def _interval_words(intervals: Intervals) -> str:
    return f"{amount(intervals.bootstrap.level)} interval {extent(intervals.score)}"


def _facts(page: Page, entry: Entry) -> Iterable[Fact]:
    intervals, report = entry.intervals, entry.report
    how = intervals.bootstrap
    yield Fact(
        text=f"{how.resamples:,} resamples of {counted(intervals.n_units, how.unit)}, "
        f"seed {how.seed}, mean {number(intervals.score.mean)}"
    )
    if intervals.n_units < FEW_UNITS:
        few = counted(intervals.n_units, how.unit)
        text = f"Only {few}: with fewer than {FEW_UNITS}, intervals are too narrow"
        yield Fact(text=text, warn=True)
    if intervals.score.undefined:
        text = f"{counted(intervals.score.undefined, 'resample')} left out: the score is 0/0 there"
        yield Fact(text=text, warn=True)
    missing = report.total.n_missing
    if missing:
        text = f"{missing:,} annotated rows have no prediction; coverage {report.coverage:.2%}"
        yield Fact(text=text, warn=True)
    else:
        yield Fact(text="Every annotated row has a prediction")
    if entry.faces is not None:
        yield _without_face(page, entry)


def _without_face(page: Page, entry: Entry) -> Fact:
    found = compare_coverage(entry.report, page.truth, entry.prediction, entry.faces or {})
    if not found.n_faceless:
        return Fact(text="Every scored frame has a face")
    return Fact(
        text=f"{amount(found.share)} of the scored frames have no face; on the others the score "
        f"is {number(found.with_faces.score)} ({signed(-found.difference)})"
    )
