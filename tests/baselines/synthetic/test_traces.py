"""Made-up traces have the distribution that their docstrings promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.synthetic.traces import chain, waves

shares = st.lists(st.floats(0.01, 1), min_size=1, max_size=8)


def stays(trace):
    """Count how long each stay lasts."""
    ends = np.flatnonzero(np.diff(trace)) + 1
    return np.diff([0, *ends, len(trace)])


@given(shares, st.integers(0, 400), st.integers(1, 60), st.integers(0, 99))
def test_states_are_as_frequent_as_they_should_be(shares, n, dwell, seed):
    trace = chain(np.random.default_rng(seed), shares, n, dwell=dwell)
    assert trace.shape == (n,)
    counts = np.bincount(trace, minlength=len(shares))
    wanted = np.array(shares) / sum(shares) * n
    assert np.abs(counts - wanted).max() <= len(shares)
    assert n < len(shares) or counts.min() >= 1


def test_stays_last_as_long_as_they_should():
    trace = chain(np.random.default_rng(0), [1] * 50, 100_000, dwell=40)
    # One in 50 stays is followed by one in the same state.
    assert stays(trace).mean() == pytest.approx(40 * 50 / 49, rel=0.02)
    assert stays(trace).std() == pytest.approx(40 / np.sqrt(2), rel=0.1)


def test_states_come_in_any_order():
    rng = np.random.default_rng(0)
    firsts = [chain(rng, [1, 1, 1], 90, dwell=10)[0] for _ in range(300)]
    assert np.bincount(firsts) == pytest.approx([100] * 3, abs=30)


@pytest.mark.parametrize("span", [1, 8, 50])
def test_waves_are_standard_normal_and_alike_for_their_span(span):
    trace = waves(np.random.default_rng(1), 60_000, 2, span=span)
    assert trace.shape == (60_000, 2)
    chance = 5 * np.sqrt(span / 60_000)
    assert np.abs(trace.mean(axis=0)).max() < chance
    assert trace.std(axis=0) == pytest.approx([1, 1], abs=chance)
    for apart in (1, 4, 60):
        alike = (trace[apart:] * trace[:-apart]).mean(axis=0)
        assert alike == pytest.approx([max(0, 1 - apart / span)] * 2, abs=chance)


def test_waves_are_independent_of_each_other():
    trace = waves(np.random.default_rng(2), 40_000, 3, span=4)
    assert np.corrcoef(trace.T) == pytest.approx(np.eye(3), abs=0.04)
