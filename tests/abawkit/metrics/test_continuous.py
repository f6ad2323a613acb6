"""Properties of concordance and correlation, against their formulas written out."""

import math
import warnings
from functools import reduce
from operator import add

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from abawkit.errors import UndefinedMetricWarning
from abawkit.metrics import MeanCCC, MeanPearson, PairedMoments, ccc, mean_ccc, pearson
from tests.strategies import masks, ratings, traces

X = np.array([0.1, 0.4, -0.2, 0.8, 0.0])
Y = np.array([0.0, 0.5, -0.1, 0.6, 0.2])
AGREEING = [0.1, 0.2, 0.3], [0.1, 0.2, 0.3]
OPPOSED = [0.5, 0.6, 0.7], [0.2, 0.1, 0.0]


def lin(y_true, y_pred, *, ddof_cov=0, ddof_var=0):
    """Lin (1989) as the formula reads; any other `ddof` is a mistake of other code."""
    mean_true, mean_pred = np.mean(y_true), np.mean(y_pred)
    cov = np.sum((y_true - mean_true) * (y_pred - mean_pred)) / (len(y_true) - ddof_cov)
    variances = np.var(y_true, ddof=ddof_var) + np.var(y_pred, ddof=ddof_var)
    return 2 * cov / (variances + (mean_true - mean_pred) ** 2)


def reference_ccc(y_true, y_pred, *, undefined):
    """Lin (1989), and the two cases in which it is 0/0."""
    if len(y_true) == 0 or np.ptp([y_true, y_pred]) == 0:
        return undefined
    return lin(y_true, y_pred)


def pooled(parts):
    """Pool from the left and from the right."""
    moments = [PairedMoments.of(*part.T) for part in parts]
    return reduce(add, moments), reduce(lambda right, left: left + right, reversed(moments))


def alike(value, expected, tolerance=1e-9):
    np.testing.assert_allclose(value, expected, rtol=tolerance, atol=tolerance)


# Concordance


@given(traces())
def test_concordance_equals_the_formula(pair):
    alike(ccc(*pair.T, undefined=-9), reference_ccc(*pair.T, undefined=-9))


@given(traces())
def test_concordance_is_symmetric(pair):
    alike(ccc(*pair.T, undefined=-9), ccc(*pair.T[::-1], undefined=-9), 1e-12)


@given(traces(min_size=1))
def test_concordance_does_not_depend_on_the_order_of_frames(pair):
    alike(ccc(*pair.T, undefined=-9), ccc(*pair[::-1].T, undefined=-9))


@given(arrays("float64", (4, 2), elements=st.floats(-5, 5)))
def test_concordance_is_within_its_bounds(pair):
    assert -1 <= ccc(*pair.T, undefined=0) <= 1


def test_concordance_of_traces_that_differ_by_rounding_is_at_most_one():
    rng = np.random.default_rng(0)
    for _ in range(300):
        trace = rng.normal(size=7)
        assert ccc(trace, trace + rng.normal(size=7) * 1e-15) <= 1


@given(traces(min_size=2))
def test_equal_traces_agree_perfectly(pair):
    assume(np.ptp(pair[:, 0]) > 0)
    assert ccc(pair[:, 0], pair[:, 0]) == 1.0


@given(traces(min_size=2))
def test_concordance_is_never_beyond_correlation(pair):
    assume(np.ptp(pair, axis=0).all())
    assert abs(ccc(*pair.T)) <= abs(pearson(*pair.T)) + 1e-12


@given(traces(min_size=2), ratings, st.integers(1, 9), st.sampled_from([-1, 1]))
def test_concordance_is_invariant_to_a_common_shift_and_scale(pair, shift, scale, sign):
    moved = sign * scale * pair + shift
    assume(np.ptp(pair) > 0)
    alike(ccc(*moved.T), ccc(*pair.T))


@given(ratings, st.integers(1, 5000))
def test_constant_agreement_is_undefined_at_any_length(value, length):
    constant = np.full(length, value)
    assert math.isnan(PairedMoments.of(constant, constant).ccc)


@given(ratings, st.lists(st.integers(0, 300), min_size=1, max_size=6))
def test_constant_agreement_is_undefined_however_it_is_pooled(value, lengths):
    parts = [np.full((length, 2), value) for length in lengths]
    assert all(math.isnan(moments.ccc) for moments in pooled(parts))


@given(ratings, st.lists(traces(), min_size=1, max_size=5), st.sampled_from([0, 1]))
def test_one_constant_trace_scores_exactly_zero_however_it_is_pooled(value, parts, column):
    for part in parts:
        part[:, column] = value
    assume(np.any(np.concatenate(parts)[:, 1 - column] != value))
    assert [moments.ccc for moments in pooled(parts)] == [0.0, 0.0]


@given(ratings, st.integers(1, 5000))
def test_one_constant_trace_scores_exactly_zero_at_any_length(value, length):
    ramp = np.arange(length) / 1000 + value + 0.001
    assert ccc(np.full(length, value), ramp) == ccc(ramp, np.full(length, value)) == 0.0


# Correlation


@given(traces(min_size=2))
def test_correlation_equals_numpys(pair):
    assume(np.ptp(pair, axis=0).all())
    alike(pearson(*pair.T), np.corrcoef(*pair.T)[0, 1])


@given(traces(min_size=2))
def test_correlation_of_a_trace_with_itself_is_one(pair):
    assume(np.ptp(pair[:, 0]) > 0)
    assert pearson(pair[:, 0], pair[:, 0]) == pytest.approx(1.0, abs=1e-15)


@given(arrays("float64", (4, 2), elements=st.floats(-5, 5)))
def test_correlation_is_within_its_bounds(pair):
    assert -1 <= pearson(*pair.T, undefined=0) <= 1


@given(ratings, st.lists(traces(), min_size=1, max_size=5), st.sampled_from([0, 1]))
def test_correlation_with_a_constant_is_undefined_however_it_is_pooled(value, parts, column):
    for part in parts:
        part[:, column] = value
    assert all(math.isnan(moments.pearson) for moments in pooled(parts))


# Undefined values


UNDEFINED = {
    "ccc-empty": lambda **options: ccc([], [], **options),
    "ccc-constants": lambda **options: ccc([0.1] * 3, [0.1] * 3, **options),
    "pearson-empty": lambda **options: pearson([], [], **options),
    "pearson-constant": lambda **options: pearson([0.1] * 3, [0.1, 0.2, 0.3], **options),
}


@pytest.mark.parametrize("call", UNDEFINED.values(), ids=UNDEFINED)
def test_an_undefined_value_is_nan_with_a_warning_at_the_callers_line(call):
    with pytest.warns(UndefinedMetricWarning, match="undefined: ") as caught:
        assert math.isnan(call())
    assert caught[0].filename == __file__


@pytest.mark.parametrize("call", UNDEFINED.values(), ids=UNDEFINED)
@pytest.mark.parametrize("value", [0.0, 1.0, -9.0])
def test_an_undefined_value_is_what_was_asked_for_without_a_warning(call, value):
    with warnings.catch_warnings(record=True) as caught:
        assert call(undefined=value) == value
    assert not caught


def test_a_defined_value_ignores_what_undefined_would_give():
    assert ccc(X, X, undefined=0.5) == 1.0
    assert pearson(X, -X, undefined=0.5) == pytest.approx(-1.0, abs=1e-15)


def test_the_mean_is_undefined_with_a_warning_if_one_coefficient_is():
    rows = [[0.1, 0.2], [0.1, 0.3]]
    with pytest.warns(UndefinedMetricWarning, match="mean CCC"):
        assert math.isnan(mean_ccc(rows, rows))


# Masks and several outputs


@given(traces(), st.data())
def test_a_mask_equals_dropping_the_rows(pair, data):
    known = data.draw(masks(len(pair)))
    kept = PairedMoments.of(*pair[known].T)
    pair[~known] = math.nan
    assert PairedMoments.of(*pair.T, known=known) == kept


@pytest.mark.parametrize("summary", [MeanCCC, MeanPearson])
@given(
    truth=traces(min_size=6, max_size=6), pred=traces(min_size=6, max_size=6), known=masks((6, 2))
)
def test_a_mask_by_value_equals_dropping_them_from_each_output(summary, truth, pred, known):
    columns = zip(truth.T, pred.T, known.T, strict=True)
    dropped = summary(tuple(PairedMoments.of(t[k], p[k]) for t, p, k in columns))
    assert summary.of(truth, pred, known=known) == dropped


@given(traces(min_size=2), traces(min_size=2))
def test_the_score_is_the_mean_over_the_outputs(left, right):
    n = min(len(left), len(right))
    truth, pred = left[:n], right[:n]
    assume(np.ptp(truth, axis=0).all() and np.ptp(pred, axis=0).all())
    outputs = [ccc(truth[:, i], pred[:, i]) for i in (0, 1)]
    assert MeanCCC.of(truth, pred).per_output == tuple(outputs)
    assert mean_ccc(truth, pred) == pytest.approx(sum(outputs) / 2, abs=1e-15)


def test_pooling_with_another_number_of_outputs_is_refused():
    with pytest.raises(ValueError, match="zip"):
        MeanCCC.of([[0.1, 0.2]], [[0.1, 0.2]]) + MeanCCC.of([[0.1]], [[0.1]])


# Golden values; 1e-12 sees n against n - 1


def test_concordance_reproduces_the_golden_value():
    assert ccc(X, Y) == pytest.approx(0.8879837067209775, rel=0, abs=1e-12)


VARIANTS = {
    "sucv": (0, 1, 0.7106764466177669, 0.8),
    "unbiased": (1, 1, 0.8883455582722086, 1.0),
    "numpy-mix": (1, 0, 1.109979633401222, 1.25),
}


@pytest.mark.parametrize(("cov", "var", "golden", "itself"), VARIANTS.values(), ids=VARIANTS)
def test_the_golden_tolerance_sees_every_other_variant(cov, var, golden, itself):
    assert lin(X, Y, ddof_cov=cov, ddof_var=var) == pytest.approx(golden, rel=0, abs=1e-12)
    assert lin(X, X, ddof_cov=cov, ddof_var=var) == pytest.approx(itself, rel=0, abs=1e-12)
    assert ccc(X, Y) != pytest.approx(golden, rel=0, abs=1e-12)


def test_videos_are_pooled_not_averaged():
    first, second = PairedMoments.of(*AGREEING), PairedMoments.of(*OPPOSED)
    assert (first + second).ccc == pytest.approx(-0.1690140845070422, rel=0, abs=1e-12)
    mean = (first.ccc + second.ccc) / 2
    assert mean == pytest.approx(0.47468354430379744, rel=0, abs=1e-12)
