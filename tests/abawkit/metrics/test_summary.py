"""What every summary must do, over a table of all of them, and the checks they share."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, reduce
from operator import add

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from abawkit.metrics import (
    Accuracy,
    CellAccuracy,
    Confusion,
    DetectionCounts,
    MeanCCC,
    MeanPearson,
    WeightedSum,
)
from abawkit.metrics.summary import paired
from tests.strategies import masks, ratings


@dataclass(frozen=True, kw_only=True)
class Case:
    """One kind of summary, how to draw its values, and how its score reads its parts."""

    of: Callable
    elements: st.SearchStrategy
    columns: int
    reading: Callable


def weighted(*parts, weights):
    """Summarise one sample by a weighted sum."""
    return lambda *sample, known: WeightedSum(
        tuple(part(*sample, known=known) for part in parts), weights
    )


def mean(summary):
    return np.mean(summary.per_output)


def mean_of_present(summary):
    values = [value for value in summary.per_output if not math.isnan(value)]
    return np.mean(values) if values else math.nan


def share(summary):
    return summary.components["accuracy"]


def sum_of(**weights):
    return lambda summary: sum(w * summary.components[name] for name, w in weights.items())


confusion, hits = partial(Confusion.of, classes=4), partial(Accuracy.of, classes=4)
CONTINUOUS = {"elements": ratings, "columns": 2}
CATEGORICAL = {"elements": st.integers(0, 3).map(float), "columns": 1}
MULTILABEL = {"elements": st.sampled_from([0.0, 1.0]), "columns": 3}
CASES = {
    "ccc": Case(of=MeanCCC.of, reading=mean, **CONTINUOUS),
    "pearson": Case(of=MeanPearson.of, reading=mean, **CONTINUOUS),
    "confusion": Case(of=confusion, reading=mean, **CATEGORICAL),
    "confusion-present": Case(
        of=partial(confusion, absent="skip"), reading=mean_of_present, **CATEGORICAL
    ),
    "accuracy": Case(of=hits, reading=share, **CATEGORICAL),
    "detections": Case(of=DetectionCounts.of, reading=mean, **MULTILABEL),
    "cells": Case(of=CellAccuracy.of, reading=share, **MULTILABEL),
    "weighted-continuous": Case(
        of=weighted(MeanCCC.of, MeanPearson.of, weights=(0.5, 2.0)),
        reading=sum_of(ccc=0.5, pearson=2.0),
        **CONTINUOUS,
    ),
    "weighted-categorical": Case(
        of=weighted(confusion, hits, weights=(0.67, 0.33)),
        reading=sum_of(f1=0.67, accuracy=0.33),
        **CATEGORICAL,
    ),
    "weighted-multilabel": Case(
        of=weighted(DetectionCounts.of, CellAccuracy.of, weights=(0.5, 0.5)),
        reading=sum_of(f1=0.5, accuracy=0.5),
        **MULTILABEL,
    ),
}
every_summary = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def draw_samples(data, case, count):
    """Draw truth, prediction and mask of `count` samples, some of them empty."""
    samples = []
    for _ in range(count):
        shape = (data.draw(st.integers(0, 12)), case.columns)
        values = arrays("float64", shape, elements=case.elements)
        samples.append((data.draw(values), data.draw(values), data.draw(masks(shape))))
    return samples


def summarise(case, sample):
    y_true, y_pred, known = sample
    return case.of(y_true, y_pred, known=known)


def readings(summary):
    """All that can be read from a summary, as one array."""
    return np.array([summary.score, *summary.components.values(), *summary.per_output])


def same(left, right, tolerance=1e-9):
    assert type(left) is type(right)
    np.testing.assert_allclose(readings(left), readings(right), rtol=0, atol=tolerance)


@every_summary
@given(data=st.data())
def test_pooling_the_parts_equals_the_whole(case, data):
    samples = draw_samples(data, case, data.draw(st.integers(1, 5)))
    whole = tuple(np.concatenate(arrays_) for arrays_ in zip(*samples, strict=True))
    same(reduce(add, [summarise(case, sample) for sample in samples]), summarise(case, whole))


@every_summary
@given(data=st.data())
def test_pooling_is_associative(case, data):
    a, b, c = (summarise(case, sample) for sample in draw_samples(data, case, 3))
    same((a + b) + c, a + (b + c))


@every_summary
@given(data=st.data())
def test_pooling_is_commutative(case, data):
    a, b = (summarise(case, sample) for sample in draw_samples(data, case, 2))
    same(a + b, b + a)


@every_summary
@given(data=st.data())
def test_an_empty_sample_changes_nothing_at_all(case, data):
    summary = summarise(case, draw_samples(data, case, 1)[0])
    nothing = case.of(*np.empty((2, 0, case.columns)), known=None)
    same(summary + nothing, summary, tolerance=0)
    same(nothing + summary, summary, tolerance=0)


@every_summary
@given(data=st.data())
def test_the_score_follows_from_what_it_is_made_of(case, data):
    summary = summarise(case, draw_samples(data, case, 1)[0])
    np.testing.assert_allclose(summary.score, case.reading(summary), rtol=0, atol=1e-12)


@every_summary
@given(data=st.data())
def test_a_score_that_is_not_a_sum_is_its_only_component(case, data):
    summary = summarise(case, draw_samples(data, case, 1)[0])
    if not isinstance(summary, WeightedSum):
        np.testing.assert_equal(list(summary.components.values()), [summary.score])


@every_summary
def test_a_score_of_nothing_is_undefined_without_a_warning(case):
    assert math.isnan(case.of(*np.empty((2, 0, case.columns)), known=None).score)


@every_summary
@given(data=st.data())
def test_no_argument_is_modified(case, data):
    sample = draw_samples(data, case, 1)[0]
    copies = [array.copy() for array in sample]
    summarise(case, sample)
    for array, copy in zip(sample, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


ROW = [0.1, 0.2]
ERRORS = {
    "lengths": (([0.1], ROW, None), 1, r"found y_true \(1,\), y_pred \(2,\), known \(1,\)"),
    "mask": ((ROW, ROW, [True]), 1, r"known \(1,\)"),
    "too-flat": ((ROW, ROW, None), 2, "expected 2-d arrays of one shape"),
    "too-deep": (([ROW], [ROW], None), 1, "expected 1-d arrays of one shape"),
    "true-nan": (([0.1, math.nan], ROW, None), 1, "y_true holds nan at row 1; expected numbers"),
    "pred-infinite": ((ROW, [-math.inf, 0.1], None), 1, "y_pred holds -inf at row 0"),
    "second-column": (([ROW], [[0.1, math.inf]], None), 2, "y_pred holds inf at row 0"),
}


@pytest.mark.parametrize(("arguments", "ndim", "message"), ERRORS.values(), ids=ERRORS)
def test_arrays_that_do_not_fit_are_refused(arguments, ndim, message):
    with pytest.raises(ValueError, match=message):
        paired(*arguments, ndim=ndim)


def test_a_value_that_does_not_count_need_not_be_a_number():
    true, _, mask = paired([0.1, math.nan], [math.inf, 0.2], [False, False], ndim=1)
    assert math.isnan(true[1])
    assert not mask.any()


def test_without_a_mask_every_value_counts():
    true, pred, mask = paired([1, 2], [3, 4], None, ndim=1)
    assert true.dtype == pred.dtype == np.float64
    assert mask.tolist() == [True, True]
