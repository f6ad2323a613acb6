"""A submission is read back, and whatever is wrong with it is named."""

import numpy as np
import pytest

from abawkit.errors import DataError, SubmissionError
from abawkit.labels import write_labels
from abawkit.protocol import find_challenge
from abawkit.track import Track
from submissions.check import check_submission

VA, MTL = find_challenge("va"), find_challenge("mtl")


@pytest.fixture
def folder(tmp_path):
    """Make a submission of two videos with 3 and 2 frames."""
    tracks = {name: Track.of(name, np.zeros((n, 2))) for name, n in {"a": 3, "b": 2}.items()}
    write_labels(tmp_path, tracks, targets=VA.targets, layout=VA.protocol.submission)
    return tmp_path


def test_a_submission_as_it_should_be_has_its_rows_counted(folder):
    assert check_submission(VA, folder, {"a": 3, "b": 2}) == 5


@pytest.mark.parametrize(
    ("n_rows", "fragment"),
    [
        ({"a": 3, "b": 2, "c": 4}, "1 videos have not the rows they should: c: expected 4 rows"),
        ({"a": 3}, "b: expected 0 rows, found 2"),
        ({"a": 4, "b": 2}, "a: expected 4 rows, found 3"),
        ({"a": 2, "b": 1}, "2 videos have not the rows they should: a: expected 2 rows, found 3"),
    ],
    ids=["missing", "extra", "short", "long"],
)
def test_missing_and_surplus_rows_are_refused(folder, n_rows, fragment):
    with pytest.raises(SubmissionError, match=fragment):
        check_submission(VA, folder, n_rows)


@pytest.mark.parametrize("line", ["0.1", "0.1,nan", "0.1,1.5", "0.1,0.2,0.3", ""])
def test_a_file_that_is_not_valid_is_refused(folder, line):
    (folder / "b.txt").write_text(f"valence,arousal\n{line}\n0.1,0.2\n")
    with pytest.raises(SubmissionError, match=r"b\.txt"):
        check_submission(VA, folder, {"a": 3, "b": 2})


def test_a_frame_with_the_sentinel_is_no_row(folder):
    (folder / "b.txt").write_text("valence,arousal\n-5,-5\n0.1,0.2\n")
    with pytest.raises(SubmissionError, match="b: expected 2 rows, found 1"):
        check_submission(VA, folder, {"a": 3, "b": 2})


def test_an_empty_folder_is_no_submission(tmp_path):
    with pytest.raises(DataError, match="no label files"):
        check_submission(VA, tmp_path, {"a": 3})


def test_of_one_file_of_all_videos_the_listed_frames_are_the_rows(tmp_path):
    listed = np.array([True, False, True])
    track = Track.of("a", np.where(listed[:, None], 0.0, np.nan) * np.ones(15), listed=listed)
    write_labels(tmp_path, {"a": track}, targets=MTL.targets, layout=MTL.protocol.submission)
    assert check_submission(MTL, tmp_path, {"a": 2}) == 2
    with pytest.raises(SubmissionError, match="a: expected 3 rows, found 2"):
        check_submission(MTL, tmp_path, {"a": 3})
