"""Two sets of labels, frame beside frame."""

import numpy as np
import pytest

from abawkit.errors import AlignmentError, DataError
from abawkit.protocol import find_challenge
from abawkit.track import Track
from submissions.difference.aligning import Aligned

VA, EXPR = find_challenge("va"), find_challenge("expr")


def tracks(**values):
    return {video: Track.of(video, rows) for video, rows in values.items()}


def expr(**labels):
    """Make tracks of classes; None where there is none."""
    return tracks(**{
        video: [[np.nan if label is None else label] for label in row]
        for video, row in labels.items()
    })  # fmt: skip


def test_shared_frames_lie_beside_each_other_in_the_order_of_the_first():
    a = expr(z=[1, 2, None, 3], y=[4], only_a=[5, 5])
    b = expr(only_b=[6], y=[5, 6], z=[None, 3, 4])
    aligned = Aligned.of(a, b, EXPR)
    assert aligned.videos == ("z", "y")
    assert aligned.starts.tolist() == [0, 1]
    assert aligned.frames.tolist() == [2, 1]
    assert (aligned.first.tolist(), aligned.second.tolist()) == ([[2], [4]], [[3], [5]])


def test_frames_that_one_lacks_are_counted_by_video():
    aligned = Aligned.of(
        expr(z=[1, 2, None, 3], y=[4], only_a=[5, 5], none=[None]),
        expr(only_b=[6], y=[5, 6], z=[None, 3, 4]),
        EXPR,
    )
    assert aligned.only_first == {"z": 2, "only_a": 2}
    assert aligned.only_second == {"only_b": 1, "y": 1, "z": 1}


def test_a_value_that_one_lacks_is_none_in_both():
    a, b = tracks(v=[[0.1, np.nan], [0.3, 0.4]]), tracks(v=[[0.5, 0.6], [np.nan, 0.8]])
    aligned = Aligned.of(a, b, VA)
    np.testing.assert_array_equal(aligned.first, [[0.1, np.nan], [np.nan, 0.4]])
    np.testing.assert_array_equal(aligned.second, [[0.5, np.nan], [np.nan, 0.8]])
    assert np.isnan(a["v"].values).sum() == 1


def test_a_row_knows_its_video_and_frame():
    a = expr(z=[None, 2, 3], y=[4])
    aligned = Aligned.of(a, a, EXPR)
    assert [aligned.where(row) for row in range(3)] == [("z", 2), ("z", 3), ("y", 1)]


@pytest.mark.parametrize(
    ("a", "b", "error", "fragment"),
    [
        (expr(v=[1]), expr(w=[1]), AlignmentError, "one has v, the other w; expected labels"),
        (expr(v=[1]), {}, AlignmentError, "one has v, the other no video"),
        (expr(v=[1, None]), expr(v=[None, 1]), AlignmentError, "no frame is in both"),
        (expr(v=[1]), tracks(v=[[0, 1]]), AlignmentError, "v: expected 1 columns for abaw3-expr"),
        (expr(v=[1, 9]), expr(v=[1, 1]), DataError, "v, frame 2: expr: expected a class, 0 to 7"),
        (expr(v=[1]), expr(v=[0.5]), DataError, "v, frame 1: expr: expected .* found 0.5"),
    ],
)
def test_what_cannot_be_compared_is_refused(a, b, error, fragment):
    with pytest.raises(error, match=fragment):
        Aligned.of(a, b, EXPR)
