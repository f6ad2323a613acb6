"""Where on the plane of valence and arousal the frames are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from abawkit.evaluation.matrices import centres, plane
from abawkit.report.html.blocks import Figure, Section
from abawkit.report.html.figures.bias import PLANE_HEIGHT, bias_figure
from abawkit.report.html.figures.panels import fixed, numbers, percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from abawkit.report.html.figures.parts import Part

PLANE = ("valence", "arousal")
# Russell, "A circumplex model of affect", 1980.
_CORNERS = (
    (-0.97, 0.97, "left", "top", "tense, angry"),
    (0.97, 0.97, "right", "top", "excited, happy"),
    (-0.97, -0.97, "left", "bottom", "sad, bored"),
    (0.97, -0.97, "right", "bottom", "calm, content"),
)


def plane_section(parts: Sequence[Part]) -> Section | None:
    """Show where annotations and predictions are on the plane of valence and arousal.

    Parameters
    ----------
    parts : sequence of Part
        The targets of the page.

    Returns
    -------
    Section or None
        Densities, their differences and the bias of each video; None without such a target.
    """
    part = next((part for part in parts if part.target.names == PLANE), None)
    if part is None or not part.annotated.known.any():
        return None
    return Section(
        id="plane",
        title="Valence and arousal",
        lead=(
            "Where the frames are on the plane of affect. A model that plays safe stays near "
            "the middle: its cloud is smaller than that of the annotations."
        ),
        blocks=[*_densities(part), *_differences(part), bias_figure(part)],
    )


def _counted(part: Part, index: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    stacked = part.predicted[index]
    whole = stacked.known.all(axis=1)
    return stacked.true[whole], stacked.pred[whole]


def _densities(part: Part) -> list[Figure]:
    whole = part.annotated.known.all(axis=1)
    truth = part.annotated.true[whole]
    shown = [("Annotations", truth)]
    shown += [(entry.name, _counted(part, index)[1]) for index, entry in enumerate(part.entries)]
    counts = [plane(values) for _, values in shown]
    shares = [100 * cells / max(int(cells.sum()), 1) for cells in counts]
    bottom = min(float(cells[cells > 0].min(initial=1.0)) for cells in shares)
    ends = (math.log10(bottom), math.log10(max(float(cells.max(initial=1.0)) for cells in shares)))
    return [
        _density(index, name, values, cells, ends, truth)
        for index, ((name, values), cells) in enumerate(zip(shown, counts, strict=True))
    ]


def _density(  # noqa: PLR0913, PLR0917 - all that one of several figures has of its own
    index: int,
    name: str,
    values: NDArray[np.float64],
    counts: NDArray[np.int64],
    ends: tuple[float, float],
    truth: NDArray[np.float64],
) -> Figure:
    total = max(int(counts.sum()), 1)
    tone = np.log10(100 * counts / total, out=np.full(counts.shape, np.nan), where=counts > 0)
    powers = range(math.ceil(ends[0]), math.floor(ends[1]) + 1)
    heat = _heat(numbers(tone, 2)) | {
        "customdata": counts.tolist(),
        "hovertemplate": (
            "valence %{x:.2f}, arousal %{y:.2f}<br>%{customdata:,} of "
            f"{total:,} frames<extra></extra>"
        ),
    }
    return Figure(
        id=f"plane-density-{index}",
        caption=(
            f"{name}: where the frames are. Share of {total:,} frames in each cell of 0.05 by "
            "0.05; the colour is logarithmic and the same for all, empty cells have none."
        ),
        summary=_spread_words(values, truth if index else None),
        traces=[heat],
        layout=_square("@sequential", ends, {power: f"{10.0**power:g} %" for power in powers}),
        height=PLANE_HEIGHT,
    )


def _heat(z: list[Any]) -> dict[str, Any]:
    axis = numbers(centres(), 2)
    return {
        "type": "heatmap",
        "x": axis,
        "y": axis,
        "z": z,
        "coloraxis": "coloraxis",
        "hoverongaps": False,
    }


def _square(scale: str, ends: tuple[float, float], ticks: Mapping[float, str]) -> dict[str, Any]:
    bar = {"tickvals": [round(tick, 4) for tick in ticks], "ticktext": list(ticks.values())}
    colours = {"colorscale": scale, "cmin": round(ends[0], 4), "cmax": round(ends[1], 4)}
    below = {"orientation": "h", "y": -0.2, "yanchor": "top", "len": 0.9}
    axis = {"range": [-1.03, 1.03], "dtick": 0.5, "zeroline": True, "zerolinecolor": "@gap"}
    return {
        "xaxis": axis | {"title": {"text": "valence"}, "constrain": "domain"},
        "yaxis": axis | {"title": {"text": "arousal"}, "scaleanchor": "x", "constrain": "domain"},
        "annotations": [
            {
                "x": x,
                "y": y,
                "xanchor": xanchor,
                "yanchor": yanchor,
                "text": text,
                "showarrow": False,
                "font": {"size": 11, "color": "@ink"},
                "bgcolor": "@surface",
                "opacity": 0.8,
                "borderpad": 1,
            }
            for x, y, xanchor, yanchor, text in _CORNERS
        ],
        "margin": {"r": 8, "b": 36},
        "coloraxis": colours | {"colorbar": bar},
        "meta": {
            "narrow": {"coloraxis": colours | {"colorbar": bar | below}},
            "narrowHeight": 400,
        },
    }


def _spread_words(values: NDArray[np.float64], truth: NDArray[np.float64] | None) -> str:
    if not len(values):
        return "No frame counts."
    mean, spread = values.mean(axis=0), values.std(axis=0)
    words = (
        f"Mean valence {fixed(mean[0])}, arousal {fixed(mean[1])}; standard deviations "
        f"{fixed(spread[0])} and {fixed(spread[1])}"
    )
    if truth is None or not (truth.std(axis=0) > 0).all():
        return f"{words}."
    share = spread / truth.std(axis=0)
    return f"{words}, {percent(share[0])} and {percent(share[1])} of those of the annotations."


def _differences(part: Part) -> list[Figure]:
    gaps = []
    for index in range(len(part.entries)):
        true, pred = (plane(values) for values in _counted(part, index))
        gaps.append(100 * (pred - true) / max(int(true.sum()), 1))
    sizes = np.concatenate([np.abs(gap[gap != 0]) for gap in gaps])
    end = float(np.quantile(sizes, 0.98)) if len(sizes) else 1.0
    return [
        _difference(index, entry.name, gap, end)
        for index, (entry, gap) in enumerate(zip(part.entries, gaps, strict=True))
    ]


def _difference(index: int, name: str, gap: NDArray[np.float64], end: float) -> Figure:
    moved = float(np.abs(gap).sum()) / 200
    heat = _heat(numbers(np.where(gap == 0, np.nan, gap), 3)) | {
        "hovertemplate": (
            "valence %{x:.2f}, arousal %{y:.2f}<br>%{z:+.3f} percentage points<extra></extra>"
        ),
    }
    return Figure(
        id=f"plane-difference-{index + 1}",
        caption=(
            f"{name}: what is predicted too often, and too rarely. Share of the predicted frames "
            "less that of the annotated ones in each cell, over the same frames; the colour ends "
            f"at {end:.2g} percentage points, which two in a hundred cells exceed."
        ),
        summary=(
            f"{percent(moved)} of the frames would have to move to another cell for the "
            "prediction to be spread as the annotations are."
        ),
        traces=[heat],
        layout=_square("@diverging", (-end, end), {-end: "fewer", 0: "as many", end: "more"}),
        height=PLANE_HEIGHT,
    )
