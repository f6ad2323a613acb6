"""Properties of macro F1 and accuracy, against scikit-learn."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from abawkit.errors import UndefinedMetricWarning
from abawkit.metrics import Accuracy, Confusion, accuracy, f1_macro
from tests.strategies import masks

TRUTH = [0, 0, 1, 4, 4, 7]
PREDICTION = [0, 1, 1, 4, 7, 7]


def labels(min_size=1):
    """Paired labels of up to five of eight classes, so that some are often absent."""
    return st.integers(min_size, 30).flatmap(
        lambda n: arrays("int64", (2, n), elements=st.sampled_from([0, 1, 3, 6, 7]))
    )


@given(labels())
def test_macro_f1_equals_scikit_learns_over_all_classes(pair):
    expected = f1_score(*pair, average="macro", labels=range(8), zero_division=0)
    assert f1_macro(*pair, classes=8) == pytest.approx(expected, abs=1e-12)


@given(labels())
def test_macro_f1_without_absent_classes_equals_scikit_learns_over_present_ones(pair):
    expected = f1_score(*pair, average="macro", labels=np.unique(pair), zero_division=0)
    assert f1_macro(*pair, classes=8, absent="skip") == pytest.approx(expected, abs=1e-12)


@given(labels())
def test_accuracy_equals_scikit_learns(pair):
    assert accuracy(*pair, classes=8) == pytest.approx(accuracy_score(*pair), abs=1e-12)


@given(labels())
def test_the_matrix_equals_scikit_learns(pair):
    expected = confusion_matrix(*pair, labels=range(8))
    np.testing.assert_array_equal(Confusion.of(*pair, classes=8).matrix, expected)


@given(labels(), st.randoms(use_true_random=False))
def test_the_order_of_frames_does_not_matter(pair, random):
    shuffled = pair[:, random.sample(range(pair.shape[1]), pair.shape[1])]
    assert f1_macro(*shuffled, classes=8) == f1_macro(*pair, classes=8)


@given(labels(), st.permutations(range(8)))
def test_a_joint_relabelling_changes_nothing(pair, names):
    renamed = np.array(names)[pair]
    assert f1_macro(*renamed, classes=8) == pytest.approx(f1_macro(*pair, classes=8), abs=1e-12)
    assert accuracy(*renamed, classes=8) == accuracy(*pair, classes=8)


@given(labels())
def test_the_f1_of_each_class_equals_scikit_learns(pair):
    values = Confusion.of(*pair, classes=8).per_output
    expected = f1_score(*pair, average=None, labels=range(8), zero_division=0)
    np.testing.assert_allclose(values, expected, atol=1e-12)


@given(labels(), st.integers(8, 12))
def test_each_absent_class_counts_zero(pair, classes):
    assert f1_macro(*pair, classes=classes) * classes == pytest.approx(
        f1_macro(*pair, classes=8) * 8
    )


def test_an_absent_class_is_left_out_where_it_is_skipped():
    values = Confusion.of([0, 2], [0, 2], classes=3, absent="skip").per_output
    np.testing.assert_equal(values, (1.0, math.nan, 1.0))


@given(labels(min_size=0), st.data())
def test_a_mask_equals_dropping_the_frames(pair, data):
    known = data.draw(masks(pair.shape[1]))
    kept = Confusion.of(*pair[:, known], classes=8)
    pair[:, ~known] = -1
    np.testing.assert_array_equal(Confusion.of(*pair, classes=8, known=known).matrix, kept.matrix)


@given(labels(min_size=0))
def test_a_column_of_labels_is_the_same_as_a_row(pair):
    column = Confusion.of(*pair[:, :, None], classes=8)
    np.testing.assert_array_equal(column.matrix, Confusion.of(*pair, classes=8).matrix)


@pytest.mark.parametrize("score", [f1_macro, accuracy])
def test_no_frames_are_undefined_with_a_warning_at_the_callers_line(score):
    with pytest.warns(UndefinedMetricWarning, match="of no frames") as caught:
        assert math.isnan(score([], [], classes=8))
    assert caught[0].filename == __file__


def test_macro_f1_reproduces_the_golden_value_over_all_classes():
    assert f1_macro(TRUTH, PREDICTION, classes=8) == pytest.approx(1 / 3, rel=0, abs=1e-12)


def test_macro_f1_reproduces_the_golden_value_over_present_classes():
    value = f1_macro(TRUTH, PREDICTION, classes=8, absent="skip")
    assert value == pytest.approx(2 / 3, rel=0, abs=1e-12)


@pytest.mark.parametrize("summary", [Confusion, Accuracy])
def test_pooling_keeps_how_absent_classes_count(summary):
    one = summary.of([0], [0], classes=8, absent="skip")
    assert type(one + one) is summary
    assert (one + one).absent == "skip"


ERRORS = {
    "negative": ([0, -1], [0, 0], "expected class labels 0 to 7, found -1"),
    "too-large": ([0, 0], [0, 8], "expected class labels 0 to 7, found 8"),
    "fraction": ([0, 0], [0, 1.5], "expected class labels 0 to 7, found 1.5"),
    "two-columns": ([[0, 1]], [[0, 1]], "expected one label a frame, found shape"),
    "cube": ([[[0]]], [[[0]]], "expected one label a frame, found shape"),
    "lengths": ([0, 1], [0], r"y_true \(2,\), y_pred \(1,\)"),
    "nan": ([0, math.nan], [0, 1], "y_true holds nan at row 1"),
}


@pytest.mark.parametrize(("y_true", "y_pred", "message"), ERRORS.values(), ids=ERRORS)
def test_a_bad_argument_is_refused(y_true, y_pred, message):
    with pytest.raises(ValueError, match=message):
        f1_macro(y_true, y_pred, classes=8)
