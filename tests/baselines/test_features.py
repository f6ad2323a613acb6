"""Images go through a model in order, lazily, once each, and without knowing of one another."""

import threading

import numpy as np
import pytest

from abawkit.errors import ModelError
from abawkit.protocol import find_challenge
from baselines.features import BATCH_SIZE, Job, run_model
from baselines.model import load_predictor
from tests.baselines.fakes import Fake, save_frames, save_noise

MTL = find_challenge("mtl")


def jobs(root, frames, video="v"):
    return [Job(video=video, frame=i, path=root / video / f"{i:05d}.jpg") for i in frames]


def rows(predictor, listed, **options):
    return np.array([result.outputs for result in run_model(predictor, listed, **options)])


@pytest.fixture
def fake():
    """Give a model that does next to nothing."""
    return Fake(MTL)


@pytest.fixture(scope="module")
def noise(tmp_path_factory):
    """Write 40 images of several sizes."""
    root = tmp_path_factory.mktemp("noise")
    for i in range(1, 41):
        save_noise(root / "v" / f"{i:05d}.jpg", i, size=(112, 112) if i % 3 else (64 + i, 90))
    return jobs(root, range(1, 41))


@pytest.fixture(scope="module")
def bundled():
    """Load the bundled model for all three tasks."""
    return load_predictor(MTL)


@pytest.fixture(scope="module")
def expected(bundled, noise):
    """Predict every image in the order of the disk."""
    return rows(bundled, noise)


@pytest.mark.parametrize("n", [0, 1, BATCH_SIZE - 1, BATCH_SIZE, BATCH_SIZE + 1, 50])
@pytest.mark.parametrize("threads", [1, 3])
def test_every_image_is_predicted_once_and_in_order(tmp_path, fake, n, threads):
    save_frames(tmp_path, "v", range(1, n + 1))
    results = list(run_model(fake, jobs(tmp_path, range(1, n + 1)), threads=threads))
    assert [result.job.frame for result in results] == list(range(1, n + 1))
    assert all(result.outputs.shape == (22,) and not result.problem for result in results)
    assert len(fake.batches) == -(-n // BATCH_SIZE)
    assert {len(batch) for batch in fake.batches} <= {BATCH_SIZE}


def test_batches_go_across_videos(tmp_path, fake):
    listed = []
    for video in "abcdefghijklmnop"[: BATCH_SIZE // 2]:
        save_frames(tmp_path, video, [1, 2])
        listed += jobs(tmp_path, [1, 2], video)
    results = list(run_model(fake, listed))
    assert len(fake.batches) == 1
    assert [result.job for result in results] == listed


def test_images_are_read_a_few_batches_ahead_only(tmp_path, fake):
    save_frames(tmp_path, "v", [1])
    taken = []

    def endless():
        while True:
            taken.append(1)
            yield from jobs(tmp_path, [1])

    results = run_model(fake, endless(), threads=2, batch_size=4)
    for done in range(1, 60):
        next(results)
        assert len(taken) <= done + 4 * 4
    results.close()


def test_a_run_that_is_left_leaves_no_thread(tmp_path, fake):
    save_frames(tmp_path, "v", range(1, 60))
    before = threading.active_count()
    results = run_model(fake, jobs(tmp_path, range(1, 60)), threads=2)
    next(results)
    assert threading.active_count() > before
    results.close()
    assert threading.active_count() == before


def test_the_bundled_model_gives_finite_outputs_that_differ(expected):
    assert expected.shape == (40, 22)
    assert np.isfinite(expected).all()
    assert len(np.unique(expected, axis=0)) > 10


@pytest.mark.parametrize("seed", [0, 1])
def test_the_order_of_the_images_changes_no_bit(bundled, noise, expected, seed):
    order = np.random.default_rng(seed).permutation(40)
    result = rows(bundled, [noise[i] for i in order])
    np.testing.assert_array_equal(result, expected[order])


@pytest.mark.parametrize("start", [3, 25, 39])
def test_where_a_run_begins_changes_no_bit(bundled, noise, expected, start):
    np.testing.assert_array_equal(rows(bundled, noise[start:]), expected[start:])


def test_threads_change_no_bit(bundled, noise, expected):
    np.testing.assert_array_equal(rows(bundled, noise, threads=3), expected)


def test_a_broken_neighbour_changes_no_bit(tmp_path, bundled, noise, expected):
    broken = tmp_path / "00001.jpg"
    broken.write_bytes(b"")
    listed = [*noise[:3], Job(video="v", frame=99, path=broken), *noise[3:20]]
    results = list(run_model(bundled, listed))
    assert results[3].outputs is None
    good = np.array([result.outputs for result in results if result.outputs is not None])
    np.testing.assert_array_equal(good, expected[:20])


def damage(path, how):
    data = path.read_bytes()
    if how == "missing":
        path.unlink()
    elif how == "folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(
            {"empty": b"", "text": b"not an image", "half": data[: len(data) // 2]}[how]
        )


@pytest.mark.parametrize("how", ["empty", "text", "half", "missing", "folder"])
def test_an_image_that_cannot_be_read_is_told_and_passed_over(tmp_path, fake, how):
    save_frames(tmp_path, "v", range(1, 6), size=(64, 64))
    damage(tmp_path / "v" / "00003.jpg", how)
    results = list(run_model(fake, jobs(tmp_path, range(1, 6))))
    assert [result.job.frame for result in results] == [1, 2, 3, 4, 5]
    assert [result.outputs is None for result in results] == [False, False, True, False, False]
    assert [bool(result.problem) for result in results] == [False, False, True, False, False]


def test_images_none_of_which_can_be_read_need_no_model(tmp_path, fake):
    results = list(run_model(fake, jobs(tmp_path, range(1, 20))))
    assert [result.outputs for result in results] == [None] * 19
    assert not fake.batches


@pytest.mark.parametrize(
    ("outputs", "fragment"),
    [
        (np.zeros((3, 22)), rf"expected {BATCH_SIZE} rows of outputs, found shape \(3, 22\)"),
        (np.zeros(BATCH_SIZE), rf"expected {BATCH_SIZE} rows of outputs, found shape \(\d+,\)"),
        (np.full((BATCH_SIZE, 22), np.nan), "the model gave an output that is not finite"),
        (np.full((BATCH_SIZE, 22), np.inf), "the model gave an output that is not finite"),
        (np.full((BATCH_SIZE, 22), 1e300), "the model gave an output that is not finite"),
        (None, "expected numbers as outputs, found object"),
        ([["0.5"] * 22] * BATCH_SIZE, "expected numbers as outputs, found <U3"),
        ([[1j] * 22] * BATCH_SIZE, "expected numbers as outputs, found complex128"),
        ([[None] * 22] * BATCH_SIZE, "expected numbers as outputs, found object"),
        ([[0.5]] + [[0.5, 0.5]] * (BATCH_SIZE - 1), "the outputs are no array of numbers"),
    ],
)
def test_a_model_that_gives_no_row_an_image_is_refused(tmp_path, fake, outputs, fragment):
    save_frames(tmp_path, "v", [1, 2])
    fake.predict = lambda _: outputs
    with pytest.raises(ModelError, match=fragment):
        list(run_model(fake, jobs(tmp_path, [1, 2])))


@pytest.mark.parametrize(
    ("second", "fragment"),
    [
        (np.zeros(4), r"cannot be stacked, of shapes \(3,\), \(4,\)"),
        ([[1], [1, 2]], r"cannot be stacked, of shapes \(3,\), <class 'list'>"),
    ],
)
def test_inputs_of_unequal_shapes_are_an_error_of_the_model(tmp_path, fake, second, fragment):
    save_frames(tmp_path, "v", [1, 2])
    given = [np.zeros(3), second]
    fake.prepare = lambda _: given.pop(0)
    with pytest.raises(ModelError, match=f"fake: inputs from prepare {fragment}"):
        list(run_model(fake, jobs(tmp_path, [1, 2])))


@pytest.mark.parametrize("error", [ValueError, SyntaxError, RuntimeError, AttributeError])
def test_an_image_on_which_pillow_stumbles_is_told_and_passed_over(
    tmp_path, fake, monkeypatch, error
):
    def broken(*_, **__):
        msg = "so and so"
        raise error(msg)

    save_frames(tmp_path, "v", [1, 2, 3])
    (tmp_path / "v" / "00002.jpg").write_bytes(b"not a JPEG")
    monkeypatch.setattr("baselines.decoding.Image.open", broken)
    results = list(run_model(fake, jobs(tmp_path, [1, 2, 3])))
    assert [result.outputs is None for result in results] == [False, True, False]
    assert results[1].problem == f"not a whole image: {error.__name__}: so and so"
