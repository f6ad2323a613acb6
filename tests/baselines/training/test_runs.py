"""A folder of a run goes on with what it was begun with, and with nothing else."""

from dataclasses import asdict, replace

import pytest

torch = pytest.importorskip("torch")

from abawkit.errors import DataError, ModelError  # noqa: E402
from baselines.training.images import GreyImages  # noqa: E402
from baselines.training.recipe import recorded  # noqa: E402
from tests.baselines.training.recipes import (  # noqa: E402
    RECIPE,
    assert_equal,
    change,
    train,
    train_an_epoch,
    trainer,
    weights,
)
from tests.baselines.training.tiny import faces  # noqa: E402


def flipped(faces, name):
    """Change one number of the images or of the targets."""
    if name == "images":
        pixels = faces.images.pixels.copy()
        pixels[-1, -1, -1] += 1
        return replace(faces, images=GreyImages(pixels=pixels))
    targets = faces.targets.copy()
    targets[-1, -1] += 1
    return replace(faces, targets=targets)


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"data": flipped(faces(20), "images")}, "train"),
        ({"data": flipped(faces(20), "targets")}, "train"),
        ({"data": replace(faces(20), classes=("a", "b", "d"))}, "train"),
        ({"valid": flipped(faces(10, 1), "images")}, "valid"),
        ({"valid": flipped(faces(10, 1), "targets")}, "valid"),
        ({"start": {"bn1.num_batches_tracked": torch.tensor(7)}}, "start"),
        ({"data": faces(21), "valid": faces(11, 1)}, "train, valid"),
    ],
)
def test_a_run_of_other_data_is_refused(tmp_path, options, what):
    train_an_epoch(tmp_path)
    with pytest.raises(ModelError, match=rf"checkpoint\.pt: made with other data \({what}\); cho"):
        trainer(tmp_path, **options)


def test_the_classifier_of_the_start_is_no_part_of_the_data(tmp_path):
    train_an_epoch(tmp_path)
    assert len(trainer(tmp_path, start={"classifier.weight": torch.ones(1)}).done) == 1


def test_a_checkpoint_that_does_not_tell_its_data_is_taken_up(tmp_path):
    train(tmp_path / "whole")
    for _ in range(3):
        made = trainer(tmp_path / "old")
        next(made.run(lambda _: None))
        change(tmp_path / "old", lambda state: state.pop("data"))
    assert len(made.done) == 3
    assert_equal(weights(tmp_path / "old"), weights(tmp_path / "whole"))


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04", b"\x80\x02cos\nsystem\n."])
def test_a_checkpoint_that_cannot_be_read_is_refused_in_a_line(tmp_path, content):
    (tmp_path / "checkpoint.pt").write_bytes(content)
    with pytest.raises(ModelError, match=r"checkpoint\.pt: cannot read this .*; delete") as caught:
        trainer(tmp_path)
    assert "\n" not in str(caught.value)
    assert "weights_only" not in str(caught.value)


@pytest.mark.parametrize("state", [{}, [1], torch.zeros(2), {"recipe": {}}, {"a": torch.ones(1)}])
def test_a_file_of_torch_that_is_none_of_ours_is_refused(tmp_path, state):
    torch.save(state, tmp_path / "checkpoint.pt")
    with pytest.raises(
        ModelError, match=r"checkpoint\.pt: not a checkpoint of abawkit, for it la"
    ):
        trainer(tmp_path)


@pytest.mark.parametrize("key", ["recipe", "data", "done", "network", "averaged", "optimizer"])
def test_a_checkpoint_whose_part_is_of_another_type_is_refused(tmp_path, key):
    train_an_epoch(tmp_path)
    change(tmp_path, lambda state: state.update({key: "text"}))
    with pytest.raises(ModelError, match=f"not a checkpoint of abawkit, for it lacks {key}; "):
        trainer(tmp_path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("done", [{"epoch": 1}]),
        ("done", [1]),
        ("network", {}),
        ("averaged", {}),
        ("optimizer", {}),
    ],
)
def test_a_checkpoint_whose_parts_do_not_fit_is_refused(tmp_path, key, value):
    recipe = replace(RECIPE, head_epochs=2)
    train_an_epoch(tmp_path, recipe)
    change(tmp_path, lambda state: state.update({key: value}))
    with pytest.raises(
        ModelError, match=r"checkpoint\.pt: not a checkpoint of this run"
    ) as caught:
        trainer(tmp_path, recipe)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("inside", [".", "run"])
def test_a_folder_that_is_a_file_is_refused(tmp_path, inside):
    file = tmp_path / "file"
    file.write_text("mine")
    with pytest.raises(DataError, match=rf"{file}.*: cannot make this folder: "):
        trainer(file / inside)
    assert file.read_text() == "mine"


# What recipes did not have when they trained FER+ only.
NEW = ("network", "preprocessing", "schedule", "optimizer", "rho")


def test_a_run_of_an_earlier_version_is_taken_up(tmp_path, monkeypatch):
    monkeypatch.setattr("baselines.training.runs.recorded", recorded_for_the_tiny_network)
    train_an_epoch(tmp_path / "whole")
    train_an_epoch(tmp_path / "old")
    change(tmp_path / "old", forget)
    for name in ("whole", "old"):
        assert len(train(tmp_path / name)) == 2
    assert_equal(weights(tmp_path / "old"), weights(tmp_path / "whole"))


def forget(state):
    """Leave out of a checkpoint what earlier versions did not write."""
    for name in NEW:
        del state["recipe"][name]
    del state["recipe"]["augmentation"]["saturation"], state["trained_on"]


def recorded_for_the_tiny_network(recipe):
    """Complete a recipe as if the bundled model's network were the tiny one."""
    now = recorded(recipe)
    own = {name: getattr(RECIPE, name) for name in ("network",)}
    return now | own | {"preprocessing": asdict(RECIPE.preprocessing)}


def test_the_values_that_differ_are_named(tmp_path):
    train_an_epoch(tmp_path)
    with pytest.raises(ModelError, match=r"\(other: rate, seed\)"):
        trainer(tmp_path, replace(RECIPE, seed=1, rate=1.0))
