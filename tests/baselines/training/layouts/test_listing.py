"""Image files are found by their suffix, in an order that no disk decides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit.errors import DataError
from baselines.training.layouts.listing import (
    by_folder,
    check_there,
    folders_in,
    images_in,
    is_image,
    portable,
    sizes_of,
)


@pytest.mark.parametrize("suffix", [".jpg", ".JPG", ".Jpeg", ".png", ".BMP", ".webp", ".tif"])
def test_an_image_is_known_by_its_suffix_in_whatever_case(suffix):
    assert is_image(f"a.b{suffix}")


@pytest.mark.parametrize("name", ["a.npy", "jpg", "a.jpg.part", ".a.jpg", "._1.JPG", "a.gif"])
def test_other_files_are_no_images(name):
    assert not is_image(name)


def test_folders_are_listed_in_natural_order_without_hidden_ones(tmp_path):
    for name in ("10", "9", ".git", "__MACOSX", "a"):
        (tmp_path / name).mkdir()
    (tmp_path / "1.jpg").touch()
    assert folders_in(tmp_path) == ["9", "10", "a"]


def test_a_folder_that_is_none_is_refused(tmp_path):
    with pytest.raises(DataError, match="no: cannot read this folder: No such file"):
        folders_in(tmp_path / "no")


def test_images_are_listed_with_their_sizes_sorted(tmp_path):
    for name in ("b.jpg", "a.PNG", "c.txt"):
        (tmp_path / name).write_bytes(b"x" * len(name))
    (tmp_path / "d.jpg").mkdir()
    assert list(images_in(tmp_path).items()) == [("a.PNG", 5), ("b.jpg", 5)]


def test_images_of_several_folders_know_theirs(tmp_path):
    for name in ("x/b.jpg", "x/a.jpg", "z/a.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "y").mkdir()
    images, owner = by_folder(tmp_path, ["z", "y", "x"])
    assert images.names == ("z/a.jpg", "x/a.jpg", "x/b.jpg")
    assert owner.tolist() == [0, 2, 2]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a.jpg", "a.jpg"), (" 1/a.jpg ", "1/a.jpg"), ("1\\a b.jpg", "1/a b.jpg"),
        ("1\\2/a.jpg", "1/2/a.jpg"), ("./a.jpg", "a.jpg"),
    ],
)  # fmt: skip
def test_names_are_read_whatever_system_wrote_them(text, name):
    assert portable(text) == name


@pytest.mark.parametrize(
    "text", ["", "  ", ".", "/a.jpg", "C:\\a.jpg", "C:a.jpg", "a/../b.jpg", "\\a"]
)
def test_names_that_are_not_below_a_folder_are_refused(text):
    assert portable(text) is None


@given(st.lists(st.text("abc. -", min_size=1).filter(lambda t: t.strip(". ")), min_size=1))
def test_a_name_reads_the_same_with_either_separator(parts):
    assert portable("/".join(parts)) == portable("\\".join(parts))


def test_files_of_a_list_are_looked_for(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"12")
    assert sizes_of(tmp_path, ["no.jpg", "a.jpg"]) == {"a.jpg": 2}


def test_images_may_be_lacking_if_that_is_allowed_and_some_are_there(tmp_path):
    assert check_there(tmp_path, [], 3, allow_missing=False) == ()
    (note,) = check_there(tmp_path, ["a"], 3, allow_missing=True)
    assert note.endswith("1 labelled images are not there")
    for lacking, allowed in ((["a"], False), (["a", "b", "c"], True)):
        with pytest.raises(DataError, match=r"of 3 labelled images are not there: a.*--allow-mis"):
            check_there(tmp_path, lacking, 3, allow_missing=allowed)
