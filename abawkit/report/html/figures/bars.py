"""Lying bars, with intervals, and the table of their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from abawkit.report.html.blocks import Cell, Figure, Table
from abawkit.report.html.figures.panels import Style, fixed, numbers, spelled

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROW = 26
"""Height of a group of bars that has one bar, in pixels; each further bar adds half of it."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Series:
    """Bars of one colour: a value for each name, with its interval where there is one."""

    label: str
    style: Style
    values: Sequence[float]
    low: Sequence[float] | None = None
    high: Sequence[float] | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Words:
    """What a figure is called and says: its `Figure` fields, and the title of its axis."""

    id: str
    caption: str
    summary: str
    axis: str


def bars(
    names: Sequence[str],
    series: Sequence[Series],
    words: Words,
    *,
    decimals: int = 2,
    ends: tuple[float, float] | None = None,
) -> Figure:
    """Draw lying bars, a group a name, and put the table of their numbers behind them.

    Parameters
    ----------
    names : sequence of str
        What each group is.
    series : sequence of Series
        The bars of each group.
    words : Words
        What to say of them.
    decimals : int
        How many the values have in words.
    ends : tuple of float, optional
        Where the axis starts and ends; by default where the values do.

    Returns
    -------
    Figure
        As high as the bars need.
    """
    return Figure(
        id=words.id,
        caption=words.caption,
        summary=words.summary,
        traces=[_bar_trace(names, one, decimals) for one in series],
        layout={
            "barmode": "group",
            "bargap": 0.3,
            "bargroupgap": 0.08,
            "xaxis": {
                "title": {"text": words.axis},
                **({} if ends is None else {"range": list(ends)}),
            },
            "yaxis": {"autorange": "reversed", "showgrid": False, "ticklabelstandoff": 6},
            "showlegend": len(series) > 1,
            "hovermode": "y unified",
        },
        height=110 + len(names) * (_ROW + (len(series) - 1) * _ROW // 2),
        numbers=_bar_table(names, series, words, decimals),
    )


def _bar_trace(names: Sequence[str], one: Series, decimals: int) -> dict[str, Any]:
    values = np.asarray(one.values, np.float64)
    trace: dict[str, Any] = {
        "type": "bar",
        "orientation": "h",
        "name": escape(one.label),
        "y": [spelled(name) for name in names],
        "x": numbers(values),
        "marker": {
            "color": one.style.colour,
            "pattern": {
                "shape": one.style.pattern,
                "fillmode": "overlay",
                "fgcolor": "@surface",
                "size": 6,
                "solidity": 0.25,
            },
        },
        "hovertemplate": f"%{{x:.{decimals}f}}",
    }
    if one.low is not None and one.high is not None:
        low, high = np.asarray(one.low, np.float64), np.asarray(one.high, np.float64)
        trace["error_x"] = {
            "type": "data",
            "symmetric": False,
            "array": numbers(np.maximum(high - values, 0.0)),
            "arrayminus": numbers(np.maximum(values - low, 0.0)),
            "color": "@ink",
            "thickness": 1.2,
            "width": 3,
        }
        ends = np.stack([low, high], axis=-1)
        trace["customdata"] = numbers(ends)
        shown = [f"%{{customdata[{end}]:.{decimals}f}}" for end in (0, 1)]
        trace["hovertemplate"] += f" [{', '.join(shown)}]"
    return trace


def _bar_table(
    names: Sequence[str], series: Sequence[Series], words: Words, decimals: int
) -> Table:
    def cell(one: Series, row: int) -> Cell:
        text = fixed(one.values[row], decimals)
        if one.low is not None and one.high is not None:
            ends = (fixed(end[row], decimals) for end in (one.low, one.high))
            text += f" [{', '.join(ends)}]"
        return Cell(text=text, value=one.values[row])

    return Table(
        id=f"{words.id}-numbers",
        caption=words.caption,
        columns=("", *(one.label for one in series)),
        rows=[
            (Cell(text=spelled(name)), *(cell(one, row) for one in series))
            for row, name in enumerate(names)
        ],
    )
