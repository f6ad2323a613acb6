"""Both releases of AffectNet are read by the names of classes, and all faults are told."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abawkit.errors import DataError
from baselines.card import EMOTIONS_7, EMOTIONS_8
from baselines.training.layouts.affectnet import CLASSES, label, read_annotations, read_table
from tests.baselines.training.tiny import write_face, write_faces

HEADER = (
    "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,"
    "valence,arousal"
)


def row(name="1/a.jpg", expression=1, box="1,2,8,9"):
    """Write a line of the table."""
    return f"{name},{box},1.5;2.5,{expression},0.1,-2"


def table(tmp_path, *rows, header=HEADER, name="training.csv"):
    """Write a table."""
    path = tmp_path / name
    path.write_text("\n".join([*([header] if header else []), *rows]) + "\n")
    return path


def read(tmp_path, *rows, classes=EMOTIONS_8, header=HEADER, **options):
    """Write a table and read it."""
    return read_table(table(tmp_path, *rows, header=header), tmp_path, classes, **options)


def names_of(faces):
    """Name the class of each image."""
    return [faces.classes[at] for at in faces.labels]


@pytest.fixture
def photos(tmp_path):
    """Write two photos, one with another case of suffix."""
    return write_faces(tmp_path, ["Manually/Images/1/a.jpg", "Manually/Images/2/B.JPG"])


def test_affectnets_numbers_are_not_the_order_of_outputs():
    assert [EMOTIONS_8.index(name) for name in CLASSES[:8]] == [5, 4, 6, 7, 3, 2, 0, 1]
    assert CLASSES[8:] == ("None", "Uncertain", "No-Face")


@pytest.mark.parametrize("number", ["11", "-1", "", "1.0", "x", "²"])
def test_a_number_of_no_class_has_no_name(number):
    assert label(number) is None


def test_rows_are_read_with_their_boxes(photos):
    faces = read(photos, row(), row("2/B.JPG", 6, "3,4,5.4,6"))
    assert faces.images.names == ("1/a.jpg", "2/B.JPG")
    assert faces.images.root == photos / "Manually" / "Images"
    assert faces.images.boxes.tolist() == [[1, 2, 8, 9], [3, 4, 5, 6]]
    assert names_of(faces) == ["Happiness", "Anger"]
    assert (faces.dataset, faces.identities, faces.notes) == ("AffectNet", False, ())


def test_boxes_are_left_alone_on_demand(photos):
    assert read(photos, row(box="x,,-1,9"), whole_images=True).images.boxes is None


def test_a_photo_of_two_faces_is_there_twice(photos):
    faces = read(photos, row(), row(box="5,5,9,9", expression=2))
    assert faces.images.names == ("1/a.jpg", "1/a.jpg")
    assert names_of(faces) == ["Happiness", "Sadness"]


def test_separators_of_windows_are_understood(photos):
    assert read(photos, row("1\\a.jpg"), row("2\\B.JPG")).images.names == ("1/a.jpg", "2/B.JPG")


@pytest.mark.parametrize("header", ["", "\ufeff" + HEADER])
def test_a_table_may_lack_its_header_or_begin_with_a_mark(photos, header):
    assert names_of(read(photos, row(expression=7), header=header)) == ["Contempt"]


def test_columns_are_found_by_name(photos):
    header = "expression, subDirectory_filePath"
    faces = read(photos, "3,1/a.jpg", "", header=header, whole_images=True)
    assert names_of(faces) == ["Surprise"]


def test_what_is_no_emotion_is_left_out_and_counted_photo_or_not(photos):
    rows = [row(f"{at}/x.jpg", at, "NULL,NULL,NULL,NULL") for at in (8, 9, 9, 10)]
    faces = read(photos, *rows, row())
    assert faces.images.names == ("1/a.jpg",)
    (note,) = faces.notes
    assert note.endswith("training.csv: left out are 1 None, 2 Uncertain, 1 No-Face")


def test_of_seven_classes_contempt_is_left_out(photos):
    faces = read(photos, row(), row("2/B.JPG", 7), classes=EMOTIONS_7)
    assert (faces.classes, names_of(faces)) == (EMOTIONS_7, ["Happiness"])
    assert faces.notes[0].endswith("left out are 1 Contempt")


@pytest.mark.parametrize("column", ["subDirectory_filePath", "face_width", "expression"])
def test_a_column_that_is_lacking_is_named(photos, column):
    header = HEADER.replace(column, "other")
    with pytest.raises(DataError, match=rf"expected the columns .*; lacking are {column}; found"):
        read(photos, row(), header=header)


def test_an_empty_table_is_refused(photos):
    with pytest.raises(DataError, match="found an empty file"):
        read(photos, header="")
    with pytest.raises(DataError, match=r"no image of Anger, .*; found none"):
        read(photos)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (row(expression=11), "expected a class from 0 to 10, found '11'"),
        (row(expression="happy"), "expected a class from 0 to 10, found 'happy'"),
        (row("../a.jpg"), "expected a file below the folder of images, found '../a.jpg'"),
        (row(box="1,2,0,9"), "expected the box of a face in pixels, found '1,2,0,9'"),
        (row(box="1,2,NULL,9"), "expected the box of a face in pixels, found '1,2,NULL,9'"),
        (row(box="1,2,inf,9"), "expected the box of a face in pixels"),
        (row(box="1,2,1e9,9"), "expected the box of a face in pixels"),
        ("1/a.jpg,1", "expected a class from 0 to 10, found ''"),
    ],
)
def test_lines_with_faults_are_counted_and_the_first_are_told(photos, line, what):
    with pytest.raises(DataError, match=f"2 lines are not as expected: line 3: {what}.*line 4: "):
        read(photos, row(), line, line)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", None])
def test_a_table_that_cannot_be_read_is_refused(tmp_path, content):
    path = tmp_path / "training.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"training\.csv: cannot read this table: "):
        read_table(path, tmp_path, EMOTIONS_8)


def test_photos_that_are_not_there_are_named(photos):
    rows = [row(), row("3/c.jpg"), row("1/A.JPG")]
    with pytest.raises(DataError, match=r"2 of 3 labelled images are not there: 3/c\.jpg, 1/A\."):
        read(photos, *rows)
    faces = read(photos, *rows, allow_missing=True)
    assert faces.images.names == ("1/a.jpg",)
    assert faces.notes[0].endswith("2 labelled images are not there")


def test_photos_that_are_nowhere_are_told_with_where_they_should_be(tmp_path):
    with pytest.raises(DataError, match=r"are not under .*/Manually_Annotated_Images/1/a\.jpg"):
        read(tmp_path, row())


def annotate(folder, number, value, suffix=".jpg"):
    """Write an image of the later release with its class."""
    write_face(folder / "images" / f"{number}{suffix}", number)
    (folder / "annotations").mkdir(exist_ok=True)
    np.save(folder / "annotations" / f"{number}_exp.npy", value)
    np.save(folder / "annotations" / f"{number}_val.npy", np.array("-0.5"))


@pytest.mark.parametrize(
    "value", [np.array("4"), np.array(4), np.array([4]), np.array(4.0), np.array("4.0")]
)
def test_annotations_are_numbers_however_they_are_stored(tmp_path, value):
    annotate(tmp_path, 0, value)
    assert names_of(read_annotations(tmp_path, EMOTIONS_8)) == ["Fear"]


def test_annotations_are_read_in_natural_order_with_any_suffix_of_images(tmp_path):
    for number, suffix in ((10, ".JPG"), (9, ".png"), (2, ".jpg")):
        annotate(tmp_path, number, np.array(number % 3), suffix)
    faces = read_annotations(tmp_path, EMOTIONS_8)
    assert faces.images.names == ("images/2.jpg", "images/9.png", "images/10.JPG")
    assert names_of(faces) == ["Sadness", "Neutral", "Happiness"]
    assert faces.dataset == "AffectNet"
    assert faces.images.boxes is None


def test_an_annotation_without_its_image_is_named(tmp_path):
    for number in (1, 2):
        annotate(tmp_path, number, np.array(0))
    (tmp_path / "images" / "2.jpg").unlink()
    with pytest.raises(DataError, match=r"1 of 2 labelled images are not there: images/2\.jpg\. "):
        read_annotations(tmp_path, EMOTIONS_8)
    assert len(read_annotations(tmp_path, EMOTIONS_8, allow_missing=True)) == 1


def test_an_image_without_an_annotation_is_left_out(tmp_path):
    annotate(tmp_path, 1, np.array("6"))
    write_face(tmp_path / "images" / "7.jpg")
    assert read_annotations(tmp_path, EMOTIONS_8).images.names == ("images/1.jpg",)


@pytest.mark.parametrize("value", ["11", "-1", "x", [1, 2], []])
def test_an_annotation_that_is_no_class_is_named(tmp_path, value):
    annotate(tmp_path, 1, np.array(value))
    with pytest.raises(DataError, match=r"1_exp\.npy: expected the number of a class, 0 to 10, "):
        read_annotations(tmp_path, EMOTIONS_8)


@pytest.mark.parametrize("content", [b"", b"text", b"\x80\x04N."])
def test_an_annotation_that_is_no_array_is_named(tmp_path, content):
    annotate(tmp_path, 1, np.array(0))
    (tmp_path / "annotations" / "1_exp.npy").write_bytes(content)
    with pytest.raises(DataError, match=r"1_exp\.npy: cannot read this array: "):
        read_annotations(tmp_path, EMOTIONS_8)


@settings(max_examples=20)
@given(st.lists(st.integers(0, 10), min_size=1, max_size=30).filter(lambda n: min(n) < 8))
def test_no_image_is_invented_or_lost(tmp_path_factory, numbers):
    folder = tmp_path_factory.mktemp("set")
    write_face(folder / "1" / "a.jpg")
    faces = read(folder, *(row(expression=number) for number in numbers))
    assert names_of(faces) == [CLASSES[number] for number in numbers if number < 8]
    left_out = sum(int(word) for note in faces.notes for word in note.split() if word.isdigit())
    assert len(faces) + left_out == len(numbers)
