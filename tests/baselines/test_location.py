"""A model is found by its name or as a file, and by nothing that leads elsewhere."""

import re

import pytest

from abawkit.errors import UsageError
from baselines.checkpoints.catalogue import BUNDLED, CHECKPOINTS
from baselines.checkpoints.store import file_path, model_path
from baselines.location import locate_model, own_models

NAME = "enet_b0_8_best_vgaf"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Give folders of one's own: that of abawkit, and the current one."""
    monkeypatch.setenv("ABAWKIT_HOME", str(tmp_path / "home"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "home"


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


@pytest.mark.parametrize("name", [NAME, "my own.model", f"{NAME}.v2"])
def test_an_imported_model_is_found_by_its_name(name):
    path = touch(model_path(name))
    assert locate_model(name) == path


def test_the_name_of_a_published_file_stands_for_its_model():
    path = touch(model_path(NAME))
    assert locate_model(f"{NAME}.pt") == path


@pytest.mark.parametrize("file", ["a.onnx", "models/a.onnx", NAME])
def test_a_file_is_taken_before_a_name(home, file):
    touch(model_path(NAME))
    path = touch(home.parent / "here" / file)
    assert locate_model(file).samefile(path)


def commands(model):
    with pytest.raises(UsageError) as caught:
        locate_model(model)
    return re.findall(r"abawkit models \w+ \S+(?: --out \S+)?", str(caught.value))


@pytest.mark.parametrize("name", [NAME, f"{NAME}.onnx", f"{NAME}.pt"])
def test_a_model_that_is_not_here_has_its_commands(name):
    assert commands(name) == [f"abawkit models pull {name}", f"abawkit models import {name}"]


@pytest.mark.parametrize("form", ["onnx", "pt"])
def test_what_was_pulled_has_only_to_be_imported(form):
    touch(file_path(CHECKPOINTS[f"{NAME}.{form}"]))
    assert commands(NAME) == [f"abawkit models import {NAME}"]
    assert commands(f"{NAME}.{form}") == [f"abawkit models import {NAME}.{form}"]


def test_a_file_that_was_not_pulled_is_pulled_though_another_format_was():
    touch(file_path(CHECKPOINTS[f"{NAME}.pt"]))
    assert len(commands(f"{NAME}.onnx")) == 2


def test_a_published_file_that_is_no_network_has_no_commands():
    (row, *_) = [row for row in CHECKPOINTS.values() if not row.network]
    with pytest.raises(
        UsageError, match=f"{re.escape(row.file)} is no network to predict with: ."
    ):
        locate_model(row.file)


@pytest.mark.parametrize("file", ["a.pt", "a.PTH", "a.h5", "a.safetensors", "sub/a.pt"])
def test_weights_have_to_be_imported_first(home, file):
    touch(home.parent / "here" / file)
    assert commands(file) == [f"abawkit models import {file} --out a.onnx"]


@pytest.mark.parametrize("model", ["nothing", "nothing.onnx", "no.pt", "..", "."])
def test_a_name_of_nothing_is_refused(model):
    with pytest.raises(UsageError, match=re.escape(f"no model {model!r}")):
        locate_model(model)


def test_a_name_of_nothing_has_a_near_match():
    with pytest.raises(UsageError, match=f"no model .*no such file, .*did you mean {NAME}"):
        locate_model(NAME.replace("best", "bets"))


def test_a_name_of_nothing_has_a_near_match_of_ones_own():
    touch(model_path("my_network"))
    with pytest.raises(UsageError, match=r"no model .*of your own there is my_network$"):
        locate_model("my_netwrok")
    with pytest.raises(UsageError) as caught:
        locate_model(NAME.replace("best", "bets"))
    assert "of your own" not in str(caught.value)


def test_models_of_ones_own_are_those_of_no_published_name():
    paths = [touch(model_path(name)) for name in ("b.v2", "a", NAME, BUNDLED.name)]
    assert list(own_models().items()) == [("a", paths[1]), ("b.v2", paths[0])]


@pytest.mark.parametrize("name", [BUNDLED.name, BUNDLED.file])
def test_the_bundled_model_is_found_by_its_name(name):
    touch(model_path(BUNDLED.name))
    path = locate_model(name)
    assert (path.name, path.parent.name) == (BUNDLED.file, "assets")
    assert path.stat().st_size > 1e6


@pytest.mark.parametrize(
    "model", ["../secret", "a/../secret", "a\\secret", "/etc/secret", "./a", ""]
)
def test_a_name_does_not_lead_out_of_the_folder_of_models(home, model):
    touch(home / "secret.onnx")
    (home / "models/a").mkdir(parents=True)
    with pytest.raises(UsageError, match=re.escape(f"no model {model!r}: no such file")):
        locate_model(model)
