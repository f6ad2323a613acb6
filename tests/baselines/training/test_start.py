"""Training starts from ImageNet, a file, an earlier stage, or nothing, and knows what they saw."""

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from abawkit.errors import DataError, ModelError, UsageError  # noqa: E402
from baselines.checkpoints.imagenet import lite0_imagenet  # noqa: E402
from baselines.networks.build import build_network  # noqa: E402
from baselines.networks.table import EFFICIENTNET_LITE0, NETWORKS  # noqa: E402
from baselines.training import start  # noqa: E402
from baselines.training.start import (  # noqa: E402
    UnfinishedRunWarning,
    network_of_run,
    read_start,
)
from tests.baselines.training.recipes import (  # noqa: E402
    RECIPE,
    SMALL,
    assert_equal,
    change,
    train,
    train_an_epoch,
    weights,
)
from tests.baselines.training.tiny import TINY  # noqa: E402


def test_nothing_to_start_from_is_random_weights():
    begun = read_start("none", TINY)
    assert (begun.weights, begun.trained_on) == ({}, ())


def test_expressions_have_to_be_told_where_to_start():
    with pytest.raises(UsageError, match="say --start RUN, the folder of stage 1; or a file of"):
        read_start("", TINY)


def test_imagenet_is_the_package_of_lite0():
    begun = read_start("imagenet", EFFICIENTNET_LITE0)
    assert_equal(begun.weights, lite0_imagenet())
    assert begun.trained_on == ("ImageNet",)


def test_there_are_imagenet_weights_of_lite0_only():
    with pytest.raises(UsageError, match="of efficientnet_lite0 only; give --start a file of tho"):
        read_start("imagenet", TINY)


@pytest.mark.parametrize("n_outputs", [7, 0])
def test_a_file_of_weights_is_read_whatever_its_classifier(tmp_path, n_outputs):
    state = build_network(TINY, n_outputs).state_dict()
    torch.save(state, tmp_path / "w.pt")
    begun = read_start(str(tmp_path / "w.pt"), TINY)
    assert_equal(begun.weights, state)
    assert begun.trained_on == ("?",)


def test_a_published_file_tells_what_it_was_trained_on(tmp_path, monkeypatch):
    torch.save(build_network(TINY, 0).state_dict(), tmp_path / "w.pt")
    blob = "496a7036adeb300a6371d99bcccb28404f2f52d5"
    monkeypatch.setattr(start, "git_blob_id", lambda _: blob)
    assert read_start(str(tmp_path / "w.pt"), TINY).trained_on == ("VGGFace2",)


def test_a_file_of_another_network_is_refused(tmp_path):
    torch.save(build_network(TINY, 3).state_dict(), tmp_path / "w.pt")
    with pytest.raises(ModelError, match=r"w\.pt: not the weights of tf_efficientnet_b0"):
        read_start(str(tmp_path / "w.pt"), NETWORKS["tf_efficientnet_b0"])


def test_a_network_that_pools_otherwise_is_refused(tmp_path, monkeypatch):
    torch.save(build_network(TINY, 3).state_dict(), tmp_path / "w.pt")
    other = build_network(TINY, 3, pooling="max")
    monkeypatch.setattr(start, "build", lambda *_, **__: other)
    with pytest.raises(ModelError, match=r"w\.pt: this tiny pads or pools otherwise than those"):
        read_start(str(tmp_path / "w.pt"), TINY)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"no\.pt: no such file"):
        read_start(str(tmp_path / "no.pt"), TINY)


def test_a_run_gives_its_averaged_weights_and_what_they_saw(tmp_path):
    train(tmp_path)
    change(tmp_path, lambda state: state.update(trained_on=("A", "B")))
    begun = read_start(str(tmp_path), TINY)
    assert_equal(begun.weights, weights(tmp_path))
    assert begun.trained_on == ("A", "B")


def test_a_run_of_another_network_is_refused_even_if_its_weights_fit(tmp_path):
    train(tmp_path)
    with pytest.raises(ModelError, match="expected a run of other, found one of tiny"):
        read_start(str(tmp_path), replace(TINY, name="other"))


def test_a_run_of_an_earlier_version_is_one_on_ferplus(tmp_path):
    train(tmp_path)
    change(tmp_path, lambda state: state.pop("trained_on"))
    assert read_start(str(tmp_path), TINY).trained_on == ("ImageNet", "FER+")


def test_a_run_that_is_not_finished_is_started_from_with_a_warning(tmp_path):
    train_an_epoch(tmp_path)
    with pytest.warns(UnfinishedRunWarning, match="has done 1 of its 3 epochs"):
        read_start(str(tmp_path), TINY)


def test_a_run_tells_its_network_and_what_that_is_given(tmp_path):
    train_an_epoch(tmp_path, replace(RECIPE, epochs=0))
    assert network_of_run(tmp_path) == ("tiny", SMALL)
    assert network_of_run(tmp_path / "imagenet") is None


def test_a_folder_without_a_run_is_refused(tmp_path):
    for read in (network_of_run, lambda folder: read_start(str(folder), TINY)):
        with pytest.raises(
            ModelError, match=r"expected the folder of a run of train-backbone, fo"
        ):
            read(tmp_path)


@pytest.mark.parametrize(
    "changes", [{"network": "b9"}, {"preprocessing": {"size": 0}}, {"preprocessing": 3}]
)
def test_a_run_of_no_known_network_is_refused(tmp_path, changes):
    train_an_epoch(tmp_path)
    change(tmp_path, lambda state: state["recipe"].update(changes))
    with pytest.raises(ModelError, match=r"checkpoint\.pt: a run of no network that is known he"):
        network_of_run(tmp_path)
