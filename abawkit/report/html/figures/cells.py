"""A matrix of coloured cells, with a number in each that can be read on its colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from abawkit.report.html.figures.panels import numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

_STRONG = 0.6
"""From this share of the colour scale on, the ground of the page is read better than its ink."""


def cells(
    names: Sequence[str],
    tone: NDArray[np.float64],
    text: Sequence[Sequence[str]],
    ends: tuple[float, float],
    **heat: Any,  # noqa: ANN401 - what a heatmap of Plotly takes
) -> list[Mapping[str, Any]]:
    """Draw a square matrix whose rows and columns have the same names.

    Parameters
    ----------
    names : sequence of str
        Of the rows, from the top, and of the columns.
    tone : numpy.ndarray of float64, shape (n, n)
        The colours; cells of NaN have none.
    text : sequence of sequence of str
        What stands in each cell.
    ends : tuple of float
        The values of both ends of the colour scale; 0 is the middle of one that starts below.
    **heat
        More of the heatmap.

    Returns
    -------
    list of dict
        The heatmap, and its text.
    """
    strong = np.abs(np.nan_to_num(tone)) / max(ends[1], 1e-9) > _STRONG
    size = range(len(names))
    coloured = {
        "type": "heatmap",
        "x": list(names),
        "y": list(names),
        "z": numbers(tone, 3),
        "zmin": ends[0],
        "zmax": ends[1],
        "xgap": 1,
        "ygap": 1,
        "showscale": False,
        "hoverongaps": False,
        **heat,
    }
    written = {
        "type": "scatter",
        "mode": "text",
        "x": [names[column] for _ in size for column in size],
        "y": [names[row] for row in size for _ in size],
        "text": [text[row][column] for row in size for column in size],
        "textfont": {"color": ["@surface" if one else "@ink" for one in strong.ravel()]},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    return [coloured, written]
