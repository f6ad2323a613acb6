"""Properties of the scores of independent yes/no labels, against scikit-learn."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import f1_score

from abawkit.errors import UndefinedMetricWarning
from abawkit.metrics import CellAccuracy, DetectionCounts, f1_mean
from tests.strategies import masks


@st.composite
def detections(draw, min_size=1):
    """Truth, prediction and mask of three outputs."""
    shape = (draw(st.integers(min_size, 20)), 3)
    values = arrays("float64", shape, elements=st.sampled_from([0.0, 1.0]))
    return draw(values), draw(values), draw(masks(shape))


def reference_f1(truth, pred):
    """F1 of the positive class of one output, NaN without any value."""
    return f1_score(truth, pred, zero_division=0) if len(truth) else math.nan


@given(detections())
def test_mean_f1_equals_the_mean_of_scikit_learns(sample):
    truth, pred, _ = sample
    expected = np.mean([reference_f1(truth[:, i], pred[:, i]) for i in range(3)])
    assert f1_mean(truth, pred) == pytest.approx(expected, abs=1e-12)


@given(detections(min_size=0))
def test_a_mask_by_value_equals_dropping_them_from_each_output(sample):
    truth, pred, known = sample
    values = DetectionCounts.of(truth, pred, known=known).per_output
    columns = zip(truth.T, pred.T, known.T, strict=True)
    expected = [reference_f1(t[k], p[k]) for t, p, k in columns]
    np.testing.assert_allclose(values, expected, atol=1e-12)


@given(detections(), st.sampled_from([math.nan, -1.0, 0.5]))
def test_masked_values_may_be_anything(sample, filler):
    truth, pred, known = sample
    counts = DetectionCounts.of(truth, pred, known=known).counts
    truth[~known] = pred[~known] = filler
    np.testing.assert_array_equal(DetectionCounts.of(truth, pred, known=known).counts, counts)


@given(detections())
def test_every_known_value_is_counted_once(sample):
    truth, pred, known = sample
    counts = DetectionCounts.of(truth, pred, known=known).counts
    np.testing.assert_array_equal(counts.sum(axis=0), known.sum(axis=0))


def test_counts_are_in_the_order_they_are_documented_in():
    counts = DetectionCounts.of([[1], [0], [0], [1]] + [[0]] * 3, [[1], [1], [1], [0]] + [[0]] * 3)
    assert counts.counts.ravel().tolist() == [1, 2, 1, 3]


@given(detections())
def test_cell_accuracy_is_the_share_of_right_known_values(sample):
    truth, pred, known = sample
    score = CellAccuracy.of(truth, pred, known=known).score
    expected = (truth == pred)[known].mean() if known.any() else math.nan
    np.testing.assert_allclose(score, expected, atol=1e-12)


def test_cell_accuracy_counts_cells_not_rows():
    assert CellAccuracy.of([[1, 0], [1, 1]], [[1, 1], [0, 1]]).score == 0.5


@given(detections())
def test_an_output_that_is_never_positive_counts_zero(sample):
    truth, pred, _ = sample
    truth[:, 1] = pred[:, 1] = 0
    assert DetectionCounts.of(truth, pred).per_output[1] == 0.0


def test_no_small_constant_makes_a_never_positive_output_perfect():
    precision = recall = (0 + 1e-7) / (0 + 0 + 1e-7)
    with_epsilon = 2 * precision * recall / (precision + recall + 1e-7)
    assert with_epsilon == pytest.approx(0.99999995, rel=0, abs=1e-12)
    assert f1_mean([[0]] * 5, [[0]] * 5) == 0.0


@pytest.mark.parametrize("known", [[[True, False]] * 2, np.zeros((2, 2))], ids=["one", "none"])
def test_an_output_without_any_value_is_undefined_with_a_warning(known):
    with pytest.warns(UndefinedMetricWarning, match="an output has no value") as caught:
        assert math.isnan(f1_mean([[1, 0], [0, 1]], [[1, 0], [0, 1]], known=known))
    assert caught[0].filename == __file__


@given(detections())
def test_mean_f1_uses_its_mask(sample):
    truth, pred, known = sample
    known[0] = True
    expected = DetectionCounts.of(truth, pred, known=known).score
    assert f1_mean(truth, pred, known=known) == expected


ERRORS = {
    "true-two": ([[2]], [[1]], "expected labels 0 or 1, found 2"),
    "pred-half": ([[1]], [[0.5]], "expected labels 0 or 1, found 0.5"),
    "sentinel": ([[-1]], [[1]], "expected labels 0 or 1, found -1"),
    "nan": ([[1]], [[math.nan]], "y_pred holds nan at row 0"),
    "flat": ([1, 0], [1, 0], "expected 2-d arrays of one shape"),
    "widths": ([[1, 0]], [[1]], r"y_true \(1, 2\), y_pred \(1, 1\)"),
}


@pytest.mark.parametrize(("y_true", "y_pred", "message"), ERRORS.values(), ids=ERRORS)
def test_a_bad_argument_is_refused(y_true, y_pred, message):
    with pytest.raises(ValueError, match=message):
        f1_mean(y_true, y_pred)
