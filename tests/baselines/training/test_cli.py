"""Every option of train-backbone reaches what it is for."""

from dataclasses import fields
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

pytest.importorskip("torch")

from abawkit.errors import UnknownChallengeError
from baselines.training import command
from baselines.training.cli import train_backbone
from baselines.training.command import Settings
from baselines.training.layouts.reading import Reading
from baselines.training.recipe import Recipe

NOT_VALUES = {"network", "preprocessing", "augmentation"}


@pytest.fixture
def call(monkeypatch):
    """Run the command up to the training; give what that would get."""
    given = {}

    def train(train, valid, **options):
        given.update(options, train=train, valid=valid)
        return "measured"

    monkeypatch.setattr(command, "train_and_export", train)
    app = typer.Typer()
    app.command()(train_backbone)

    def run(*arguments):
        result = CliRunner().invoke(app, arguments)
        if result.exception:
            raise result.exception
        assert result.stdout == "measured\n"
        return given

    return run


def test_by_default_the_recipe_decides(call):
    given = call("data")
    values = given["settings"].values
    assert (given["train"], given["valid"]) == (Path("data"), None)
    assert given["out"] == Path("runs/backbone")
    assert set(values.values()) == {None}
    assert given["settings"] == Settings(values=values)
    assert given["reading"] == Reading()


def test_every_number_of_a_recipe_has_an_option(call):
    values = call("data")["settings"].values
    assert values.keys() == {field.name for field in fields(Recipe)} - NOT_VALUES


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        ("epochs", "0", 0), ("head-epochs", "2", 2), ("batch-size", "2", 2),
        ("rate", "1e-5", 1e-5),
        ("head-rate", "1e-2", 1e-2), ("schedule", "constant", "constant"), ("rho", "0", 0.0),
        ("optimizer", "sam", "sam"), ("weight-decay", "0", 0.0), ("class-weight", "1", 1.0),
        ("ema-decay", "0", 0.0), ("drop-rate", "0", 0.0), ("drop-path-rate", "0", 0.0),
        ("seed", "0", 0),
    ],
)  # fmt: skip
def test_a_value_is_passed_on(call, option, text, value):
    given = call("a", "b", f"--{option}", text)
    assert given["settings"].values[option.replace("-", "_")] == value


def test_what_else_there_is_to_say_is_passed_on(call):
    settings = call(
        *("a", "b", "--recipe", "faces", "--start", "none", "--network", "lite0", "--size", "64"),
        *("--colour", "bgr", "--augment", "none", "--dataset", "D", "--device", "cuda"),
        *("--threads", "2"),
    )["settings"]
    assert settings == Settings(
        recipe="faces", start="none", network="lite0", size=64, colour="bgr", augment="none",
        dataset="D", device="cuda", threads=2, values=settings.values,
    )  # fmt: skip


def test_how_data_are_read_is_passed_on(call):
    reading = call(
        *("a", "b", "--classes", "7", "--held-out", "0.2", "--whole-images", "--allow-missing"),
        *("--frames", "cropped", "--edition", "6"),
    )["reading"]
    assert (reading.n_classes, reading.held_out, reading.whole_images) == (7, 0.2, True)
    assert (reading.allow_missing, reading.frames) == (True, Path("cropped"))
    assert reading.challenge.name == "abaw6-expr"


def test_a_challenge_that_is_not_known_is_refused(call):
    with pytest.raises(UnknownChallengeError):
        call("a", "b", "--frames", "cropped", "--task", "smile")
