"""What all figures are made of: series told apart by more than colour, words, grids of panels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_COLOURS = 6
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_SYMBOLS = ("circle", "square", "triangle-up", "diamond", "cross", "x")
_COLUMNS = 4
"""How many panels stand beside each other at most."""
_PATTERNS = ("", "/", ".", "x", "-", "+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a series is told apart: by its colour, and by a dash, a symbol or a pattern as well."""

    colour: str
    dash: str
    symbol: str
    pattern: str


TRUTH = Style(colour="@truth", dash="solid", symbol="circle-open", pattern="")


def style(index: int) -> Style:
    """Give the style of an entry.

    Parameters
    ----------
    index : int
        Which entry of the page, from 0; the seventh has the colour of the first again, but
        another dash, symbol and pattern.

    Returns
    -------
    Style
        The style.
    """
    shape = (index + index // _COLOURS) % _COLOURS
    return Style(
        colour=f"@series{index % _COLOURS + 1}",
        dash=_DASHES[shape],
        symbol=_SYMBOLS[shape],
        pattern=_PATTERNS[shape],
    )


def spelled(name: str) -> str:
    """Spell the name of a class or unit for a reader.

    Parameters
    ----------
    name : str
        As the headers have it, such as ``Sadly_Angry``.

    Returns
    -------
    str
        With spaces.
    """
    return name.replace("_", " ")


def numbers(values: NDArray[Any], decimals: int = 4) -> Any:  # noqa: ANN401 - lists of any depth
    """Give an array as lists that JSON can hold.

    Parameters
    ----------
    values : numpy.ndarray
        Numbers of any shape.
    decimals : int
        To how many decimals they are rounded.

    Returns
    -------
    list
        Nested as the array is, None in place of NaN.
    """
    rounded = np.round(np.asarray(values, np.float64), decimals) + 0.0
    shown = rounded.astype(object)
    shown[np.isnan(rounded)] = None
    return shown.tolist()


def fixed(value: float, decimals: int = 2) -> str:
    """Write a number.

    Parameters
    ----------
    value : float
        The number.
    decimals : int
        How many it gets.

    Returns
    -------
    str
        The number, with a true minus sign, or a dash for NaN.
    """
    if math.isnan(value):
        return "\N{EN DASH}"
    return f"{value:z.{decimals}f}".replace("-", "\N{MINUS SIGN}")


def percent(share: float, decimals: int = 0) -> str:
    """Write a share in percent.

    Parameters
    ----------
    share : float
        From 0 to 1.
    decimals : int
        How many it gets.

    Returns
    -------
    str
        Such as ``41 %``, or a dash for NaN.
    """
    return fixed(share) if math.isnan(share) else f"{fixed(100 * share, decimals)} %"


def grid(
    titles: Sequence[str],
    *,
    columns: int,
    xaxis: dict[str, Any],
    yaxis: dict[str, Any],
    row_height: int,
) -> tuple[dict[str, Any], int]:
    """Lay out panels with the same axes in rows and columns.

    Parameters
    ----------
    titles : sequence of str
        What stands above each panel.
    columns : int
        How many panels a row has.
    xaxis, yaxis : dict
        Axes of all panels.
    row_height : int
        Height of a row, in pixels.

    Returns
    -------
    tuple of dict and int
        The layout, whose axes are ``x``, ``x2`` and so on, and the height of the figure.
    """
    rows = math.ceil(len(titles) / columns)
    # Pixels between rows hold a title; between columns, numbers stand at the left one only.
    gap, between = 0.04, 34 / (rows * row_height)
    width, height = (1 - gap * (columns - 1)) / columns, (1 - between * (rows - 1)) / rows
    layout: dict[str, Any] = {"annotations": []}
    for index, title in enumerate(titles):
        row, column = divmod(index, columns)
        left, top = column * (width + gap), 1 - row * (height + between)
        last = index + columns >= len(titles)
        suffix = str(index + 1) if index else ""
        matching = {"matches": "x"} if index else {}
        layout[f"xaxis{suffix}"] = {
            **xaxis,
            **matching,
            "domain": [round(left, 4), round(min(left + width, 1.0), 4)],
            "anchor": f"y{suffix}",
            "showticklabels": last,
            "title": {"text": xaxis.get("title", "") if last and column == 0 else ""},
        }
        layout[f"yaxis{suffix}"] = {
            **yaxis,
            **({"matches": "y"} if index else {}),
            "domain": [round(max(top - height, 0.0), 4), round(top, 4)],
            "anchor": f"x{suffix}",
            "showticklabels": column == 0,
            "title": {"text": yaxis.get("title", "") if column == 0 and row == 0 else ""},
        }
        layout["annotations"].append({
            "text": title,
            "x": left,
            "y": top,
            "xref": "paper",
            "yref": "paper",
            "xanchor": "left",
            "yanchor": "bottom",
            "showarrow": False,
            "font": {"size": 12, "color": "@ink"},
        })
    return layout, rows * row_height + 90


def panels(
    titles: Sequence[str], *, xaxis: dict[str, Any], yaxis: dict[str, Any]
) -> tuple[dict[str, Any], int]:
    """Lay out panels for a wide window, and in two columns for a narrow one.

    Parameters
    ----------
    titles : sequence of str
        What stands above each panel.
    xaxis, yaxis : dict
        Axes of all panels; ``title`` is text.

    Returns
    -------
    tuple of dict and int
        The layout, with that of a narrow window in its ``meta``, and the height of the figure.
    """
    axes = {"xaxis": xaxis, "yaxis": yaxis}
    columns = _COLUMNS if len(titles) >= _COLUMNS else max(len(titles), 1)
    wide, height = grid(titles, columns=columns, row_height=170, **axes)
    # Two or three panels are large ones, below each other on a phone.
    rows = (2, 140) if columns == _COLUMNS else (1, 230)
    narrow, narrow_height = grid(titles, columns=rows[0], row_height=rows[1], **axes)
    # The legend stays clear of the panels' titles.
    legend = {"legend": {"y": 1 + 26 / height, "yanchor": "bottom"}, "margin": {"t": 30}}
    meta = {"narrow": narrow | legend, "narrowHeight": narrow_height}
    return wide | legend | {"meta": meta}, height


def axes(index: int) -> dict[str, str]:
    """Name the axes of a panel, for its traces.

    Parameters
    ----------
    index : int
        Which panel, from 0.

    Returns
    -------
    dict of str to str
        ``xaxis`` and ``yaxis``.
    """
    suffix = str(index + 1) if index else ""
    return {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
