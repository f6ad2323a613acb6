"""Names of folders are classes or persons; of each person some images are held out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit.errors import DataError, UsageError
from baselines.card import EMOTIONS_7, EMOTIONS_8
from baselines.training.images import ImageFiles, LabelledImages
from baselines.training.layouts.folders import (
    emotion,
    hold_out,
    read_classes,
    read_identities,
    same_persons,
)
from tests.baselines.training.tiny import write_faces


@pytest.mark.parametrize(
    ("folder", "name"),
    [("Happiness", "Happiness"), ("happy", "Happiness"), ("SAD", "Sadness"), ("7", "Contempt"),
     ("0", "Neutral"), ("10", "No-Face"), ("None", "None"), ("angry", "Anger"), ("11", None),
     ("n000001", None), ("joy", None)],
)  # fmt: skip
def test_a_folder_is_a_class_by_name_or_number(folder, name):
    assert emotion(folder) == name


def test_a_folder_a_class_is_read_by_name(tmp_path):
    write_faces(tmp_path, ["happy/b.JPG", "happy/a.png", "6/a.jpg", "9/a.jpg", "7/a.jpg"])
    (tmp_path / "happy" / "notes.txt").touch()
    (tmp_path / "Fear").mkdir()
    faces = read_classes(tmp_path, EMOTIONS_7)
    assert faces.images.names == ("6/a.jpg", "happy/a.png", "happy/b.JPG")
    assert [EMOTIONS_7[at] for at in faces.labels] == ["Anger", "Happiness", "Happiness"]
    assert faces.notes[0].endswith("left out are 1 Contempt, 1 Uncertain")
    assert (faces.dataset, faces.identities) == ("?", False)


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (["1/a.jpg", "11/a.jpg"], "no classes: 11"),
        (["Happiness/a.jpg", "Hapiness/a.jpg"], "no classes: Hapiness"),
        (["Happiness/a.jpg", "1/a.jpg"], "there twice: Happiness"),
    ],
)
def test_a_folder_that_is_no_class_is_named(tmp_path, names, what):
    with pytest.raises(DataError, match=f"expected a folder a class, named Neutral, .*; {what}"):
        read_classes(write_faces(tmp_path, names), EMOTIONS_8)


def test_classes_without_images_are_refused(tmp_path):
    (tmp_path / "Fear").mkdir()
    with pytest.raises(DataError, match=r"no image of Anger, .*; found none"):
        read_classes(tmp_path, EMOTIONS_8)


PERSONS = ["n000009/0001_01.jpg", "n000002/0002_01.jpg", "n000002/0001_01.JPG"]


def test_a_folder_a_person_is_read(tmp_path):
    write_faces(tmp_path, PERSONS)
    (tmp_path / "n000005").mkdir()
    faces = read_identities(tmp_path)
    assert faces.classes == ("n000002", "n000009")
    assert faces.images.names == (PERSONS[2], PERSONS[1], PERSONS[0])
    assert faces.labels.tolist() == [0, 0, 1]
    assert (faces.identities, faces.dataset) == (True, "VGGFace2")
    assert faces.notes == (f"{tmp_path}: 1 folders have no images",)


def test_persons_of_other_names_are_of_an_unknown_set(tmp_path):
    write_faces(tmp_path, ["anna/1.jpg", "ben/1.jpg"])
    assert read_identities(tmp_path).dataset == "?"


def test_one_person_is_not_enough(tmp_path):
    write_faces(tmp_path, ["anna/1.jpg"])
    (tmp_path / "ben").mkdir()
    with pytest.raises(DataError, match=r"each of several persons.*images in 1 of 2 folders"):
        read_identities(tmp_path)


def persons(counts):
    """Give so many files for each person."""
    names = tuple(f"p{who}/{at}.jpg" for who, n in enumerate(counts) for at in range(n))
    images = ImageFiles(root=None, names=names, n_bytes=np.zeros(len(names)))
    targets = np.repeat(np.arange(len(counts)), counts)
    classes = tuple(f"p{who}" for who in range(len(counts)))
    return LabelledImages(images=images, targets=targets, classes=classes, identities=True)


COUNTS = st.lists(st.integers(1, 40), min_size=2, max_size=6).filter(lambda n: max(n) > 1)


@given(COUNTS, st.floats(0.01, 0.99))
def test_a_share_of_each_person_is_held_out_and_nothing_is_lost(counts, share):
    whole = persons(counts)
    train, valid = hold_out(whole, share)
    for who, count in enumerate(counts):
        held = int((valid.labels == who).sum())
        assert held == (max(1, int(share * count)) if count > 1 else 0)
        assert held + int((train.labels == who).sum()) == count
    names = train.images.names, valid.images.names
    assert not set(names[0]) & set(names[1])
    assert set(names[0]) | set(names[1]) == set(whole.images.names)
    assert train.classes == valid.classes == whole.classes
    for part in (train, valid):
        assert [f"p{who}" for who in part.labels] == [n.split("/")[0] for n in part.images.names]


@given(COUNTS, st.floats(0.01, 0.99))
def test_what_is_held_out_does_not_depend_on_other_persons(counts, share):
    alone = {n for n in hold_out(persons(counts), share)[1].images.names if n.startswith("p0/")}
    more = hold_out(persons([counts[0], 7, 1, *counts]), share)[1].images.names
    assert {name for name in more if name.startswith("p0/")} == alone


def test_which_images_are_held_out_is_not_by_their_order():
    held = hold_out(persons([40, 40]), 0.25)[1].images.names
    assert [int(name[3:-4]) for name in held[:10]] != list(range(10))
    assert [name[3:] for name in held[:10]] != [name[3:] for name in held[10:]]


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(UsageError, match="--held-out: expected a share between 0 and 1"):
        hold_out(persons([2, 2]), share)


def test_if_nobody_has_two_images_none_can_be_held_out():
    with pytest.raises(DataError, match="nobody has two images"):
        hold_out(persons([1, 1]), 0.5)


def test_persons_of_a_validation_part_have_the_numbers_of_training(tmp_path):
    train = persons([1, 1, 1])
    valid = persons([1, 2])
    valid = LabelledImages(images=valid.images, targets=valid.targets, classes=("p2", "p0"))
    same = same_persons(train, valid, tmp_path)
    assert (same.labels.tolist(), same.classes) == ([2, 0, 0], train.classes)


def test_other_persons_cannot_be_validated_on(tmp_path):
    with pytest.raises(UsageError, match=r"1 of its 3 persons are not among .*: p2\. Leave VALID"):
        same_persons(persons([1, 1]), persons([1, 1, 1]), tmp_path)
