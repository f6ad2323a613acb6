"""A report as text and as JSON."""

import json
import math
from importlib.metadata import version

import numpy as np
import pytest

from abawkit import Track, evaluate
from abawkit.evaluation import signature
from abawkit.evaluation.bootstrap import Bootstrap, Intervals, confidence
from abawkit.evaluation.interval import Interval
from abawkit.report import as_json, as_text, table
from abawkit.report.confidence import how_drawn, interval_json, interval_text
from abawkit.report.render import null_undefined

TRUE = [[0.1, 0.4], [0.3, -0.2], [-0.5, 0.6], [0.2, 0.1]]
PRED = [[0.2, 0.4], [0.1, -0.3], [-0.4, 0.2], [0.3, 0.1]]
KEYS = {
    "challenge",
    "score",
    "components",
    "per_class",
    "n_videos",
    "n_frames",
    "n_masked",
    "coverage",
    "signature",
    "version",
}


@pytest.fixture
def report():
    known = [True, True, True, False]
    truth = [Track.of("video1", TRUE, known), Track.of("video10", PRED)]
    return evaluate("abaw3-va", truth, [Track.of("video1", PRED), Track.of("video10", TRUE)])


@pytest.fixture
def undefined():
    tracks = [Track.of("video1", [[0.5, 0.1], [0.5, 0.2]])]
    return evaluate("abaw3-va", tracks, tracks)


@pytest.fixture
def mtl():
    rng = np.random.default_rng(0)
    values = np.hstack([
        rng.integers(-1000, 1001, (90, 2)) / 1000,
        rng.integers(8, size=(90, 1)),
        rng.integers(2, size=(90, 12)),
    ])
    truth, prediction = Track.of("v", values), Track.of("v", values[::-1])
    return evaluate("abaw3-mtl", [truth], [prediction])


def test_a_table_has_its_first_column_to_the_left_and_the_others_to_the_right():
    assert table([["name", "score"], ["a", "1"]]) == "name  score\na         1"


def test_a_table_has_no_spaces_at_the_end_of_a_line():
    assert table([["a", "long"], ["b", ""]]) == "a  long\nb"


def test_an_empty_table_is_empty():
    assert table([]) == ""


def test_text_shows_the_components_and_the_score_last(report):
    rows = [line.split() for line in as_text(report).split("\n\n")[0].splitlines()]
    assert rows == [
        ["ccc_valence", f"{report.components['ccc_valence']:.4f}"],
        ["ccc_arousal", f"{report.components['ccc_arousal']:.4f}"],
        ["abaw3-va", "score", f"{report.score:.4f}"],
    ]


def test_text_shows_every_class_and_action_unit_by_name(mtl):
    names = [line.split()[0] for line in as_text(mtl).split("\n\n")[0].splitlines()]
    _, expr, au = mtl.challenge.targets
    components = ["ccc_valence", "ccc_arousal", "f1_expr", "f1_au"]
    assert names == [*expr.names, *au.names, *components, "abaw3-mtl"]


def test_text_shows_what_was_computed_on_what(report):
    assert as_text(report).split("\n\n")[-1].splitlines() == [
        "mean of the CCC of valence and of arousal",
        "2 videos, 7 frames scored, 1 masked, 0 missing, coverage 100.00%",
        str(signature(report)),
    ]


def test_text_shows_missing_frames_and_coverage():
    truth = [Track.of("a", TRUE), Track.of("b", TRUE)]
    report = evaluate("abaw3-va", truth, [Track.of("a", PRED)], allow_missing=True)
    assert "4 frames scored, 0 masked, 4 missing, coverage 50.00%" in as_text(report)
    assert "missing:allowed" in as_text(report)


def test_text_notes_videos_that_are_not_annotated():
    truth, spare = Track.of("a", TRUE), Track.of("b", TRUE)
    report = evaluate("abaw3-va", [truth], [truth, spare])
    assert "1 predicted videos are not annotated and do not count" in as_text(report)


def test_text_says_nothing_of_unused_videos_where_there_are_none(report):
    assert "not annotated" not in as_text(report)


def test_scores_have_as_many_decimals_as_asked_for(report):
    assert f" {report.score:.0f}\n" in as_text(report, decimals=0)
    assert f"{report.score:.9f}" in as_text(report, decimals=9)


def test_by_video_has_a_line_a_video_and_the_total_last(report):
    heading, *videos, total = as_text(report, by_video=True).split("\n\n")[0].splitlines()
    assert heading.split() == ["video", "frames", "ccc_valence", "ccc_arousal", "score"]
    assert [line.split()[:2] for line in videos] == [["video1", "3"], ["video10", "4"]]
    components = [f"{value:.4f}" for value in report.components.values()]
    assert total.split() == ["total", "7", *components, f"{report.score:.4f}"]


def test_the_score_of_a_video_is_its_own(report):
    lines = as_text(report, by_video=True).splitlines()
    own = evaluate("abaw3-va", [Track.of("video10", PRED)], [Track.of("video10", TRUE)])
    assert lines[2].split()[-1] == f"{own.score:.4f}"


def test_an_undefined_score_is_called_so(undefined):
    lines = as_text(undefined, by_video=True).splitlines()
    assert lines[1].split() == ["video1", "2", "undefined", "1.0000", "undefined"]
    assert "abaw3-va score  undefined" in lines


def test_processing_is_shown_in_the_signature(report):
    processing = {"fill": "linear", "smooth": "box:101"}
    for text in (as_text(report, processing=processing), as_json(report, processing=processing)):
        assert "fill:linear|smooth:box:101" in text


def test_json_has_the_promised_keys(report):
    content = json.loads(as_json(report))
    assert content.keys() >= KEYS
    assert content["version"] == version("abawkit")
    assert content["signature"] == str(signature(report))


def test_json_gives_scores_in_full(report):
    content = json.loads(as_json(report))
    assert content["challenge"] == "abaw3-va"
    assert content["score"] == report.score
    assert content["components"] == report.components
    assert content["per_class"] == report.per_class


def test_json_gives_counts(report):
    content = json.loads(as_json(report))
    counts = [content[f"n_{name}"] for name in ("videos", "frames", "masked", "missing")]
    assert counts == [2, 7, 1, 0]
    assert (content["coverage"], content["unused_videos"]) == (1.0, 0)


def test_json_gives_the_score_of_each_video(report):
    videos = json.loads(as_json(report))["per_video"]
    assert videos["video1"] == {"score": report.videos["video1"].summary.score, "n_frames": 3}


def test_json_gives_null_where_a_score_is_undefined(undefined):
    content = json.loads(as_json(undefined), parse_constant=pytest.fail)
    assert math.isnan(undefined.score)
    assert content["score"] is None
    assert content["components"] == {"ccc_valence": None, "ccc_arousal": pytest.approx(1.0)}
    assert content["per_video"]["video1"]["score"] is None


def test_a_score_that_rounds_to_zero_has_no_sign():
    truth = Track.of("video1", [[0.1, 0.1], [0.2, 0.2], [0.3, 0.3]])
    opposite = Track.of("video1", [[0.20001, 0.20001], [0.2, 0.2], [0.2, 0.2]])
    assert "-0.0000" not in as_text(evaluate("abaw3-va", [truth], [opposite]))


class Remark:
    """A finding of one line."""

    key = "remark"

    def as_text(self, *, decimals):
        """Say it."""
        return f"remark of {decimals} decimals"

    def as_json(self):
        """Give it."""
        return {"values": (1.0, math.nan)}


@pytest.fixture
def intervals(mtl):
    """Give each part an interval of its own, told by its numbers."""

    def numbered(names, start):
        return {
            name: Interval(low=start + index / 100, high=start + 0.5, mean=start)
            for index, name in enumerate(names)
        }

    return Intervals(
        bootstrap=Bootstrap(seed=7),
        n_units=71,
        score=Interval(low=0.25, high=0.75, mean=0.5),
        components=numbered(mtl.components, 1.0),
        per_class=numbered(mtl.per_class, 2.0),
    )


def test_every_number_has_its_interval_beside_it(mtl, intervals):
    rows = as_text(mtl, intervals=intervals).split("\n\n")[0].splitlines()
    named = intervals.per_class | intervals.components | {"abaw3-mtl score": intervals.score}
    plain = as_text(mtl).split("\n\n")[0].splitlines()
    for row, without in zip(rows, plain, strict=True):
        name = row.split("  ")[0]
        assert row == f"{without}  {interval_text(named[name], 4)}"


def test_how_intervals_were_drawn_comes_next(mtl, intervals):
    assert as_text(mtl, intervals=intervals).split("\n\n")[1] == how_drawn(intervals, 4)


def test_the_signature_has_the_bootstrap(mtl, intervals):
    expected = str(signature(mtl, None, intervals.bootstrap))
    assert "seed:7" in expected
    assert as_text(mtl, intervals=intervals).splitlines()[-1] == expected
    assert json.loads(as_json(mtl, intervals=intervals))["signature"] == expected
    assert "seed:" not in as_text(mtl)


def test_json_has_the_intervals(mtl, intervals):
    content = json.loads(as_json(mtl, intervals=intervals))
    assert {name: content[name] for name in ("interval", "intervals")} == interval_json(intervals)
    assert "interval" not in json.loads(as_json(mtl))


def test_an_undefined_interval_is_null():
    pair = [Track.of(name, [[0.5, 0.1], [0.5, 0.2]]) for name in "ab"]
    report = evaluate("abaw3-va", pair, pair)
    with pytest.warns(match=r"undefined|videos only"):
        found = confidence(report, Bootstrap(resamples=100))
    content = json.loads(as_json(report, intervals=found), parse_constant=pytest.fail)
    assert content["interval"]["low"] is None
    assert content["intervals"]["components"]["ccc_valence"]["mean"] is None
    assert "abaw3-va score  undefined         undefined" in as_text(report, intervals=found)


def test_findings_stand_between_the_score_and_what_it_was_computed_on(report):
    blocks = as_text(report, decimals=3, findings=[Remark(), Remark()]).split("\n\n")
    assert blocks[1:3] == ["remark of 3 decimals"] * 2
    assert blocks[3] == as_text(report).split("\n\n")[1]


def test_findings_are_entries_of_the_json_object(report):
    content = json.loads(as_json(report, findings=[Remark()]), parse_constant=pytest.fail)
    assert content["remark"] == {"values": [1.0, None]}


def test_nan_is_null_at_any_depth():
    found = null_undefined({"a": [math.nan, {"b": (math.nan, 1, "x")}], "c": None, "d": 0.0})
    assert found == {"a": [None, {"b": [None, 1, "x"]}], "c": None, "d": 0.0}
