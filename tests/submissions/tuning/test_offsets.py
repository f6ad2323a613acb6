"""Offsets of classes and shifts of values, against literal searches."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from abawkit.metrics import DetectionCounts, MeanCCC, MeanPearson
from abawkit.protocol import find_challenge
from submissions.tuning.offsets import best_offsets, best_shifts, sweep
from submissions.tuning.tables import summary_of_nothing
from tests.strategies import traces

(EXPR,) = find_challenge("expr").targets
(EXPR_2,) = find_challenge("expr", 2).targets
CLASSES = 4
SMALL = replace(EXPR, names=EXPR.names[:CLASSES])
SMALL_2 = replace(EXPR_2, names=EXPR_2.names[:CLASSES])
# Ties and zeros among them.
probabilities = st.integers(0, 6).map(lambda i: i / 8)
grids = st.lists(st.integers(-8, 8).map(lambda i: i / 4), min_size=1, max_size=5, unique=True)


def class_samples(min_size=1):
    """Draw true classes and probabilities."""
    return st.integers(min_size, 12).flatmap(
        lambda n: st.tuples(
            arrays(np.int64, n, elements=st.integers(0, CLASSES - 1)),
            arrays(float, (n, CLASSES), elements=probabilities),
        )
    )


def confusions(y_true, scores):
    matrix = np.zeros((CLASSES, CLASSES), int)
    for true, row in zip(y_true, scores, strict=True):
        matrix[true, int(np.argmax(row))] += 1
    return matrix


def score(target, y_true, y_pred, offsets):
    chosen = (y_pred * np.exp(offsets)).argmax(axis=1).astype(float)
    return target.summarise(y_true.astype(float), chosen).score


@given(class_samples(0), st.integers(0, CLASSES - 1), grids)
def test_a_sweep_counts_what_each_offset_gives(sample, column, grid):
    y_true, y_pred = sample
    found = sweep(y_true, y_pred, y_pred[:, column], column, grid)
    for offset, matrix in zip(grid, found, strict=True):
        scores = y_pred.copy()
        scores[:, column] *= np.exp(offset)
        np.testing.assert_array_equal(matrix, confusions(y_true, scores))


def literal_ascent(target, y_true, y_pred, grid):
    offsets = [0.0] * CLASSES
    while True:
        before = list(offsets)
        for column in range(1, CLASSES):
            best = score(target, y_true, y_pred, offsets)
            for value in sorted(grid, key=lambda v: (abs(v), v)):
                trial = [*offsets[:column], value, *offsets[column + 1 :]]
                if score(target, y_true, y_pred, trial) > best:
                    best, offsets = score(target, y_true, y_pred, trial), trial
        if offsets == before:
            return tuple(offsets)


@pytest.mark.parametrize("target", [SMALL, SMALL_2], ids=["f1", "f1 and accuracy"])
@settings(max_examples=40)
@given(sample=class_samples(), grid=grids)
def test_offsets_are_those_of_a_literal_ascent(target, sample, grid):
    found = best_offsets(*sample, grid, empty=summary_of_nothing(target))
    assert found == literal_ascent(target, *sample, grid)
    assert score(target, *sample, found) >= score(target, *sample, [0.0] * CLASSES)


def test_without_frames_there_are_no_offsets():
    nothing = np.zeros(0, int), np.zeros((0, CLASSES))
    assert best_offsets(*nothing, (-1, 1), empty=summary_of_nothing(SMALL)) == (0.0,) * CLASSES


def test_offsets_undo_a_prior_that_was_taken_away():
    rng = np.random.default_rng(0)
    prior = np.array([0.7, 0.2, 0.05, 0.05])
    logits = rng.normal(size=(5000, CLASSES))
    posterior = np.exp(logits) * prior
    posterior /= posterior.sum(axis=1, keepdims=True)
    y_true = (rng.random((5000, 1)) > posterior.cumsum(axis=1)).sum(axis=1)
    flat = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    grid = np.arange(-12, 13) / 4
    found = best_offsets(y_true, flat, grid, empty=summary_of_nothing(SMALL))
    assert found[0] == 0.0
    assert max(found[2:]) < found[1] < 0


@settings(max_examples=50)
@given(traces(2), st.integers(-30, 30))
def test_no_shift_is_better_than_the_one_of_equal_means(trace, steps):
    y_true, y_pred = trace[:, :1], trace[:, 1:]
    (shift,) = best_shifts(MeanCCC.of(y_true, y_pred))
    best = MeanCCC.of(y_true, y_pred + shift).score
    other = MeanCCC.of(y_true, y_pred + steps / 10).score
    # Where outputs run against the truth, a shift beyond all bounds would be best: there is none.
    assert shift == 0.0 or math.isnan(other) or best >= other - 1e-3


def test_a_shift_is_the_difference_of_the_means_to_four_decimals():
    y_true = np.array([[0.1, 0.3], [0.2, 0.5], [0.6, 0.1]])
    y_pred = np.column_stack([y_true[:, 0] - 1 / 3, -y_true[:, 1]])
    assert best_shifts(MeanCCC.of(y_true, y_pred)) == (0.3333, 0.0)


@pytest.mark.parametrize("kind", [MeanPearson, DetectionCounts])
def test_where_a_shift_changes_nothing_there_is_none(kind):
    assert best_shifts(kind.of([[0.0], [1.0]], [[1.0], [0.0]])) == ()
