"""How far the mean prediction of each video is from its mean annotation."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from abawkit.report.html.blocks import Cell, Figure, Table
from abawkit.report.html.figures.panels import fixed, numbers, style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from abawkit.report.html.figures.parts import Part

PLANE_HEIGHT = 430
_NAMED = 3
"""How many videos of an entry are named in the figure."""


def bias_figure(part: Part) -> Figure:
    """Show how far each video is from its annotations on average.

    Parameters
    ----------
    part : Part
        Valence and arousal.

    Returns
    -------
    Figure
        One mark a video and entry.
    """
    found = [_video_biases(part, index) for index in range(len(part.entries))]
    rows = [
        (entry.name, name, int(count), bias)
        for entry, (names, frames, biases) in zip(part.entries, found, strict=True)
        for name, count, bias in zip(names, frames, biases, strict=True)
    ]
    caption = (
        "Bias of each video. How far the mean prediction of a video is from its mean "
        "annotation; large points are long videos, and the farthest ones are named."
    )
    end = max((float(np.abs(row[3]).max()) for row in rows), default=0.5) * 1.15
    axis = {"range": [-end, end], "zeroline": True, "zerolinecolor": "@gap"}
    return Figure(
        id="plane-bias",
        caption=caption,
        summary=_bias_words(rows),
        traces=[
            _bias_trace(index, entry.name, *video)
            for index, (entry, video) in enumerate(zip(part.entries, found, strict=True))
        ],
        layout={
            "xaxis": axis | {"title": {"text": "valence, predicted less annotated"}},
            "yaxis": axis | {"title": {"text": "arousal, predicted less annotated"}},
            "showlegend": len(found) > 1,
        },
        height=PLANE_HEIGHT,
        numbers=Table(
            id="plane-bias-numbers",
            caption=caption,
            columns=("video", "entry", "frames", "valence", "arousal"),
            rows=[
                (
                    Cell(text=name),
                    Cell(text=entry),
                    Cell(text=f"{count:,}", value=count),
                    *(Cell(text=fixed(value, 3), value=float(value)) for value in bias),
                )
                for entry, name, count, bias in rows
            ],
        ),
    )


def _video_biases(
    part: Part, index: int
) -> tuple[list[str], NDArray[np.int64], NDArray[np.float64]]:
    stacked = part.predicted[index]
    whole = stacked.known.all(axis=1)
    video = stacked.video[whole]
    frames = np.bincount(video, minlength=len(stacked.videos))
    gaps = (stacked.pred - stacked.true)[whole]
    sums = [np.bincount(video, weights=gap, minlength=len(frames)) for gap in gaps.T]
    there = frames > 0
    biases = np.stack(sums, axis=1)[there] / frames[there, None]
    names = [name for name, on in zip(stacked.videos, there, strict=True) if on]
    return names, frames[there], biases


def _bias_trace(
    index: int,
    entry: str,
    names: Sequence[str],
    frames: NDArray[np.int64],
    biases: NDArray[np.float64],
) -> dict[str, Any]:
    looks = style(index)
    named = set(np.hypot(*biases.T).argsort()[-_NAMED:].tolist())
    sizes = 6 + 14 * np.sqrt(frames / max(int(frames.max(initial=1)), 1))
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": escape(entry),
        "x": numbers(biases[:, 0], 3),
        "y": numbers(biases[:, 1], 3),
        "text": [escape(name) if row in named else "" for row, name in enumerate(names)],
        "textposition": "top center",
        "textfont": {"size": 10, "color": "@muted"},
        "cliponaxis": False,
        "customdata": [
            [escape(name), int(count)] for name, count in zip(names, frames, strict=True)
        ],
        "hovertemplate": (
            "%{customdata[0]}<br>valence %{x:+.2f}, arousal %{y:+.2f}<br>%{customdata[1]:,} frames"
        ),
        "marker": {
            "color": looks.colour,
            "symbol": looks.symbol,
            "size": numbers(sizes, 1),
            "opacity": 0.75,
            "line": {"width": 1, "color": "@surface"},
        },
    }


def _bias_words(rows: Sequence[tuple[str, str, int, NDArray[np.float64]]]) -> str:
    if not rows:
        return "No frame counts."
    entry, name, _, bias = max(rows, key=lambda row: float(np.hypot(*row[3])))
    return (
        f"{name} is farthest off, in {entry}: its mean valence is {_moved(float(bias[0]))}, its "
        f"mean arousal {_moved(float(bias[1]))}."
    )


def _moved(bias: float) -> str:
    return f"{fixed(abs(bias))} too {'high' if bias > 0 else 'low'}"
