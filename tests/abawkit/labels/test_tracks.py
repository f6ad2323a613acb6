"""Rows become tracks: each frame in its place, and no frame that a file cannot mean."""

import numpy as np
import pytest

from abawkit.errors import AnnotationError
from abawkit.labels import read_labels

VA_5 = "image_location,valence,arousal\n"


def read(folder, text, challenge):
    path = folder / "1.txt"
    path.write_text(text)
    return read_labels(path, challenge)


def test_probabilities_come_with_the_labels(tmp_path):
    track = read(tmp_path, "a,0.25,0.75,1\nb,0.5,0.5,0\n", "abaw10-ah")["a"]
    assert track.probabilities.tolist() == [[0.25, 0.75]]
    assert track.values.tolist() == [[1]]


def test_without_probabilities_there_are_none(tmp_path):
    assert read(tmp_path, "a,1\n", "abaw10-ah")["a"].probabilities is None


def test_rows_of_several_videos_may_be_mixed(tmp_path):
    rows = ["b/00002.jpg,0.1,0", "a/00001.jpg,0.2,0", "b/00001.jpg,0.3,-5"]
    tracks = read(tmp_path, VA_5 + "\n".join(rows), "abaw5-va")
    assert list(tracks) == ["b", "a"]
    np.testing.assert_array_equal(tracks["b"].values, [[0.3, np.nan], [0.1, 0]])
    np.testing.assert_array_equal(tracks["b"].known, [[True, False], [True, True]])


def test_a_late_frame_is_read_if_there_is_room_for_those_before_it(tmp_path):
    tracks = read(tmp_path, f"{VA_5}a/1000020.jpg,0,0", "abaw5-va")
    assert tracks["a"].n_frames == 1_000_020


@pytest.mark.parametrize("frames", [[1_000_021], [1, 9_999_999], [900_000] * 2])
def test_frames_that_would_fill_the_memory_are_refused(tmp_path, frames):
    rows = [f"{video}/{frame:05d}.jpg,0,0" for video, frame in enumerate(frames)]
    with pytest.raises(AnnotationError) as caught:
        read(tmp_path, VA_5 + "\n".join(rows), "abaw5-va")
    assert f"1.txt, line {2 + frames.index(max(frames))}: expected " in str(caught.value)
    assert f", found frame {max(frames)} of " in str(caught.value)


def test_a_row_is_held_against_the_first_of_its_frame(tmp_path):
    rows = [f"{n % 2}/00001.jpg,0,{n // 2 / 100}" for n in range(100)]
    with pytest.raises(AnnotationError) as caught:
        read(tmp_path, VA_5 + "\n".join(rows), "abaw5-va")
    first, second, *_, last = str(caught.value).split("\n")
    assert first.endswith("1.txt, line 4: this row repeats line 2 with other values")
    assert second.endswith("1.txt, line 5: this row repeats line 3 with other values")
    assert last == "and 78 more faults"


def test_a_row_may_not_be_there_again_with_other_probabilities(tmp_path):
    with pytest.raises(AnnotationError, match="line 2: this row repeats line 1 with other values"):
        read(tmp_path, "a,0.75,0.25,0\na,0.875,0.125,0\n", "abaw10-ah")
    assert len(read(tmp_path, "a,0.75,0.25,0\na,0.75,0.25,0\n", "abaw10-ah")) == 1
