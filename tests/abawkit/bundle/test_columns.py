"""Each number has a column, and each column a number where that is defined."""

import re

import pytest

from abawkit import CHALLENGES, Track, evaluate
from abawkit.bundle.columns import class_keys, leaderboard, scores_of
from abawkit.evaluation.bootstrap import Bootstrap, confidence
from tests.abawkit.evaluation.corpora import pair

ALL = pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
EXPR = CHALLENGES["abaw6-expr"]


@ALL
def test_each_number_has_its_own_column(challenge):
    keys = [*leaderboard(challenge)]
    assert len({*keys}) == len(keys)
    assert all(re.fullmatch(r"\w+", key) for key in keys)
    assert len({*class_keys(challenge).values()}) == len(class_keys(challenge))
    report = evaluate(challenge, *pair(challenge, masked=0.0))
    assert {*scores_of(report)} == {key for key in keys if not key.endswith(("_low", "_high"))}


def test_what_is_undefined_has_no_number():
    ones = [Track.of("video0", [[1.0]] * 9)]
    scores = scores_of(evaluate(EXPR, ones, ones, absent="skip"))
    assert scores == {"score": 1.0, "f1_expr": 1.0, "expr_Anger": 1.0}


def test_traces_have_no_column_beside_their_part_of_the_score():
    assert class_keys(CHALLENGES["abaw6-va"]) == {}
    assert {*class_keys(EXPR)} == {*EXPR.targets[0].names}


@pytest.mark.filterwarnings("ignore::abawkit.errors.UncertainWarning")
def test_an_interval_stands_beside_its_number():
    report = evaluate(EXPR, *pair(EXPR, masked=0.0))
    intervals = confidence(report, Bootstrap(resamples=100))
    scores = scores_of(report, intervals)
    for key, interval in [
        ("score", intervals.score),
        ("f1_expr", intervals.components["f1_expr"]),
        ("expr_Anger", intervals.per_class["Anger"]),
    ]:
        assert (scores[f"{key}_low"], scores[f"{key}_high"]) == (interval.low, interval.high)
