"""A sample is what prediction makes of the frame, with the labels of that frame and no other."""

import io
import pickle
import shutil
from dataclasses import replace
from itertools import pairwise
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

torch = pytest.importorskip("torch")

from torch.utils.data import DataLoader  # noqa: E402

from abawkit.errors import DataError  # noqa: E402
from abawkit.frames import FrameFolder  # noqa: E402
from abawkit.protocol import find_challenge  # noqa: E402
from baselines.decoding import read_image  # noqa: E402
from baselines.heads import SOURCES, Head, Layer, head_input  # noqa: E402
from baselines.labelled import label_rows  # noqa: E402
from baselines.model import Backbone, BackbonePredictor  # noqa: E402
from baselines.preprocessing import COLOURS, Preprocessing  # noqa: E402
from baselines.training.heads import datasets  # noqa: E402
from baselines.training.heads.datasets import FeatureDataset, FrameDataset  # noqa: E402
from tests.baselines.fakes import few_files, save_noise  # noqa: E402
from tests.baselines.tiny_onnx import tiny_card  # noqa: E402
from tests.baselines.training.heads.made_features import (  # noqa: E402
    CARD,
    VIDEOS,
    make_cache,
    make_rows,
    make_truth,
)

HEAD = Head(
    source="embedding",
    outputs=("nothing",),
    parts=((Layer(weight=np.eye(1), bias=np.zeros(1), activation="linear"),),),
)
each_source = pytest.mark.parametrize("source", SOURCES)
each_task = pytest.mark.parametrize("task", ["va", "expr", "au", "mtl"])


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return make_cache(tmp_path_factory.mktemp("features"))


def literal(cache, rows, source, index):
    """Look one sample up, frame by frame."""
    features = cache.load(rows.videos[rows.video[index]])
    (at,) = np.flatnonzero(features.frames == rows.frame[index])
    embedding = np.array(features.embedding[[at]], np.float32)
    return head_input(source, CARD, embedding, np.array(features.scores[[at]]))[0]


def assert_labelled(labels, known, track, at):
    mask = known.numpy()
    expected = np.where(mask, track.values[at], 0).astype(np.float32)
    np.testing.assert_array_equal(labels.numpy(), expected)
    assert mask.any()
    assert track.known[at][mask].all()


def assert_same(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        for left, right in zip(one, other, strict=True):
            torch.testing.assert_close(left, right, rtol=0, atol=0)


@each_task
@each_source
def test_a_sample_is_what_a_head_is_given_of_that_frame_and_its_labels(cache, source, task):
    rows = make_rows(cache, task)
    dataset = FeatureDataset(cache, rows, source=source)
    truth = make_truth(rows.challenge, VIDEOS)
    for index in range(len(dataset)):
        x, labels, known = dataset[index]
        np.testing.assert_array_equal(x.numpy(), literal(cache, rows, source, index))
        track, at = truth[rows.videos[rows.video[index]]], rows.frame[index] - 1
        assert_labelled(labels, known, track, at)
        assert (known.dtype, x.shape) == (torch.bool, (dataset.n_inputs,))


@each_source
@given(data=st.data())
def test_any_samples_are_gathered_in_the_order_asked_for(cache, source, data):
    dataset = FeatureDataset(cache, make_rows(cache), source=source)
    drawn = data.draw(st.lists(st.integers(0, len(dataset) - 1), max_size=30))
    out = np.full((len(drawn), dataset.n_inputs), np.nan, dataset.dtype)
    found = dataset.gather(np.array(drawn, np.int64), out=out)
    assert found is out
    expected = [dataset[index][0].numpy() for index in drawn]
    np.testing.assert_array_equal(found, np.array(expected).reshape(out.shape))


def test_embeddings_alone_are_gathered_as_they_are_stored(cache):
    rows = make_rows(cache)
    kinds = {s: FeatureDataset(cache, rows, source=s).gather(np.arange(2)).dtype for s in SOURCES}
    assert kinds.pop("embedding") == np.float16
    assert set(kinds.values()) == {np.dtype(np.float32)}


def test_the_two_people_of_a_recording_are_never_mixed(cache):
    dataset = FeatureDataset(cache, make_rows(cache), source="embedding")
    people = {name: cache.load(name).embedding for name in ("9_left", "9_right", "9")}
    for index in range(len(dataset)):
        name = dataset.rows.videos[dataset.rows.video[index]]
        row = dataset[index][0].numpy()
        of = [person for person, e in people.items() if (e == row).all(axis=1).any()]
        assert of == ([name] if name in people else [])


@each_source
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.filterwarnings("ignore:This DataLoader will create")  # on a single core
def test_a_plain_data_loader_gives_the_samples_whatever_its_workers(cache, source, workers):
    dataset = FeatureDataset(cache, make_rows(cache, "mtl"), source=source)
    samples = list(dataset)
    loader = DataLoader(dataset, batch_size=None, num_workers=workers)
    assert_same(list(loader), samples)


@each_source
def test_another_process_is_sent_nothing_of_what_is_open(cache, source):
    dataset = FeatureDataset(cache, make_rows(cache), source=source)
    before = len(pickle.dumps(dataset))
    samples = list(dataset)
    sent = pickle.dumps(dataset)
    assert len(sent) == before
    assert_same(list(pickle.loads(sent)), samples)  # noqa: S301 - just made


def test_more_videos_may_be_drawn_from_than_files_may_be_open(tmp_path):
    videos = {f"video{i}": 4 for i in range(130)}
    cache = make_cache(tmp_path, videos)
    dataset = FeatureDataset(cache, make_rows(cache, videos=videos), source="embedding")
    with few_files(6):
        assert len(dataset.gather(np.arange(len(dataset)))) == len(dataset)


def test_whoever_changes_a_sample_changes_no_label(cache, tmp_path):
    for dataset in (FeatureDataset(cache, make_rows(cache), source="both"), make_frames(tmp_path)):
        expected = pickle.dumps(dataset.rows)
        _, labels, known = dataset[0]
        labels += 1
        known.logical_not_()
        assert pickle.dumps(dataset.rows) == expected


@pytest.mark.parametrize("source", ["embedding", "scores"])
@pytest.mark.parametrize("change", ["fewer", "others"])
def test_features_that_changed_since_the_labels_were_matched_are_refused(tmp_path, source, change):
    cache = make_cache(tmp_path)
    dataset = FeatureDataset(cache, make_rows(cache), source=source)
    old = cache.load("9_left")
    kept = slice(1) if change == "fewer" else slice(None)
    arrays = {name: getattr(old, name)[kept] for name in ("frames", "embedding", "scores")}
    cache.save(replace(old, **{**arrays, "frames": arrays["frames"] + 1}))
    with pytest.raises(DataError, match=r"9_left: other frames than when the labels"):
        dataset.gather(np.arange(len(dataset)))


@each_source
def test_a_list_of_samples_ends_and_is_counted_from_both_sides(cache, source):
    dataset = FeatureDataset(cache, make_rows(cache), source=source)
    assert len(list(dataset)) == len(dataset) > 5
    assert_same([dataset[-1]], [dataset[len(dataset) - 1]])
    for index in (len(dataset), -len(dataset) - 1):
        with pytest.raises(IndexError):
            dataset[index]


@each_source
def test_no_rows_are_no_samples(cache, source):
    rows = make_rows(cache, videos={"none": 0})
    dataset = FeatureDataset(cache, rows, source=source)
    assert (len(dataset), dataset.gather(np.empty(0, np.int64)).shape) == (
        0,
        (0, dataset.n_inputs),
    )


class Recorder(io.BytesIO):
    """A file that counts the bytes that are read of it, and gives few of them at a time."""

    name, n_read = "embedding.npy", 0

    def fileno(self):
        """Give the number of a file of which the system can be told something."""
        return 0

    def readinto(self, part):
        """Read some of what is asked for."""
        found = super().readinto(part[:1000])
        self.n_read += found
        return found


stored_rows = st.lists(st.integers(0, 199), min_size=1, max_size=60).map(sorted)


@given(wanted=stored_rows, width=st.sampled_from([1, 7, 1280]))
def test_the_rows_that_are_wanted_are_read_and_little_else(wanted, width):
    array = np.arange(200 * width, dtype=np.uint16).view(np.float16).reshape(200, width)
    file = Recorder(bytes(128) + array.tobytes())
    with patch.object(datasets.os, "posix_fadvise", create=True):
        found = datasets._read_rows(file, np.array(wanted), width=width, start=128)  # noqa: SLF001
    np.testing.assert_array_equal(found.view(np.uint16), array[wanted].view(np.uint16))
    between = sum(min(b - a, 16) for a, b in pairwise(wanted))
    assert file.n_read <= (1 + between) * width * 2


def test_a_file_that_ends_early_is_named():
    file = Recorder(bytes(128 + 2 * 10))
    with (
        patch.object(datasets.os, "posix_fadvise", create=True),
        pytest.raises(DataError, match=r"embedding.npy: ends before its row 12; extract"),
    ):
        datasets._read_rows(file, np.array([3, 11]), width=1, start=128)  # noqa: SLF001


# Images


def make_images(folder, videos=VIDEOS):
    for video, n_frames in videos.items():
        for frame in range(2, n_frames + 1, 2):
            save_noise(folder / video / f"{frame:05d}.jpg", sum(video.encode()) + frame)
    return FrameFolder.index(folder, only=videos, faceless=videos)


def preprocessing(**options):
    usual = {"size": 20, "colour": "rgb", "mean": (0.4, 0.5, 0.6), "std": (0.1, 0.2, 0.3)}
    return Preprocessing(**(usual | options))


def make_frames(folder, task="expr", **options):
    images = make_images(folder)
    challenge = find_challenge(task, 3)
    frames = {name: video.frames for name, video in images.videos.items()}
    rows = label_rows(challenge, make_truth(challenge, VIDEOS), frames)
    return FrameDataset(images, rows, **({"preprocessing": preprocessing()} | options))


def path_of(dataset, index):
    rows = dataset.rows
    name = rows.videos[rows.video[index]]
    return dataset.folder.root / name / f"{rows.frame[index]:05d}.jpg"


class Session:
    """Stands for the network: notes what it is given, and says nothing of it."""

    def run(self, names, inputs):
        """Note the batch."""
        self.given = inputs["input"].copy()
        return [np.zeros((len(self.given), 1), np.float32) for _ in names]


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("resize", ["bilinear", "bilinear-aliased"])
def test_an_image_is_to_the_bit_what_the_network_is_given_in_prediction(tmp_path, colour, resize):
    shape, session = preprocessing(colour=colour, resize=resize), Session()
    dataset = make_frames(tmp_path, preprocessing=shape)
    backbone = Backbone(card=tiny_card(preprocessing=shape), digest="", session=session)
    predictor = BackbonePredictor(backbone=backbone, head=HEAD)
    images = [read_image(path_of(dataset, i), predictor.mode) for i in range(len(dataset))]
    predictor.predict(np.stack([predictor.prepare(image) for image in images]))
    found = torch.stack([image for image, _, _ in dataset])
    assert (found.dtype, found.shape[1:]) == (torch.float32, (3, 20, 20))
    np.testing.assert_array_equal(found.numpy(), session.given)


@each_task
def test_an_image_has_the_labels_of_its_frame(tmp_path, task):
    dataset = make_frames(tmp_path, task)
    truth = make_truth(dataset.rows.challenge, VIDEOS)
    assert len(dataset) > 3
    for index, (_, labels, known) in enumerate(dataset):
        track = truth[path_of(dataset, index).parent.name]
        at = int(path_of(dataset, index).stem) - 1
        assert_labelled(labels, known, track, at)


def test_a_transform_is_made_of_the_image_before_it_is_resized(tmp_path):
    dataset = make_frames(tmp_path, transform=ImageOps.mirror)
    with Image.open(path_of(dataset, 0)) as image:
        mirrored = ImageOps.mirror(image.convert("RGB"))
    shape = preprocessing()
    np.testing.assert_array_equal(dataset[0][0], shape.normalise(shape.pixels(mirrored)))


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.filterwarnings("ignore:This DataLoader will create")  # on a single core
def test_a_plain_data_loader_gives_the_images_whatever_its_workers(tmp_path, workers):
    dataset = make_frames(tmp_path)
    loader = DataLoader(dataset, batch_size=None, num_workers=workers)
    assert_same(list(loader), list(pickle.loads(pickle.dumps(dataset))))  # noqa: S301


def remove(path):
    path.unlink()


def spoil(path):
    path.write_bytes(b"no image")


@pytest.mark.parametrize("damage", [remove, spoil])
def test_an_image_that_cannot_be_read_is_named(tmp_path, damage):
    dataset = make_frames(tmp_path)
    damage(path_of(dataset, 1))
    with pytest.raises(
        DataError, match=rf"{path_of(dataset, 1)}: cannot read this image: .*delete it"
    ):
        list(DataLoader(dataset, batch_size=2))


def test_a_labelled_video_without_images_is_named(tmp_path):
    dataset = make_frames(tmp_path)
    shutil.rmtree(tmp_path / "9_right")
    folder = FrameFolder.index(tmp_path)
    with pytest.raises(DataError, match=r"1 labelled videos are not here: 9_right"):
        FrameDataset(folder, dataset.rows, preprocessing=preprocessing())


def test_images_are_counted_from_both_sides(tmp_path):
    dataset = make_frames(tmp_path)
    assert_same([dataset[-1]], [dataset[len(dataset) - 1]])
    with pytest.raises(IndexError):
        dataset[len(dataset)]
