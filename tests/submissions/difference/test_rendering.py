"""What changed, as people and programs read it."""

import json

import numpy as np

from abawkit.protocol import find_challenge
from abawkit.track import Track
from submissions.difference import compare
from submissions.difference.rendering import as_json, as_text

VA, EXPR, AU, MTL = (find_challenge(name) for name in ("va", "expr", "au", "abaw3-mtl"))


def changed(challenge, change, *, base=None):
    """Compare two submissions of as many videos as `change` names, each of four frames."""
    columns = challenge.protocol.columns
    base = np.zeros((4, columns)) if base is None else base
    a = {video: Track.of(video, base) for video in change}
    b = {video: Track.of(video, base + np.array(values)) for video, values in change.items()}
    return compare(a, b, challenge)


def labels(*values):
    return np.array([values], float).T


def test_people_see_drift_videos_and_the_sum():
    moved = np.array([[0.5, 0], [0.5, 0], [0.5, 0], [0.5, 0.1]])
    lines = as_text(changed(VA, {"still": moved * 0, "v": moved})).splitlines()
    assert lines == [
        "         mean of B - A      rmse    largest         at  correlation",
        "valence      +0.250000  0.353553  +0.500000  v frame 1    undefined",
        "arousal      +0.012500  0.035355  +0.100000  v frame 4    undefined",
        "",
        "video  frames  changed  mean valence  mean arousal  change",
        "v           4        4       +0.5000       +0.0250  0.1777",
        "",
        "abaw3-va: 4 of 8 frames changed (50.0%), in 1 of 2 videos",
        lines[-1],
    ]
    assert lines[-1].startswith("change of a video: the rmse by the width of the range, or")


def test_people_see_which_class_became_which_the_most_frequent_first():
    change = {"v": labels(1, 0, 0, 6), "w": labels(0, 6, 6, 0)}
    difference = changed(EXPR, change, base=labels(0, 1, 1, 0))
    assert as_text(difference).splitlines()[:8] == [
        "expr in A      in B  frames  of those in A",
        "Anger         Other       2          50.0%",
        "Neutral       Anger       1          25.0%",
        "Neutral    Surprise       1          25.0%",
        "",
        "video  frames  changed  expr labels  change",
        "v           4        2            2  0.5000",
        "w           4        2            2  0.5000",
    ]


def test_people_see_units_that_were_switched():
    change = np.zeros((4, 12))
    change[:2, 0], change[3, 11] = 1, -1
    base = np.zeros((4, 12))
    base[3, 11] = 1
    lines = as_text(changed(AU, {"v": change}, base=base)).splitlines()
    assert lines[:2] == ["      0 to 1  1 to 0  of all", "AU1        2       0   50.0%"]
    assert lines[12] == "AU26       0       1   25.0%"
    assert lines[15] == "v           4        3          3  0.0625"


def test_only_the_first_are_shown_and_the_rest_is_counted():
    difference = changed(EXPR, {f"v{i}": labels(1, 2, 3, 0) for i in range(4)})
    text = as_text(difference, top=2)
    assert "Neutral    Disgust       4          25.0%\nand 1 more pairs of classes" in text
    assert "v1          4        3            3  0.7500\nand 2 more videos" in text
    assert "more" not in as_text(difference, top=4)
    assert as_text(difference, top=0) == (
        "abaw3-expr: 12 of 16 frames changed (75.0%), in 4 of 4 videos"
    )


def test_nothing_changed_is_one_line():
    assert as_text(changed(MTL, {"v": np.zeros((4, 15))})) == (
        "abaw3-mtl: 0 of 4 frames changed (0.0%), in 0 of 1 videos"
    )


def test_a_target_that_did_not_change_has_no_table():
    change = np.zeros((4, 15))
    change[0, 0] = 0.5
    text = as_text(changed(MTL, {"v": change}))
    assert "expr in A" not in text
    assert "AU1" not in text
    assert "+0.1250       +0.0000            0          0  0.0295" in text


def test_what_only_one_has_is_told():
    a = {name: Track.of(name, labels(0, 0)) for name in ("v", "gone")}
    b = {name: Track.of(name, labels(0, 0, 0)) for name in ("v", "new")}
    assert as_text(compare(a, b, EXPR)).splitlines()[1:] == [
        "only in A: 2 frames of 1 videos: gone (2)",
        "only in B: 4 frames of 2 videos: v (1), new (3)",
    ]


def test_programs_get_everything():
    change = np.zeros((4, 15))
    change[0, :4] = 0.5, -0.25, 2, 1
    content = json.loads(as_json(changed(MTL, {"v": change, "w": change * 0})))
    assert content["challenge"] == "abaw3-mtl"
    assert (content["n_frames"], content["n_changed"]) == (8, 1)
    assert content["drift"]["valence"]["largest"] == 0.5
    assert content["drift"]["valence"]["correlation"] is None
    assert content["flips"]["expr"]["table"][0] == [7, 0, 1, 0, 0, 0, 0, 0]
    assert content["flips"]["expr"]["classes"][2] == "Disgust"
    assert content["units"]["AU1"] == {"0->1": 1, "1->0": 0, "n_values": 8, "n_changed": 1}
    assert [video["video"] for video in content["videos"]] == ["v", "w"]
    assert content["videos"][0]["flips"] == {"expr": 1, "au": 1}
    assert (content["only_a"], content["only_b"]) == ({}, {})


def test_a_defined_correlation_is_a_number():
    base = np.arange(8).reshape(4, 2) / 10
    content = json.loads(as_json(changed(VA, {"v": np.zeros((4, 2))}, base=base)))
    assert content["drift"]["valence"]["correlation"] == 1
    assert "1.0000" in as_text(changed(VA, {"v": [[0.1, 0]] * 4}, base=base))
