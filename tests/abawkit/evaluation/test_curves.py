"""Curves and bins against scikit-learn and literal definitions."""

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.calibration import calibration_curve
from sklearn.metrics import f1_score

from abawkit.evaluation.curves import binned, f1_by_threshold, top_class

GRID = np.arange(1, 100) / 100
hundredths = st.integers(0, 100).map(lambda i: i / 100)


@given(
    st.integers(1, 60).flatmap(
        lambda n: st.tuples(
            arrays("float64", (n, 2), elements=st.sampled_from([0.0, 1.0])),
            arrays("float64", (n, 2), elements=hundredths),
            arrays("bool", (n, 2)),
        )
    )
)
def test_f1_by_threshold_is_that_of_labels_decided_one_threshold_at_a_time(drawn):
    true, said, known = drawn
    found = f1_by_threshold(true, said, GRID, known=known)
    for column in range(2):
        on = known[:, column]
        for row in (0, 49, 50, 98):
            expected = math.nan
            if on.any():
                labels = said[on, column] >= GRID[row]
                expected = f1_score(true[on, column], labels, zero_division=0)
            assert found[row, column] == pytest.approx(expected, nan_ok=True)


@given(
    st.integers(1, 80).flatmap(
        lambda n: st.tuples(arrays("float64", n, elements=hundredths), arrays("bool", n))
    )
)
def test_bins_are_those_of_scikit_learn(drawn):
    said, so = drawn
    found = binned(said, so.astype(float))
    share, mean = calibration_curve(so, said, n_bins=10)
    np.testing.assert_allclose(found.so[found.count > 0], share)
    np.testing.assert_allclose(found.said[found.count > 0], mean)


def test_the_calibration_error_is_the_distance_by_frames():
    said = np.array([0.1, 0.1, 0.1, 0.9])
    found = binned(said, np.array([0.0, 0.0, 1.0, 0.0]))
    assert found.error == pytest.approx(3 / 4 * (1 / 3 - 0.1) + 1 / 4 * 0.9)
    assert math.isnan(binned(said[:0], said[:0]).error)


def test_values_beyond_the_ends_fall_into_the_outer_bins():
    found = binned(np.array([-3.0, -1.0, 1.0, 3.0]), np.zeros(4), low=-1, bins=4)
    assert found.count.tolist() == [2, 0, 0, 2]


def test_the_top_class_is_the_first_most_probable_one_of_what_is_positive():
    best, probability = top_class(np.array([[1.0, 3.0, 0.0], [2.0, 2.0, -4.0], [0.0, 0.0, 0.0]]))
    assert best.tolist() == [1, 0, 0]
    assert probability.tolist() == pytest.approx([0.75, 0.5, 1 / 3])


def test_curves_of_345_000_frames_of_12_units_take_less_than_three_seconds():
    rng = np.random.default_rng(1)
    said = rng.random((345_000, 12))
    start = time.perf_counter()
    f1_by_threshold((said > 0.7).astype(float), said, GRID, known=np.ones(said.shape, bool))
    assert time.perf_counter() - start < 3
