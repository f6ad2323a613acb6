"""What is tried, as users write it."""

import itertools
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit.errors import UsageError
from abawkit.protocol import CHALLENGES, find_challenge
from submissions.options import default_filter
from submissions.tuning import Grid
from submissions.tuning.grid import simplex, values_of
from tests.submissions.tuning.samples import filters

MTL = find_challenge("mtl")


@pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=list(CHALLENGES))
def test_by_default_every_target_has_none_boxes_and_medians_with_its_own_filter(challenge):
    grid = Grid.parse(challenge)
    for target in challenge.targets:
        tried = grid.smooth[target.name]
        assert [each.kind for each in tried] == ["none", *["box"] * 9, *["median"] * 9]
        assert default_filter(target) in tried


def test_the_default_thresholds_are_the_nine_of_the_published_code():
    assert Grid.parse(MTL).thresholds == (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    assert Grid.parse(MTL).offsets == ()


def test_filters_are_given_for_all_targets_or_by_target():
    assert Grid.parse(MTL, smooth="none,box:3,box:3").smooth == dict.fromkeys(
        ("va", "expr", "au"), filters("none", "box:3")
    )
    grid = Grid.parse(MTL, smooth="va=box:5,box:7;au=default")
    assert grid.smooth["va"] == filters("box:5", "box:7")
    assert grid.smooth["au"] == filters("median:15")
    assert len(grid.smooth["expr"]) == 19


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (".5", (0.5,)),
        (".3,.1,.3", (0.3, 0.1)),
        (".1:.9:.2", (0.1, 0.3, 0.5, 0.7, 0.9)),
        ("0:1:.3", (0.0, 0.3, 0.6, 0.9)),
        ("-1:1:.5", (-1.0, -0.5, 0.0, 0.5, 1.0)),
        ("1:0:-.5", (1.0, 0.5, 0.0)),
        ("2:2:1", (2.0,)),
    ],
)
def test_values_are_a_list_or_a_range_with_both_ends(text, values):
    assert values_of(text, option="--x") == values


@given(st.integers(0, 50), st.integers(1, 60), st.integers(1, 40))
def test_a_range_has_the_decimals_of_its_text(start, count, step):
    stop = start + (count - 1) * step
    text = f"{start / 100}:{stop / 100}:{step / 100}"
    expected = tuple((start + index * step) / 100 for index in range(count))
    assert values_of(text, option="--x") == expected


@given(st.integers(1, 4), st.sampled_from([1.0, 0.5, 0.25, 0.2, 0.1]))
def test_weights_are_equal_ones_and_all_multiples_of_the_step_that_sum_to_1(n_runs, step):
    parts = round(1 / step)
    counts = itertools.product(range(parts + 1), repeat=n_runs)
    expected = {tuple(c / parts for c in row) for row in counts if sum(row) == parts}
    found = simplex(n_runs, step)
    assert found[0] == (1 / n_runs,) * n_runs
    assert set(found) == expected | {found[0]}
    assert len(set(found)) == len(found)
    assert all(math.isclose(sum(row), 1) for row in found)


def test_weights_are_coarser_for_more_than_three_runs():
    assert len(Grid.parse(MTL, n_runs=1).weights) == 1
    assert len(Grid.parse(MTL, n_runs=2).weights) == 11
    assert len(Grid.parse(MTL, n_runs=3).weights) == 67
    assert len(Grid.parse(MTL, n_runs=4).weights) == 35
    assert len(Grid.parse(MTL, n_runs=4, weights=0.5).weights) == 11


@pytest.mark.parametrize(
    ("options", "fragment"),
    [
        ({"smooth": "box:2"}, "expected an odd width"),
        ({"smooth": "pose=box:3"}, "abaw3-mtl has no target 'pose', only va, expr, au"),
        ({"thresholds": "5:1"}, "--thresholds '5:1': expected start:stop:step, such as .1:.9:.1"),
        ({"thresholds": ".9:.1:.1"}, "expected start:stop:step"),
        ({"thresholds": ".1:.9:0"}, "expected start:stop:step"),
        ({"thresholds": "0:1:1e-9"}, "of at most 2000 values"),
        ({"thresholds": "nan:1:.1"}, "expected start:stop:step"),
        ({"thresholds": "a"}, "--thresholds 'a': expected numbers separated by commas"),
        ({"thresholds": ".5,1.5"}, "--thresholds .5,1.5: expected values from 0 to 1, found 1.5"),
        ({"offsets": "on"}, "--offsets 'on': expected numbers"),
        ({"weights": 0.3}, "--weights 0.3: expected a step that 1 is a multiple of"),
        ({"weights": 0.0}, "--weights 0: expected a step"),
        ({"weights": -0.5}, "--weights -0.5: expected a step"),
        ({"weights": 1e-320}, "expected a step"),
        ({"weights": 0.01, "n_runs": 3}, "3 runs have 5151 weights of this step"),
    ],
)
def test_what_cannot_be_tried_is_refused(options, fragment):
    with pytest.raises(UsageError, match=re.escape(fragment)):
        Grid.parse(MTL, **options)


@pytest.mark.parametrize(
    ("fields", "fragment"),
    [
        ({"smooth": {"va": ()}}, "nothing to try for va"),
        ({"smooth": {}, "thresholds": ()}, "nothing to try for thresholds"),
        ({"smooth": {}, "offsets": (math.inf,)}, "expected numbers to try, found 0.5,inf"),
        ({"smooth": {}, "weights": ((math.nan,),)}, "expected numbers to try, found 0.5,nan"),
    ],
)
def test_a_grid_of_nothing_is_refused(fields, fragment):
    with pytest.raises(UsageError, match=fragment):
        Grid(**fields)


def test_a_description_tells_what_was_tried():
    grid = Grid.parse(MTL, smooth="none,box:3", thresholds=".5", offsets="-1,0,1", n_runs=2)
    smooth = dict.fromkeys(("va", "expr", "au"), "none,box:3")
    told = {"smooth": smooth, "thresholds": "0.5", "offsets": "-1,0,1", "n_weights": 11}
    assert grid.describe() == told
    plain = Grid(smooth={}).describe()
    assert (plain["offsets"], plain["n_weights"]) == ("none", 1)
