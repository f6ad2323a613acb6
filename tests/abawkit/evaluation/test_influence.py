"""What moves a score: leaving videos out for real, and searching for the fewest frames."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit import CHALLENGES, Track, evaluate
from abawkit.evaluation.influence import gains, influence
from tests.abawkit.evaluation.corpora import pair

ALL = pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
EXPR, AU, VA = (CHALLENGES[f"abaw3-{task}"] for task in ("expr", "au", "va"))


def report_of(challenge, true, pred, **options):
    """Score one video of labels."""
    return evaluate(challenge, [Track.of("v", true)], [Track.of("v", pred)], **options)


def expressions(rows, **options):
    true, pred = np.reshape(rows, (-1, 2)).T[:, :, None]
    return report_of(EXPR, true, pred, **options)


@ALL
def test_a_change_is_the_score_minus_that_of_all_other_videos(challenge):
    truth, prediction = pair(challenge)
    report = evaluate(challenge, truth, prediction)
    for one in influence(report):
        others = {name: track for name, track in truth.items() if name != one.video}
        without = evaluate(challenge, others, prediction)
        assert one.without == pytest.approx(without.score, abs=1e-12)
        assert one.change == pytest.approx(report.score - without.score, abs=1e-12)
        expected = {
            name: value - without.components[name] for name, value in report.components.items()
        }
        assert one.components == pytest.approx(expected, abs=1e-12)


def test_each_video_is_told_once_with_its_own_score_and_the_most_moving_is_first():
    truth, prediction = pair(AU, videos=9)
    report = evaluate(AU, truth, prediction)
    found = influence(report)
    told = {one.video: (one.score, one.n_frames) for one in found}
    assert told == {
        name: (video.summary.score, video.n_frames) for name, video in report.videos.items()
    }
    sizes = [abs(one.change) for one in found]
    assert sizes == sorted(sizes, reverse=True)
    assert {np.sign(one.change) for one in found} == {-1, 1}


def test_a_video_without_which_nothing_is_scored_comes_last_and_its_change_is_undefined():
    truth, prediction = pair(VA, masked=0.0, videos=3)
    for name in ("video0", "video2"):
        truth[name] = Track.of(name, truth[name].values, np.zeros(truth[name].n_frames, bool))
    found = influence(evaluate(VA, truth, prediction))
    assert [one.change for one in found[:2]] == pytest.approx([0.0, 0.0], abs=1e-15)
    assert found[2].video == "video1"
    assert math.isnan(found[2].change)
    assert math.isnan(found[2].without)


@ALL
def test_the_parts_by_their_weights_add_up_to_the_score(challenge):
    report = evaluate(challenge, *pair(challenge))
    found = gains(report)
    assert sum(gain.weight * gain.value for gain in found) == pytest.approx(report.score)
    named = report.per_class | report.components
    assert {gain.name: gain.value for gain in found} == pytest.approx({
        gain.name: named[gain.name] for gain in found
    })
    assert set(report.per_class) <= {gain.name for gain in found}


@pytest.mark.parametrize(
    ("name", "part", "weight"),
    [
        ("abaw3-va", "valence", 1 / 2),
        ("abaw3-expr", "Fear", 1 / 8),
        ("abaw3-au", "AU4", 1 / 12),
        ("abaw3-mtl", "arousal", 1 / 2),
        ("abaw3-mtl", "AU1", 1 / 12),
        ("abaw1-expr", "Fear", 0.67 / 7),
        ("abaw1-expr", "accuracy_expr", 0.33),
        ("abaw2-au", "AU1", 0.5 / 12),
        ("abaw2-au", "accuracy_au", 0.5),
    ],
)
def test_a_hundredth_more_brings_its_share_of_the_formula(name, part, weight):
    found = {gain.name: gain for gain in gains(evaluate(name, *pair(CHALLENGES[name])))}
    assert found[part].gain == pytest.approx(weight / 100)


def test_a_part_as_good_as_the_mean_of_its_targets_others():
    report = evaluate("abaw3-mtl", *pair(CHALLENGES["abaw3-mtl"]))
    found = {gain.name: gain for gain in gains(report)}
    expr = [report.per_class[name] for name in EXPR.targets[0].names]
    wanted = report.score + (np.mean(np.delete(expr, 3)) - expr[3]) / 8
    assert found["Fear"].as_others == pytest.approx(wanted)
    assert found["valence"].as_others == pytest.approx(
        report.score + (report.per_class["arousal"] - report.per_class["valence"]) / 2
    )


def test_a_class_that_is_left_out_brings_nothing_and_the_others_share_the_mean():
    found = gains(expressions([(0, 0), (0, 1), (1, 1), (2, 0)], absent="skip"))
    assert [gain.weight for gain in found] == pytest.approx([1 / 3] * 3 + [0.0] * 5)
    assert all(math.isnan(gain.as_others) for gain in found[3:])
    first = found[0]
    wanted = expressions([(0, 0), (0, 1), (1, 1), (2, 0)], absent="skip").score
    assert first.as_others == pytest.approx(wanted + (2 / 3 + 0 - 2 * first.value) / 6)


def fewest_by_search(hits, missed, false):
    """Try every number of misses and false alarms put right."""

    def f1(found, gone):
        total = 2 * hits + missed + false + found - gone
        return Fraction(2 * (hits + found), total) if total else Fraction(0)

    goal = f1(0, 0) + Fraction(1, 100)
    tried = product(range(missed + 1), range(false + 1))
    return min((sum(right) for right in tried if f1(*right) >= goal), default=None)


counts = st.integers(0, 60)


@given(counts, counts, counts)
def test_no_fewer_frames_of_a_class_raise_its_f1_by_a_hundredth(hits, missed, false):
    rows = [(0, 0)] * hits + [(0, 1)] * missed + [(1, 0)] * false + [(2, 2)]
    assert gains(expressions(rows))[0].frames == fewest_by_search(hits, missed, false)


@given(counts, counts, counts)
def test_no_fewer_values_of_an_action_unit_raise_its_f1_by_a_hundredth(hits, missed, false):
    cells = [(1, 1)] * hits + [(1, 0)] * missed + [(0, 1)] * false + [(0, 0)]
    true, pred = (np.tile(np.reshape(side, (-1, 1)), 12) for side in zip(*cells, strict=True))
    found = gains(report_of(AU, true, pred))
    assert {gain.frames for gain in found} == {fewest_by_search(hits, missed, false)}


@pytest.mark.parametrize(
    ("right", "wrong", "fewest"),
    [(50, 50, 1), (50, 51, 2), (100, 101, 3), (99, 1, 1), (100, 1, None), (4, 0, None)],
)
def test_an_accuracy_rises_by_one_in_a_hundred_frames(right, wrong, fewest):
    true = np.zeros((right + wrong, 1))
    pred = np.repeat([0.0, 1.0], [right, wrong])[:, None]
    (*_, accuracy) = gains(report_of(CHALLENGES["abaw2-expr"], true, pred))
    assert (accuracy.name, accuracy.frames) == ("accuracy_expr", fewest)
    assert math.isnan(accuracy.as_others)


@pytest.mark.parametrize("rows", [[(0, 1)] * 199, [(0, 1)] + [(1, 0)] * 198])
def test_a_rise_by_a_hundredth_to_the_dot_is_enough(rows):
    assert gains(expressions(rows))[0].frames == 1


def test_the_accuracy_of_cells_counts_cells():
    true = np.zeros((100, 12))
    pred = true.copy()
    pred[:50, :6] = 1
    (*_, accuracy) = gains(report_of(CHALLENGES["abaw2-au"], true, pred))
    assert (accuracy.name, accuracy.value, accuracy.frames) == ("accuracy_au", 0.75, 12)
    pred[1:] = 0
    (*_, accuracy) = gains(report_of(CHALLENGES["abaw2-au"], true, pred))
    assert accuracy.frames is None


def test_continuous_outputs_have_no_frames_to_put_right():
    assert {gain.frames for gain in gains(evaluate(VA, *pair(VA)))} == {None}
