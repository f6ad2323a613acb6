"""What moves a score, shown to people and to programs."""

import json
import math

import numpy as np
import pytest

from abawkit import CHALLENGES, Track, evaluate
from abawkit.evaluation.influence import gains, influence
from abawkit.report import as_json, as_text
from abawkit.report.influence import SHOWN, Gains, Movers, movers_and_gains
from tests.abawkit.evaluation.corpora import pair

ALL = pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
VA, EXPR = CHALLENGES["abaw3-va"], CHALLENGES["abaw3-expr"]


def report_of(challenge, **options):
    return evaluate(challenge, *pair(challenge, **options))


def lines_of(finding, *, decimals=4):
    return [line.split() for line in finding.as_text(decimals=decimals).splitlines()]


@ALL
def test_both_findings_are_said_with_any_report(challenge):
    report = report_of(challenge)
    movers, found = movers_and_gains(report)
    text = as_text(report, findings=[movers, found])
    assert movers.as_text(decimals=4) in text
    assert found.as_text(decimals=4) in text
    told = json.loads(as_json(report, findings=[movers, found]))
    assert {one["video"] for one in told["influence"]} == set(report.videos)
    assert [one["name"] for one in told["gains"]] == [gain.name for gain in gains(report)]


def test_the_first_ten_up_and_down_are_shown_and_the_rest_are_counted():
    report = report_of(EXPR, videos=30)
    text = Movers(influence(report)).as_text(decimals=5)
    up, down = (block.splitlines() for block in text.split("\n\n"))
    for block, what, sign in ((up, "lifts", 1), (down, "lowers", -1)):
        moving = [one for one in influence(report) if one.change * sign > 0]
        assert block[0].split() == [what, "the", "score", "frames", "by", "without"]
        assert [line.split() for line in block[1 : SHOWN + 1]] == [
            [one.video, f"{one.n_frames}", f"{one.change:+.5f}", f"{one.without:.5f}"]
            for one in moving[:SHOWN]
        ]
        assert block[SHOWN + 1 :] == [f"and {len(moving) - SHOWN} videos more"]


def test_several_components_have_a_column_each():
    report = report_of(VA)
    (first, *_) = influence(report)
    parts = [f"{change:+z.2f}" for change in first.components.values()]
    told = [first.video, f"{first.n_frames}", f"{first.change:+.2f}", *parts]
    rows = lines_of(Movers(influence(report)), decimals=2)
    assert [*told, f"{first.without:.2f}"] in rows
    assert rows[0][3:] == ["frames", "by", "ccc_valence", "ccc_arousal", "without"]


def test_videos_that_nothing_can_be_scored_without_are_named():
    assert Movers(influence(report_of(VA, videos=1))).as_text(decimals=4) == (
        "without any one of 1 video the score is undefined: video0"
    )


def test_videos_that_change_nothing_are_said_to():
    values = [[0.1, 0.2], [0.3, 0.1]]
    tracks = [Track.of(name, values) for name in "ab"]
    movers, found = movers_and_gains(evaluate(VA, tracks, tracks))
    assert movers.as_text(decimals=4) == "no video moves the score"
    assert "most to win" not in found.as_text(decimals=4)


def test_videos_that_move_the_score_by_less_than_is_shown_are_not():
    report = report_of(EXPR, videos=8, frames=200)
    shown = Movers(influence(report)).as_text(decimals=2).split()
    moving = [one.video for one in influence(report) if abs(one.change) > 0.005]
    assert [video for video in shown if video.startswith("video")] == moving
    assert 0 < len(moving) < 8


def test_what_a_part_brings_stands_beside_the_frames_it_takes():
    true, pred = np.array([[0, 0], [0, 1], [1, 1], [2, 0], [3, 3]]).T[:, :, None]
    report = evaluate(EXPR, [Track.of("v", true)], [Track.of("v", pred)])
    rows = lines_of(Gains(report.score, gains(report)))
    # F1 of 1/2, 2/3, 0 and 1; the mean of all is 13/48.
    assert rows[1] == ["Neutral", "0.5000", "+0.0013", "1", "-"]
    assert rows[3] == ["Disgust", "0.0000", "+0.0013", "1", f"{13 / 48 + 13 / 6 / 56:.4f}"]
    assert rows[4] == ["Fear", "1.0000", "+0.0013", "-", "-"]
    assert rows[5][:4] == ["Happiness", "0.0000", "+0.0013", "-"]
    assert rows[-1][:5] == ["Disgust", "has", "most", "to", "win:"]


def test_a_class_that_does_not_occur_has_nothing_to_win():
    true, pred = np.array([[1, 1], [1, 2], [1, 1], [2, 2], [2, 1]]).T[:, :, None]
    report = evaluate(EXPR, [Track.of("v", true)], [Track.of("v", pred)], absent="skip")
    text = Gains(report.score, gains(report)).as_text(decimals=2)
    assert text.splitlines()[-1].startswith("Disgust has most to win")


def test_continuous_outputs_have_no_column_of_frames():
    report = report_of(VA)
    (head, *rows) = lines_of(Gains(report.score, gains(report)))
    assert "frames" not in head
    assert {len(row) for row in rows[:2]} == {4}


def test_programs_get_all_numbers_and_null_for_what_is_undefined():
    report = report_of(VA, videos=1)
    movers, found = movers_and_gains(report)
    told = json.loads(as_json(report, findings=[movers, found]))
    assert told["influence"][0]["without"] is None
    assert told["influence"][0]["components"] == {"ccc_valence": None, "ccc_arousal": None}
    (gain, _) = gains(report)
    assert told["gains"][0] == {
        "name": "valence",
        "target": "va",
        "value": gain.value,
        "weight": 0.5,
        "gain": 0.005,
        "frames": None,
        "as_others": gain.as_others,
    }


def test_an_undefined_part_is_shown_as_such():
    report = evaluate(EXPR, [Track.of("v", [[0]])], [Track.of("v", [[0]])], absent="skip")
    rows = lines_of(Gains(report.score, gains(report)))
    assert rows[1] == ["Neutral", "1.0000", "+0.0100", "-"]
    assert rows[2] == ["Anger", "undefined", "+0.0000", "-"]
    assert math.isnan(gains(report)[1].as_others)
