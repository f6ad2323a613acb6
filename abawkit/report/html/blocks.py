"""What a page is made of: sections of text, tables, figures and timelines.

Conventions: a figure is Plotly's JSON as plain dicts. A colour is a name of the page's palette,
such as ``@series1``, which the page replaces by the colour of its light or its dark theme. There
are ``@ink``, ``@muted``, ``@grid``, ``@surface``, ``@truth``, ``@gap``, ``@good``, ``@bad``,
``@series1`` to ``@series6``, and the colour scales ``@sequential`` and ``@diverging``. A block
says in words what it shows, for those who do not see it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Cell:
    """A cell of a table: what is shown, and the number it is sorted by, None for its text.

    ``link`` is a place on the page, such as ``#timeline=video1``.
    """

    text: str
    value: float | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Table:
    """A table that readers can sort by any column; the first column names the row.

    ``total`` is a last row that stays last.
    """

    id: str
    caption: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    total: tuple[Cell, ...] | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Figure:
    """A figure: Plotly traces and layout, with colours by name.

    ``summary`` says in a sentence what is seen; ``numbers``, a table, stands behind it.
    """

    id: str
    caption: str
    summary: str
    traces: Sequence[Mapping[str, Any]]
    layout: Mapping[str, Any] = field(default_factory=dict)
    height: int = 360
    numbers: Table | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Script:
    """A place that a script of the page fills, and the data, as JSON, that it gets.

    ``kind`` is the script's name; the page calls ``abawkit.scripts[kind](element, data)``.
    """

    id: str
    kind: str
    caption: str
    summary: str
    data: Mapping[str, Any]


Block = Figure | Table | Script


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Section:
    """A part of the page; ``lead`` tells in a sentence or two what to look at."""

    id: str
    title: str
    lead: str
    blocks: Sequence[Block] = ()
    wide: bool = False
