"""Frames stacked: the same values count as in a score."""

from dataclasses import replace
from itertools import cycle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abawkit.evaluation import evaluate
from abawkit.evaluation.stacked import stack
from abawkit.protocol import CHALLENGES, find_challenge
from abawkit.track import Track
from tests.strategies import predictions

ROWS = pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=list(CHALLENGES))


def masked(tracks, rng, share):
    """Hide values, so that each masking of each target has something to do."""
    return {
        video: Track.of(video, track.values[::step], rng.random(track.values.shape) < share)
        for step, (video, track) in zip(cycle([1, -1]), tracks.items())
    }


@ROWS
@settings(max_examples=10)
@given(data=st.data(), seed=st.integers(0, 99))
def test_what_counts_scores_as_evaluate_does(challenge, data, seed):
    drawn, rng = data.draw(predictions(challenge)), np.random.default_rng(seed)
    whole = {video: Track.of(video, np.nan_to_num(track.values)) for video, track in drawn.items()}
    truth, prediction = masked(whole, rng, 0.8), masked(dict(reversed(whole.items())), rng, 0.9)
    report = evaluate(challenge, truth, prediction, allow_missing=True)
    stacks = stack(challenge, truth, prediction)
    for part, stacked in zip(report.total.summary.parts, stacks, strict=True):
        again = stacked.target.summarise(stacked.true, stacked.pred, known=stacked.known)
        assert again.per_output == pytest.approx(part.per_output, nan_ok=True, abs=1e-12)


def test_a_frame_that_is_predicted_in_part_does_not_count_in_any_target():
    challenge = find_challenge("abaw4-mtl")
    whole = np.array([[0.1, 0.2, 3.0, *[1.0] * 12]] * 2)
    part = whole.copy()
    part[1, 2] = np.nan
    truth, prediction = {"a": Track.of("a", whole)}, {"a": Track.of("a", part)}
    for stacked in stack(challenge, truth, prediction):
        assert stacked.known.all(axis=1).tolist() == [True, False]


def test_a_video_without_prediction_and_a_longer_one_keep_their_frames_in_place():
    rows = np.arange(8.0).reshape(4, 2) / 10
    truth = {"a": Track.of("a", rows[:2]), "b": Track.of("b", rows[2:])}
    (stacked,) = stack(find_challenge("va"), truth, {"b": Track.of("b", [*rows[2:], [0, 0]])})
    assert stacked.video.tolist() == [0, 0, 1, 1]
    assert stacked.known[:, 0].tolist() == [False, False, True, True]
    np.testing.assert_array_equal(stacked.pred[2:], rows[2:])


def test_outputs_stand_by_target_in_the_order_of_their_names():
    challenge = find_challenge("abaw4-mtl")
    labels = Track.of("a", [[0.0] * 15])
    outputs = Track.of("a", [np.arange(22) / 100])
    va, expr, au = stack(challenge, {"a": labels}, {"a": labels}, {"a": outputs})
    found = np.hstack([part.outputs for part in (va, expr, au)])
    assert found[0].tolist() == pytest.approx(np.arange(22) / 100)
    assert [part.outputs.shape for part in (va, expr, au)] == [(1, 2), (1, 8), (1, 12)]


def test_probabilities_in_the_labels_are_outputs_where_there_are_no_others():
    labels = Track.of("a", [[0.0], [1.0]])
    told = replace(labels, probabilities=np.array([[0.6, 0.4], [0.1, 0.9]]))
    challenge = find_challenge("abaw10-ah")
    (with_them,) = stack(challenge, {"a": labels}, {"a": told})
    (without,) = stack(challenge, {"a": labels}, {"a": labels})
    np.testing.assert_array_equal(with_them.outputs, told.probabilities)
    assert without.outputs is None
