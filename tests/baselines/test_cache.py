"""Features are read as they were written, or not at all."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from abawkit.errors import DataError, ModelError, UsageError
from baselines import cache as module
from baselines.cache import FeatureCache, Origin, VideoFeatures, find_caches, half
from baselines.card import MergedHead
from tests.baselines.fakes import contents, few_files
from tests.baselines.tiny_onnx import CARD, tiny_card

ORIGIN = Origin(card=CARD, model_sha256="ab" * 32, provider="CPUExecutionProvider", n_embedding=3)
OTHERS = {
    "weights": replace(ORIGIN, model_sha256="cd" * 32),
    "card": replace(ORIGIN, card=tiny_card(scores="probabilities")),
    "size": replace(ORIGIN, card=tiny_card(preprocessing=replace(CARD.preprocessing, size=4))),
    "provider": replace(ORIGIN, provider="CUDAExecutionProvider"),
    "width": replace(ORIGIN, n_embedding=4),
}


def features(video="v", n=4, *, seed=0, source="s", **options):
    """Draw the features of a video."""
    rng = np.random.default_rng(seed)
    drawn = {
        "frames": np.arange(2, n + 2, dtype=np.int32),
        "embedding": rng.normal(size=(n, 3)).astype(np.float16),
        "scores": rng.normal(size=(n, 8)).astype(np.float32),
        "broken": np.array([1], np.int32),
    }
    return VideoFeatures(video=video, source=source, **(drawn | options))


def assert_same(found, expected):
    for name in ("frames", "embedding", "scores", "broken"):
        one, other = getattr(found, name), getattr(expected, name)
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        np.testing.assert_array_equal(one, other)
    assert (found.video, found.source) == (expected.video, expected.source)


@pytest.fixture
def cache(tmp_path):
    """Give an empty cache."""
    return FeatureCache.create(tmp_path / "root", ORIGIN)


@given(data=st.data(), n=st.integers(0, 5))
def test_what_is_saved_is_loaded(tmp_path_factory, data, n):
    cache = FeatureCache.create(tmp_path_factory.mktemp("root"), ORIGIN)
    numbers = st.sets(st.integers(1, 10**6), min_size=n, max_size=n).map(sorted)
    drawn = features(
        n=n,
        frames=np.array(data.draw(numbers), np.int32),
        embedding=data.draw(arrays("float16", (n, 3))),
        scores=data.draw(arrays("float32", (n, 8))),
        broken=np.array(data.draw(numbers), np.int32),
    )
    cache.save(drawn)
    assert_same(cache.load("v"), drawn)


@pytest.mark.parametrize("n", [0, 1, 5])
def test_arrays_are_mapped_and_read_only(cache, n):
    cache.save(features(n=n))
    found = cache.load("v")
    for array in (found.embedding, found.scores):
        assert isinstance(array, np.memmap)
        assert not array.flags.writeable


def test_the_same_features_are_the_same_bytes(cache, tmp_path):
    other = FeatureCache.create(tmp_path / "other", ORIGIN)
    for one in (cache, other):
        one.save(features())
    assert contents(cache.folder) == contents(other.folder)


@pytest.mark.parametrize("name", OTHERS)
def test_other_origins_have_other_folders(tmp_path, cache, name):
    other = FeatureCache.create(tmp_path / "root", OTHERS[name])
    other.save(features(embedding=np.zeros((4, OTHERS[name].n_embedding), np.float16)))
    assert other.folder != cache.folder
    assert (cache.videos, other.videos) == ((), ("v",))


def test_another_version_of_the_files_is_another_folder(tmp_path, cache, monkeypatch):
    monkeypatch.setattr(module, "LAYOUT", 2)
    assert FeatureCache.create(tmp_path / "root", ORIGIN).folder != cache.folder
    with pytest.raises(DataError, match="expected features of layout 2, found 1; extract them"):
        FeatureCache.open(cache.folder)


def test_the_folder_is_named_after_the_model_whatever_its_name():
    assert ORIGIN.folder == f"tiny-{ORIGIN.digest[:12]}"
    assert replace(ORIGIN, card=tiny_card(name="../a b/ü.x")).folder.startswith(".._a_b_ü.x-")


def test_a_cache_is_opened_from_within(cache, monkeypatch):
    monkeypatch.chdir(cache.folder)
    assert FeatureCache.open(Path()).origin == ORIGIN


def test_the_digest_does_not_change_from_one_release_to_the_next():
    assert ORIGIN.digest[:12] == "3d1c84814cb0"


@pytest.mark.parametrize("head", [None, MergedHead(outputs=("valence",), thresholds=(0.5,))])
def test_a_cache_is_taken_up_with_its_origin(tmp_path, head):
    origin = replace(ORIGIN, card=tiny_card(head=head))
    cache = FeatureCache.create(tmp_path, origin)
    cache.save(features())
    again = FeatureCache.create(tmp_path, origin)
    assert (again, again.videos) == (cache, ("v",))
    assert FeatureCache.open(tmp_path) == FeatureCache.open(cache.folder) == cache


def test_videos_are_in_natural_order(cache):
    for name in ("10", "2", "pair_right", "pair_left", "video10_1"):
        cache.save(features(name, 0))
    assert cache.videos == ("2", "10", "pair_left", "pair_right", "video10_1")


class Interrupted(BaseException):
    """Stands for a process that is killed."""


def save_until(cache, drawn, monkeypatch, after):
    """Save a video and be killed before the nth file takes its name."""
    replace_file, left = Path.replace, [after]

    def replaced(path, target):
        if not left[0]:
            raise Interrupted
        left[0] -= 1
        return replace_file(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replaced)
        with pytest.raises(Interrupted):
            cache.save(drawn)


@pytest.mark.parametrize("after", range(4))
def test_a_video_that_was_cut_short_is_not_there(cache, monkeypatch, after):
    for old in (False, True):
        if old:
            cache.save(features(seed=1, source="old"))
        save_until(cache, features(), monkeypatch, after)
        assert cache.videos == ()
        assert cache.find("v") is None
        with pytest.raises(DataError, match="no features of this video, or not all of them; ext"):
            cache.load("v")
    cache.save(features())
    assert_same(cache.load("v"), features())


def test_a_cache_that_was_cut_short_is_made_again(tmp_path):
    folder = tmp_path / ORIGIN.folder
    folder.mkdir()
    (folder / "cache.json.0a1b.part").write_text("{")
    assert FeatureCache.create(tmp_path, ORIGIN).videos == ()
    assert FeatureCache.open(tmp_path).origin == ORIGIN


def test_what_was_opened_stays_as_it_was_while_the_video_is_written_again(cache):
    cache.save(features(n=4000))
    opened = cache.load("v")
    cache.save(features(n=2, seed=1))
    assert_same(opened, features(n=4000))


def test_a_video_is_described_without_its_features(cache):
    assert cache.find("v") is None
    cache.save(features())
    for found in (cache.find("v"), cache.describe("v")):
        assert found.frames.tolist() == [2, 3, 4, 5]
        assert (found.broken.tolist(), found.source) == ([1], "s")


def test_few_files_are_open_however_many_videos_are_described(cache):
    for number in range(60):
        cache.save(features(f"v{number}"))
    with few_files(20):
        found = [describe(v) for v in cache.videos for describe in (cache.find, cache.describe)]
    assert len(found) == 120


def test_a_system_that_opens_no_more_files_is_not_taken_for_damage(cache):
    cache.save(features())
    for read in (cache.find, cache.describe, cache.load):
        with few_files(0), pytest.raises(OSError, match="Too many open files"):
            read("v")


def test_a_disk_that_fails_is_not_taken_for_damage(cache, monkeypatch):
    def fail(*_, **__):
        raise PermissionError(13, "refused")

    cache.save(features())
    monkeypatch.setattr(np, "load", fail)
    for read in (cache.find, cache.describe, cache.load):
        with pytest.raises(PermissionError, match="refused"):
            read("v")


def test_features_that_are_written_while_they_are_read_are_not_mixed(cache, monkeypatch):
    cache.save(features(source="old"))
    load = np.load

    def load_late(path, **options):
        monkeypatch.undo()
        cache.save(features(seed=1, source="new"))
        return load(path, **options)

    monkeypatch.setattr(np, "load", load_late)
    with pytest.raises(DataError, match="written again while they were read; try again"):
        cache.load("v")
    assert cache.load("v").source == "new"


def test_a_video_stays_whole_while_the_same_is_written_again(cache, monkeypatch):
    cache.save(features())
    found = []
    monkeypatch.setattr(module, "write_whole", lambda *_: found.append(cache.load("v")))
    cache.save(features())
    assert found
    for each in found:
        assert_same(each, features())


def test_videos_without_features_are_named_unless_they_have_no_face(cache):
    cache.save(features())
    cache.require(["v", "w"], faceless={"w", "x"})
    with pytest.raises(DataError, match=r"2 of 3 videos have no features: y, w\. .*--allow-miss"):
        cache.require(["v", "y", "w"])


def swap(path, array):
    np.save(path, array)


def tell(folder, **options):
    told = {"source": "s", "n_rows": 4, "broken": []} | options
    (folder / "video.json").write_text(json.dumps(told))


DAMAGES = {
    "no embedding": lambda folder: (folder / "embedding.npy").unlink(),
    "half an embedding": lambda folder: (folder / "embedding.npy").write_bytes(
        (folder / "embedding.npy").read_bytes()[:-5]
    ),
    "no header": lambda folder: (folder / "scores.npy").write_bytes(b""),
    "text": lambda folder: (folder / "frames.npy").write_text("1,2,3"),
    "another number": lambda folder: swap(folder / "scores.npy", np.zeros((3, 8), np.float32)),
    "another width": lambda folder: swap(folder / "embedding.npy", np.zeros((4, 4), np.float16)),
    "another type": lambda folder: swap(folder / "embedding.npy", np.zeros((4, 3), np.float32)),
    "another shape": lambda folder: swap(folder / "frames.npy", np.ones((4, 1), np.int32)),
    "no order": lambda folder: swap(folder / "frames.npy", np.array([1, 3, 2, 4], np.int32)),
    "frame 0": lambda folder: swap(folder / "frames.npy", np.arange(4, dtype=np.int32)),
    "pickled": lambda folder: swap(folder / "frames.npy", np.array([{}] * 4, object)),
    "no JSON": lambda folder: (folder / "video.json").write_text("{"),
    "binary": lambda folder: (folder / "video.json").write_bytes(b"\xff"),
    "empty JSON": lambda folder: (folder / "video.json").write_text("{}"),
    "more rows": lambda folder: tell(folder, n_rows=5),
    "rows that are not whole": lambda folder: tell(folder, n_rows=4.0),
    "broken that is no list": lambda folder: tell(folder, broken=1),
    "broken that is deep": lambda folder: tell(folder, broken=[[1]]),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_video_is_refused_and_not_done(cache, damage):
    cache.save(features())
    DAMAGES[damage](cache.folder / "v")
    assert cache.find("v") is None
    with pytest.raises(DataError, match=r"/v: .*; extract this video again$"):
        cache.load("v")


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("embedding", np.zeros((4, 3), np.float32)),
        ("scores", np.zeros((4, 7), np.float32)),
        ("frames", np.array([1, 2, 2, 3], np.int32)),
    ],
)
def test_features_that_do_not_fit_are_not_saved(cache, name, array):
    with pytest.raises(DataError, match=f"expected {name} to "):
        cache.save(features(**{name: array}))
    assert cache.videos == ()


def test_a_folder_without_features_is_told_from_none(tmp_path):
    with pytest.raises(DataError, match="no features in this folder; expected what 'abawkit ext"):
        FeatureCache.open(tmp_path)
    with pytest.raises(DataError, match="no such folder"):
        FeatureCache.open(tmp_path / "nowhere")
    assert find_caches(tmp_path / "nowhere") == []


def test_of_several_caches_one_has_to_be_named(tmp_path, cache):
    other = FeatureCache.create(tmp_path / "root", OTHERS["weights"])
    with pytest.raises(UsageError, match=r"there are 2 caches: tiny-.*, tiny-.*; name one"):
        FeatureCache.open(tmp_path / "root")
    with pytest.raises(UsageError, match=r"root/tiny: there are 2 caches: tiny-"):
        FeatureCache.open(tmp_path / "root/tiny")
    found = find_caches(tmp_path / "root")
    assert found == sorted([cache, other], key=lambda one: one.folder)


def test_a_cache_can_be_named_without_its_digest(tmp_path):
    one, other = (
        FeatureCache.create(tmp_path, replace(ORIGIN, card=replace(ORIGIN.card, name=name)))
        for name in ("net-b0", "net-b0-7")
    )
    assert FeatureCache.open(tmp_path / "net-b0") == one
    assert FeatureCache.open(tmp_path / "net-b0-7") == other
    with pytest.raises(DataError, match="no such folder"):
        FeatureCache.open(tmp_path / "net")


NO_CARD = {"card": {}, "model_sha256": "", "provider": "", "n_embedding": 3}
WRONG = {
    "empty": "",
    "list": "[]",
    "no layout": "{}",
    "nothing more": '{"abawkit_features": 1}',
    "deep": "[" * 10**5,
    "width that is text": ORIGIN.to_json().replace(": 3", ': "3"'),
    "no card": json.dumps({"abawkit_features": 1, **NO_CARD}),
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_a_damaged_cache_is_refused(cache, text):
    (cache.folder / "cache.json").write_text(text)
    with pytest.raises(DataError, match=r"cache\.json: cannot read this: "):
        FeatureCache.open(cache.folder)


def test_a_folder_of_another_origin_under_this_name_is_refused(tmp_path, cache):
    other = OTHERS["weights"]
    shutil.copytree(cache.folder, tmp_path / "root" / other.folder)
    with pytest.raises(DataError, match=f"under this name; .* found those of {ORIGIN.folder}; "):
        FeatureCache.open(tmp_path / "root" / other.folder)
    with pytest.raises(DataError, match="features of another model under this name"):
        FeatureCache.create(tmp_path / "root", other)


@pytest.mark.parametrize("value", [65504.0, -65504.0, 1e-9, 0.1])
def test_16_bits_hold_the_nearest_number(value):
    found = half(np.array([[value]], np.float32), what="x")
    assert found.dtype == np.float16
    assert found == np.float16(value)


@pytest.mark.parametrize("value", [65520.0, -7e4, 3e38])
def test_a_number_too_large_for_16_bits_is_an_error(value):
    with pytest.raises(ModelError, match=r"^tiny: the embedding holds .*65504"):
        half(np.array([[1.0, value]], np.float32), what="tiny")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_embedding_that_is_not_finite_is_an_error(value):
    with pytest.raises(ModelError, match=r"^tiny: the embedding holds a value that is not finite"):
        half(np.array([[1.0, value]], np.float32), what="tiny")
