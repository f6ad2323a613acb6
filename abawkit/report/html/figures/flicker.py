"""How restless a prediction is, beside its annotations."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from abawkit.evaluation.steadiness import SHORT, mean_step, steadiness
from abawkit.protocol import Continuous
from abawkit.report.html.blocks import Section
from abawkit.report.html.figures.bars import Series, Words, bars
from abawkit.report.html.figures.panels import TRUTH, fixed, percent, style

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from abawkit.evaluation.stacked import Stacked
    from abawkit.report.html.blocks import Figure
    from abawkit.report.html.figures.parts import Part


def flicker_section(parts: Sequence[Part]) -> Section | None:
    """Show how often labels change and how far values jump.

    Parameters
    ----------
    parts : sequence of Part
        The targets of the page.

    Returns
    -------
    Section or None
        Bars of each target; None where no two frames are neighbours.
    """
    blocks: list[Figure] = []
    for part in parts:
        if part.of_frames:
            blocks += _steps(part) if isinstance(part.target, Continuous) else _labels(part)
    if not blocks:
        return None
    return Section(
        id="flicker",
        title="Flicker",
        lead=(
            "Faces move slowly: a prediction that changes far more often than the annotations "
            "wants smoothing, and one that hardly changes has had too much of it."
        ),
        blocks=blocks,
    )


def _series(
    part: Part, truth: NDArray[np.float64], each: Sequence[NDArray[np.float64]]
) -> list[Series]:
    series = [Series(label="annotated", style=TRUTH, values=truth.tolist())]
    for index, (entry, values) in enumerate(zip(part.entries, each, strict=True)):
        series.append(Series(label=entry.name, style=style(index), values=values.tolist()))
    return series


def _sequences(part: Part) -> list[tuple[Stacked, NDArray[np.float64]]]:
    annotated = (part.annotated, part.annotated.true)
    return [annotated, *((stacked, stacked.pred) for stacked in part.predicted)]


def _names(part: Part) -> tuple[str, ...]:
    single = part.target.columns == 1
    return ("all classes",) if single else part.target.names


def _labels(part: Part) -> list[Figure]:
    truth, *each = (
        steadiness(labels, known=stacked.known, video=stacked.video)
        for stacked, labels in _sequences(part)
    )
    if not truth.neighbours.any():
        return []
    rates = _series(part, truth.change_rate, [one.change_rate for one in each])
    shorts = _series(part, truth.short_share, [one.short_share for one in each])
    name, where = part.target.name, "from one frame that counts to the next one of its video"
    change_words = Words(
        id=f"changes-{name}",
        caption=f"Changes of the label, {name.upper()}. In 1,000 frames, {where}.",
        summary=_words(rates, "Changes in 1,000 frames:", partial(fixed, decimals=1)),
        axis="changes in 1,000 frames",
    )
    short_words = Words(
        id=f"runs-{name}",
        caption=(
            f"Short runs, {name.upper()}. Share of the runs of one label that have at most "
            f"{SHORT} frames; a run ends where frames do not count."
        ),
        summary=_words(shorts, "Short runs:", partial(percent, decimals=0)),
        axis=f"share of runs of at most {SHORT} frames",
    )
    return [
        bars(_names(part), rates, change_words, decimals=1),
        bars(_names(part), shorts, short_words, decimals=3),
    ]


def _steps(part: Part) -> list[Figure]:
    truth, *each = (
        mean_step(values, known=stacked.known, video=stacked.video)
        for stacked, values in _sequences(part)
    )
    if np.isnan(truth).all():
        return []
    series = _series(part, truth, each)
    words = Words(
        id=f"steps-{part.target.name}",
        caption=(
            "Change from frame to frame. Mean of its size, over all frames that count and follow "
            "each other in a video."
        ),
        summary=_words(series, "Mean change a frame:", partial(fixed, decimals=4)),
        axis="mean change a frame",
    )
    return [bars(_names(part), series, words, decimals=4)]


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan


def _words(series: Sequence[Series], start: str, number: Callable[[float], str]) -> str:
    means = [_mean(one.values) for one in series]
    truth, *others = (number(mean) for mean in means)
    said = [
        f"{other} in {one.label}" + (f" ({fixed(mean / means[0], 1)} times)" if means[0] else "")
        for one, mean, other in zip(series[1:], means[1:], others, strict=True)
    ]
    average = ", on average" if len(series[0].values) > 1 else ""
    return f"{start} {truth} in the annotations, {', '.join(said)}{average}."
