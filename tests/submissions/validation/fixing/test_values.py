"""Which values have one right answer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from abawkit.protocol import CHALLENGES, Continuous, blocks, find_challenge
from submissions.validation.fixing.values import OVERSHOOT, clipped, settled

MTL = find_challenge("abaw4-mtl")


@pytest.mark.parametrize("name", sorted(CHALLENGES))
def test_a_sentinel_is_beyond_what_is_clipped(name):
    for target in CHALLENGES[name].targets:
        if isinstance(target, Continuous):
            margin = OVERSHOOT * (target.high - target.low)
            assert not target.low - margin <= target.unannotated <= target.high + margin


@given(arrays("float64", (5, 15), elements=st.floats(-6, 6) | st.sampled_from([np.nan, -5.0])))
def test_only_values_beyond_their_range_are_clipped(values):
    found = clipped(values, MTL.targets)
    for target, columns in blocks(MTL.targets):
        for value, after in zip(values[:, columns].flat, found[:, columns].flat, strict=True):
            expected = value
            if isinstance(target, Continuous) and value != -5.0 and not np.isnan(value):
                expected = min(max(value, -1.0), 1.0)
            assert after == expected or (np.isnan(after) and np.isnan(expected))


@pytest.mark.parametrize("p0", [0.69, 0.7, 0.71])
def test_the_second_probability_counts_where_the_sum_is_almost_1(p0):
    assert settled(np.array([[p0, 0.3]])).tolist() == [[0.7, 0.3]]


@pytest.mark.parametrize("row", [[0.689, 0.3], [0.711, 0.3], [np.nan, 0.3], [0.3, np.nan]])
def test_probabilities_that_are_no_pair_are_given_up(row):
    assert np.isnan(settled(np.array([row]))).all()
