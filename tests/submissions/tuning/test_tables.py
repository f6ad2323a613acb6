"""Tables of counts give the scores that labels give."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from abawkit.metrics import MeanCCC
from abawkit.protocol import CHALLENGES, Categorical, MultiLabel, find_challenge
from submissions.tuning.tables import (
    Decided,
    Detections,
    count_detections,
    pooled,
    recounted,
    summary_of_nothing,
)

(AU,) = find_challenge("au").targets
(AU_2,) = find_challenge("au", 2).targets
SMALL = replace(AU, names=("AU1", "AU2", "AU4"))
SMALL_2 = replace(AU_2, names=("AU1", "AU2", "AU4"))
LABELS = {
    f"{row.name} {target.name}": target
    for row in CHALLENGES.values()
    for target in row.targets
    if isinstance(target, (Categorical, MultiLabel))
}
# On the thresholds as well as between them.
probabilities = st.integers(0, 20).map(lambda i: i / 20)
limits = st.lists(probabilities, min_size=1, max_size=6, unique=True).map(tuple)
GRID = (0.1, 0.3, 0.5, 0.7)


def unit_samples(min_size=0):
    """Draw truth, probabilities and a mask of three units."""

    def of(n):
        shape = (n, 3)
        return st.tuples(
            arrays(float, shape, elements=st.sampled_from([0.0, 1.0])),
            arrays(float, shape, elements=probabilities),
            arrays(bool, shape),
        )

    return st.integers(min_size, 12).flatmap(of)


def table(target, samples, thresholds=GRID):
    counts = {f"v{i}": count_detections(*sample, thresholds) for i, sample in enumerate(samples)}
    return Detections(target=target, thresholds=thresholds, counts=counts)


@settings(max_examples=50)
@given(unit_samples(), limits)
def test_counts_at_each_threshold_are_those_of_a_literal_loop(sample, thresholds):
    y_true, y_pred, known = sample
    counts = count_detections(*sample, thresholds)
    assert counts.shape == (len(thresholds), 4, 3)
    expected = np.zeros_like(counts)
    for row, unit in np.argwhere(known):
        for index, threshold in enumerate(thresholds):
            yes, said = y_true[row, unit] == 1, y_pred[row, unit] >= threshold
            cell = {(1, 1): 0, (0, 1): 1, (1, 0): 2, (0, 0): 3}[yes, said]
            expected[index, cell, unit] += 1
    np.testing.assert_array_equal(counts, expected)


@pytest.mark.parametrize("target", [SMALL, SMALL_2], ids=["f1", "f1 and accuracy"])
@settings(max_examples=30)
@given(samples=st.lists(unit_samples(), min_size=1, max_size=3))
def test_the_thresholds_of_all_units_are_the_best_of_all_combinations(target, samples):
    best = table(target, samples).best([f"v{i}" for i in range(len(samples))])
    y_true, y_pred, known = (np.concatenate(part) for part in zip(*samples, strict=True))
    labelled = known.any(axis=0)
    if not labelled.any():
        assert math.isnan(best.score)
        return

    def score(thresholds):
        said = (y_pred >= thresholds).astype(float)[:, labelled]
        return target.summarise(y_true[:, labelled], said, known=known[:, labelled]).score

    assert best.score == score(best.thresholds)
    grids = [GRID if there else (0.5,) for there in labelled]
    every = np.stack(np.meshgrid(*grids), axis=-1).reshape(-1, 3)
    assert best.score == pytest.approx(max(map(score, every)), abs=1e-12)


@settings(max_examples=30)
@given(st.lists(unit_samples(1), min_size=3, max_size=3))
def test_only_the_videos_that_are_given_are_looked_at(samples):
    whole, part = table(SMALL, samples), table(SMALL, samples[1:])
    assert whole.best(["v1", "v2"]).thresholds == part.best(["v0", "v1"]).thresholds


@pytest.mark.parametrize(
    ("thresholds", "chosen"),
    [
        ((0.1, 0.5, 0.9), 0.5),
        ((0.1, 0.4, 0.6), 0.4),
        ((0.6, 0.4), 0.4),
        ((0.7, 0.3, 0.1), 0.3),
        ((0.9, 0.8), 0.8),
    ],
)
def test_equal_scores_take_the_threshold_nearest_a_half_then_the_lower(thresholds, chosen):
    same = np.ones((4, 3)), np.ones((4, 3)), np.ones((4, 3), bool)
    assert table(SMALL, [same], thresholds).best(["v0"]).thresholds == (chosen,) * 3


@pytest.mark.parametrize("target", [SMALL, SMALL_2], ids=["f1", "f1 and accuracy"])
def test_a_unit_without_labels_does_not_hide_the_others(target):
    y_true = np.array([[1.0, 0, 1], [0.0, 1, 0]])
    known = np.array([[True, False, True]] * 2)
    best = table(target, [(y_true, np.where(y_true == 1, 0.2, 0.1), known)]).best(["v0"])
    assert best.thresholds == (0.1, 0.5, 0.1)
    assert best.score == pytest.approx(2 / 3 if target is SMALL else 0.5 * 2 / 3 + 0.5 * 0.5)


def test_labels_are_scored_together():
    summaries = {name: MeanCCC.of([[0.1], [value]], [[0.2], [value]]) for name, value in
                 (("a", 0.5), ("b", 0.7), ("c", -0.9))}  # fmt: skip
    best = Decided(summaries=summaries).best(["a", "c"])
    assert best.score == (summaries["a"] + summaries["c"]).score
    assert best.thresholds == ()


@pytest.mark.parametrize("target", LABELS.values(), ids=list(LABELS))
def test_a_summary_is_made_again_from_its_counts(target):
    rng = np.random.default_rng(0)
    high = len(target.names) if isinstance(target, Categorical) else 2
    y_true, y_pred = rng.integers(0, high, (2, 50, target.columns)).astype(float)
    summary = target.summarise(y_true, y_pred)
    first = getattr(summary, "parts", (summary,))[0]
    counts = first.matrix if isinstance(target, Categorical) else first.counts
    again = recounted(summary_of_nothing(target), counts)
    assert again.score == summary.score
    assert again.components == summary.components


def test_what_holds_no_counts_is_refused():
    with pytest.raises(TypeError, match="MeanCCC holds no counts"):
        recounted(MeanCCC.of([[0.1]], [[0.2]]), np.zeros((4, 1), int))


def test_summaries_are_added():
    parts = [MeanCCC.of([[value], [0.0]], [[value], [0.1]]) for value in (0.1, 0.2, 0.3)]
    assert pooled(parts) == parts[0] + parts[1] + parts[2]
