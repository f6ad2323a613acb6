"""Votes become distributions as the FER+ paper reads them."""

import numpy as np
import pytest

from abawkit.errors import DataError
from baselines.training.ferplus import read_ferplus

COLUMNS = (
    "neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt",
    "unknown", "not_a_face",
)  # fmt: skip
CLASSES = (
    "Anger", "Contempt", "Disgust", "Fear", "Happiness", "Neutral", "Sadness", "Surprise",
)  # fmt: skip


def save(path, *rows, columns=COLUMNS, **arrays):
    """Write votes given by name; image i is i everywhere."""
    votes = [[row.get(name, 0) for name in columns] for row in rows]
    content = {
        "images": np.repeat(np.arange(len(rows), dtype=np.uint8), 4).reshape(-1, 2, 2),
        "votes": np.array(votes, np.uint8).reshape(len(rows), len(columns)),
        "columns": np.array(columns),
    }
    np.savez(path, **(content | arrays))
    return path


@pytest.fixture
def path(tmp_path):
    """Name a file."""
    return tmp_path / "ferplus.npz"


def one(path, **votes):
    """Give the distribution of one image, by class."""
    (target,) = read_ferplus(save(path, votes)).targets
    return {name: share for name, share in zip(CLASSES, target.tolist(), strict=True) if share}


def test_a_single_vote_is_an_outlier(path):
    assert one(path, happiness=5, fear=1, anger=3) == {"Anger": 0.375, "Happiness": 0.625}


@pytest.mark.parametrize("kind", ["unknown", "not_a_face"])
def test_an_image_that_most_people_reject_is_left_out(path, kind):
    faces = read_ferplus(save(path, {kind: 6, "anger": 4}, {kind: 4, "anger": 6}))
    assert faces.images.pixels[:, 0, 0].tolist() == [1]
    assert faces.targets.tolist() == [[1.0, 0, 0, 0, 0, 0, 0, 0]]


def test_an_image_on_which_no_two_people_agree_is_left_out(path):
    scattered = dict.fromkeys(COLUMNS, 1)
    assert len(read_ferplus(save(path, scattered, {"fear": 9})).images) == 1


def test_classes_are_in_affectnets_order_whatever_that_of_the_columns(path):
    rows = [{name: 10} for name in COLUMNS[:8]]
    for columns in (COLUMNS, COLUMNS[::-1]):
        faces = read_ferplus(save(path, *rows, columns=columns))
        assert faces.classes == CLASSES
        assert [CLASSES[label].lower() for label in faces.labels] == list(COLUMNS[:8])


def test_targets_sum_to_1(path):
    votes = np.random.default_rng(0).multinomial(10, [0.1] * 10, size=300)
    faces = read_ferplus(save(path, *(dict(zip(COLUMNS, row, strict=True)) for row in votes)))
    assert 0 < len(faces.images) < 300
    assert (faces.targets.dtype, faces.images.pixels.dtype) == (np.float32, np.uint8)
    np.testing.assert_allclose(faces.targets.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("content", [None, b"", b"text", b"PK\x03\x04"])
def test_what_is_no_archive_is_refused(path, content):
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"ferplus\.npz: expected an \.npz with images, votes"):
        read_ferplus(path)


def test_an_archive_without_the_arrays_is_refused(path):
    np.savez(path, images=np.zeros((1, 2, 2)))
    with pytest.raises(DataError, match=r"expected an \.npz with images, votes and columns"):
        read_ferplus(path)


@pytest.mark.parametrize(
    "arrays",
    [
        {"images": np.zeros((3, 2, 2))},
        {"images": np.zeros((1, 2, 2, 3))},
        {"votes": np.zeros((1, 9))},
    ],
)
def test_arrays_that_do_not_fit_are_refused(path, arrays):
    save(path, {"anger": 10}, **arrays)
    with pytest.raises(DataError, match=r"expected images \(n, height, width\) and votes \(n, 10"):
        read_ferplus(path)


def test_columns_that_are_lacking_are_named(path):
    save(path, {"anger": 10}, columns=COLUMNS[1:9])
    with pytest.raises(DataError, match="no column of votes for neutral, not_a_face"):
        read_ferplus(path)
