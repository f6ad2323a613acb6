"""What a comparison shows to people, whatever the format: two tables, and how to read them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from string import ascii_lowercase
from typing import TYPE_CHECKING

from abawkit.errors import counted
from abawkit.report.numbers import number, signed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from abawkit.evaluation.comparison import Comparison, Gap, Pair
    from abawkit.evaluation.interval import Interval

CAVEAT = (
    "The tests tell whether other videos of this kind could turn the difference of these "
    "predictions round. They do not cover what another training would give: train with several "
    "seeds before one method is said to beat another."
)
_CORRECTIONS = {
    "holm": "Holm's correction",
    "bonferroni": "Bonferroni's correction",
    "bh": "the correction of Benjamini and Hochberg",
}
_FINEST = 0.00005


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell; ``best`` marks the best of its column, ``above`` the systems that it beats."""

    text: str
    best: bool = False
    above: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table whose first ``names`` columns are text; all others are numbers."""

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    names: int = 2


def letters(comparison: Comparison) -> dict[str, str]:
    """Give each system a letter.

    Parameters
    ----------
    comparison : Comparison
        The systems.

    Returns
    -------
    dict of str to str
        ``a``, ``b`` and so on by the system's name; after ``z`` comes ``a1``.
    """
    n_letters = len(ascii_lowercase)
    return {
        name: ascii_lowercase[index % n_letters] + str(index // n_letters or "")
        for index, name in enumerate(comparison.systems)
    }


def systems(comparison: Comparison, *, decimals: int) -> Sheet:
    """Lay out the systems: one a row, with its score, interval and components.

    Parameters
    ----------
    comparison : Comparison
        The systems.
    decimals : int
        How many decimals scores have.

    Returns
    -------
    Sheet
        In the order given.
    """
    letter = letters(comparison)
    reports = {name: system.report for name, system in comparison.systems.items()}
    challenge = next(iter(reports.values())).challenge.name
    scores = {name: report.score for name, report in reports.items()}
    columns = [_column(scores, decimals)]
    names = _components(next(iter(reports.values())).components)
    for component in names:
        values = {name: report.components[component] for name, report in reports.items()}
        columns.append(_column(values, decimals))
    rows = []
    for index, (name, system) in enumerate(comparison.systems.items()):
        score, *others = (column[index] for column in columns)
        above = tuple(letter[worse] for worse in comparison.beaten(name))
        marked = Cell(text=score.text, best=score.best, above=above)
        span = Cell(text=_interval(system.intervals.score, decimals))
        rows.append((Cell(text=letter[name]), Cell(text=name), marked, span, *others))
    header = ("", "system", f"{challenge} score", _level(comparison), *names)
    return Sheet(header=header, rows=tuple(rows))


def pairs(comparison: Comparison, *, decimals: int) -> Sheet:
    """Lay out the pairs: a row for the score and for each component of each.

    Parameters
    ----------
    comparison : Comparison
        The systems.
    decimals : int
        How many decimals differences have.

    Returns
    -------
    Sheet
        With the ``p`` values of both tests, and what correction makes of them if there is one.
    """
    letter = letters(comparison)
    corrected = _is_corrected(comparison)
    rows = []
    for pair in comparison.pairs:
        who = Cell(text=f"{letter[pair.first]} vs {letter[pair.second]}")
        for name, gap in gaps(pair):
            texts = [name, signed(gap.difference, decimals), _interval(gap.interval, decimals)]
            for tested in (gap.bootstrap, gap.randomisation):
                texts += [_p(tested.value)] + [_p(tested.corrected)] * corrected
            rows.append((who, *(Cell(text=text) for text in texts)))
    tests = [
        title
        for test in ("bootstrap", "randomisation")
        for title in [f"p {test}"] + ["corrected"] * corrected
    ]
    header = ("pair", "of", "difference", _level(comparison), *tests)
    return Sheet(header=header, rows=tuple(rows))


def gaps(pair: Pair) -> Iterator[tuple[str, Gap]]:
    """Name the gaps of a pair.

    Parameters
    ----------
    pair : Pair
        Two systems.

    Yields
    ------
    tuple of str and Gap
        The score's, then that of each component, unless it is the only one and so the score.
    """
    yield "score", pair.score
    for name in _components(pair.components):
        yield name, pair.components[name]


def about_systems(comparison: Comparison, *, best: str, above: str) -> list[str]:
    """Say how to read the table of systems.

    Parameters
    ----------
    comparison : Comparison
        The systems.
    best, above : str
        How the best of a column and the systems that one beats are marked.

    Returns
    -------
    list of str
        Sentences.
    """
    drawn = comparison.bootstrap
    of = counted(comparison.n_units, drawn.unit)
    return [
        (
            f"{best} marks the best of its column, {above} the systems that a score is "
            "significantly above: approximate randomisation, p of at most "
            f"{comparison.alpha:g}{_corrections(comparison)}."
        ),
        (
            f"{_percent(comparison)} intervals are bias-corrected percentiles of "
            f"{drawn.resamples:,} resamples of {of}, seed {drawn.seed}."
        ),
    ]


def about_pairs(comparison: Comparison) -> list[str]:
    """Say how to read the table of pairs.

    Parameters
    ----------
    comparison : Comparison
        The systems.

    Returns
    -------
    list of str
        Sentences.
    """
    drawn = comparison.bootstrap
    letter = letters(comparison)
    return [
        "A difference is the first of a pair less the second.",
        (
            "Two-sided p of the paired bootstrap and of paired approximate randomisation, "
            f"{drawn.resamples:,} resamples and swaps of {counted(comparison.n_units, drawn.unit)}"
            f", seed {drawn.seed}{_corrections(comparison, verb=', corrected by')}."
        ),
        *(["Each number is corrected by itself."] if _is_corrected(comparison) else []),
        f"With few {drawn.unit}s that of the bootstrap is too small: marks go by the other.",
        *(
            f"{letter[pair.first]} and {letter[pair.second]} are alike in every resample and swap."
            for pair in comparison.pairs
            if pair.same
        ),
    ]


def _components(names: Mapping[str, object]) -> tuple[str, ...]:
    # One alone is the score again.
    return tuple(names) if len(names) > 1 else ()


def _column(values: Mapping[str, float], decimals: int) -> list[Cell]:
    top = max((value for value in values.values() if not math.isnan(value)), default=math.nan)
    return [Cell(text=number(value, decimals), best=value == top) for value in values.values()]


def _interval(interval: Interval, decimals: int) -> str:
    if math.isnan(interval.low):
        return "undefined"
    return f"[{number(interval.low, decimals)}, {number(interval.high, decimals)}]"


def _p(value: float) -> str:
    return f"{value:.0e}" if value < _FINEST else number(value, 4)


def _percent(comparison: Comparison) -> str:
    return f"{100 * comparison.bootstrap.level:g} %"


def _level(comparison: Comparison) -> str:
    return f"{_percent(comparison)} interval"


def _is_corrected(comparison: Comparison) -> bool:
    return comparison.correction != "none" and len(comparison.pairs) > 1


def _corrections(comparison: Comparison, *, verb: str = " after") -> str:
    n_pairs = counted(len(comparison.pairs), "pair")
    if not _is_corrected(comparison):
        return "" if len(comparison.pairs) == 1 else f", not corrected for {n_pairs}"
    by = _CORRECTIONS[comparison.correction]
    return f"{verb} {by} for {n_pairs}"
