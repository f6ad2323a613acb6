"""Images give the same pixels whether they are in memory or on disk, one by one or in batches."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from abawkit.errors import DataError
from baselines.preprocessing import Preprocessing
from baselines.training.images import GreyImages, ImageFiles, LabelledImages
from tests.baselines.training.tiny import faces, write_face

RGB = Preprocessing(size=16, colour="rgb", mean=(0.5,) * 3, std=(0.5,) * 3)
GREY = replace(RGB, colour="grey")


def files(root, names, boxes=None):
    n_bytes = np.arange(len(names))
    boxes = None if boxes is None else np.array(boxes, np.int32)
    return ImageFiles(root=root, names=tuple(names), n_bytes=n_bytes, boxes=boxes)


def test_views_of_images_in_memory_are_drawn_at_their_own_size():
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    images = GreyImages(pixels=pixels)
    np.testing.assert_array_equal(images.original(1, GREY), pixels[[1]])
    np.testing.assert_array_equal(images.original(1, RGB), pixels[[1, 1, 1]])


@pytest.mark.parametrize(("preprocessing", "channels"), [(GREY, 1), (RGB, 3)])
def test_images_in_memory_are_prepared_as_in_prediction(preprocessing, channels):
    images = faces(2).images
    expected = preprocessing.pixels(Image.fromarray(images.pixels[1]))
    assert expected.shape == (channels, 16, 16)
    np.testing.assert_array_equal(images.prepared(1, preprocessing), expected)


@pytest.mark.parametrize("suffix", ["png", "bmp", "webp", "jpg", "tif", "TIFF", "JPG"])
def test_files_are_prepared_as_in_prediction_whatever_their_format(tmp_path, suffix):
    path = write_face(tmp_path / f"a.{suffix}")
    with Image.open(path) as image:
        expected = RGB.pixels(image.convert("RGB"))
    found = files(tmp_path, [path.name]).prepared(0, RGB)
    assert np.abs(found.astype(int) - expected).max() <= 1


def test_grey_ones_have_one_channel(tmp_path):
    write_face(tmp_path / "a.png")
    assert files(tmp_path, ["a.png"]).original(0, GREY).shape == (1, 16, 16)


@pytest.mark.parametrize(
    ("box", "corners"),
    [((2, 3, 10, 12), (2, 3, 12, 15)), ((-5, -5, 10, 100), (0, 0, 5, 24)),
     ((19, 0, 9, 9), (19, 0, 20, 9))],
)  # fmt: skip
def test_a_face_is_cut_out_as_far_as_its_box_is_in_the_image(tmp_path, box, corners):
    path = write_face(tmp_path / "a.png", size=(20, 24))
    with Image.open(path) as image:
        expected = RGB.pixels(image.crop(corners))
    np.testing.assert_array_equal(files(tmp_path, ["a.png"], [box]).prepared(0, RGB), expected)


@pytest.mark.parametrize("box", [(20, 0, 5, 5), (0, 24, 5, 5), (-9, 0, 9, 9), (0, -9, 9, 9)])
def test_a_box_beyond_the_image_is_refused(tmp_path, box):
    write_face(tmp_path / "a.png", size=(20, 24))
    with pytest.raises(DataError, match=r"a\.png: the face at .* beyond the image of 20 x 24"):
        files(tmp_path, ["a.png"], [box]).prepared(0, RGB)


@pytest.mark.parametrize("content", [None, b"", b"text", b"GIF89a"])
def test_an_image_that_cannot_be_read_is_named(tmp_path, content):
    if content is not None:
        (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(DataError, match=r"a\.jpg: cannot read this image: .*; mend it, or take"):
        files(tmp_path, ["a.jpg"]).prepared(0, RGB)


def test_some_images_are_taken_with_their_boxes_and_labels(tmp_path):
    boxes = np.arange(12).reshape(3, 4)
    some = LabelledImages(
        images=files(tmp_path, "abc", boxes), targets=np.array([5, 6, 7]), classes=("x",)
    ).take(np.array([2, 0]))
    assert (some.images.names, some.images.n_bytes.tolist()) == (("c", "a"), [2, 0])
    assert some.images.boxes.tolist() == boxes[[2, 0]].tolist()
    assert some.targets.tolist() == [7, 5]


def test_of_images_in_memory_some_are_taken():
    data = faces(5).take(np.array([3]))
    assert data.images.pixels.tolist() == faces(5).images.pixels[[3]].tolist()
    assert len(data) == 1


def test_the_label_is_the_likeliest_class_the_first_on_a_tie():
    targets = np.array([[0.2, 0.5, 0.3], [0.4, 0.4, 0.2]], np.float32)
    assert replace(faces(2), targets=targets).labels.tolist() == [1, 0]


def test_classes_are_certain_distributions():
    hard = replace(faces(4), targets=np.array([2, 0, 2, 1]))
    soft = replace(hard, targets=np.eye(3, dtype=np.float32)[hard.targets])
    for data in (hard, soft):
        assert data.labels.tolist() == [2, 0, 2, 1]
        assert data.counts.tolist() == [1, 1, 2]
        rows = data.distributions(np.array([0, 3]))
        assert (rows.tolist(), rows.dtype) == ([[0, 0, 1], [0, 1, 0]], np.float32)


def test_a_class_without_an_image_counts_0():
    assert replace(faces(2), targets=np.array([0, 0])).counts.tolist() == [2, 0, 0]


def other_files(tmp_path):
    """Give sets of files that all differ."""
    plain = files(tmp_path, "ab")
    yield plain
    yield replace(plain, names=("a", "c"))
    yield replace(plain, n_bytes=plain.n_bytes + 1)
    for box in (0, 1):
        yield replace(plain, boxes=np.full((2, 4), box, np.int32))


def test_a_digest_tells_apart_names_sizes_boxes_and_targets(tmp_path):
    sets = [*other_files(tmp_path)]
    made = [
        LabelledImages(images=images, targets=np.array(targets), classes=classes).digest
        for images in sets
        for targets in ([0, 1], [1, 0])
        for classes in (("x", "y"), ("x", "z"))
    ]
    assert len(set(made)) == len(made)


def test_a_digest_does_not_depend_on_where_the_files_are(tmp_path):
    digests = {
        replace(faces(2), images=files(root, "ab")).digest for root in (tmp_path, tmp_path / "a")
    }
    assert len(digests) == 1
