"""Action units: F1 at every threshold, and which of them come together."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from abawkit.evaluation.curves import f1_by_threshold
from abawkit.evaluation.matrices import phi
from abawkit.protocol import MultiLabel
from abawkit.report.html.blocks import Cell, Figure, Section, Table
from abawkit.report.html.figures.cells import cells
from abawkit.report.html.figures.panels import axes, fixed, numbers, panels, style
from abawkit.report.html.figures.parts import decided_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from abawkit.evaluation.stacked import Stacked
    from abawkit.report.html.figures.parts import Part

THRESHOLDS = np.arange(1, 100) / 100
HALF = 0.5
"""The threshold of entries that tell of none."""


def units_section(parts: Sequence[Part]) -> Section | None:
    """Show what thresholds do to each action unit, and which units come together.

    Parameters
    ----------
    parts : sequence of Part
        The targets of the page.

    Returns
    -------
    Section or None
        Curves, where there are outputs, and matrices; None without action units.
    """
    part = next((part for part in parts if isinstance(part.target, MultiLabel)), None)
    if part is None:
        return None
    lead = "Which units come together, in the annotations and in what is predicted."
    curves = _curves(part)
    if curves is None:
        lead += (
            " There are no raw outputs here, only labels: curves of F1 over thresholds need a "
            "run of abawkit predict."
        )
    return Section(
        id="units",
        title="Action units",
        lead=lead if curves is None else f"What another threshold would bring. {lead}",
        blocks=[*([curves] if curves else []), *_together(part)],
    )


def _used(part: Part, index: int) -> NDArray[np.float64]:
    given = part.entries[index].thresholds or (HALF,)
    return np.broadcast_to(np.asarray(given, np.float64), len(part.target.names))


def _curves(part: Part) -> Figure | None:
    found = []
    for index, stacked in enumerate(part.predicted):
        if stacked.outputs is None:
            continue
        known = stacked.known & ~np.isnan(stacked.outputs)
        scores = f1_by_threshold(stacked.true, stacked.outputs, THRESHOLDS, known=known)
        found.append((index, scores))
    if not found:
        return None
    names = part.target.names
    layout, height = panels(
        names,
        xaxis={"range": [0, 1], "tickvals": [0, 0.5, 1], "title": "threshold"},
        yaxis={"range": [0, 1.02], "tickvals": [0, 0.5, 1], "title": "F1"},
    )
    caption = (
        "F1 at every threshold. One panel a unit, over all frames that count; the filled mark is "
        "the threshold that was used, the star the best one on these labels. That best F1 is "
        "optimistic: it was chosen on the labels that it is scored on. "
        + decided_on([part.entries[index] for index, _ in found])
    )
    return Figure(
        id="threshold-curves",
        caption=caption,
        summary=_gain_words(part, found),
        traces=[
            trace
            for index, scores in found
            for unit in range(len(names))
            for trace in _unit_traces(part, index, unit, scores[:, unit])
        ],
        layout=layout | {"showlegend": len(found) > 1},
        height=height,
        numbers=_threshold_table(part, caption, found),
    )


def _unit_traces(
    part: Part, index: int, unit: int, scores: NDArray[np.float64]
) -> list[dict[str, Any]]:
    looks, entry = style(index), part.entries[index]
    place = axes(unit) | {"legendgroup": f"{index}", "showlegend": False}
    curve = {
        "type": "scatter",
        "mode": "lines",
        "name": escape(entry.name),
        "x0": 0.01,
        "dx": 0.01,
        "y": numbers(scores, 3),
        "line": {"color": looks.colour, "dash": looks.dash, "width": 1.8},
        "hovertemplate": "F1 %{y:.2f} at %{x:.2f}",
        **place,
        "showlegend": unit == 0,
    }
    if np.isnan(scores).all():
        return [curve]
    best = int(scores.argmax())
    score = entry.report.per_class[part.target.names[unit]]
    marks = (
        (float(_used(part, index)[unit]), score, looks.symbol, 8, "used"),
        (float(THRESHOLDS[best]), float(scores[best]), "star", 10, "best on these labels"),
    )
    return [curve] + [
        {
            "type": "scatter",
            "mode": "markers",
            "name": escape(entry.name),
            "x": [round(x, 4)],
            "y": numbers(np.array([y]), 3),
            "marker": {
                "symbol": symbol,
                "size": size,
                "color": looks.colour,
                "line": {"color": "@surface", "width": 1},
            },
            "cliponaxis": False,
            "hovertemplate": f"{what}: F1 %{{y:.2f}} at %{{x:.2f}}",
            **place,
        }
        for x, y, symbol, size, what in marks
    ]


def _best(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.asarray(np.where(np.isnan(scores), -1.0, scores).argmax(axis=0))


def _gain_words(part: Part, found: Sequence[tuple[int, NDArray[np.float64]]]) -> str:
    said = []
    for index, scores in found:
        entry, names = part.entries[index], part.target.names
        used = np.array([entry.report.per_class[name] for name in names])
        best = scores[_best(scores), np.arange(len(names))]
        if np.isnan(best - used).any():
            continue
        unit = int((best - used).argmax())
        said.append(
            f"{entry.name}: mean F1 {fixed(used.mean(), 3)} at its thresholds, "
            f"{fixed(best.mean(), 3)} at the best ones on these labels; {names[unit]} would gain "
            f"most, {fixed(used[unit])} to {fixed(best[unit])}"
        )
    return "; ".join(said) + "." if said else "Not every unit has frames that count."


def _threshold_table(
    part: Part, caption: str, found: Sequence[tuple[int, NDArray[np.float64]]]
) -> Table:
    columns, values = [], []
    for index, scores in found:
        entry, best = part.entries[index], _best(scores)
        columns += [f"{entry.name}, {what}" for what in ("used", "F1", "best", "F1 there")]
        values += [
            _used(part, index),
            np.array([entry.report.per_class[name] for name in part.target.names]),
            THRESHOLDS[best],
            scores[best, np.arange(len(best))],
        ]
    return Table(
        id="threshold-curves-numbers",
        caption=caption,
        columns=("unit", *columns),
        rows=[
            (Cell(text=name), *(Cell(text=fixed(x, 3), value=float(x)) for x in row))
            for name, row in zip(part.target.names, np.stack(values, axis=1), strict=True)
        ],
    )


def _together(part: Part) -> list[Figure]:
    truth = phi(part.annotated.true, known=part.annotated.known)
    blocks = [_matrix(part, 0, "Annotations", truth, part.annotated, None)]
    for index, stacked in enumerate(part.predicted):
        found = phi(stacked.pred, known=stacked.known)
        blocks.append(_matrix(part, index + 1, part.entries[index].name, found, stacked, truth))
    return blocks


def _matrix(  # noqa: PLR0913, PLR0917 - all that one of several figures has of its own
    part: Part,
    index: int,
    name: str,
    values: NDArray[np.float64],
    stacked: Stacked,
    truth: NDArray[np.float64] | None,
) -> Figure:
    names = part.target.names
    shown = values.copy()
    np.fill_diagonal(shown, np.nan)
    text = np.where(np.isnan(shown), "", [[_short(value) for value in row] for row in shown])
    axis = {"showgrid": False, "zeroline": False, "ticklabelstandoff": 5}
    small = {"tickfont": {"size": 9}}
    upper, lower = axis | {"side": "top"}, axis | {"autorange": "reversed"}
    frames = int(stacked.known.any(axis=1).sum())
    return Figure(
        id=f"together-{index}",
        caption=(
            f"{name}: units that come together. Phi, the correlation of two yes/no labels, over "
            f"{frames:,} frames, each pair where both count; 0 says that one unit tells nothing "
            "of the other, and a cell is empty where a unit never changes."
        ),
        summary=_pair_words(names, shown, truth),
        traces=cells(
            names,
            shown,
            text.tolist(),
            (-1.0, 1.0),
            colorscale="@diverging",
            hovertemplate="%{y} and %{x}: %{z:.2f}<extra></extra>",
        ),
        layout={
            "xaxis": upper,
            "yaxis": lower,
            "margin": {"b": 8},
            "meta": {
                "narrow": {
                    "xaxis": upper | small | {"tickangle": -60},
                    "yaxis": lower | small,
                    "font": {"size": 8},
                },
                "narrowHeight": 380,
            },
        },
        height=480,
    )


def _short(value: float) -> str:
    return fixed(value).replace("0.", ".", 1)


def _pair_words(
    names: Sequence[str], values: NDArray[np.float64], truth: NDArray[np.float64] | None
) -> str:
    told = values if truth is None else values - truth
    above = np.where(np.triu(np.ones(told.shape, bool), 1), np.abs(told), np.nan)
    if np.isnan(above).all():
        return "No two units change in the same frames."
    row, column = divmod(int(np.nanargmax(above)), len(names))
    pair = f"{names[row]} and {names[column]}"
    if truth is None:
        return f"Most bound to each other are {pair}, with {fixed(values[row, column])}."
    return (
        f"Farthest from the annotations are {pair}: {fixed(values[row, column])} predicted, "
        f"{fixed(float(truth[row, column]))} annotated."
    )
