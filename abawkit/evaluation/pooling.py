"""Many poolings of the same videos at once: resamples, one video left out, two systems swapped."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from operator import add
from typing import TYPE_CHECKING

import numpy as np

from abawkit.protocol import Continuous

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from abawkit.metrics import Scores, WeightedSum
    from abawkit.protocol import Challenge, Target


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Poolings:
    """The score of each pooling and its parts, each of shape ``(n_poolings,)``, NaN for 0/0.

    ``components`` and ``per_class`` have the names that `Report` gives to them.
    """

    score: NDArray[np.float64]
    components: Mapping[str, NDArray[np.float64]]
    per_class: Mapping[str, NDArray[np.float64]]


def poolings(
    challenge: Challenge, summaries: Sequence[WeightedSum], weights: NDArray[np.float64]
) -> Poolings:
    """Score many poolings of the videos' summaries, without going back to a frame.

    Parameters
    ----------
    challenge : Challenge
        Whose score it is.
    summaries : sequence of WeightedSum
        One a video, with one part a target, as `Video.summary` holds them.
    weights : numpy.ndarray of float64, shape (n_poolings, n_videos)
        How often each video is in each pooling: whole numbers, 0 or more.

    Returns
    -------
    Poolings
        What adding up each pooling's summaries would score.
    """
    components: dict[str, NDArray[np.float64]] = {}
    per_class: dict[str, NDArray[np.float64]] = {}
    score = np.zeros(len(weights))
    of_targets = zip(*(summary.parts for summary in summaries), strict=True)
    shares = summaries[0].weights
    for target, samples, share in zip(challenge.targets, of_targets, shares, strict=True):
        scores = type(samples[0]).pooled(samples, weights)
        outputs = dict(zip(target.names, scores.per_output.T, strict=True))
        score += share * scores.score
        components |= _components(target, scores, outputs)
        per_class |= outputs
    return Poolings(score=score, components=components, per_class=per_class)


def _components(
    target: Target, scores: Scores, outputs: Mapping[str, NDArray[np.float64]]
) -> dict[str, NDArray[np.float64]]:
    # Named as `abawkit.evaluation.evaluate.components` does.
    if isinstance(target, Continuous):
        (metric,) = scores.components
        return {f"{metric}_{name}": values for name, values in outputs.items()}
    return {f"{name}_{target.name}": values for name, values in scores.components.items()}


def sums_of_others(summaries: Sequence[WeightedSum]) -> list[WeightedSum | None]:
    """Add up all but one of the videos' summaries, for each of them.

    What comes before it and what comes after it are kept, so that this takes three additions a
    video however many there are.

    Parameters
    ----------
    summaries : sequence of WeightedSum
        One a video.

    Returns
    -------
    list of WeightedSum or None
        The sum without each; None without the only one.
    """
    before = [None, *accumulate(summaries, add)][:-1]
    after = [None, *accumulate(reversed(summaries), add)][-2::-1]
    return [
        left + right if left and right else left or right
        for left, right in zip(before, after, strict=True)
    ]
