"""A score among the published ones: never of another split, fold or challenge."""

import json
import math
from dataclasses import replace

import pytest

from abawkit import CHALLENGES, evaluate
from abawkit.errors import UsageError
from abawkit.evaluation.interval import Interval
from abawkit.protocol import Challenge, Split
from abawkit.report import as_json, as_text
from abawkit.report.standing import standing
from abawkit.results import SPLITS, published
from tests.abawkit.evaluation.corpora import pair

SCORED = [name for name in CHALLENGES if any(r.score is not None for r in published(name))]
VA = CHALLENGES["abaw6-va"]


def report_of(challenge, **options):
    return evaluate(challenge, *pair(challenge, masked=0.2), **options)


def sized(challenge, **sizes):
    """Give a challenge whose splits have other sizes."""
    splits = tuple(
        Split(name=name, videos=videos, rows=rows, source="made up")
        for name, (videos, rows) in sizes.items()
    )
    protocol = replace(challenge.protocol, splits=splits)
    return Challenge(edition=challenge.edition, protocol=protocol)


def at(score, *, split="validation", challenge=VA, interval=None):
    return replace(standing(report_of(challenge), split=split, interval=interval), score=score)


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("name", SCORED)
def test_only_scores_of_the_same_split_and_of_no_best_fold_get_a_place(name, split):
    found = at(0.3, challenge=CHALLENGES[name], split=split)
    scored = [r for r in published(name) if r.score is not None]
    assert {id(r) for r in found.entries} == {
        id(r) for r in scored if r.split == split and r.fold != "best"
    }
    assert len([*found.entries, *found.folds, *found.elsewhere]) == len(scored)
    higher = [r for r in found.entries if r.score > 0.3 + r.rounding]
    assert found.place == (1 + len(higher) if found.entries else None)


@pytest.mark.parametrize(("score", "place"), [(0.9, 1), (0.5, 2), (0.22, 2), (0.21, 3)])
def test_the_place_is_one_more_than_there_are_higher_scores(score, place):
    assert at(score).place == place


def test_within_the_printed_digits_two_scores_are_level():
    found = at(0.2249)  # The baseline is printed as 0.22.
    assert [r.team for r in found.level] == ["baseline (ResNet-50)"]
    assert "level with this score" in found.as_text(decimals=4)
    assert not at(0.2251).level
    assert at(0.2151).place == 2
    assert at(0.2149).place == 3


def test_a_table_has_this_score_between_the_higher_and_the_lower_ones():
    rows = [line.split("  ")[0] for line in at(0.4).as_text(decimals=4).splitlines()[1:4]]
    assert rows == ["RJCMA", "this score", "baseline (ResNet-50)"]


def test_scores_of_other_splits_are_named_apart():
    *_, folds, others = at(0.4).as_text(decimals=4).splitlines()
    assert folds == "not comparable, the best of several folds: RJCMA 0.6295* (validation)"
    assert others.startswith("not comparable, another split: Netease Fuxi 0.6721 (test); ")


def test_entries_in_the_interval_are_named():
    found = at(0.4, interval=Interval(low=0.3, high=0.5535, mean=0.4))
    assert [r.team for r in found.inside] == ["RJCMA"]
    assert "inside the interval" in found.as_text(decimals=4)
    assert found.as_json()["inside_interval"] == ["RJCMA"]
    assert at(0.4).as_json()["inside_interval"] is None


def test_an_undefined_score_has_no_place():
    assert at(math.nan).place is None
    assert "undefined: it has no place" in at(math.nan).as_text(decimals=4)


def test_nothing_published_is_said_and_needs_no_split():
    found = standing(report_of(CHALLENGES["abaw6-expr"]))
    assert found.as_text(decimals=4) == "no score is known to be published for abaw6-expr"
    text = at(0.5, challenge=CHALLENGES["abaw3-va"], split="test").as_text(decimals=4)
    assert text.startswith("no score is known to be published for test of abaw3-va\n")


ROWS = 5 * 30 + 3 * 10


@pytest.mark.parametrize(
    ("sizes", "split"),
    [
        ({"train": (4, None), "validation": (5, None)}, "validation"),
        ({"validation": (5, None), "test": (6, None)}, "validation"),
        ({"validation": (5, 17), "test": (5, ROWS)}, "test"),
        ({"validation": (None, 17), "test": (None, ROWS)}, "test"),
    ],
    ids=str,
)
def test_the_split_is_told_by_the_numbers_of_videos_and_rows(sizes, split):
    assert standing(report_of(sized(VA, **sizes))).split == split


def test_rows_of_validation_are_the_annotated_ones():
    report = report_of(VA)
    exact = sized(VA, validation=(5, report.total.n_frames))
    assert standing(report_of(exact)).split == "validation"
    with pytest.raises(UsageError, match="does not tell their split"):
        standing(report_of(sized(VA, validation=(5, ROWS))))


@pytest.mark.parametrize(
    "sizes",
    [
        {},
        {"test": (None, None)},
        {"test": (7, None)},
        {"validation": (5, None), "test": (5, None)},
    ],
    ids=str,
)
def test_a_split_that_is_not_told_is_asked_for(sizes):
    with pytest.raises(UsageError, match=r"have 5 videos and .* rows, .*: --split validation, "):
        standing(report_of(sized(VA, **sizes)))


def test_an_unknown_split_is_refused():
    with pytest.raises(UsageError, match="--split 'val': expected one of"):
        standing(report_of(VA), split="val")


def test_other_rules_and_left_out_rows_are_said():
    report = report_of(CHALLENGES["abaw3-expr"], absent="skip")
    assert "the rule absent of expr is skip, usually zero" in standing(
        report, split="validation"
    ).as_text(decimals=4)
    truth, prediction = pair(VA)
    del prediction["video0"]
    report = evaluate(VA, truth, prediction, allow_missing=True, va_mask="value")
    masked, missing = standing(report, split="test").doubts
    assert masked == "the rule mask of va is value, usually frame"
    assert missing.endswith("annotated rows without a prediction are left out")


def test_a_given_split_of_another_size_is_doubted():
    report = report_of(sized(VA, validation=(5, None)))
    assert not standing(report, split="validation").doubts
    assert standing(report, split="test").doubts == (
        "these are as many videos and rows as validation has, not test",
    )


@pytest.mark.parametrize("name", SCORED)
def test_it_is_said_with_any_report(name):
    report = report_of(CHALLENGES[name])
    found = standing(report, split="test")
    assert found.as_text(decimals=4) in as_text(report, findings=[found])
    told = json.loads(as_json(report, findings=[found]))["standing"]
    assert told["split"] == "test"
    assert [r["team"] for r in told["entries"]] == [r.team for r in found.entries]
    assert all(r["split"] != "test" or r["fold"] == "best" for r in told["not_comparable"])


@pytest.mark.parametrize("name", SCORED)
def test_remarks_are_of_the_scores_that_are_shown(name):
    for split in SPLITS:
        found = at(0.4, challenge=CHALLENGES[name], split=split)
        lines = found.as_text(decimals=4).splitlines()
        starred = any(entry.printed is None for entry in found.entries)
        assert ("* computed from the parts, which alone are printed" in lines) is starred
        faces = "whether a published score counts frames without a face is seldom told" in lines
        assert faces is (split == "validation" and bool(found.entries))


def test_rows_without_a_prediction_count_towards_the_size_of_a_split():
    truth, prediction = pair(VA)
    n_rows = evaluate(VA, truth, prediction).total.n_frames
    del prediction["video0"]
    challenge = sized(VA, validation=(5, n_rows))
    report = evaluate(challenge, truth, prediction, allow_missing=True)
    assert standing(report).split == "validation"
