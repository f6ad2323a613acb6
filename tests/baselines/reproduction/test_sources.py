"""Features and annotations are found where they should be, or what is wrong is told."""

import numpy as np
import pytest

from abawkit.errors import DataError, UsageError
from abawkit.protocol import find_challenge
from abawkit.track import Track
from baselines.reproduction.sources import (
    PARTS,
    Annotations,
    choose_caches,
    find_parts,
    parse_networks,
    read_annotations,
)
from baselines.reproduction.tables import NETWORKS
from tests.baselines.reproduction.tiny_data import TRAIN, VALID, write_annotations, write_features


@pytest.mark.parametrize("task", PARTS)
def test_both_parts_of_a_task_are_read(tmp_path, task):
    write_annotations(tmp_path)
    found = read_annotations(tmp_path, task)
    assert (sorted(found.train), sorted(found.valid)) == (sorted(TRAIN), sorted(VALID))


@pytest.mark.parametrize("task", PARTS)
def test_a_part_that_is_not_there_is_named(tmp_path, task):
    (tmp_path / PARTS[task][0]).mkdir(parents=True)
    with pytest.raises(DataError, match=f"no {PARTS[task][1]}; expected the organisers"):
        find_parts(tmp_path, task)


def test_other_labels_have_another_digest(tmp_path):
    write_annotations(tmp_path / "a")
    write_annotations(tmp_path / "b", shift=0.001)
    digests = [read_annotations(tmp_path / name, "va").digest for name in "aab"]
    assert digests[0] == digests[1] != digests[2]


def test_a_label_that_is_taken_back_changes_the_digest(tmp_path):
    write_annotations(tmp_path)
    before = read_annotations(tmp_path, "mtl").digest
    file = tmp_path / PARTS["mtl"][1]
    file.write_text("\n".join(file.read_text().splitlines()[:-1]) + "\n")
    assert read_annotations(tmp_path, "mtl").digest != before


VALUES = np.zeros((4, 2))


def digest(train, valid=(), *, listed=None):
    """Give the digest of videos of the same labels."""
    parts = [
        {name: Track.of(name, VALUES, listed=listed) for name in part} for part in (train, valid)
    ]
    return Annotations(challenge=find_challenge("va", 3), train=parts[0], valid=parts[1]).digest


def test_other_names_parts_and_listed_frames_have_another_digest():
    some = np.array([True, True, True, False])
    digests = [digest("ab"), digest("ac"), digest("a", "b"), digest("ab", listed=some)]
    digests.append(digest("ab", listed=np.ones(4, bool)))
    assert len(set(digests)) == 5


def test_networks_are_the_papers_unless_another_is_given():
    assert parse_networks([]) == NETWORKS
    assert parse_networks(["EfficientNet-B0=mine"]) == {**NETWORKS, "EfficientNet-B0": "mine"}


@pytest.mark.parametrize("text", ["EfficientNet-B1=mine", "EfficientNet-B0", "EfficientNet-B0="])
def test_a_network_that_the_paper_has_not_is_refused(text):
    with pytest.raises(UsageError, match=f"--network '{text}': expected NETWORK=NAME"):
        parse_networks([text])


def test_networks_without_features_are_left_out(tmp_path):
    write_features(tmp_path, ("enet_b2_8",))
    assert list(choose_caches(tmp_path, NETWORKS, NETWORKS)) == ["EfficientNet-B2"]


def test_no_features_at_all_are_an_error_that_says_how_to_make_them(tmp_path):
    write_features(tmp_path, ("another",))
    with pytest.raises(DataError, match=r"no features of mobilenet_7, .* found another. 'abawkit"):
        choose_caches(tmp_path, NETWORKS, NETWORKS)


def test_two_caches_of_one_network_are_refused_by_name(tmp_path):
    write_features(tmp_path, ("enet_b2_8",))
    write_features(tmp_path, ("enet_b2_8",), provider="CUDAExecutionProvider")
    first, second = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(UsageError) as error:
        choose_caches(tmp_path, NETWORKS, NETWORKS)
    assert first in str(error.value)
    assert second in str(error.value)


def test_two_caches_of_a_network_that_is_not_wanted_do_no_harm(tmp_path):
    write_features(tmp_path, ("enet_b2_8", "mobilenet_7"))
    write_features(tmp_path, ("enet_b2_8",), provider="CUDAExecutionProvider")
    assert list(choose_caches(tmp_path, NETWORKS, ["MobileNet v1"])) == ["MobileNet v1"]
