"""A run knows what it is to predict, and says what it had to guess."""

import pytest

from abawkit.errors import FrameCountWarning
from abawkit.protocol import find_challenge
from baselines.plan import plan
from tests.baselines.fakes import save_frames

VA = find_challenge("va", 3)


@pytest.fixture
def root(tmp_path):
    """Give the frames of two videos, and a list that names them only."""
    for video, last in {"a": 3, "b": 5}.items():
        save_frames(tmp_path / "data", video, [1, last])
    (tmp_path / "list.txt").write_text("a\nb\n")
    (tmp_path / "frames.csv").write_text("video,frames\na,4\n")
    return tmp_path


def lengths(root, **sources):
    planned = plan(VA, root / "data", **sources)
    return {name: video.n_frames for name, video in planned.videos.items()}


def test_a_list_without_numbers_is_told_as_one(root):
    with pytest.warns(FrameCountWarning) as caught:
        assert lengths(root, videos=root / "list.txt") == {"a": 3, "b": 5}
    (warning,) = caught
    told = "2 videos end at their last image, for the list names videos without their numbers"
    assert str(warning.message).startswith(f"{told} of frames: a, b. ")
    assert str(warning.message).endswith("--frames or --annotations")
    assert warning.filename == __file__


def test_only_videos_without_a_number_are_guessed(root):
    with pytest.warns(FrameCountWarning, match="^1 videos end at .* list names .* frames: b\\. "):
        found = lengths(root, videos=root / "list.txt", frames=root / "frames.csv")
    assert found == {"a": 4, "b": 5}


def test_without_a_list_the_want_of_one_is_told(root):
    with pytest.warns(FrameCountWarning, match="for want of a list"):
        assert lengths(root) == {"a": 3, "b": 5}
