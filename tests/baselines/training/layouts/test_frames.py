"""Annotated frames of a challenge of expressions are labelled images like others."""

import pytest

from abawkit.errors import DataError, UsageError
from abawkit.protocol import CHALLENGES, Categorical, find_challenge
from baselines.training.layouts.frames import read_frames
from tests.baselines.training.tiny import write_faces

EXPR = find_challenge("expr", 3)
HEADER = "Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise,Other"


def annotate(root, **videos):
    """Write a file of classes for each video."""
    root.mkdir(exist_ok=True)
    for name, labels in videos.items():
        (root / f"{name}.txt").write_text("\n".join([HEADER, *map(str, labels)]) + "\n")
    return root


@pytest.fixture
def frames(tmp_path):
    """Write the frames of two people of one recording, and of another one."""
    names = ("v_left/00001.jpg", "v_left/00003.jpg", "v_right/00002.jpg", "w/00001.jpg")
    return write_faces(tmp_path / "cropped", names)


def test_frames_with_a_crop_and_a_class_are_read(tmp_path, frames):
    truth = annotate(tmp_path / "truth", v_left=[4, 3, 7], v_right=[0, -1], w=[1, 2])
    faces = read_frames(truth, frames, EXPR)
    assert faces.images.names == ("v_left/00001.jpg", "v_left/00003.jpg", "w/00001.jpg")
    assert [faces.classes[at] for at in faces.labels] == ["Happiness", "Other", "Anger"]
    assert faces.classes == EXPR.targets[0].names
    assert (faces.dataset, faces.identities) == ("Aff-Wild2", False)
    # Frame 2 on the left, 1 on the right and 2 of the other one.
    assert faces.notes == (f"{truth}: 3 annotated frames have no face crop",)


def test_a_video_without_frames_is_refused_unless_that_is_allowed(tmp_path, frames):
    truth = annotate(tmp_path / "truth", w=[1], x=[1])
    with pytest.raises(DataError, match=r"1 of 2 annotated videos .*: x"):
        read_frames(truth, frames, EXPR)
    assert len(read_frames(truth, frames, EXPR, allow_missing=True)) == 1


def test_frames_without_any_class_are_refused(tmp_path, frames):
    with pytest.raises(DataError, match=r"none of the frames in .* has an expression"):
        read_frames(annotate(tmp_path / "truth", w=[-1]), frames, EXPR)


@pytest.mark.parametrize("name", CHALLENGES)
def test_only_challenges_of_one_class_a_frame_are_taken(tmp_path, name):
    targets = CHALLENGES[name].targets
    one_class = len(targets) == 1 and isinstance(targets[0], Categorical)
    with pytest.raises(DataError if one_class else UsageError):
        read_frames(tmp_path / "no", tmp_path, CHALLENGES[name])
