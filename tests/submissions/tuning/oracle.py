"""The search as slow loops over whole submissions: process and evaluate for each candidate."""

import itertools
import math
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from abawkit.evaluation import evaluate
from abawkit.metrics import MeanPearson, WeightedSum
from abawkit.protocol import Categorical, MultiLabel, blocks
from submissions import Processing, process
from submissions.combining import weighted_mean
from submissions.decide import output_blocks, output_names


class Case(NamedTuple):
    """One target of a challenge, with annotations and the outputs of runs."""

    challenge: object
    target: object
    truth: dict
    runs: list

    def blended(self, weights):
        """Average the runs."""
        if len(self.runs) == 1:
            return self.runs[0]
        return {v: weighted_mean([run[v] for run in self.runs], weights) for v in self.runs[0]}

    def part(self, videos, weights, processing):
        """Evaluate some videos as their submission, and give the target's part."""
        raw = self.blended(weights)
        labels = {video: process(self.challenge, raw[video], processing) for video in videos}
        return self.judge(videos, labels)

    def judge(self, videos, labels):
        """Evaluate labels, and give the target's part."""
        found = evaluate(self.challenge, {video: self.truth[video] for video in videos}, labels)
        names = [each.name for each in self.challenge.targets]
        return found.total.summary.parts[names.index(self.target.name)]


def worst_if_undefined(value):
    return -math.inf if math.isnan(value) else value


def literal_choice(case, videos, grid):
    """Give the best settings of a target: weights, and what else is processed how."""
    equal = ((1 / len(case.runs),) * len(case.runs),)
    filters = grid.smooth[case.target.name]
    best, chosen = None, None
    for weights, smoothing in itertools.product(grid.weights or equal, filters):
        plain = Processing.parse(case.challenge)
        processing = replace(plain, smooth={**plain.smooth, case.target.name: smoothing})
        part = partial(case.part, videos, weights)
        value, processing = best_thresholds(case.target, part, processing, grid.thresholds)
        if best is None or worst_if_undefined(value) > best:
            best, chosen = worst_if_undefined(value), (weights, processing)
    weights, processing = chosen
    if grid.offsets and not isinstance(case.target, MultiLabel):
        processing = best_offsets(case, videos, weights, processing, grid.offsets)
    return weights, processing


def best_thresholds(target, part, processing, thresholds):
    """Try each threshold for all units at once, and take the best of each unit."""
    if not isinstance(target, MultiLabel):
        return part(processing).score, processing
    tried = sorted(thresholds, key=lambda value: (round(abs(value - 0.5), 9), value))
    n_units = len(target.names)
    settings = [replace(processing, thresholds=(threshold,) * n_units) for threshold in tried]
    rows = [unit_scores(part(each)) for each in settings]
    best = np.argmax(rows, axis=0)
    total = float(np.max(rows, axis=0).sum())
    return total, replace(processing, thresholds=tuple(tried[index] for index in best))


def unit_scores(summary):
    """Share a score out among the units: they are sums over units."""
    counts = (summary.parts[0] if isinstance(summary, WeightedSum) else summary).counts
    hits, false, missed, right = counts.astype(float)
    n_units = int((counts.sum(axis=0) > 0).sum())
    f1 = 2 * hits / np.maximum(2 * hits + false + missed, 1) / max(n_units, 1)
    if not isinstance(summary, WeightedSum):
        return f1
    return 0.5 * f1 + 0.5 * (hits + right) / max(counts.sum(), 1)


def best_offsets(case, videos, weights, processing, grid):
    outputs = dict(output_blocks(case.challenge.targets))

    def moved(values):
        offsets = np.zeros(len(output_names(case.challenge)))
        offsets[outputs[case.target]] = values
        return replace(processing, offsets=tuple(offsets))

    def score(values):
        return case.part(videos, weights, moved(values)).score

    n = len(case.target.names)
    if isinstance(case.target, Categorical):
        values = ascent(score, n, grid)
    else:
        values = shifts(case, videos, weights, processing)
    return moved(values) if score(values) > score([0.0] * n) else processing


def ascent(score, n, grid):
    offsets, best = [0.0] * n, score([0.0] * n)
    while not math.isnan(best):
        before = list(offsets)
        for column, value in itertools.product(range(1, n), sorted(grid, key=abs)):
            trial = [*offsets[:column], value, *offsets[column + 1 :]]
            if (found := score(trial)) > best:
                best, offsets = found, trial
        if offsets == before:
            break
    return offsets


def shifts(case, videos, weights, processing):
    """Give the differences of the means over all annotated frames."""
    columns = dict(blocks(case.challenge.targets))[case.target]
    raw = case.blended(weights)
    pairs = []
    for video in videos:
        labels = process(case.challenge, raw[video], processing).values
        rows = case.truth[video].known[:, columns].all(axis=1)
        pairs.append((case.truth[video].values[rows, columns], labels[rows, columns]))
    true, pred = (np.concatenate(part) for part in zip(*pairs, strict=True))
    if not len(true) or isinstance(case.part(videos, weights, processing), MeanPearson):
        return np.zeros(true.shape[1])
    follows = ((true - true.mean(axis=0)) * (pred - pred.mean(axis=0))).sum(axis=0) > 0
    return np.where(follows, np.round(true.mean(axis=0) - pred.mean(axis=0), 4), 0.0)


def literal_scores(case, held_out, grid):
    """Give the optimistic and the honest value of a target."""
    videos = [video for video in case.truth if any(video in fold for fold in held_out)]
    optimistic = case.part(videos, *literal_choice(case, videos, grid)).score
    labels = {}
    for fold in held_out:
        others = [video for video in videos if video not in fold]
        weights, processing = literal_choice(case, others, grid)
        raw = case.blended(weights)
        labels |= {video: process(case.challenge, raw[video], processing) for video in fold}
    return optimistic, case.judge(videos, labels).score
