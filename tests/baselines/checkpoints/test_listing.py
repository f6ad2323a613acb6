"""The list of weights says what each file is, and whether it is here."""

import json

import pytest

from abawkit.protocol import CHALLENGES
from baselines.checkpoints.catalogue import BUNDLED, CHECKPOINTS
from baselines.checkpoints.listing import models_as_json, models_as_text
from baselines.checkpoints.store import file_path, model_path


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ABAWKIT_HOME", str(tmp_path))
    for name in ("files", "models"):
        (tmp_path / name).mkdir()
    return tmp_path


def cells():
    """Give the columns of each file, by its name."""
    lines = models_as_text().split("\n\n")[0].splitlines()
    return {line.split()[0]: line.replace(", ", ",").split()[1:] for line in lines[1:]}


def states():
    return {row["file"]: row["state"] for row in json.loads(models_as_json())}


def test_every_file_has_one_line():
    assert list(cells()) == [BUNDLED.file, *CHECKPOINTS]


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (BUNDLED.file, "efficientnet_lite0 112 8 ImageNet,FER+ bundled"),
        ("enet_b0_8_va_mtl.pt", "tf_efficientnet_b0 224 8+VA VGGFace2,AffectNet absent"),
        ("enet_b2_7.onnx", "tf_efficientnet_b2 260 7 VGGFace2,AffectNet absent"),
        ("state_vggface2_enet2.pt", "tf_efficientnet_b2 260 - VGGFace2 absent"),
        ("mtcnn.pb", "- - - - absent"),
    ],
)
def test_a_line_says_what_a_file_is(file, expected):
    assert cells()[file] == expected.split()


def test_lines_fit_a_terminal():
    lines = models_as_text().replace(str(file_path(BUNDLED).parents[1]), "").splitlines()
    assert max(map(len, lines)) <= 110


def test_the_legend_explains_and_names_the_folder(folder):
    legend = models_as_text().split("\n\n")[1]
    words = ("+VA", "research", "imported", "downloaded", str(folder))
    assert all(word in legend for word in words)


def test_the_state_follows_the_files():
    row = CHECKPOINTS["enet_b0_7.pt"]
    assert states()[row.file] == "absent"
    file_path(row).touch()
    assert states()[row.file] == "downloaded"
    model_path(row.name).touch()
    assert states()[row.file] == "imported"
    assert states()[BUNDLED.file] == "bundled"
    assert cells()[row.file][-1] == "imported"


def test_json_has_every_fact(folder):
    rows = {row["file"]: row for row in json.loads(models_as_json())}
    row = rows["enet_b2_8.pt"]
    checkpoint = CHECKPOINTS["enet_b2_8.pt"]
    for fact in ("name", "url", "blob", "network", "scores", "licence", "note", "format"):
        assert row[fact] == getattr(checkpoint, fact)
    assert row["outputs"] == list(checkpoint.outputs)
    assert row["preprocessing"]["size"] == 260
    assert row["formerly"][1]["blob"] == "aea7ddad"
    assert row["published"]["affectnet_8"] == 63.03
    assert row["file_path"] == str(folder / "files" / "enet_b2_8.pt")
    assert row["model_path"] == str(folder / "models" / "enet_b2_8.onnx")


def test_json_answers_for_every_challenge():
    for row in json.loads(models_as_json()):
        assert list(row["eligibility"]) == list(CHALLENGES)
        assert row["eligibility"]["abaw11-ah"] in row["eligibility_summary"]


def test_json_has_no_paths_for_what_has_none():
    rows = {row["file"]: row for row in json.loads(models_as_json())}
    assert rows[BUNDLED.file]["file_path"] is None
    assert rows[BUNDLED.file]["model_path"] is None
    assert rows["mtcnn.pb"]["model_path"] is None
    assert rows["mtcnn.pb"]["preprocessing"] is None
