"""Frames come as a network takes them, a batch at a time."""

import numpy as np
import pytest
from PIL import Image

from abawkit.errors import DataError
from baselines.checkpoints.batches import BATCH, find_frames, frame_batches, random_batches, spread
from baselines.decoding import read_image
from baselines.preprocessing import Preprocessing

RGB = Preprocessing(size=8, colour="rgb", mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.4))
GREY = Preprocessing(size=8, colour="grey", mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.4))


@pytest.fixture
def frames(tmp_path):
    """Write frames of one colour each, a batch and three more."""
    paths = [tmp_path / f"{i:05d}.png" for i in range(BATCH + 3)]
    for i, path in enumerate(paths):
        Image.new("RGB", (9, 7), (i, 2 * i, 255 - i)).save(path)
    return paths


@pytest.mark.parametrize("preprocessing", [RGB, GREY])
def test_batches_hold_the_frames_in_their_order_as_the_network_takes_them(frames, preprocessing):
    batches = list(frame_batches(frames, preprocessing, unreadable=set()))
    assert [batch.shape for batch in batches] == [(BATCH, 3, 8, 8), (3, 3, 8, 8)]
    for path, found in zip(frames, np.concatenate(batches), strict=True):
        with Image.open(path) as image:
            grey = preprocessing.colour == "grey"
            pixels = preprocessing.pixels(image.convert("L" if grey else "RGB"))
        np.testing.assert_array_equal(found, preprocessing.normalise(pixels))


def test_a_grey_network_sees_the_luma_that_is_stored(tmp_path):
    path = tmp_path / "a.jpg"
    noise = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    (batch,) = frame_batches([path], GREY, unreadable=set())
    luma, colours = (GREY.normalise(GREY.pixels(read_image(path, mode))) for mode in ("L", "RGB"))
    assert not np.array_equal(luma, colours)
    np.testing.assert_array_equal(batch[0], luma)


def test_frames_are_read_when_their_batch_is_asked_for(frames):
    batches = frame_batches(frames, RGB, unreadable=set())
    next(batches)
    for path in frames:
        path.unlink()
    with pytest.raises(StopIteration):
        next(batches)


def test_frames_that_cannot_be_read_are_left_out_and_told(frames):
    frames[0].unlink()
    frames[5].write_bytes(b"no image")
    unreadable = set()
    batches = list(frame_batches(frames, RGB, unreadable=unreadable))
    assert [len(batch) for batch in batches] == [BATCH, 1]
    assert unreadable == {frames[0], frames[5]}


def test_no_frame_that_can_be_read_is_a_data_error(tmp_path):
    with pytest.raises(DataError, match=r"none of 2 frames can be read; the first: .*a\.jpg: No"):
        list(frame_batches([tmp_path / "a.jpg", tmp_path], RGB, unreadable=set()))


@pytest.mark.parametrize(("n", "limit"), [(5, 5), (5, 9), (6, 5), (1000, 7), (2, 1)])
def test_frames_are_picked_evenly(n, limit):
    picked = spread(range(n), limit)
    assert len(set(picked)) == len(picked) == min(n, limit)
    assert picked[0] == 0
    assert limit == 1 or picked[-1] == n - 1
    assert limit == 1 or np.ptp(np.diff(picked)) <= 1


def test_noise_is_the_same_at_every_call_and_differs_within():
    first, again = (list(random_batches(GREY, 2)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert np.shape(first) == (2, BATCH, 3, 8, 8)
    assert not np.array_equal(first[0], first[1])
    assert first[0].std() > 1


def test_frames_are_found_in_folders_of_folders_in_order(tmp_path):
    names = ["b/00002.jpg", "b/00001.JPG", "a/deep/x.png", ".hidden.jpg", "list.txt", "dir.jpg/y"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = [path.relative_to(tmp_path).as_posix() for path in find_frames(tmp_path)]
    assert found == ["a/deep/x.png", "b/00001.JPG", "b/00002.jpg"]


def test_a_folder_without_frames_is_a_data_error(tmp_path):
    with pytest.raises(DataError, match=r"no images in it; expected face crops, \.bmp, \.jpeg"):
        find_frames(tmp_path)
    with pytest.raises(DataError, match="nowhere: no such folder"):
        find_frames(tmp_path / "nowhere")
