"""The layout of a data set, and its parts, are told by what is there."""

import numpy as np
import pytest

from abawkit.errors import DataError, UsageError
from abawkit.protocol import find_challenge
from baselines.card import EMOTIONS_7, EMOTIONS_8
from baselines.training.layouts.reading import Reading, read_parts
from tests.baselines.training.layouts.test_affectnet import annotate, row, table
from tests.baselines.training.layouts.test_frames import annotate as annotate_video
from tests.baselines.training.test_ferplus import COLUMNS, save
from tests.baselines.training.tiny import write_faces

READING = Reading()
PERSONS = [f"n00000{who}/{at}.jpg" for who in (1, 2) for at in range(4)]


def names(part):
    """Name the images of a part."""
    return [name.rpartition("/")[2] for name in part.images.names]


def ferplus(root):
    paths = [save(root / name, {"fear": 9}, {"anger": 9}) for name in ("a.npz", "b.npz")]
    return (*paths, 2)


def tables(root, folder=""):
    write_faces(root, ["Images/1/a.jpg", "Images/2/b.jpg"])
    (root / folder).mkdir(exist_ok=True)
    train = table(root / folder, row(), row("2/b.jpg"))
    return train, table(root / folder, row(), name="validation.csv"), 2


def annotations(root):
    for part, n in (("train_set", 2), ("val_set", 1)):
        for number in range(n):
            (root / part).mkdir(parents=True, exist_ok=True)
            annotate(root / part, number, np.array(number))
    return root / "train_set", root / "val_set", 2


def classes(root):
    write_faces(root, ["Train/0/a.jpg", "Train/happy/b.jpg", "valid/0/c.jpg"])
    return root / "Train", root / "valid", 2


def persons(root):
    write_faces(root, [f"{part}/{name}" for part in ("train", "val") for name in PERSONS])
    return root / "train", root / "val", 8


LAYOUTS = (ferplus, tables, annotations, classes, persons)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_is_told_by_what_is_there(tmp_path, layout):
    train, valid, n = layout(tmp_path)
    learnt, held = read_parts(train, valid, READING)
    assert (len(learnt), len(held) > 0) == (n, True)
    assert learnt.classes == held.classes
    assert learnt.identities == (layout is persons)


@pytest.mark.parametrize("layout", LAYOUTS[1:])
def test_both_parts_are_found_in_the_folder_that_holds_them(tmp_path, layout):
    train, valid, _ = layout(tmp_path)
    apart = read_parts(train, valid, READING)
    for given in ((tmp_path, None), (tmp_path, tmp_path)):
        together = read_parts(*given, READING)
        assert [p.digest for p in together] == [p.digest for p in apart]


def test_tables_may_have_a_folder_of_their_own(tmp_path):
    train, valid, _ = tables(tmp_path, "Manually_Annotated_file_lists")
    digests = {
        tuple(part.digest for part in read_parts(*given, READING))
        for given in ((train, valid), (train, None), (tmp_path, None))
    }
    assert len(digests) == 1


def test_of_persons_a_share_is_held_out_if_there_is_no_other_part(tmp_path):
    write_faces(tmp_path, [f"train/{name}" for name in PERSONS] + ["test/n000007/1.jpg"])
    for given in (tmp_path, tmp_path / "train"):
        learnt, held = read_parts(given, None, Reading(held_out=0.5))
        assert (len(learnt), len(held), learnt.classes) == (4, 4, ("n000001", "n000002"))


def test_other_persons_are_no_validation_part(tmp_path):
    write_faces(tmp_path, [f"train/{name}" for name in PERSONS] + ["test/n000007/1.jpg"])
    write_faces(tmp_path, ["test/n000008/1.jpg"])
    with pytest.raises(UsageError, match=r"2 of its 2 persons are not among .* Leave VALID out"):
        read_parts(tmp_path / "train", tmp_path / "test", READING)


@pytest.mark.parametrize("layout", [ferplus, classes])
def test_classes_need_a_validation_part(tmp_path, layout):
    with pytest.raises(UsageError, match="there is no validation part beside it; give one as VAL"):
        read_parts(layout(tmp_path)[0], None, READING)


def test_both_parts_have_the_same_classes(tmp_path):
    train = classes(tmp_path)[0]
    valid = persons(tmp_path / "faces")[1]
    with pytest.raises(UsageError, match=r"expected the classes of .*, found n000001, n000002"):
        read_parts(train, valid, READING)


def test_frames_are_named_by_their_annotations(tmp_path):
    frames = write_faces(tmp_path / "cropped", ["v/00001.jpg", "w/00001.jpg"])
    parts = [
        annotate_video(tmp_path / part, **{video: [3]}) for part, video in (("a", "v"), ("b", "w"))
    ]
    reading = Reading(frames=frames, challenge=find_challenge("expr"))
    learnt, held = read_parts(*parts, reading)
    assert (learnt.images.names, held.images.names) == (("v/00001.jpg",), ("w/00001.jpg",))


@pytest.mark.parametrize("persons_are_meant", [None, False])
def test_numbers_beyond_the_classes_are_told_unless_persons_are_meant(tmp_path, persons_are_meant):
    write_faces(tmp_path, ["train/00/1.jpg", "train/11/1.jpg", "train/11/2.jpg"])
    with pytest.raises(DataError, match=r"no classes: 11\. Folders of persons .*--recipe faces"):
        read_parts(tmp_path, None, Reading(persons=persons_are_meant))
    learnt, _ = read_parts(tmp_path / "train", None, Reading(persons=True))
    assert learnt.classes == ("00", "11")


def test_folders_of_other_names_are_persons_only_if_that_is_said(tmp_path):
    write_faces(tmp_path, ["video1/00001.jpg", "video2/00001.jpg", "video2/00002.jpg"])
    with pytest.raises(DataError, match=r"no classes: video1, video2\. Folders of persons are re"):
        read_parts(tmp_path, None, READING)
    assert read_parts(tmp_path, None, Reading(persons=True))[0].dataset == "?"


def test_persons_are_no_classes_if_classes_are_meant(tmp_path):
    train, valid, _ = persons(tmp_path)
    with pytest.raises(DataError, match="no classes: n000001, n000002"):
        read_parts(train, valid, Reading(persons=False))


@pytest.mark.parametrize("folder", ["no", "empty", "full"])
def test_where_no_layout_fits_all_are_listed(tmp_path, folder):
    (tmp_path / "empty" / "folder").mkdir(parents=True)
    write_faces(tmp_path / "full", ["1.jpg"])
    with pytest.raises(DataError, match=rf"{folder}: no .*expected one of these") as caught:
        read_parts(tmp_path / folder, None, READING)
    for layout in ("train.npz", "training.csv", "0_exp.npy", "Happiness", "n000001", "--frames"):
        assert layout in str(caught.value)


def test_seven_classes_are_eight_without_contempt(tmp_path):
    train, valid, _ = classes(tmp_path)
    for n, expected in ((7, EMOTIONS_7), (8, EMOTIONS_8)):
        assert read_parts(train, valid, Reading(n_classes=n))[0].classes == expected


@pytest.mark.parametrize("n", [6, 9])
def test_other_numbers_of_classes_are_refused(tmp_path, n):
    with pytest.raises(
        UsageError, match=f"--classes: expected 8, or 7 without contempt; found {n}"
    ):
        read_parts(tmp_path, None, Reading(n_classes=n))


def test_ferplus_has_all_classes(tmp_path):
    with pytest.raises(UsageError, match=r"a\.npz: FER\+ is read with all of its 8 classes"):
        read_parts(*ferplus(tmp_path)[:2], Reading(n_classes=7))
    assert len(COLUMNS) == 10


def test_options_reach_the_tables(tmp_path):
    train, valid, _ = tables(tmp_path)
    (tmp_path / "Images" / "2" / "b.jpg").unlink()
    reading = Reading(whole_images=True, allow_missing=True)
    learnt, _ = read_parts(train, valid, reading)
    assert (names(learnt), learnt.images.boxes) == (["a.jpg"], None)
