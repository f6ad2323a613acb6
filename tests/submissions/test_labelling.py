"""Labels are needed for the rows of a submission, and for no other frame."""

import pytest

from abawkit.errors import SubmissionError
from abawkit.protocol import find_challenge
from submissions import Processing
from submissions.labelling import make_labels
from tests.submissions.runs import draw_run

MTL = find_challenge("mtl")
NONE = Processing.parse(MTL, fill="none")


def labels_of(listed):
    run = draw_run(MTL, lengths={"v": 4}, listed={"v": listed})
    return make_labels(MTL, run.videos["v"], NONE)


def test_frames_without_a_face_need_no_label_where_they_have_no_row():
    assert labels_of([1, 3]).known.all(axis=1).tolist() == [True, False, True, False]
    with pytest.raises(SubmissionError, match=r"^v: 1 frames have no face and no label"):
        labels_of([1, 2, 3])
