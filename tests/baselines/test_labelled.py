"""Training learns from frames with a face and a label that counts, and from nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abawkit.errors import DataError
from abawkit.evaluation.rules import with_rules
from abawkit.protocol import CHALLENGES, Categorical, blocks, find_challenge
from abawkit.track import Track
from baselines.labelled import label_rows
from tests.strategies import masks, values_of

VA = find_challenge("va")


def by_frame(challenge):
    key = challenge.protocol.annotation.key
    return key is None or "frame" in key.fields


ROWS = {name: row for name, row in CHALLENGES.items() if by_frame(row)}


@st.composite
def corpora(draw, challenge):
    """Draw annotations of a few videos, and the frames of each that have a crop."""
    truth, frames = {}, {}
    for video in draw(st.lists(st.sampled_from("abcd"), unique=True)):
        n = draw(st.integers(0, 6))
        values = np.hstack([draw(values_of(target, n)) for target in challenge.targets])
        truth[video] = Track.of(video, values, draw(masks(values.shape)))
        frames[video] = np.array(sorted(draw(st.sets(st.integers(1, 8)))), np.int32)
    return truth, frames


def counts(challenge, known):
    """Tell which values of a frame count, target by target."""
    result = []
    for target, columns in blocks(challenge.targets):
        part = known[columns]
        by_value = isinstance(target, Categorical) or target.masking == "value"
        result += [one and (by_value or all(part)) for one in part.tolist()]
    return result


def literal(challenge, truth, frames):
    """Join frame by frame."""
    rows, missed = [], 0
    for index, (video, track) in enumerate(truth.items()):
        for frame in range(1, track.n_frames + 1):
            known = counts(challenge, track.known[frame - 1])
            crops = frames[video].tolist()
            missed += any(known) and frame not in crops
            if any(known) and frame in crops:
                pairs = zip(track.values[frame - 1], known, strict=True)
                labels = [value if one else 0.0 for value, one in pairs]
                rows.append((index, crops.index(frame), frame, labels, known))
    return rows, missed


@pytest.mark.parametrize("name", ROWS)
@settings(max_examples=15)
@given(data=st.data())
def test_rows_are_those_of_a_literal_join(name, data):
    challenge = ROWS[name]
    truth, frames = data.draw(corpora(challenge))
    found, (rows, missed) = label_rows(challenge, truth, frames), literal(challenge, truth, frames)
    assert (len(found), found.n_missed, found.videos) == (len(rows), missed, tuple(truth))
    assert found.labels.shape == found.known.shape == (len(rows), challenge.protocol.columns)
    for at, (video, row, frame, labels, known) in enumerate(rows):
        assert (found.video[at], found.row[at], found.frame[at]) == (video, row, frame)
        np.testing.assert_array_equal(found.labels[at], np.float32(labels))
        assert found.known[at].tolist() == known


@pytest.mark.parametrize("n", [0, 3])
def test_types_are_those_that_training_takes(n):
    truth = {"a": Track.of("a", np.zeros((n, 2)))}
    rows = label_rows(VA, truth, {"a": np.arange(1, n + 1, dtype=np.int32)})
    kinds = [getattr(rows, e).dtype for e in ("video", "row", "frame", "labels", "known")]
    assert kinds == [np.int32, np.int64, np.int32, np.float32, bool]


def test_the_rules_of_the_challenge_tell_what_counts():
    challenge = find_challenge("abaw3-au")
    truth = {"a": Track.of("a", np.ones((1, 12)), np.arange(12)[None] > 0)}
    frames = {"a": np.array([1], np.int32)}
    lengths = [
        len(label_rows(with_rules(challenge, {"au_mask": mask}), truth, frames))
        for mask in ("value", "frame")
    ]
    assert lengths == [1, 0]


def people():
    """Give one recording of two people beside a recording of a like name."""
    truth = {
        name: Track.of(name, np.full((3, 2), level))
        for name, level in {"x_right": 0.1, "x": 0.2, "x_left": 0.3}.items()
    }
    frames = {"x": [1, 3], "x_left": [2], "x_right": [1, 2, 3]}
    return truth, {name: np.array(row, np.int32) for name, row in frames.items()}


def test_two_people_of_one_recording_are_two_videos():
    rows = label_rows(VA, *people())
    assert rows.videos == ("x_right", "x", "x_left")
    assert rows.video.tolist() == [0, 0, 0, 1, 1, 2]
    assert rows.frame.tolist() == [1, 2, 3, 1, 3, 2]
    assert rows.row.tolist() == [0, 1, 2, 0, 1, 0]
    np.testing.assert_array_equal(rows.labels[:, 0], np.float32([0.1] * 3 + [0.2] * 2 + [0.3]))
    assert rows.n_missed == 3


def test_an_annotated_video_that_is_not_there_is_named():
    truth, frames = people()
    del frames["x_left"]
    with pytest.raises(
        DataError, match=r"^1 of 3 annotated videos have no .*: x_left\. .*--allow"
    ):
        label_rows(VA, truth, frames)
    rows = label_rows(VA, truth, frames, allow_missing=True)
    assert (len(rows), rows.n_missed, rows.videos) == (5, 4, ("x_right", "x", "x_left"))


def test_frames_without_an_annotation_are_left_out():
    truth, frames = people()
    frames |= {"y": np.array([1], np.int32), "x": np.array([2, 4, 9], np.int32)}
    rows = label_rows(VA, truth, frames)
    assert rows.frame[rows.video == 1].tolist() == [2]


def test_nothing_annotated_is_no_row():
    rows = label_rows(VA, {}, {})
    assert (len(rows), rows.labels.shape, rows.n_missed) == (0, (0, 2), 0)
