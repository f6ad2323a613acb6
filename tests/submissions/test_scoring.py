"""What is left out of a score stays listed: only the annotation is unknown."""

import numpy as np

from abawkit.track import Track
from submissions.scoring import with_faces


def test_annotations_without_a_face_are_unknown_and_all_else_stays():
    values = np.array([[0.1, 0.2], [0.3, 0.4], [np.nan, 0.5], [0.6, 0.7]])
    listed = np.array([True, True, True, False])
    faces = np.array([[1, 1], [np.nan, 1], [1, 1], [1, 1]])
    truth = {name: Track.of(name, values, listed=listed) for name in "ab"}
    found = with_faces(truth, {"a": Track.of("a", faces)})
    assert found["b"] is truth["b"]
    np.testing.assert_array_equal(found["a"].listed, listed)
    expected = [[True, True], [False, False], [False, True], [True, True]]
    np.testing.assert_array_equal(found["a"].known, expected)
    np.testing.assert_array_equal(found["a"].values[0], values[0])
