"""Many poolings at once are each what adding its samples up gives."""

from functools import reduce
from operator import add

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit.metrics import (
    Accuracy,
    CellAccuracy,
    Confusion,
    DetectionCounts,
    MeanCCC,
    MeanPearson,
    WeightedSum,
)

CLASSES, OUTPUTS = 4, 2


def traces(summary):
    values = st.integers(-1000, 1000).map(lambda value: value / 1000)
    constant = values.flatmap(lambda value: st.just([(value, value)]))
    rows = st.lists(st.tuples(values, values), max_size=5) | constant
    pairs = rows.flatmap(lambda true: st.tuples(st.just(true), st.just(true) | _alike(true)))
    return pairs.map(lambda pair: summary.of(*(np.reshape(side, (-1, OUTPUTS)) for side in pair)))


def _alike(rows):
    values = st.integers(-1000, 1000).map(lambda value: value / 1000)
    return st.lists(st.tuples(values, values), min_size=len(rows), max_size=len(rows))


def labels(summary, **options):
    pairs = st.lists(st.tuples(*[st.integers(0, CLASSES - 1)] * 2), max_size=6)
    return pairs.map(
        lambda rows: summary.of(*np.reshape(rows, (-1, 2)).T, classes=CLASSES, **options)
    )


def units(summary):
    cells = st.tuples(*[st.integers(0, 2)] * (2 * OUTPUTS))
    return st.lists(cells, max_size=6).map(lambda rows: _masked(summary, rows))


def _masked(summary, rows):
    true, pred = np.split(np.reshape(rows, (-1, 2 * OUTPUTS)), 2, axis=1)
    return summary.of(true % 2, pred % 2, known=true < 2)


def weighted():
    parts = st.tuples(traces(MeanCCC), labels(Confusion), units(DetectionCounts))
    return parts.map(lambda three: WeightedSum(three, (1.0, 0.67, 0.5)))


SAMPLES = {
    "ccc": traces(MeanCCC),
    "pearson": traces(MeanPearson),
    "f1 with absent classes": labels(Confusion),
    "f1 of the classes present": labels(Confusion, absent="skip"),
    "accuracy": labels(Accuracy),
    "f1 of units": units(DetectionCounts),
    "accuracy of cells": units(CellAccuracy),
    "weighted sum": weighted(),
}


@pytest.mark.parametrize("samples", SAMPLES.values(), ids=SAMPLES)
@given(data=st.data())
def test_a_pooling_scores_what_adding_its_samples_up_scores(samples, data):
    drawn = data.draw(st.lists(samples, min_size=1, max_size=5))
    times = st.lists(st.integers(0, 3), min_size=len(drawn), max_size=len(drawn)).filter(any)
    weights = np.array(data.draw(st.lists(times, min_size=1, max_size=4)), np.float64)
    found = type(drawn[0]).pooled(drawn, weights)
    for row, counts in enumerate(weights.astype(int)):
        pool = reduce(add, (s for s, n in zip(drawn, counts, strict=True) for _ in range(n)))
        assert found.score[row] == pytest.approx(pool.score, abs=1e-12, nan_ok=True)
        assert list(found.per_output[row]) == pytest.approx(
            list(pool.per_output), abs=1e-12, nan_ok=True
        )
        assert {name: values[row] for name, values in found.components.items()} == pytest.approx(
            dict(pool.components), abs=1e-12, nan_ok=True
        )


@pytest.mark.parametrize("n_frames", [1, 2, 3, 7, 100, 3001])
def test_poolings_of_one_constant_are_undefined_whatever_their_number(n_frames):
    same = np.full((n_frames, 1), 0.1)
    found = MeanCCC.pooled([MeanCCC.of(same, same)] * 3, np.array([[1.0, 2, 0], [7, 3, 5]]))
    assert np.isnan(found.score).all()


@pytest.mark.parametrize("samples", SAMPLES.values(), ids=SAMPLES)
@given(data=st.data())
def test_a_pooling_of_nothing_is_undefined(samples, data):
    drawn = data.draw(st.lists(samples, min_size=1, max_size=3))
    found = type(drawn[0]).pooled(drawn, np.zeros((2, len(drawn))))
    assert np.isnan(found.score).all()
    assert np.isnan(found.per_output).all()


def test_weights_of_each_sample_alone_give_its_own_score():
    rng = np.random.default_rng(0)
    samples = [MeanCCC.of(*rng.normal(size=(2, 50, 2))) for _ in range(4)]
    found = MeanCCC.pooled(samples, np.eye(4))
    assert list(found.score) == pytest.approx([sample.score for sample in samples], abs=1e-15)


@pytest.mark.parametrize("column", [0, 1], ids=["true", "pred"])
def test_a_pooling_in_which_a_trace_hardly_moves_keeps_its_digits(column):
    first, second = np.random.default_rng(0).normal(size=(2, 2, 50, 1))
    first[column] = 0.9 + 1e-7 * first.sum(axis=0)
    second[column] -= 9.0
    parts = [MeanPearson.of(*half) for half in np.split(first, 2, axis=1)]
    samples = [*parts, MeanPearson.of(*second)]
    found = MeanPearson.pooled(samples, np.array([[1.0, 0, 0], [1, 2, 0]]))
    expected = [parts[0].score, (parts[0] + parts[1] + parts[1]).score]
    assert list(found.score) == pytest.approx(expected, abs=1e-9)


def test_a_pooling_is_about_its_own_means_and_not_those_of_all_samples():
    true, pred = np.random.default_rng(0).normal(size=(2, 50, 1))
    samples = [MeanCCC.of(true + shift, pred - shift / 2) for shift in (0.0, 1.0, 3.0)]
    found = MeanCCC.pooled(samples, np.array([[1.0, 0, 2], [0, 1, 0]]))
    expected = [(samples[0] + samples[2] + samples[2]).score, samples[1].score]
    assert list(found.score) == pytest.approx(expected, abs=1e-14)
