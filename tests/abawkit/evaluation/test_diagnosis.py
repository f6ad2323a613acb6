"""What is wrong with a video, in words."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit import CHALLENGES, Track, ccc, evaluate, find_challenge
from abawkit.evaluation.diagnosis import diagnose
from abawkit.protocol import Categorical, Continuous, MultiLabel
from tests.strategies import predictions

VA, EXPR, AU = (find_challenge(f"abaw3-{task}") for task in ("va", "expr", "au"))
WAVE = np.sin(np.arange(200) / 9)


def va(valence):
    return Track.of("v", np.stack([valence, 0.5 * WAVE], axis=1))


def expr(*labels):
    return Track.of("v", [[label] for label in labels])


@given(st.data(), st.sampled_from(sorted(CHALLENGES)))
def test_something_is_said_of_any_prediction(data, name):
    drawn = data.draw(predictions(CHALLENGES[name]))
    for track in drawn.values():
        flipped = Track.of(track.video, track.values[::-1])
        found = diagnose(CHALLENGES[name], track, flipped, np.arange(track.n_frames) % 2 == 0)
        assert found
        assert all(line and "nan" not in line for line in found)


def test_the_numbers_of_a_trace_are_its_bias_spread_and_correlation():
    rng = np.random.default_rng(0)
    pred = 0.3 * WAVE + 0.4 + rng.normal(0, 0.05, 200)
    line = diagnose(VA, va(0.6 * WAVE), va(pred))[0]
    bias, spread = pred.mean() - 0.6 * WAVE.mean(), pred.std() / (0.6 * WAVE).std()
    assert f"bias {bias:+.2f} (predicted too high)" in line
    assert f"spread {spread:.2f} of the truth's" in line
    assert f"correlation {np.corrcoef(WAVE, pred)[0, 1]:.2f}" in line
    assert line.startswith(f"CCC valence {ccc(0.6 * WAVE, pred):.2f}:")


def literal_repairs(true, pred):
    """Compute the CCC with each flaw taken out of the trace itself."""
    centred = pred - pred.mean()
    bias = centred + true.mean()
    spread = centred * true.std() / pred.std() + pred.mean()
    follows = (true - true.mean()) * pred.std() / true.std() + pred.mean()
    return {"the bias": bias, "the spread": spread, "not following": follows}


@pytest.mark.parametrize(
    ("flaw", "pred"),
    [
        ("the bias", 0.6 * WAVE - 0.5),
        ("the spread", 0.1 * WAVE),
        ("not following", 0.6 * np.roll(WAVE, 12)),
    ],
)
def test_the_flaw_that_costs_most_is_named_with_the_ccc_without_it(flaw, pred):
    line = diagnose(VA, va(0.6 * WAVE), va(pred))[0]
    repaired = {name: ccc(0.6 * WAVE, p) for name, p in literal_repairs(0.6 * WAVE, pred).items()}
    assert max(repaired, key=repaired.get) == flaw
    assert f"most is lost by {flaw}" in line
    assert f"(CCC {repaired[flaw]:.2f} " in line


def test_a_good_trace_has_no_flaw_worth_a_word():
    line = diagnose(VA, va(WAVE / 2), va(WAVE / 2 + 0.01))[0]
    assert "lost" not in line
    assert "too" not in line


@pytest.mark.parametrize(
    ("true", "pred", "said"),
    [
        (np.zeros(200), 0.5 * WAVE, "CCC valence 0.00: .*the truth is constant"),
        (0.5 * WAVE, np.full(200, 0.2), "CCC valence 0.00: .*the prediction is constant"),
        (np.zeros(200), np.zeros(200), "CCC valence undefined: .*the truth is constant"),
    ],
)
def test_constant_traces_are_said_to_be_so(true, pred, said):
    assert re.match(said, diagnose(VA, va(true), va(pred))[0])


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ((2, 2, 2, 2), "Anger always taken for Disgust: 4 of its 4 frames"),
        ((1, 2, 2, 2), "Anger mostly taken for Disgust: 3 of its 4 frames"),
        ((1, 2, 2, 3), "Anger often taken for Disgust: 2 of its 4 frames"),
        ((1, 1, 1, 2), "Anger once taken for Disgust: 1 of its 4 frames"),
        ((2,), "Anger always taken for Disgust: 1 of its 1 frames"),
        ((*[1] * 18, 2, 2), "Anger often taken for Disgust: 2 of its 20 frames"),
        ((*[1] * 19, 2, 2), "Anger sometimes taken for Disgust: 2 of its 21 frames"),
    ],
)
def test_classes_are_told_by_what_they_are_taken_for(labels, said):
    assert diagnose(EXPR, expr(*[1] * len(labels)), expr(*labels))[1:] == [said]


def test_the_classes_with_most_wrong_frames_are_told_first_and_three_at_most():
    true = [0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4]
    found = diagnose(EXPR, expr(*true), expr(*[5] * 10, 4))
    assert found[0] == "right in 1 of 11 frames (9 %)"
    assert [line.split()[0] for line in found[1:]] == ["Fear", "Disgust", "Anger"]


def test_units_are_told_with_what_is_missed_and_what_is_not_there():
    true, pred = np.zeros((10, 12)), np.zeros((10, 12))
    true[:6, 1], pred[4:9, 1], pred[:2, 3] = 1, 1, 1
    assert diagnose(AU, Track.of("v", true), Track.of("v", pred)) == [
        "92 % of the 120 labels of units are right",
        "AU2, F1 0.36: missed in 4 of its 6 frames, and predicted in 3 without it",
        "AU6 is never there, and predicted in 2 frames",
    ]


def test_frames_without_a_face_are_set_against_the_others():
    faces = np.array([True, True, True, False])
    found = diagnose(EXPR, expr(1, 1, 1, 1), expr(1, 1, 2, 2), faces)
    assert found[-1] == (
        "25 % of the frames that count have no face: wrong in 100 % there, in 33 % elsewhere"
    )


@pytest.mark.parametrize("faces", [None, np.ones(4, bool)])
def test_nothing_is_said_of_faces_where_all_are_found_or_nothing_tells(faces):
    assert not any("face" in line for line in diagnose(EXPR, expr(1, 1), expr(1, 2), faces))


def test_without_any_face_nothing_is_set_against_them():
    found = diagnose(EXPR, expr(1, 1), expr(1, 2), np.zeros(2, bool))
    assert found[-1] == "100 % of the frames that count have no face"


def test_continuous_outputs_are_off_by_their_mean_distance():
    faces = np.arange(200) < 150
    pred = Track.of("v", va(0.5 * WAVE).values + np.where(faces, 0.1, 0.3)[:, None])
    assert diagnose(VA, va(0.5 * WAVE), pred, faces)[-1].endswith(
        "off by 0.30 there, by 0.10 elsewhere"
    )


def test_a_video_without_annotation_or_prediction_is_said_to_be_so():
    blank = Track.of("v", [[np.nan], [np.nan]])
    assert "nothing here is annotated" in diagnose(EXPR, blank, expr(1, 1))[0]
    assert "not predicted" in diagnose(EXPR, expr(1, 1), None)[0]


def test_frames_that_are_not_predicted_are_counted_and_left_out():
    found = diagnose(EXPR, expr(1, 1, 1), Track.of("v", [[1], [np.nan]]))
    assert found == [
        "right in 1 of 1 frames (100 %)",
        "2 annotated frames are not predicted and left out",
    ]


@pytest.mark.parametrize(
    ("right", "said"), [(199, "over 99 %"), (1, "under 1 %"), (200, "100 %"), (0, "0 %")]
)
def test_neither_nothing_nor_all_stands_for_almost(right, said):
    pred = [1] * right + [0] * (200 - right)
    assert f"({said})" in diagnose(EXPR, expr(*[1] * 200), expr(*pred))[0]


def test_the_parts_of_mtl_are_told_one_after_the_other():
    challenge = find_challenge("abaw4-mtl")
    kinds = [type(target) for target in challenge.targets]
    assert kinds == [Continuous, Categorical, MultiLabel]
    rng = np.random.default_rng(1)
    frames = 40
    rows = [rng.uniform(-1, 1, (frames, 2)), rng.integers(0, 8, (frames, 1))]
    truth = Track.of("v", np.hstack([*rows, rng.integers(0, 2, (frames, 12))]))
    pred = Track.of("v", truth.values[::-1])
    found = diagnose(challenge, truth, pred, np.arange(frames) > 9)
    assert found[0].startswith("CCC valence")
    assert found[1].startswith("CCC arousal")
    assert found[2].startswith("right in")
    assert re.search("va off by .*; expr wrong in .*; au wrong in", found[-1])


def test_what_is_looked_at_is_what_is_scored():
    truth, pred = expr(1, np.nan, 2, 2), expr(1, 1, 2, np.nan)
    report = evaluate(EXPR, [truth], [pred], allow_missing=True)
    right = diagnose(EXPR, truth, pred)[0]
    assert f"of {report.total.n_frames} frames" in right


def test_a_frame_that_is_predicted_in_part_is_left_out_and_said():
    row = [0.1, 0.2, 3.0, *[1.0] * 12]
    part = [*row[:2], math.nan, *row[3:]]
    mtl = CHALLENGES["abaw4-mtl"]
    said = diagnose(mtl, Track.of("a", [row, row]), Track.of("a", [row, part]))
    assert "right in 1 of 1 frames (100 %)" in said
    assert "1 annotated frames are not predicted and left out" in said


def test_a_frame_of_which_some_values_count_is_one_that_may_lack_a_face():
    row = [0.1, 0.2, 3.0, *[1.0] * 12]
    part = [*row[:2], math.nan, *row[3:]]
    mtl = CHALLENGES["abaw4-mtl"]
    truth, prediction = Track.of("a", [row, part]), Track.of("a", [row, row])
    *_, said = diagnose(mtl, truth, prediction, np.array([True, False]))
    assert said.startswith("50 % of the frames that count have no face")


def test_what_a_mask_hides_is_in_no_mean_of_frames_without_a_face():
    truth = Track.of("a", [[0.0, math.nan], [0.0, 0.0], [0.0, 0.0]])
    prediction = Track.of("a", [[1.0, 1.0], [0.5, 0.5], [0.0, 0.0]])
    faces = np.array([False, False, True])
    *_, said = diagnose(CHALLENGES["abaw3-va"], truth, prediction, faces)
    assert said.endswith("off by 0.50 there, by 0.00 elsewhere")


def test_of_a_clip_the_outputs_that_are_farthest_off_are_named():
    names = CHALLENGES["abaw8-emi"].targets[0].names
    truth = Track.of("clip", [[0.1, 0.9, 0.2, 0.0, 0.5, 0.5]])
    pred = Track.of("clip", [[0.1, 0.2, 0.3, 0.0, 0.1, 0.45]])
    assert diagnose(CHALLENGES["abaw8-emi"], truth, pred) == [
        f"{names[1]}: 0.20 predicted, 0.90 annotated",
        f"{names[4]}: 0.10 predicted, 0.50 annotated",
        f"{names[2]}: 0.30 predicted, 0.20 annotated",
    ]
    assert diagnose(CHALLENGES["abaw8-emi"], truth, truth) == ["predicted as it is annotated"]


def test_of_a_clip_with_a_class_both_classes_are_named():
    challenge = CHALLENGES["abaw10-ah"]
    first, second = challenge.targets[0].names
    clips = [Track.of("clip", [[label]]) for label in (0, 1)]
    assert diagnose(challenge, *clips) == [f"{second} predicted, {first} annotated"]
    assert diagnose(challenge, clips[1], clips[1]) == [f"{second} predicted, as annotated"]


def test_a_frequent_unit_that_is_mostly_right_comes_after_one_that_fails():
    true, pred = np.zeros((100, 12)), np.zeros((100, 12))
    true[:90, 0] = pred[:78, 0] = 1
    true[:12, 1] = pred[10:14, 1] = 1
    told = diagnose(AU, Track.of("v", true), Track.of("v", pred))
    assert [line.split(",")[0] for line in told[1:]] == ["AU2", "AU1"]
