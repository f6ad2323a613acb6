"""What a search found, as people and programs read it."""

import json
import math

from submissions.tuning.report import as_json, as_text
from tests.submissions.tuning.test_result import AU, EXPR, VA, found, mixed, tuning


def test_people_see_scores_settings_and_what_to_make_of_them():
    text = as_text(mixed(), decimals=2)
    assert text.splitlines()[:5] == [
        "                  raw  untuned  optimistic  honest  optimism",
        "va               0.10     0.30        0.90    0.50      0.40",
        "expr             0.10     0.40        0.90    0.35      0.55",
        "au               0.10     0.20        0.90    0.60      0.30",
        "abaw3-mtl score  0.30     0.90        2.70    1.45      1.25",
    ]
    assert "2 folds of 2 recordings or groups: 3 videos, 60 annotated frames" in text
    verdict = "expr keeps what the run has: the honest value, 0.35, is not above"
    *_, kept, last = text.splitlines()
    assert kept == f"{verdict} the untuned one, 0.40; try it without --offsets"
    assert last == "the settings that are kept score 2.20 on these videos; expect 1.50 on others"


def test_every_setting_has_a_row_with_what_the_folds_chose():
    settings = as_text(mixed()).split("\n\n")[1]
    rows = {line.split("  ")[0]: line.split() for line in settings.splitlines()}
    assert rows["va"][1:] == ["box:7", "box:7", "box:7", "x1,", "box:101", "x1"]
    assert rows["expr"][1:] == ["box:7", "box:101", "box:7", "x1,", "box:101", "x1"]
    assert rows["AU26"][1:] == ["0.25", "0.25", "0.25", "x1,", "0.5", "x1"]
    assert rows["valence offset"][2:] == ["0.1", "0.1", "0.1", "x1,", "0", "x1"]
    assert rows["Other offset"][2:] == ["1", "0", "1", "x1,", "0", "x1"]
    assert "AU1 offset" not in rows
    assert "va weights" not in rows


def test_weights_have_a_row():
    text = as_text(mixed(n_runs=3))
    assert "va weights" in text
    assert "1,0,0" in text
    assert "0.333,0.333,0.333 x1" in text


def test_one_target_needs_no_row_beside_the_total():
    lines = as_text(tuning(found(VA, untuned=0.1, honest=0.2))).splitlines()
    assert [line.split()[0] for line in lines[:2]] == ["raw", "abaw3-mtl"]
    assert "keeps what" not in as_text(tuning(found(VA, untuned=0.1, honest=0.2)))


def test_a_target_without_offsets_needs_no_hint_at_them():
    text = as_text(tuning(found(EXPR, untuned=0.3, honest=0.2)))
    assert "is not above the untuned one, 0.3000\n" in text
    assert "offset" not in text


def test_undefined_scores_are_called_so():
    text = as_text(tuning(found(AU, untuned=math.nan, honest=math.nan)))
    assert "undefined" in text
    assert "nan" not in text


def test_programs_see_what_the_file_has():
    whole = mixed()
    content = json.loads(as_json(whole))
    assert content["smooth"] == whole.tuned.smooth
    assert content["thresholds"] == [0.25] * 12
    assert content["scores"] == json.loads(json.dumps(whole.tuned.evidence["scores"]))
    assert {"challenge", "offsets", "weights", "members", "by_fold"} <= content.keys()
