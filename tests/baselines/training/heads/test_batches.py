"""Batches are those of a plain DataLoader, read ahead in little memory, and end cleanly."""

import shutil
import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from torch.utils.data import DataLoader  # noqa: E402

from abawkit.errors import DataError  # noqa: E402
from baselines.heads import SOURCES  # noqa: E402
from baselines.training.heads.batches import batches  # noqa: E402
from baselines.training.heads.datasets import FeatureDataset  # noqa: E402
from baselines.training.heads.samplers import BUFFER, ShuffledSampler  # noqa: E402
from tests.baselines.training.heads.made_features import make_cache, make_rows  # noqa: E402

VIDEOS = {"5_left": 30, "5_right": 20, "12": 9, "2": 40}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return make_cache(tmp_path_factory.mktemp("features"), VIDEOS)


def make_dataset(cache, source="embedding", task="mtl"):
    return FeatureDataset(cache, make_rows(cache, task, VIDEOS), source=source)


def readers():
    return [thread for thread in threading.enumerate() if thread.name.startswith("read-ahead")]


@pytest.mark.parametrize("source", SOURCES)
@settings(max_examples=settings.default.max_examples // 2)
@given(data=st.data(), batch_size=st.integers(1, 12), buffer=st.integers(1, 40))
def test_batches_are_to_the_bit_those_of_a_plain_loop(cache, source, data, batch_size, buffer):
    dataset = make_dataset(cache, source)
    order = data.draw(st.lists(st.integers(0, len(dataset) - 1), max_size=60))
    # All of them before any is looked at: memory that is used again must not show.
    found = list(batches(dataset, order, batch_size=batch_size, buffer=buffer))
    expected = list(DataLoader(dataset, batch_size=batch_size, sampler=order))
    assert len(found) == len(expected)
    for batch, (x, labels, known) in zip(found, expected, strict=True):
        for one, other in ((batch.x, x), (batch.labels, labels), (batch.known, known)):
            assert one.dtype == other.dtype
            assert torch.equal(one, other)


def test_an_order_is_an_array_or_a_sampler(cache):
    dataset = make_dataset(cache)
    sampler = ShuffledSampler(len(dataset), seed=0, block=4, buffer=16)
    from_sampler = batches(dataset, sampler, batch_size=8, buffer=16)
    from_array = batches(dataset, sampler.order(), batch_size=8, buffer=16)
    for one, other in zip(from_sampler, from_array, strict=True):
        assert torch.equal(one.x, other.x)


def test_all_batches_but_the_last_are_full(cache):
    dataset = make_dataset(cache)
    order = np.arange(50)
    sizes = [len(batch.x) for batch in batches(dataset, order, batch_size=8, buffer=20)]
    assert sizes == [8] * 6 + [2]


class Watched(FeatureDataset):
    """A data set that tells when a buffer has been read."""

    def gather(self, indices, *, out=None):
        """Read, and tell."""
        result = super().gather(indices, out=out)
        self.reads.release()
        return result


def test_one_buffer_is_read_ahead_and_no_more(cache):
    dataset = Watched(cache, make_rows(cache, "mtl", VIDEOS), source="embedding")
    dataset.reads = threading.Semaphore(0)
    given_out = batches(dataset, np.arange(40), batch_size=4, buffer=8)
    for _ in range(2):
        next(given_out)
        assert dataset.reads.acquire(timeout=10)
    # Two buffers are read while the first is being used, and the third only after it.
    assert not dataset.reads.acquire(timeout=0.1)
    next(given_out)
    assert dataset.reads.acquire(timeout=10)
    given_out.close()


def test_whoever_stops_early_leaves_no_thread_behind(cache):
    for batch in batches(make_dataset(cache), np.arange(40), batch_size=2, buffer=4):
        assert len(batch.x) == 2
        assert len(readers()) == 1
        break
    assert readers() == []


def test_an_error_of_the_reader_comes_to_the_consumer_and_ends_it(tmp_path):
    cache = make_cache(tmp_path, VIDEOS)
    dataset = make_dataset(cache)
    shutil.rmtree(cache.folder / "2")
    with pytest.raises(DataError, match=r"no features of this video"):
        list(batches(dataset, np.arange(len(dataset)), batch_size=4, buffer=4))
    assert readers() == []


def test_batches_before_an_error_are_given(tmp_path):
    cache = make_cache(tmp_path, VIDEOS)
    dataset = make_dataset(cache)
    last = int(dataset.rows.video[-1])
    before = int((dataset.rows.video < last).sum())
    shutil.rmtree(cache.folder / dataset.rows.videos[last])
    given_out = batches(dataset, np.arange(len(dataset)), batch_size=4, buffer=4)
    assert [len(next(given_out).x) for _ in range(before // 4)] == [4] * (before // 4)
    with pytest.raises(DataError):
        next(given_out)


def peak(dataset, buffer=BUFFER):
    order = ShuffledSampler(len(dataset), seed=0, block=8, buffer=buffer).order()
    tracemalloc.start()
    try:
        for batch in batches(dataset, order, batch_size=32, buffer=buffer):
            assert len(batch.x) <= 32
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_grows_with_the_buffer_and_not_with_the_cache(tmp_path):
    width, buffer = 512, 256
    peaks = {}
    for n_frames in (2000, 8000):
        videos = {f"video{i}": n_frames // 10 for i in range(10)}
        cache = make_cache(tmp_path / str(n_frames), videos, width)
        dataset = FeatureDataset(cache, make_rows(cache, "expr", videos), source="embedding")
        peak(dataset, buffer)
        peaks[n_frames] = peak(dataset, buffer)
    row = 2 * width
    assert peaks[2000] > 2 * buffer * row
    assert peaks[8000] < 3 * buffer * row < len(dataset) * row / 4
    assert peaks[8000] < 1.2 * peaks[2000]


def test_a_small_set_takes_no_whole_buffer(cache):
    dataset = make_dataset(cache)
    peak(dataset)
    assert peak(dataset) < 100_000 < BUFFER * dataset.n_inputs
