"""Features are what the network says of each image, and a cut run ends as an undisturbed one."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from abawkit.errors import DataError, ModelError, UsageError
from abawkit.frames import FrameFolder
from baselines.cache import FeatureCache, find_caches
from baselines.extraction import Describer, extract
from baselines.features import run_model
from baselines.model import Backbone, load_backbone
from tests.baselines.fakes import contents, few_files, save_frames, save_noise
from tests.baselines.tiny_onnx import CARD, tiny_card, write_tiny

PRESENT = {"2": [2, 3, 5], "10": [1], "pair_left": [4, 6], "pair_right": [1, 4], "nobody": []}


@pytest.fixture
def root(tmp_path):
    """Give the frames of five videos, one of them without a face."""
    for video, frames in PRESENT.items():
        save_frames(tmp_path / "data", video, frames)
    return tmp_path


def tiny(root, file="tiny.onnx", **options):
    return Backbone.load(write_tiny(root / file, tiny_card(**options)))


def run(root, out="out", *, backbone=None, **options):
    """Extract all there is."""
    backbone = backbone or tiny(root)
    return extract(FrameFolder.index(root / "data"), backbone, out=root / out, **options)


def times(folder):
    return {path.parent.name: path.stat().st_mtime_ns for path in folder.rglob("video.json")}


def test_features_are_what_the_network_says_of_each_image(root):
    for video, frames in PRESENT.items():
        for frame in frames:
            save_noise(root / "data" / video / f"{frame:05d}.jpg", frame, size=(2, 2))
    backbone, cache = tiny(root), FeatureCache.open(run(root).folder)
    for video, frames in PRESENT.items():
        found = cache.load(video)
        assert found.frames.tolist() == frames
        for at, frame in enumerate(frames):
            image = np.asarray(Image.open(root / "data" / video / f"{frame:05d}.jpg"))
            pixels = (image.transpose(2, 0, 1) / 255).astype(np.float32)
            embedding, scores = backbone(pixels[None])
            np.testing.assert_allclose(found.embedding[at], embedding[0], rtol=2**-11)
            np.testing.assert_allclose(found.scores[at], scores[0], rtol=1e-5, atol=1e-6)


def test_two_people_of_one_recording_are_two_videos(root):
    cache = FeatureCache.open(run(root).folder)
    assert cache.videos == ("2", "10", "nobody", "pair_left", "pair_right")
    left, right = cache.load("pair_left"), cache.load("pair_right")
    assert (left.frames.tolist(), right.frames.tolist()) == ([4, 6], [1, 4])
    assert not np.array_equal(left.embedding[0], right.embedding[1])


def test_a_video_without_a_face_is_complete_and_has_no_row(root):
    found = FeatureCache.open(run(root).folder).load("nobody")
    assert (found.frames.size, found.embedding.shape, found.scores.shape) == (0, (0, 3), (0, 8))


def test_the_outcome_tells_what_is_there(root):
    outcome = run(root)
    size = sum(len(data) for name, data in contents(outcome.folder).items() if "/" in name)
    assert (outcome.n_videos, outcome.n_frames, outcome.n_bytes) == (5, 8, size)
    assert str(outcome) == f"5 videos, 8 frames, 0.0 MB\nfeatures in {outcome.folder}/"


def test_images_that_cannot_be_read_are_named_and_left_out(root):
    whole = FeatureCache.open(run(root, "whole").folder).load("2")
    (root / "data/2/00003.jpg").write_bytes(b"")
    outcome = run(root)
    found = FeatureCache.open(outcome.folder).load("2")
    np.testing.assert_array_equal(found.embedding, whole.embedding[[0, 2]])
    assert (found.frames.tolist(), found.broken.tolist()) == ([2, 5], [3])
    assert "1 images could not be read: 2/00003.jpg" in str(outcome)
    assert outcome.n_frames == 7


def test_strict_stops_at_an_image_that_cannot_be_read_also_later(root):
    (root / "data/2/00003.jpg").write_bytes(b"")
    for _ in range(2):
        with pytest.raises(DataError, match=r"2/00003\.jpg: cannot read this image"):
            run(root, strict=True)
        run(root)


class Interrupted(BaseException):
    """Stands for a process that is killed."""


@pytest.fixture
def kill(monkeypatch):
    """Give a function that runs another and kills it before the nth file takes its name."""

    def run_until(after, function):
        replace_file, left = Path.replace, [after]

        def replaced(path, target):
            if not left[0]:
                raise Interrupted
            left[0] -= 1
            return replace_file(path, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", replaced)
            with pytest.raises(Interrupted):
                function()

    return run_until


def test_a_run_that_was_killed_anywhere_ends_as_one_that_was_not(root, kill):
    backbone = tiny(root)
    run(root, "whole", backbone=backbone)
    for after in range(1 + 4 * len(PRESENT)):
        kill(after, lambda: run(root, f"out{after}", backbone=backbone))  # noqa: B023 - called now
        run(root, f"out{after}", backbone=backbone)
        assert contents(root / f"out{after}") == contents(root / "whole")


def test_videos_that_are_done_are_not_done_again(root, kill):
    notes, backbone = [], tiny(root)
    kill(6, lambda: run(root, backbone=backbone))
    before = times(root / "out")
    run(root, backbone=backbone, note=notes.append)
    assert notes == ["1 of 5 videos are done already"]
    assert before.items() < times(root / "out").items()
    silent = SimpleNamespace(card=CARD, digest=backbone.digest, n_embedding=3, provider="")
    silent.provider = backbone.provider
    assert run(root, backbone=silent).n_videos == 5


@pytest.mark.parametrize("change", ["another", "gone", "new"])
def test_a_video_whose_images_changed_is_done_again_if_that_is_asked_for(root, change):
    before = (run(root), times(root / "out"))[1]
    if change == "another":
        save_frames(root / "data", "2", [3], size=(16, 20), shift=90)
    elif change == "gone":
        (root / "data/2/00003.jpg").unlink()
    else:
        save_frames(root / "data", "2", [7])
    with pytest.raises(UsageError, match=r"1 of 5 videos have features of other images: 2; --for"):
        run(root)
    assert times(root / "out") == before
    run(root, force=True)
    after = times(root / "out")
    assert {name for name in after if after[name] != before[name]} == {"2"}
    run(root, "fresh")
    assert contents(root / "fresh") == contents(root / "out")


@pytest.mark.parametrize("file", ["frames.npy", "embedding.npy", "scores.npy", "video.json"])
@pytest.mark.parametrize("how", ["gone", "half", "empty"])
def test_a_damaged_video_is_done_again(root, file, how):
    folder = run(root).folder
    files, path = contents(folder), folder / "2" / file
    path.write_bytes(path.read_bytes()[: -9 if how == "half" else 0])
    if how == "gone":
        path.unlink()
    run(root)
    assert contents(folder) == files


def test_two_kinds_of_crop_are_not_mixed_by_a_run_that_was_killed(root, kill):
    backbone = tiny(root)
    kill(6, lambda: run(root, backbone=backbone))
    for video, frames in PRESENT.items():
        save_frames(root / "data", video, frames, size=(16, 20), shift=90)
    with pytest.raises(UsageError, match=r"1 of 5 videos have features of other images: 2; "):
        run(root, backbone=backbone)
    run(root, backbone=backbone, force=True)
    run(root, "fresh", backbone=backbone)
    assert contents(root / "out") == contents(root / "fresh")


def test_two_processes_may_extract_into_one_folder(root, monkeypatch):
    backbone, save = tiny(root), FeatureCache.save

    def save_beside_another(cache, features):
        monkeypatch.setattr(FeatureCache, "save", save)
        run(root, backbone=backbone)
        monkeypatch.setattr(FeatureCache, "save", save_beside_another)
        save(cache, features)

    run(root, "alone", backbone=backbone)
    monkeypatch.setattr(FeatureCache, "save", save_beside_another)
    run(root, backbone=backbone)
    assert contents(root / "out") == contents(root / "alone")


def test_few_files_are_open_however_many_videos_there_are(tmp_path):
    backbone = tiny(tmp_path)
    for number in range(60):
        save_frames(tmp_path / "data", f"video{number}", [1])
    with few_files(40):
        for _ in range(2):
            assert run(tmp_path, backbone=backbone).n_videos == 60


def test_another_model_goes_elsewhere(root):
    first, second = run(root), run(root, backbone=tiny(root, "other.onnx", name="other"))
    softened = run(root, backbone=tiny(root, "third.onnx", scores="probabilities"))
    assert len({first.folder, second.folder, softened.folder}) == 3
    assert {cache.folder for cache in find_caches(root / "out")} == {
        first.folder, second.folder, softened.folder,
    }  # fmt: skip
    with pytest.raises(UsageError, match="there are 3 caches"):
        FeatureCache.open(root / "out")


def test_an_embedding_too_large_for_16_bits_is_an_error(root):
    large = tiny(root, preprocessing=replace(CARD.preprocessing, std=(1e-6,) * 3))
    with pytest.raises(ModelError, match=r"tiny \(CPUExec.*\), 2: the embedding holds .*65504"):
        run(root, backbone=large)


def test_a_network_without_scores_has_an_embedding_only(root):
    found = FeatureCache.open(run(root, backbone=tiny(root, outputs=())).folder).load("2")
    assert (found.embedding.shape, found.scores.shape) == ((3, 3), (3, 0))


def test_the_width_of_an_embedding_is_asked_for_where_the_file_leaves_it_open(root):
    def network(batch):
        return np.zeros((len(batch), 5), np.float32), np.zeros((len(batch), 8), np.float32)

    class Open:
        card, n_embedding = CARD, None

        def __call__(self, batch):
            assert batch.shape[1:] == (3, 2, 2)
            return network(batch)

    assert Describer(backbone=Open()).n_embedding == 5
    assert Describer(backbone=tiny(root)).n_embedding == 3


def test_a_describer_is_a_predictor(root):
    describer = Describer(backbone=tiny(root))
    assert str(describer) == "tiny (CPUExecutionProvider)"
    assert sorted(describer.identity) == ["model", "model_sha256", "provider"]
    assert describer.mode == "RGB"
    assert list(run_model(describer, [])) == []


def test_batches_may_be_of_several_sizes(root):
    describer, rng = Describer(backbone=tiny(root)), np.random.default_rng(0)
    for n in (2, 3, 2):
        batch = rng.integers(0, 256, (n, 3, 2, 2), np.uint8)
        found, expected = describer.predict(batch), batch.mean(axis=(2, 3)) / 255
        np.testing.assert_allclose(found[:, :3], expected, rtol=1e-5)


def test_a_cache_cannot_be_written_over_a_file(root):
    (root / "out").write_text("precious")
    with pytest.raises(DataError, match="out: the features could not be written: "):
        run(root)
    assert (root / "out").read_text() == "precious"


def test_an_object_of_python_has_no_features():
    with pytest.raises(UsageError, match=r"--model a\.b:c gives the outputs of a task"):
        load_backbone("a.b:c")
