"""Scores made of scores, against their formulas written out."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import accuracy_score, f1_score

from abawkit.errors import UndefinedMetricWarning
from abawkit.metrics import (
    Accuracy,
    CellAccuracy,
    Confusion,
    DetectionCounts,
    MeanCCC,
    WeightedSum,
    f1_macro,
    f1_mean,
    mean_ccc,
    p_mtl,
)
from tests.strategies import ratings

FRAMES = 8
expressions = arrays("int64", (2, FRAMES), elements=st.integers(0, 6))
action_units = arrays("int64", (2, FRAMES, 12), elements=st.integers(0, 1))
affects = arrays("float64", (2, FRAMES, 2), elements=ratings)


@dataclass(frozen=True)
class Given:
    """A part whose score is already known, as a leaderboard prints it."""

    score: float


@given(expressions)
def test_expression_of_the_first_editions_is_two_thirds_f1_and_one_third_accuracy(pair):
    f1 = f1_score(*pair, average="macro", labels=range(7), zero_division=0)
    parts = (Confusion.of(*pair, classes=7), Accuracy.of(*pair, classes=7))
    score = WeightedSum(parts, (0.67, 0.33)).score
    assert score == pytest.approx(0.67 * f1 + 0.33 * accuracy_score(*pair), abs=1e-12)


@given(action_units)
def test_action_units_of_the_first_editions_are_half_f1_and_half_accuracy(pair):
    f1 = f1_score(*pair, average="macro", zero_division=0)
    parts = (DetectionCounts.of(*pair), CellAccuracy.of(*pair))
    score = WeightedSum(parts, (0.5, 0.5)).score
    assert score == pytest.approx(0.5 * f1 + 0.5 * (pair[0] == pair[1]).mean(), abs=1e-12)


LEADERBOARD = {
    "expression": ((76.33, 80.69), (0.67, 0.33), 77.7688),
    "action-units": ((50.59, 88.82), (0.5, 0.5), 69.705),
}


@pytest.mark.parametrize(("parts", "weights", "total"), LEADERBOARD.values(), ids=LEADERBOARD)
def test_the_arithmetic_of_the_second_editions_leaderboard_is_reproduced(parts, weights, total):
    score = WeightedSum(tuple(map(Given, parts)), weights).score
    assert score == pytest.approx(total, rel=0, abs=1e-12)


@given(affects, expressions, action_units)
def test_the_multi_task_score_is_the_sum_of_the_three_plain_ones(va, expr, au):
    assume(np.ptp(va[0], axis=0).all())
    total = mean_ccc(*va) + f1_macro(*expr, classes=8) + f1_mean(*au)
    assert p_mtl(va=tuple(va), expr=tuple(expr), au=tuple(au)) == pytest.approx(total, abs=1e-12)


def test_the_multi_task_score_of_perfect_predictions_is_three():
    va, expr, au = [[0.1, 0.2], [0.3, 0.1]], list(range(8)), [[1] * 12]
    assert p_mtl(va=(va, va), expr=(expr, expr), au=(au, au)) == 3.0


def test_the_tasks_of_the_multi_task_score_may_have_different_frames():
    va, expr, au = [[0.1, 0.2], [0.3, 0.1]], [0] * 5, np.ones((3, 12))
    assert p_mtl(va=(va, va), expr=(expr, expr), au=(au, au)) == 1 + 1 / 8 + 1


def test_the_multi_task_score_is_undefined_with_a_warning_if_a_part_is():
    va, au = [[0.1, 0.2], [0.3, 0.1]], [[1] * 12]
    with pytest.warns(UndefinedMetricWarning, match="P_MTL, a part of it") as caught:
        assert math.isnan(p_mtl(va=(va, va), expr=([], []), au=(au, au)))
    assert caught[0].filename == __file__


def test_components_are_those_of_the_parts_and_outputs_those_of_the_first():
    parts = (Confusion.of([0, 1], [0, 0], classes=2), Accuracy.of([0, 1], [0, 0], classes=2))
    summary = WeightedSum(parts, (0.67, 0.33))
    assert summary.components == {"f1": parts[0].score, "accuracy": 0.5}
    assert summary.per_output == parts[0].per_output == (2 / 3, 0.0)


@pytest.mark.parametrize("weights", [(1.0,), (1.0, 1.0, 1.0)], ids=["too-few", "too-many"])
def test_weights_that_do_not_fit_the_parts_are_refused(weights):
    with pytest.raises(ValueError, match="zip"):
        _ = WeightedSum((Given(1.0), Given(1.0)), weights).score


def test_pooling_with_another_number_of_parts_is_refused():
    part = MeanCCC.of([[0.1]], [[0.1]])
    with pytest.raises(ValueError, match="zip"):
        WeightedSum((part,), (1.0,)) + WeightedSum((part, part), (1.0, 1.0))
