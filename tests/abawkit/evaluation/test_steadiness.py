"""Changes and runs against counting one by one."""

from itertools import groupby, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from abawkit.evaluation.steadiness import mean_step, steadiness

frames = st.integers(1, 40).flatmap(
    lambda n: st.tuples(
        arrays("float64", n, elements=st.sampled_from([0.0, 1.0, 2.0])),
        arrays("bool", n),
        st.lists(st.integers(0, 2), min_size=n, max_size=n).map(sorted),
    )
)


def stretches(labels, known, video):
    """Split into stretches of neighbours, slowly."""
    found, last = [], None
    for label, on, of in zip(labels, known, video, strict=True):
        if on and last == of:
            found[-1].append(label)
        elif on:
            found.append([label])
        last = of if on else None
    return found


@given(frames)
def test_changes_and_runs_are_those_counted_one_by_one(drawn):
    labels, known, video = drawn
    parts = stretches(*drawn)
    runs = [len(list(run)) for part in parts for _, run in groupby(part)]
    found = steadiness(labels[:, None], known=known[:, None], video=np.array(video))
    assert found.neighbours[0] == sum(len(part) - 1 for part in parts)
    assert found.changes[0] == len(runs) - len(parts)
    assert found.runs[0] == len(runs)
    assert found.short_runs[0] == sum(length <= 3 for length in runs)


@given(frames)
def test_the_mean_step_is_that_of_all_neighbours(drawn):
    labels, known, video = drawn
    steps = [abs(b - a) for part in stretches(*drawn) for a, b in pairwise(part)]
    found = mean_step(labels[:, None], known=known[:, None], video=np.array(video))
    assert found[0] == pytest.approx(np.mean(steps) if steps else np.nan, nan_ok=True)


def test_columns_are_told_apart():
    labels = np.array([[0, 0], [1, 0], [0, 0], [0, 0], [0, 1.0]])
    found = steadiness(labels, known=np.ones(labels.shape, bool), video=np.zeros(5, int))
    assert found.change_rate.tolist() == [500, 250]
    assert found.short_share.tolist() == [1, 0.5]
