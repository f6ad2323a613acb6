"""Frames without a face, shown to people and to programs."""

import json

import numpy as np
import pytest

from abawkit import CHALLENGES, Track, evaluate
from abawkit.evaluation.coverage import compare_coverage
from abawkit.report import as_json, as_text
from abawkit.report.coverage import Faces
from tests.abawkit.evaluation.corpora import pair

ALL = pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
EXPR = CHALLENGES["abaw3-expr"]


def faces_of(truth, lacking):
    """All frames of some videos have a face, but for those of some rows."""
    found = {name: np.ones(track.n_frames, bool) for name, track in truth.items()}
    for name, rows in lacking.items():
        found[name][rows] = False
    return found


def expressions(right, wrong, lacking):
    """Score two videos of one class, of which one has wrong rows at its end."""
    truth = {name: Track.of(name, np.zeros((right + wrong, 1))) for name in "ab"}
    pred = truth | {"b": Track.of("b", np.repeat([0.0, 1.0], [right, wrong])[:, None])}
    report = evaluate(EXPR, truth, pred)
    return Faces(compare_coverage(report, truth, pred, faces_of(truth, lacking)))


@ALL
def test_the_finding_is_said_with_any_report(challenge):
    truth, prediction = pair(challenge)
    report = evaluate(challenge, truth, prediction)
    found = compare_coverage(report, truth, prediction, faces_of(truth, {"video1": slice(5)}))
    text = as_text(report, findings=[Faces(found)])
    assert Faces(found).as_text(decimals=4) in text
    told = json.loads(as_json(report, findings=[Faces(found)]))["faces"]
    assert told["score"] == pytest.approx(found.with_faces.score)
    assert list(told["differences"]) == list(told["components"]) == list(report.components)


def test_both_scores_their_distance_and_the_worst_video_are_shown():
    found = expressions(8, 2, {"b": [7, 8, 9]}).as_text(decimals=4)
    *table, count, worst = found.splitlines()
    assert [line.split() for line in table] == [
        ["frames", "counted", "score"],
        ["all", "annotated", "(official)", "20", f"{36 / 38 / 8:.4f}"],
        ["with", "a", "face", "17", "0.1250"],
        ["difference", "3", f"{36 / 38 / 8 - 1 / 8:+.4f}"],
    ]
    assert count == "3 frames of 20 (15.00%) without a face, in 1 of 2 videos"
    assert worst == "they cost most in b: -0.0066 by 3 frames of 10 without a face"


def test_where_such_frames_cost_nothing_no_video_is_named():
    found = expressions(8, 2, {"a": [0]})
    assert "in 1 of 2 videos" in found.as_text(decimals=4)
    assert "cost" not in found.as_text(decimals=4)
    costly = expressions(8, 2, {"b": [7, 8, 9]})
    assert "cost" in costly.as_text(decimals=3)
    assert "cost" not in costly.as_text(decimals=1)


def test_the_video_that_loses_most_is_named_though_another_gains_more():
    found = expressions(8, 2, {"a": slice(10), "b": [9]})
    first, second = found.coverage.videos
    assert (first.video, second.video) == ("a", "b")
    assert first.change > 0 > second.change
    assert "they cost most in b" in found.as_text(decimals=4)


def test_of_several_videos_that_lose_the_first_is_named():
    truth, prediction = pair(EXPR, videos=8)
    faces = faces_of(truth, {name: slice(6) for name in truth})
    found = compare_coverage(evaluate(EXPR, truth, prediction), truth, prediction, faces)
    assert sum(video.change < 0 for video in found.videos) > 1
    worst = min(found.videos, key=lambda video: video.change)
    assert f"they cost most in {worst.video}: " in Faces(found).as_text(decimals=4)


def test_several_components_have_a_column_each():
    truth, prediction = pair(CHALLENGES["abaw3-mtl"])
    report = evaluate("abaw3-mtl", truth, prediction)
    found = compare_coverage(report, truth, prediction, faces_of(truth, {"video0": slice(9)}))
    rows = [line.split() for line in Faces(found).as_text(decimals=4).splitlines()]
    assert rows[0] == ["frames", "counted", *report.components, "score"]
    wanted = [f"{change:+z.4f}" for change in (*found.differences.values(), found.difference)]
    assert rows[3] == ["difference", f"{found.n_faceless}", *wanted]


def test_programs_get_every_video_that_has_frames_without_a_face():
    told = expressions(8, 2, {"b": [7, 8, 9]}).as_json()
    (video,) = told.pop("videos")
    assert (video["video"], video["n_frames"], video["n_faceless"]) == ("b", 10, 3)
    assert video["change"] == pytest.approx(told["difference"])
    assert told == {
        "score": 0.125,
        "components": {"f1_expr": 0.125},
        "difference": pytest.approx(36 / 38 / 8 - 1 / 8),
        "differences": {"f1_expr": pytest.approx(36 / 38 / 8 - 1 / 8)},
        "n_frames": 17,
        "n_faceless": 3,
        "share_faceless": 0.15,
    }
