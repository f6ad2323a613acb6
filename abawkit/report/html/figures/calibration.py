"""Whether probabilities and values can be believed."""

from __future__ import annotations

from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from abawkit.evaluation.curves import BINS, Binned, binned, top_class
from abawkit.protocol import Categorical, Continuous
from abawkit.report.html.blocks import Cell, Figure, Section, Table
from abawkit.report.html.figures.bars import Series, Words, bars
from abawkit.report.html.figures.panels import axes, fixed, numbers, panels, percent, style
from abawkit.report.html.figures.parts import decided_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from abawkit.evaluation.stacked import Stacked
    from abawkit.report.html.figures.parts import Part

_VALUE_BINS = 20
_FEW = 10
"""A bin with fewer frames than these is not drawn: its mean says little."""
_BINS_SAID = (
    f"{BINS} bins of equal width; marks are large where many frames are, and bins of fewer than "
    f"{_FEW} have none. The expected calibration error (ECE, Guo et al. 2017) is the mean "
    "distance from the diagonal, by frames."
)


def calibration_section(parts: Sequence[Part]) -> Section | None:
    """Show how far what was said is from what was so.

    Parameters
    ----------
    parts : sequence of Part
        The targets of the page.

    Returns
    -------
    Section or None
        Reliability of classes and units, where there are probabilities, and of values; a word
        on what lacks where there is none; None for values of whole clips.
    """
    drawn = [_part_figures(part) for part in parts if _applies(part)]
    if not drawn:
        return None
    blocks = [figure for figures in drawn for figure in figures]
    lead = (
        "On the diagonal, what is said is so on average. Below it the model says too much, "
        "above it too little."
    )
    if not all(drawn):
        lead = (
            "There are no raw outputs here, only labels: how far probabilities can be believed "
            "needs a run of abawkit predict."
        )
    return Section(id="calibration", title="Calibration", lead=lead, blocks=blocks)


def _applies(part: Part) -> bool:
    return part.of_frames or not isinstance(part.target, Continuous)


def _part_figures(part: Part) -> list[Figure]:
    if isinstance(part.target, Continuous):
        return [_values(part)]
    with_outputs = {i: one for i, one in enumerate(part.predicted) if one.outputs is not None}
    if not with_outputs:
        return []
    if isinstance(part.target, Categorical):
        curves = {index: _top_binned(stacked) for index, stacked in with_outputs.items()}
        return [_top(part, curves), _sure(part, curves)]
    return [_units(part, with_outputs)]


def _top(part: Part, curves: Mapping[int, Binned]) -> Figure:
    return _figure(
        part,
        [curves],
        ["the most probable class"],
        caption=(
            f"Reliability of the most probable class. {_BINS_SAID} {_whose(part, curves)} "
            "The class is that of the probabilities, without offsets."
        ),
        title={"x": "probability", "y": "share right"},
        low=0,
    )


def _sure(part: Part, curves: Mapping[int, Binned]) -> Figure:
    ends = np.linspace(0, 1, BINS + 1)
    ranges = [f"{a:.1f} to {b:.1f}" for a, b in pairwise(ends)]
    series = [
        Series(
            label=part.entries[index].name,
            style=style(index),
            values=list(curve.count / max(int(curve.count.sum()), 1)),
        )
        for index, curve in curves.items()
    ]
    above = "; ".join(
        f"{one.label} says more than 0.5 in {percent(sum(one.values[BINS // 2 :]))} of the frames"
        for one in series
    )
    words = Words(
        id=f"sure-{part.target.name}",
        caption="How sure the most probable class is. Share of the frames by its probability.",
        summary=f"{above}.",
        axis="share of the frames",
    )
    return bars(ranges, series, words, decimals=3)


def _whose(part: Part, found: Iterable[int]) -> str:
    return decided_on([part.entries[index] for index in found])


def _top_binned(stacked: Stacked) -> Binned:
    known = stacked.known[:, 0] & ~np.isnan(_outputs(stacked)).any(axis=1)
    best, probability = top_class(_outputs(stacked)[known])
    return binned(probability, (best == stacked.true[known, 0]).astype(np.float64))


def _outputs(stacked: Stacked) -> Any:  # noqa: ANN401 - an array, which mypy cannot know
    return stacked.outputs


def _units(part: Part, found: Mapping[int, Stacked]) -> Figure:
    return _figure(
        part,
        [
            {index: _column_binned(stacked, column) for index, stacked in found.items()}
            for column in range(len(part.target.names))
        ],
        part.target.names,
        caption=f"Reliability of each unit's probability. {_BINS_SAID} {_whose(part, found)}",
        title={"x": "probability", "y": "share there"},
        low=0,
    )


def _column_binned(stacked: Stacked, column: int) -> Binned:
    said = _outputs(stacked)[:, column]
    known = stacked.known[:, column] & ~np.isnan(said)
    return binned(said[known], stacked.true[known, column])


def _values(part: Part) -> Figure:
    low = part.target.low if isinstance(part.target, Continuous) else 0.0
    curves = [
        {
            index: _value_binned(stacked, column, low)
            for index, stacked in enumerate(part.predicted)
        }
        for column in range(part.target.columns)
    ]
    return _figure(
        part,
        curves,
        part.target.names,
        caption=(
            "What is annotated where a value is predicted. Mean annotation of the frames in each "
            f"of {_VALUE_BINS} bins of the prediction, all of one width; marks are large where "
            f"many frames are, and bins of fewer than {_FEW} have none. Flatter than the "
            "diagonal: predictions are too extreme; steeper: too tame."
        ),
        title={"x": "predicted", "y": "annotated, mean"},
        low=low,
    )


def _value_binned(stacked: Stacked, column: int, low: float) -> Binned:
    known = stacked.known[:, column]
    pred, true = stacked.pred[known, column], stacked.true[known, column]
    return binned(pred, true, low=low, bins=_VALUE_BINS)


def _figure(  # noqa: PLR0913 - what differs between kinds of targets
    part: Part,
    curves: Sequence[Mapping[int, Binned]],
    names: Sequence[str],
    *,
    caption: str,
    title: Mapping[str, str],
    low: float,
) -> Figure:
    ticks = {"range": [low - 0.03, 1.03], "tickvals": [low, (low + 1) / 2, 1]}
    one = len(part.entries) == 1
    titles = [
        f"{name}  ECE {fixed(panel[0].error, 3)}" if one and low == 0 and 0 in panel else name
        for name, panel in zip(names, curves, strict=True)
    ]
    layout, height = panels(
        titles if len(names) > 1 else [""],
        xaxis=ticks | {"title": title["x"]},
        yaxis=ticks | {"title": title["y"]},
    )
    few = len(names) <= 2  # noqa: PLR2004 - one row of large panels
    if few:
        height = 420
    identity = f"calibration-{part.target.name}"
    traces = [_diagonal(panel, low) for panel in range(len(names))]
    traces += [
        _trace(part, panel, index, curve)
        for panel, of_panel in enumerate(curves)
        for index, curve in of_panel.items()
    ]
    return Figure(
        id=identity,
        caption=caption,
        summary=_words(part, curves, names, of_values=low < 0),
        traces=traces,
        layout=layout | {"showlegend": not one},
        height=height,
        numbers=_table(part, identity, caption, curves, names),
    )


def _diagonal(panel: int, low: float) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [low, 1],
        "y": [low, 1],
        "line": {"color": "@gap", "width": 1, "dash": "dot"},
        "hoverinfo": "skip",
        "showlegend": False,
        **axes(panel),
    }


def _trace(part: Part, panel: int, index: int, curve: Binned) -> dict[str, Any]:
    looks = style(index)
    drawn = curve.count >= _FEW
    share = curve.count[drawn] / max(int(curve.count.sum()), 1)
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": escape(part.entries[index].name),
        "legendgroup": f"{index}",
        "showlegend": panel == 0,
        "x": numbers(curve.said[drawn], 3),
        "y": numbers(curve.so[drawn], 3),
        "customdata": curve.count[drawn].tolist(),
        "hovertemplate": "said %{x:.2f}, so %{y:.2f}<br>%{customdata:,} frames",
        "line": {"color": looks.colour, "dash": looks.dash, "width": 1.8},
        "marker": {
            "color": looks.colour,
            "symbol": looks.symbol,
            "size": numbers(5 + 11 * np.sqrt(share), 1),
            "opacity": 1,
            "line": {"color": "@surface", "width": 1},
        },
        **axes(panel),
    }


def _words(
    part: Part,
    curves: Sequence[Mapping[int, Binned]],
    names: Sequence[str],
    *,
    of_values: bool,
) -> str:
    said = []
    for index in curves[0]:
        errors = np.array([panel[index].error for panel in curves])
        if np.isnan(errors).all():
            continue
        worst = int(np.nanargmax(errors))
        entry = part.entries[index].name
        if of_values:
            each = ", ".join(f"{n} {fixed(x)}" for n, x in zip(names, errors, strict=True))
            said.append(f"{entry}: {each}")
        elif len(names) == 1:
            said.append(f"{entry}: ECE {fixed(errors[0], 3)}, {_lean(curves[0][index])}")
        else:
            said.append(
                f"{entry}: mean ECE {fixed(float(np.nanmean(errors)), 3)}, worst {names[worst]} "
                f"({fixed(errors[worst], 3)}), {_lean(curves[worst][index])}"
            )
    start = "Mean distance from the diagonal: " if of_values else ""
    return f"{start}{'; '.join(said)}." if said else "No frame counts."


def _lean(curve: Binned) -> str:
    filled = curve.count > 0
    said, so = (
        float(values[filled] @ curve.count[filled] / curve.count.sum())
        for values in (curve.said, curve.so)
    )
    return f"which says {fixed(said)} on average where {fixed(so)} is so"


def _table(
    part: Part,
    identity: str,
    caption: str,
    curves: Sequence[Mapping[int, Binned]],
    names: Sequence[str],
) -> Table:
    return Table(
        id=f"{identity}-numbers",
        caption=caption,
        columns=("", *(f"{part.entries[i].name}, mean distance" for i in curves[0])),
        rows=[
            (
                Cell(text=name),
                *(Cell(text=fixed(one.error, 4), value=one.error) for one in panel.values()),
            )
            for name, panel in zip(names, curves, strict=True)
        ],
    )
