"""How well each class, unit or output is found, and how often it is predicted."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from abawkit.evaluation.matrices import confusion, detection
from abawkit.protocol import Categorical, Continuous, MultiLabel
from abawkit.report.html.blocks import Cell, Figure, Section, Table
from abawkit.report.html.figures.bars import Series, Words, bars
from abawkit.report.html.figures.panels import TRUTH, fixed, numbers, percent, spelled, style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from abawkit.evaluation.stacked import Stacked
    from abawkit.report.html.figures.parts import Part

_SCORE_CARD = 2
"""So many continuous outputs are shown by the score card already."""


def classes_section(parts: Sequence[Part]) -> Section | None:
    """Show how well each class, action unit or output is found.

    Parameters
    ----------
    parts : sequence of Part
        The targets of the page.

    Returns
    -------
    Section or None
        Bars of scores, precision and recall, and shares; None where the score card says it all.
    """
    blocks: list[Figure] = []
    for part in parts:
        if not isinstance(part.target, Continuous):
            blocks += [_scores(part, "F1"), _precision_recall(part), _shares(part)]
        elif len(part.target.names) > _SCORE_CARD:
            blocks.append(_scores(part, "score"))
    if not blocks:
        return None
    return Section(
        id="classes",
        title="Each class",
        lead=(
            "All classes count alike in the score, whether they are frequent or rare. A rare "
            "one has a wide interval: one video more or less can move it far."
        ),
        blocks=blocks,
    )


def _scores(part: Part, what: str) -> Figure:
    names = part.target.names
    series = []
    for index, entry in enumerate(part.entries):
        scores = entry.report.per_class
        ends = [entry.intervals.per_class.get(name) for name in names]
        series.append(
            Series(
                label=entry.name,
                style=style(index),
                values=[scores[name] for name in names],
                low=[math.nan if end is None else end.low for end in ends],
                high=[math.nan if end is None else end.high for end in ends],
            )
        )
    bootstrap = part.entries[0].intervals.bootstrap
    caption = (
        f"{what.capitalize()} of each {_noun(part)}. Over all frames that count; the line on a "
        f"bar is its {bootstrap.level:.0%} interval, of {bootstrap.resamples:,} resamples by "
        f"{bootstrap.unit}."
    )
    words = Words(
        id=f"scores-{part.target.name}",
        caption=caption,
        summary=_score_words(names, series, what),
        axis=what,
    )
    return bars(names, series, words, ends=(0, 1) if what == "F1" else None)


def _noun(part: Part) -> str:
    if isinstance(part.target, Categorical):
        return "class"
    return "action unit" if isinstance(part.target, MultiLabel) else "output"


def _score_words(names: Sequence[str], series: Sequence[Series], what: str) -> str:
    said = []
    for one in series:
        known = [row for row, value in enumerate(one.values) if not math.isnan(value)]
        if not known:
            continue
        worst, best = (end(known, key=lambda row: one.values[row]) for end in (min, max))
        said.append(
            f"{one.label}: best {spelled(names[best])} ({fixed(one.values[best])}), worst "
            f"{spelled(names[worst])} ({fixed(one.values[worst])})"
        )
    return "; ".join(said) + "." if said else f"No {what} is defined."


def _yes_no(part: Part, stacked: Stacked) -> NDArray[np.float64]:
    # Of each class or unit: hits, false alarms and misses.
    if isinstance(part.target, MultiLabel):
        counts = detection(stacked.true, stacked.pred, known=stacked.known)
        cells = [counts[:, 1, 1], counts[:, 0, 1], counts[:, 1, 0]]
    else:
        known = stacked.known[:, 0]
        true, pred = stacked.true[known, 0], stacked.pred[known, 0]
        matrix = confusion(true, pred, classes=len(part.target.names))
        hits = np.diagonal(matrix)
        cells = [hits, matrix.sum(axis=0) - hits, matrix.sum(axis=1) - hits]
    return np.stack(cells).astype(np.float64)


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.where(whole > 0, part / np.maximum(whole, 1), np.nan))


def _precision_recall(part: Part) -> Figure:
    names = part.target.names
    found = []
    for stacked in part.predicted:
        hits, false, missed = _yes_no(part, stacked)
        found.append((_ratio(hits, hits + false), _ratio(hits, hits + missed)))
    caption = (
        f"Precision and recall, {part.target.name.upper()}. Filled marks are precision, the share "
        "of what is predicted that is right; open marks are recall, the share of what is there "
        "that is found. Recall far to the right of precision: predicted too often."
    )
    identity = f"precision-recall-{part.target.name}"
    return Figure(
        id=identity,
        caption=caption,
        summary=_lost_words(part, found),
        traces=[_dumbbell(part, index, *pair) for index, pair in enumerate(found)],
        layout={
            "xaxis": {"range": [-0.02, 1.02], "title": {"text": "precision and recall"}},
            "yaxis": {
                "tickvals": list(range(len(names))),
                "ticktext": [spelled(name) for name in names],
                "range": [len(names) - 0.4, -0.6],
                "zeroline": False,
            },
            "showlegend": len(found) > 1,
        },
        height=110 + len(names) * (26 + 13 * (len(found) - 1)),
        numbers=_pair_table(part, identity, caption, found),
    )


def _dumbbell(
    part: Part, index: int, precision: NDArray[np.float64], recall: NDArray[np.float64]
) -> dict[str, Any]:
    looks, n_entries = style(index), len(part.entries)
    offset = (index - (n_entries - 1) / 2) * 0.6 / n_entries
    rows = np.arange(len(precision)) + offset
    gap = np.full(len(rows), np.nan)
    x = np.stack([precision, recall, gap], axis=1).ravel()
    y = np.stack([rows, rows, gap], axis=1).ravel()
    names = [spelled(name) for name in part.target.names]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": escape(part.entries[index].name),
        "x": numbers(x),
        "y": numbers(y, 3),
        "text": [f"{name}: {what}" for name in names for what in ("precision", "recall", "")],
        "hovertemplate": "%{text} %{x:.2f}",
        "line": {"color": looks.colour, "width": 1.5, "dash": looks.dash},
        "marker": {
            "color": looks.colour,
            "size": 9,
            "symbol": [looks.symbol, f"{looks.symbol}-open", looks.symbol] * len(rows),
            "line": {"width": 2, "color": looks.colour},
        },
    }


def _pair_table(
    part: Part,
    identity: str,
    caption: str,
    found: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]],
) -> Table:
    columns = [f"{e.name}, {what}" for e in part.entries for what in ("precision", "recall")]
    values = np.stack([column for pair in found for column in pair], axis=1)
    return Table(
        id=f"{identity}-numbers",
        caption=caption,
        columns=("", *columns),
        rows=[
            (
                Cell(text=spelled(name)),
                *(Cell(text=fixed(value), value=float(value)) for value in row),
            )
            for name, row in zip(part.target.names, values, strict=True)
        ],
    )


def _lost_words(
    part: Part, found: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]]
) -> str:
    said = []
    for entry, (_, recall) in zip(part.entries, found, strict=True):
        if np.isnan(recall).all():
            continue
        row = int(np.nanargmin(recall))
        name, share = spelled(part.target.names[row]), percent(float(recall[row]))
        said.append(f"{entry.name} finds {share} of the frames with {name}, its lowest recall")
    return "; ".join(said) + "." if said else "Nothing is annotated as being there."


def _present(stacked: Stacked, labels: NDArray[np.float64], target: object) -> list[float]:
    if isinstance(target, Categorical):
        on = stacked.known[:, 0]
        counts = np.bincount(labels[on, 0].astype(np.int64), minlength=len(target.names))
        return list(_ratio(counts.astype(np.float64), np.full(len(counts), on.sum())))
    yes = ((labels == 1) & stacked.known).sum(axis=0).astype(np.float64)
    return list(_ratio(yes, stacked.known.sum(axis=0)))


def _shares(part: Part) -> Figure:
    names, target = part.target.names, part.target
    series = [
        Series(
            label="annotated",
            style=TRUTH,
            values=_present(part.annotated, part.annotated.true, target),
        )
    ]
    series += [
        Series(label=entry.name, style=style(i), values=_present(stacked, stacked.pred, target))
        for i, (entry, stacked) in enumerate(zip(part.entries, part.predicted, strict=True))
    ]
    words = Words(
        id=f"shares-{target.name}",
        caption=(
            f"How often each {_noun(part)} is there, and is predicted. Shares of the frames "
            "that count."
        ),
        summary=_share_words(names, series),
        axis="share of the frames",
    )
    return bars(names, series, words, decimals=3)


def _share_words(names: Sequence[str], series: Sequence[Series]) -> str:
    truth = np.asarray(series[0].values)
    said = []
    for one in series[1:]:
        gaps = np.asarray(one.values) - truth
        if np.isnan(gaps).all():
            continue
        row = int(np.nanargmax(np.abs(gaps)))
        said.append(
            f"{one.label} predicts {spelled(names[row])} in {percent(one.values[row], 1)} of the "
            f"frames, where {percent(float(truth[row]), 1)} are annotated with it"
        )
    return "; ".join(said) + "." if said else "No frame counts."
