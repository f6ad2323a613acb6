"""The commands around weights: from a file to predictions in two of them."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

pytest.importorskip("onnx")

from abawkit.errors import DataError, UsageError
from abawkit.protocol import find_challenge
from baselines.card import EMOTIONS_8, VA
from baselines.checkpoints import importing
from baselines.checkpoints.catalogue import CHECKPOINTS
from baselines.checkpoints.cli import models
from baselines.checkpoints.store import file_path, model_path
from baselines.model import load_predictor
from baselines.networks.table import NETWORKS
from baselines.zero_shot import zero_shot_head
from submissions.decide import output_names
from tests.baselines.checkpoints import handmade
from tests.baselines.checkpoints.servers import served, status
from tests.baselines.fakes import save_noise

TASKS = ("va", "expr", "au", "mtl")
ONNX = [row for row in CHECKPOINTS.values() if row.format == "onnx"]
VGAF = CHECKPOINTS["enet_b0_8_best_vgaf.onnx"]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Keep what is fetched and imported in a folder of the test."""
    monkeypatch.setenv("ABAWKIT_HOME", str(tmp_path / "home"))
    for name in ("ABAWKIT_MIRROR", "ABAWKIT_OFFLINE"):
        monkeypatch.delenv(name, raising=False)


def call(*arguments):
    """Run a command; give its exit code and what it prints, or raise its error."""
    result = CliRunner().invoke(models, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def write_published(path, row, monkeypatch):
    """Write a small network that takes and gives what the published one does."""
    monkeypatch.setattr(handmade, "SIZE", row.preprocessing.size)
    path.write_bytes(handmade.network(n_scores=len(row.outputs)).SerializeToString())
    monkeypatch.setattr(importing, "identify", lambda _: (row, "it"))
    return path


@pytest.mark.parametrize("row", ONNX, ids=lambda row: row.name)
def test_a_published_file_predicts_every_task_after_its_import(row, tmp_path, monkeypatch):
    source = write_published(tmp_path / "download", row, monkeypatch)
    code, printed = call("import", source)
    assert code == 0
    assert printed.startswith(f"{row.name}: {row.network}, {row.preprocessing.size} x ")
    image = Image.open(save_noise(tmp_path / "face.jpg", 3))
    for task in TASKS:
        predictor = load_predictor(find_challenge(task), model=row.name)
        outputs = predictor.predict(predictor.prepare(image)[None])
        assert outputs.shape == (1, len(output_names(find_challenge(task))))
        clipped = "clipped to [-1, 1]" in str(predictor)
        assert clipped == (task in {"va", "mtl"} and set(VA) <= set(row.outputs))


def test_the_list_names_every_published_file():
    code, printed = call("list")
    assert code == 0
    assert set(CHECKPOINTS) <= set(printed.split())
    rows = json.loads(call("list", "--json")[1])
    assert {row["file"] for row in rows} >= set(CHECKPOINTS)


def test_what_a_server_sends_is_not_taken_for_what_was_asked():
    with served() as server:
        server.expect(status(200, b"something else"))
        with pytest.raises(DataError, match=VGAF.blob):
            call("pull", VGAF.file, "--mirror", server.url)
        assert server.asked[0][0] == f"/{VGAF.file}"
    assert not file_path(VGAF).exists()


def test_without_a_network_it_is_told_what_to_fetch_and_where_to_put_it():
    with pytest.raises(DataError) as raised:
        call("pull", VGAF.name, "--offline")
    for fact in (VGAF.url, str(file_path(VGAF)), VGAF.blob, "abawkit models verify"):
        assert fact in str(raised.value)


def test_an_unknown_model_is_refused_before_anything_is_fetched():
    with pytest.raises(UsageError, match="enet_b0_8_best_vgaf"):
        call("pull", VGAF.name, "enet_b0_8_best_vgag", "--offline")


def test_checking_files_tells_right_from_wrong():
    assert call("verify") == (0, "no files here yet: abawkit models pull NAME\n")
    file_path(VGAF).parent.mkdir(parents=True)
    file_path(VGAF).write_text("<html>")
    code, printed = call("verify")
    assert code == 1
    assert "a web page" in printed


def test_a_model_of_ones_own_goes_through_all_commands(tmp_path, monkeypatch):
    monkeypatch.setattr(handmade, "SIZE", 112)
    source = tmp_path / "mine.onnx"
    source.write_bytes(handmade.network(n_scores=8).SerializeToString())
    call("import", source, "--network", "mobilefacenet", "--name", "mine2")
    frames = tmp_path / "faces" / "video"
    for index in range(3):
        save_noise(frames / f"{index:05d}.jpg", index)
    head = zero_shot_head(find_challenge("au"), load_predictor(find_challenge("au"), model="mine2")
                          .backbone.card)  # fmt: skip
    head.save(tmp_path / "head.npz")
    out = tmp_path / "out"
    formats = "float32,float16,int8"
    options = {"--out": out, "--format": formats, "--frames": tmp_path / "faces",
               "--head": tmp_path / "head.npz"}  # fmt: skip
    code, printed = call("export", "mine2", *(part for pair in options.items() for part in pair))
    assert code == 0
    assert all(name in printed for name in formats.split(","))
    assert {path.name for path in out.iterdir()} == {
        f"mine2{name}{ending}" for name in ("", ".float16", ".int8")
        for ending in (".onnx", ".card.md")
    }  # fmt: skip
    image = Image.open(frames / "00000.jpg")
    direct = load_predictor(find_challenge("au"), model="mine2")
    merged = load_predictor(find_challenge("au"), model=str(out / "mine2.onnx"))
    assert merged.identity["head"].startswith("merged")
    np.testing.assert_allclose(
        merged.predict(merged.prepare(image)[None]),
        direct.predict(direct.prepare(image)[None]),
        atol=1e-5,
    )


def test_names_of_scores_are_taken_apart(tmp_path, monkeypatch):
    monkeypatch.setattr(handmade, "SIZE", 112)
    source = tmp_path / "mine.onnx"
    source.write_bytes(handmade.network(n_scores=3).SerializeToString())
    names = EMOTIONS_8[:3]
    call("import", source, "--network", "mobilefacenet", "--outputs", ", ".join(names))
    assert load_predictor(find_challenge("au"), model="mine").backbone.card.outputs == names
    assert model_path("mine").with_suffix(".card.md").exists()
    assert NETWORKS["mobilefacenet"].preprocessing.size == 112
