"""Matrices against scikit-learn and literal counts."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics

from abawkit.evaluation.matrices import (
    PLANE_CELLS,
    centres,
    confusion,
    detection,
    phi,
    plane,
    rates,
)

labels = st.sampled_from([0.0, 1.0])


def pairs(elements):
    return st.integers(0, 50).flatmap(
        lambda n: st.tuples(
            arrays("float64", n, elements=elements), arrays("float64", n, elements=elements)
        )
    )


@given(pairs(st.integers(0, 4).map(float)))
def test_confusion_is_that_of_scikit_learn(drawn):
    true, pred = drawn
    found = confusion(true, pred, classes=5)
    if len(true):
        np.testing.assert_array_equal(found, metrics.confusion_matrix(true, pred, labels=range(5)))
    assert found.sum() == len(true)


@given(
    st.integers(1, 40).flatmap(
        lambda n: st.tuples(
            *[arrays("float64", (n, 3), elements=labels)] * 2, arrays("bool", (n, 3))
        )
    )
)
def test_detection_counts_each_label_where_it_is_known(drawn):
    true, pred, known = drawn
    found = detection(true, pred, known=known)
    for column in range(3):
        on = known[:, column]
        for row, col in np.ndindex(2, 2):
            both = (true[on, column] == row) & (pred[on, column] == col)
            assert found[column, row, col] == both.sum()


def test_rates_are_shares_of_a_row():
    found = rates(np.array([[3, 1], [0, 0]]))
    np.testing.assert_array_equal(found, [[0.75, 0.25], [np.nan, np.nan]])


@given(
    st.integers(2, 40).flatmap(
        lambda n: st.tuples(arrays("float64", (n, 3), elements=labels), arrays("bool", (n, 3)))
    )
)
def test_phi_is_the_correlation_where_both_labels_are_known(drawn):
    values, known = drawn
    found = phi(np.where(known, values, np.nan), known=known)
    np.testing.assert_array_equal(phi(values, known=known), found)
    for row, column in np.ndindex(3, 3):
        on = known[:, row] & known[:, column]
        a, b = values[on, row], values[on, column]
        expected = np.nan
        if on.any() and np.ptp(a) and np.ptp(b):
            expected = metrics.matthews_corrcoef(a, b)
        assert found[row, column] == pytest.approx(expected, nan_ok=True)


@given(
    st.integers(0, 60).flatmap(
        lambda n: arrays(
            "float64", (n, 2), elements=st.integers(-1000, 1000).map(lambda i: i / 1000)
        )
    )
)
def test_the_plane_counts_each_frame_at_the_nearest_centre(values):
    found = plane(values)
    expected = np.zeros((PLANE_CELLS, PLANE_CELLS), int)
    for valence, arousal in values:
        # Halves may go either way.
        expected[np.abs(centres() - arousal).argmin(), np.abs(centres() - valence).argmin()] += 1
    halves = (np.abs(np.round(values * 1000)) % 50 == 25).any(axis=1).sum()
    assert found.sum() == len(values)
    assert np.abs(found - expected).sum() <= 2 * halves


def test_halves_of_a_cell_of_the_plane_go_up():
    found = plane(np.array([[0.025, 0.025], [-0.125, 0.0], [0.225, 0.0]]))
    assert [found[21, 21], found[20, 18], found[20, 25]] == [1, 1, 1]


def test_the_plane_keeps_what_lies_beyond_it_and_has_arousal_upwards():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = plane(np.array([[-7.0, 0.0], [0.0, 1.0], [0.5, -0.5]]))
    assert [found[20, 0], found[40, 20], found[10, 30]] == [1, 1, 1]
