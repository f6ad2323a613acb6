"""Published scores as text, JSON and CSV, each read back."""

import csv
import json
from dataclasses import asdict

import pytest

from abawkit.errors import UnknownChallengeError, UsageError
from abawkit.report.published import (
    results_as_csv,
    results_as_json,
    results_as_text,
    select,
    shown,
)
from abawkit.results import RESULTS


def test_all_are_selected_by_default_and_in_order():
    assert tuple(select()) == RESULTS


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ({"task": "VA"}, lambda r: r.challenge.endswith("-va")),
        ({"edition": 6}, lambda r: r.challenge.startswith("abaw6-")),
        ({"task": "abaw3-mtl"}, lambda r: r.challenge == "abaw3-mtl"),
        ({"split": "public-test"}, lambda r: r.split == "public-test"),
        ({"task": "ah", "split": "test"}, lambda r: "-ah" in r.challenge and r.split == "test"),
    ],
    ids=str,
)
def test_what_is_asked_for_is_selected(asked, fits):
    assert select(**asked) == [r for r in RESULTS if fits(r)] != []


def test_what_is_not_known_is_refused():
    with pytest.raises(UnknownChallengeError, match="there is no edition 12"):
        select(edition=12)
    with pytest.raises(UsageError, match="--split 'val': expected one of validation, test"):
        select(split="val")


def test_json_holds_what_is_printed_and_what_is_arithmetic_apart():
    told = json.loads(results_as_json(RESULTS))
    for result, record in zip(RESULTS, told, strict=True):
        assert record == {**asdict(result), "computed": result.computed}


def test_csv_is_read_back():
    rows = [*csv.DictReader(results_as_csv(RESULTS).splitlines())]
    for result, row in zip(RESULTS, rows, strict=True):
        assert (row["team"], row["split"], row["note"]) == (result.team, result.split, result.note)
        assert row["printed"] == ("" if result.printed is None else str(result.printed))
        assert dict(p.split("=") for p in row["parts"].split()).keys() == result.parts.keys()


def test_text_has_a_line_for_each_and_every_note():
    text = results_as_text(RESULTS)
    head, *lines = text.split("\n\n")[0].splitlines()
    assert head.split()[:4] == ["challenge", "split", "rank", "entry"]
    for result, line in zip(RESULTS, lines, strict=True):
        assert line.startswith(result.challenge)
        assert f" {result.team} " in line
        assert f" {shown(result)} " in line
        assert result.note in text


def test_a_best_fold_and_a_computed_score_are_marked():
    (best,) = (r for r in RESULTS if r.fold == "best")
    line = results_as_text([best]).splitlines()[1]
    assert "validation (best fold)" in line
    assert "0.6295*" in line


def test_where_nothing_is_known_that_is_said():
    assert results_as_text(select("expr", 6)).startswith("nothing is known")
    assert json.loads(results_as_json([])) == []
