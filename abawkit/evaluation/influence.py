"""What moves a score: which videos, and what a class or action unit done better would bring.

Conventions: a change is the score as it is, minus the score without a part of the data, so that
what is above 0 lifts the score.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from abawkit.evaluation.evaluate import components
from abawkit.evaluation.pooling import sums_of_others
from abawkit.metrics import Accuracy, CellAccuracy, Confusion, DetectionCounts, WeightedSum

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from abawkit.evaluation.evaluate import Report, Video
    from abawkit.metrics import Summary
    from abawkit.protocol import Challenge, Target

PER_GAIN = 100
"""A gain is one part in so many: .01."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Influence:
    """What one video does to the score.

    ``score`` is that of the video by itself, ``without`` that of all others, and ``change`` the
    score of all minus ``without``: above 0, the video lifts the score. ``components`` has the
    change of each component. ``n_frames`` of the video count. What is 0/0 is NaN.
    """

    video: str
    n_frames: int
    score: float
    without: float
    change: float
    components: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """What one part of the score would bring, were it better and all else as it is.

    Attributes
    ----------
    name : str
        A class, action unit or continuous output, or a component that is an accuracy.
    target : str
        The target that it belongs to.
    value : float
        Its score now, NaN if it is undefined.
    weight : float
        What the score rises by, per unit of this part; all parts' ``weight * value`` add up to
        the score. 0 for a class that is left out of the mean, being absent.
    frames : int or None
        The fewest wrong frames, or values of an action unit, that have to become right for the
        part to rise by .01 at least; None where no number of them does that, and for
        continuous outputs.
    as_others : float
        The score, were this part as good as the mean of its target's others; NaN without any.
    """

    name: str
    target: str
    value: float
    weight: float
    frames: int | None
    as_others: float

    @property
    def gain(self) -> float:
        """What .01 more of it brings to the score."""
        return self.weight / PER_GAIN


def influence(report: Report) -> tuple[Influence, ...]:
    """Leave out one video after the other.

    Parameters
    ----------
    report : Report
        The score of some videos.

    Returns
    -------
    tuple of Influence
        Of every video: that which moves the score most is first, and those without which it is
        undefined are last.
    """
    videos, whole = report.videos, report.total.summary
    others = sums_of_others([video.summary for video in videos.values()])
    found = [
        _influence(report.challenge, name, video, whole=whole, others=rest)
        for (name, video), rest in zip(videos.items(), others, strict=True)
    ]
    return tuple(sorted(found, key=lambda one: _most_first(one.change)))


def _influence(
    challenge: Challenge,
    name: str,
    video: Video,
    *,
    whole: WeightedSum,
    others: WeightedSum | None,
) -> Influence:
    without = math.nan if others is None else others.score
    parts = {} if others is None else components(challenge, others)
    return Influence(
        video=name,
        n_frames=video.n_frames,
        score=video.summary.score,
        without=without,
        change=whole.score - without,
        components={
            part: value - parts.get(part, math.nan)
            for part, value in components(challenge, whole).items()
        },
    )


def _most_first(change: float) -> tuple[bool, float]:
    # NaN has no place in an order.
    return (True, 0.0) if math.isnan(change) else (False, -abs(change))


def gains(report: Report) -> tuple[Gain, ...]:
    """Tell what .01 more of each class, action unit or output would bring to the score.

    Where a class' frames become right, others may gain as well, whose false alarms they were, and
    so may an accuracy; ``weight`` tells of the one part alone. For F1, misses (the class is there
    and not found) are turned right before false alarms: that takes the fewest.

    Parameters
    ----------
    report : Report
        The score of some videos.

    Returns
    -------
    tuple of Gain
        One a class, unit or output, in their order; accuracies, where a score has a share of
        them, after their target's.
    """
    total, score = report.total.summary, report.score
    return tuple(
        gain
        for target, part, share in zip(
            report.challenge.targets, total.parts, total.weights, strict=True
        )
        for leaf, weight in _leaves(part, share)
        for gain in _of_leaf(target, leaf, weight, score)
    )


def _leaves(summary: Summary, weight: float) -> Iterator[tuple[Summary, float]]:
    if isinstance(summary, WeightedSum):
        for part, share in zip(summary.parts, summary.weights, strict=True):
            yield from _leaves(part, weight * share)
    else:
        yield summary, weight


def _of_leaf(target: Target, leaf: Summary, share: float, score: float) -> Iterator[Gain]:
    if isinstance(leaf, Accuracy | CellAccuracy):
        yield _of_accuracy(target, leaf, share)
        return
    values = np.array(leaf.per_output)
    # Of classes, those that are left out of the mean have no share in it.
    counted = ~(isinstance(leaf, Confusion) & np.isnan(values))
    weights = np.where(counted, share / max(int(counted.sum()), 1), 0.0)
    for index, name in enumerate(target.names):
        others = np.delete(values, index)
        others = others[~np.isnan(others)]
        mean = float(others.mean()) if others.size else math.nan
        yield Gain(
            name=name,
            target=target.name,
            value=float(values[index]),
            weight=float(weights[index]),
            frames=_fewest_for_f1(*_outcomes(leaf, index)),
            as_others=float(score + weights[index] * (mean - values[index])),
        )


def _of_accuracy(target: Target, leaf: Accuracy | CellAccuracy, share: float) -> Gain:
    ((name, value),) = leaf.components.items()
    right, wrong = _rights(leaf)
    fewest = -(-(right + wrong) // PER_GAIN)
    return Gain(
        name=f"{name}_{target.name}",
        target=target.name,
        value=value,
        weight=share,
        frames=fewest if 0 < fewest <= wrong else None,
        as_others=math.nan,
    )


def _rights(leaf: Accuracy | CellAccuracy) -> tuple[int, int]:
    if isinstance(leaf, Accuracy):
        right = int(np.trace(leaf.matrix))
        return right, int(leaf.matrix.sum()) - right
    right = int(leaf.counts[[0, 3]].sum())
    return right, int(leaf.counts.sum()) - right


def _outcomes(leaf: Summary, index: int) -> tuple[int, int, int]:
    """Count the hits, misses and false alarms of one output; none of a continuous one.

    Parameters
    ----------
    leaf : Summary
        Of one target.
    index : int
        Which of its outputs.

    Returns
    -------
    tuple of int
        Hits, misses and false alarms.
    """
    match leaf:
        case Confusion(matrix):
            hits = int(matrix[index, index])
            return hits, int(matrix[index].sum()) - hits, int(matrix[:, index].sum()) - hits
        case DetectionCounts(counts):
            hits, false, missed, _ = counts[:, index].tolist()
            return hits, missed, false
        case _:
            return 0, 0, 0


def _fewest_for_f1(hits: int, missed: int, false: int) -> int | None:
    now, total = 2 * hits, 2 * hits + missed + false

    def enough(right: int) -> bool:
        # In whole numbers, for .01 more has to be exact.
        found = min(right, missed)
        then, among = now + 2 * found, total + 2 * found - right
        return PER_GAIN * (then * total - now * among) >= among * total > 0

    wrong = range(missed + false + 1)
    fewest = bisect_left(wrong, 1, key=enough)
    return fewest if fewest < len(wrong) else None
