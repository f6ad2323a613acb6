"""Results are read back as they were, or not at all; several are summarised."""

import json
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.reproduction.results import FILE, Result, Spread

RESULT = Result(
    key="k", seed=1, epoch=2, train=(3, 4), valid=(5, 6),
    measures={"official": {"va": 0.5, "x": 0.1}, "faces": {"va": None, "x": 0.2}},
)  # fmt: skip
NAMES = frozenset({"va", "x"})


def test_a_result_is_read_as_it_was_written(tmp_path):
    RESULT.save(tmp_path)
    assert Result.load(tmp_path, "k", NAMES) == RESULT


def test_a_result_of_another_key_is_none(tmp_path):
    RESULT.save(tmp_path)
    assert Result.load(tmp_path, "other", NAMES) is None


def test_a_result_of_another_layout_is_none(tmp_path):
    RESULT.save(tmp_path)
    file = tmp_path / FILE
    file.write_text(file.read_text().replace('"abawkit_result": 1', '"abawkit_result": 2'))
    assert Result.load(tmp_path, "k", NAMES) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"abawkit_result": 2, "key": "k"}'])
def test_what_is_no_result_is_none(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    assert Result.load(tmp_path, "k", NAMES) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"measures": {}},
        {"measures": []},
        {"measures": {"official": {"va": 0.5, "x": 0.1}}},
        {"measures": {"official": {"va": 0.5}, "faces": {"va": 0.5}}},
        {"measures": {"official": {"va": 0.5, "x": "1"}, "faces": {"va": 0.5, "x": 0.2}}},
        {"measures": {"official": {"va": float("nan"), "x": 0.1}, "faces": {"va": 0.5, "x": 0.2}}},
        {"measures": {"official": ["va", "x"], "faces": ["va", "x"]}},
        {"train": [1]},
        {"valid": [1, "2"]},
        {"valid": [1, 2, 3]},
        {"train": [1, -2]},
        {"epoch": None},
        {"seed": "1"},
        {"more": 1},
    ],
    ids=str,
)
def test_a_result_of_the_right_key_that_is_not_understood_is_none(tmp_path, changed):
    RESULT.save(tmp_path)
    file = tmp_path / FILE
    file.write_text(json.dumps(json.loads(file.read_text()) | changed))
    assert Result.load(tmp_path, "k", NAMES) is None


@given(st.lists(st.floats(-1, 3), min_size=2, max_size=6))
def test_a_spread_is_the_mean_and_the_standard_deviation(values):
    spread = Spread.of(values)
    assert spread.mean == pytest.approx(sum(values) / len(values))
    assert spread.sd == pytest.approx(statistics.stdev(values))
    assert spread.n == len(values)


def test_one_value_has_no_deviation():
    assert Spread.of([0.5]) == Spread(mean=0.5, sd=None, n=1)


@pytest.mark.parametrize("values", [[], [None], [0.5, None], [0.5, float("nan")]])
def test_nothing_and_the_undefined_have_no_spread(values):
    assert Spread.of(values) is None
