"""The list of weights says what each file is, and whether it is here."""

import hashlib
import json
from dataclasses import replace

import pytest

from abawkit.errors import UsageError
from abawkit.protocol import CHALLENGES
from baselines.checkpoints.catalogue import BUNDLED, CHECKPOINTS
from baselines.checkpoints.eligibility import summary
from baselines.checkpoints.listing import models_as_json, models_as_text, models_in_detail
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


def test_the_state_follows_the_files(monkeypatch):
    content = b"weights"
    blob = hashlib.sha1(b"blob 7\0" + content).hexdigest()  # noqa: S324 - git's
    row = replace(CHECKPOINTS["enet_b0_7.pt"], blob=blob)
    monkeypatch.setattr(
        "baselines.checkpoints.listing.CHECKPOINTS", {**CHECKPOINTS, row.file: row}
    )
    assert states()[row.file] == "absent"
    file_path(row).write_bytes(content[:-1])
    assert states()[row.file] == "wrong"
    file_path(row).write_bytes(content)
    assert states()[row.file] == "downloaded"
    model_path(row.name).touch()
    assert states()[row.file] == "imported"
    assert states()[BUNDLED.file] == "bundled"
    assert cells()[row.file][-1] == "imported"


def test_a_file_that_cannot_be_read_is_wrong():
    row = CHECKPOINTS["enet_b0_7.pt"]
    file_path(row).mkdir()
    assert states()[row.file] == "wrong"


def test_models_of_ones_own_are_listed(folder):
    text = models_as_text()
    for name in ("mine.v2", "b", "enet_b0_7", BUNDLED.name):
        model_path(name).touch()
    (folder / "models" / "mine.md").touch()
    assert "models of your own" not in text
    assert "\nmodels of your own: b, mine.v2\n\noutputs: " in models_as_text()
    path = folder / "models" / "mine.v2.onnx"
    expected = {"name": "mine.v2", "file": path.name, "path": str(path), "state": "imported"}
    rows = json.loads(models_as_json())
    assert rows[-1] == expected
    assert len(rows) == 1 + len(CHECKPOINTS) + 2


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


@pytest.mark.parametrize("row", [BUNDLED, *CHECKPOINTS.values()], ids=lambda row: row.file)
def test_all_is_told_of_a_file(row):
    told = models_in_detail([row.file])
    assert told.startswith(f"{row.file}\n")
    facts = (row.network, *row.outputs, *row.trained_on, row.licence, row.note, row.url, row.blob)
    assert [fact for fact in facts if fact not in told] == []
    assert (summary(row.trained_on) in told) == bool(row.network)
    assert len(told.split("\n\n")) == 1


def test_a_model_stands_for_each_of_its_files():
    told = models_in_detail(["mbf_va_mtl", "mtcnn.pb"]).split("\n\n")
    assert [part.splitlines()[0] for part in told] == [
        "mbf_va_mtl.pt", "mbf_va_mtl.onnx", "mtcnn.pb",
    ]  # fmt: skip
    assert [row["file"] for row in json.loads(models_as_json(["mbf_va_mtl"]))] == [
        "mbf_va_mtl.pt", "mbf_va_mtl.onnx",
    ]  # fmt: skip


def test_a_model_that_is_not_listed_is_refused():
    with pytest.raises(UsageError, match="mbf_va_mtl"):
        models_in_detail(["mbf_va_mtk"])
