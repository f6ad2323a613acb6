"""Intervals in words, and as JSON."""

import math
from dataclasses import replace

import pytest

from abawkit.evaluation.bootstrap import Bootstrap, Intervals
from abawkit.evaluation.interval import Interval
from abawkit.report.confidence import how_drawn, interval_json, interval_text

SCORE = Interval(low=0.3921, high=0.46984, mean=0.4302)
NONE = Interval(low=math.nan, high=math.nan, mean=math.nan, undefined=10_000)
INTERVALS = Intervals(
    bootstrap=Bootstrap(),
    n_units=71,
    score=SCORE,
    components={"f1_expr": SCORE},
    per_class={"Neutral": SCORE, "Fear": NONE},
)


@pytest.mark.parametrize(
    ("interval", "decimals", "text"),
    [
        (SCORE, 4, "[0.3921, 0.4698]"),
        (SCORE, 1, "[0.4, 0.5]"),
        (Interval(low=-0.00001, high=0.1, mean=0.05), 2, "[0.00, 0.10]"),
        (NONE, 4, "undefined"),
    ],
)
def test_an_interval_is_two_numbers_in_brackets(interval, decimals, text):
    assert interval_text(interval, decimals) == text


def test_it_is_said_how_intervals_were_drawn():
    assert how_drawn(INTERVALS, 4) == (
        "95 % interval of 10,000 resamples of 71 videos, seed 12345, mean 0.4302"
    )


def test_other_settings_are_said():
    bootstrap = Bootstrap(resamples=100, level=0.999, unit="person", seed=7)
    text = how_drawn(replace(INTERVALS, bootstrap=bootstrap, n_units=42), 2)
    assert text == "99.9 % interval of 100 resamples of 42 persons, seed 7, mean 0.43"


def test_resamples_without_a_score_are_said():
    text = how_drawn(replace(INTERVALS, score=replace(SCORE, undefined=1)), 4)
    assert text.endswith("mean 0.4302; 1 resample without a score left out")


def test_the_json_of_the_score_says_how_it_was_drawn():
    assert interval_json(INTERVALS)["interval"] == {
        "low": 0.3921,
        "high": 0.46984,
        "mean": 0.4302,
        "undefined": 0,
        "method": "bias-corrected percentile",
        "level": 0.95,
        "n": 10_000,
        "unit": "video",
        "n_units": 71,
        "seed": 12345,
    }


def test_the_json_of_parts_is_by_name():
    parts = interval_json(INTERVALS)["intervals"]
    assert parts["components"] == {
        "f1_expr": {"low": 0.3921, "high": 0.46984, "mean": 0.4302, "undefined": 0,
                    "method": "bias-corrected percentile"}
    }  # fmt: skip
    assert list(parts["per_class"]) == ["Neutral", "Fear"]
    fear = parts["per_class"]["Fear"]
    assert (fear["undefined"], fear["low"], fear["mean"]) == (10_000, None, None)


def test_the_json_of_a_score_beyond_its_resamples_tells_its_own_method():
    beyond = replace(INTERVALS, score=replace(SCORE, beyond=True))
    assert interval_json(beyond)["interval"]["method"] == "percentile, widened"
