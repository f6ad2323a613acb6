"""Training ends with two ONNX files that were measured; a stage starts where another ended."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")

from abawkit.errors import UsageError  # noqa: E402
from baselines.card import EMOTIONS_8  # noqa: E402
from baselines.model import Backbone  # noqa: E402
from baselines.networks.table import NETWORKS  # noqa: E402
from baselines.training import command  # noqa: E402
from baselines.training.command import Settings, model_name, plan, train_and_export  # noqa: E402
from baselines.training.layouts.reading import Reading  # noqa: E402
from baselines.training.recipe import STAGES, Recipe  # noqa: E402
from baselines.training.start import Start  # noqa: E402
from tests.baselines.training.layouts.test_affectnet import annotate  # noqa: E402
from tests.baselines.training.recipes import RECIPE, train_an_epoch  # noqa: E402
from tests.baselines.training.test_ferplus import COLUMNS, save  # noqa: E402
from tests.baselines.training.tiny import faces, write_faces  # noqa: E402

TINY_RUN = Settings(
    network="tiny", size=16, start="none", threads=1, values={"epochs": 1, "batch_size": 8}
)
FERPLUS = replace(faces(4), dataset="FER+")


@pytest.fixture(autouse=True)
def _threads():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def run(train, valid, out, settings=TINY_RUN, **options):
    """Train as the command does; give what it prints."""
    return train_and_export(train, valid, out=out, settings=settings, reading=Reading(**options))


def test_a_run_is_trained_exported_quantised_and_measured(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(
        command, "read_start", lambda *_: Start(weights={}, trained_on=("ImageNet",))
    )
    rows = [{COLUMNS[i % 8]: 10} for i in range(16)]
    images = np.random.default_rng(0).integers(0, 256, (16, 12, 12), np.uint8)
    data, out = save(tmp_path / "faces.npz", *rows, images=images), tmp_path / "run"
    text = run(data, data, out)
    for line, name in zip(text.splitlines(), ("backbone", "backbone.int8"), strict=True):
        assert line.startswith(f"{out / name}.onnx: 0.0 MB, accuracy 0.")
        assert all(f"{emotion} " in line for emotion in EMOTIONS_8)
        card = Backbone.load(out / f"{name}.onnx").card
        assert (card.name, card.network) == ("tiny_ferplus", "tiny")
        assert (card.outputs, card.scores) == (EMOTIONS_8, "logits")
        assert (card.trained_on, card.licence) == (("ImageNet", "FER+"), "Apache-2.0")
    assert "epoch 2/2: loss" in (err := capsys.readouterr().err)
    assert "tiny, 16 x 16 grey: 16 images of 8 classes, 16 to validate; adamw, 1 epochs" in err
    # A finished run is exported again, and is the same.
    assert run(data, data, out) == text


def test_a_stage_of_expressions_starts_where_one_of_faces_ended(tmp_path, capsys):
    write_faces(
        tmp_path / "vggface2" / "train",
        [f"n00000{who}/{at}.jpg" for who in range(3) for at in range(6)],
    )
    settings = replace(TINY_RUN, dataset=None)
    text = run(tmp_path / "vggface2", None, tmp_path / "faces", settings, held_out=0.2)
    first = Backbone.load(tmp_path / "faces" / "backbone.onnx")
    assert (first.card.outputs, first.card.trained_on) == ((), ("VGGFace2",))
    assert (first.card.name, first.card.licence) == ("tiny_vggface2", "")
    assert text.count("embeddings only, mean cosine ") == 2
    assert "mean cosine 1.0000 with those in 32 bits\n" in text
    for part in ("train_set", "val_set"):
        (tmp_path / "affectnet" / part).mkdir(parents=True)
        for number in range(10):
            annotate(tmp_path / "affectnet" / part, number, np.array(number))
    settings = Settings(
        start=str(tmp_path / "faces"), threads=1, values={"epochs": 1, "head_epochs": 1}
    )
    run(tmp_path / "affectnet", None, tmp_path / "expressions", settings)
    second = Backbone.load(tmp_path / "expressions" / "backbone.onnx")
    assert second.card.outputs == EMOTIONS_8
    assert second.card.trained_on == ("VGGFace2", "AffectNet")
    assert second.card.preprocessing == first.card.preprocessing
    err = capsys.readouterr().err
    assert "15 images of 3 persons, 3 to validate; sam, 0 epochs" in err
    assert "train_set: left out are 1 None, 1 Uncertain" in err
    assert "8 images of 8 classes, 8 to validate; sam, 1 epochs of the classifier" in err


def test_the_bundled_model_is_what_ferplus_gives_by_default():
    assert plan(Settings(), FERPLUS) == (Recipe(), "imagenet")


@pytest.mark.parametrize(
    ("changes", "name"),
    [({"identities": True}, "faces"), ({"dataset": "AffectNet"}, "expressions"), ({}, "ferplus")],
)
def test_the_data_tell_the_recipe_unless_it_is_named(changes, name):
    data = replace(FERPLUS, **changes)
    assert plan(Settings(), data) == (STAGES[name].recipe, STAGES[name].start)
    for other, stage in STAGES.items():
        assert plan(Settings(recipe=other), data) == (stage.recipe, stage.start)


def test_every_value_of_a_recipe_can_be_changed():
    values = {"epochs": 3, "rate": 0.5, "optimizer": "sam", "seed": 0, "batch_size": None}
    recipe, start = plan(
        Settings(values=values, augment="none", size=64, colour="rgb", start="none"), FERPLUS
    )
    assert (recipe.epochs, recipe.rate, recipe.optimizer, recipe.seed) == (3, 0.5, "sam", 0)
    assert (recipe.batch_size, recipe.augmentation.erasing, start) == (32, 0.0, "none")
    assert (recipe.preprocessing.size, recipe.preprocessing.colour) == (64, "rgb")
    assert recipe.preprocessing.mean == Recipe().preprocessing.mean


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        (Settings(recipe="stage1"), "no recipe 'stage1'; there are ferplus, faces, expressions"),
        (Settings(colour="red"), "expected colour to be rgb, bgr, grey, found 'red'"),
        (Settings(values={"rate": -1.0}), "expected rate to be a number from 0"),
        (Settings(network="b0"), "say it in full"),
    ],
)
def test_what_is_not_known_is_refused(settings, what):
    with pytest.raises(UsageError, match=what):
        plan(settings, FERPLUS)


def test_a_run_brings_its_network_unless_another_is_named(tmp_path):
    train_an_epoch(tmp_path)
    start = str(tmp_path)
    data = replace(FERPLUS, dataset="AffectNet")
    for network in (None, "tiny"):
        recipe, _ = plan(Settings(start=start, network=network), data)
        assert (recipe.network, recipe.preprocessing) == ("tiny", RECIPE.preprocessing)
    recipe, _ = plan(Settings(start=start, network="rexnet_150"), data)
    assert recipe.preprocessing == NETWORKS["rexnet_150"].preprocessing


@pytest.mark.parametrize(
    ("dataset", "slug"),
    [("FER+", "ferplus"), ("VGGFace2", "vggface2"), ("?", "own"), ("Aff-Wild2", "affwild2")],
)
def test_a_model_is_named_after_its_network_and_data(dataset, slug):
    assert model_name("tiny", dataset) == f"tiny_{slug}"


def test_a_recipe_that_is_named_tells_whether_folders_are_persons(tmp_path, monkeypatch):
    write_faces(tmp_path, [f"{who}/{at}.jpg" for who in ("happy", "sad") for at in range(2)])
    with pytest.raises(UsageError, match="there is no validation part"):
        run(tmp_path, None, tmp_path / "run", replace(TINY_RUN, recipe="expressions"))
    made = []
    monkeypatch.setattr(command, "_run", made.append)
    monkeypatch.setattr(command, "_export", lambda _: ("whole", "small"))
    monkeypatch.setattr(command, "_describe", lambda path, *_: path)
    run(tmp_path, None, tmp_path / "run", replace(TINY_RUN, recipe="faces", dataset="Mine"))
    assert (made[0].train.identities, made[0].trained_on) == (True, ("Mine",))
