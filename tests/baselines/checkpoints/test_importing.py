"""Files of every kind become the same model, and what cannot is refused with a way on."""

import os
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")
pytest.importorskip("h5py")

from abawkit.errors import DataError, MissingDependencyError, ModelError, UsageError  # noqa: E402
from baselines.card import EMOTIONS_7, EMOTIONS_8, VA, Card  # noqa: E402
from baselines.checkpoints import importing  # noqa: E402
from baselines.checkpoints.catalogue import CHECKPOINTS  # noqa: E402
from baselines.checkpoints.export import export_onnx  # noqa: E402
from baselines.checkpoints.graph import with_embedding  # noqa: E402
from baselines.checkpoints.importing import find_source, import_model  # noqa: E402
from baselines.checkpoints.onnxfile import with_card  # noqa: E402
from baselines.checkpoints.store import file_path, git_blob_id, model_path  # noqa: E402
from baselines.model import Backbone  # noqa: E402
from baselines.networks.build import build_network  # noqa: E402
from baselines.networks.table import MOBILENET_V1, NETWORKS  # noqa: E402
from tests.baselines.checkpoints import handmade  # noqa: E402
from tests.baselines.checkpoints.standins import (  # noqa: E402
    save_keras,
    save_module,
    settled,
)

B0 = NETWORKS["tf_efficientnet_b0"]
# Every network that a published file is of, with the number of outputs of one.
PUBLISHED = {
    row.network: len(row.outputs) for row in CHECKPOINTS.values() if row.network and row.outputs
}
KERAS = {
    "conv1": {"strides": [2, 2]},
    "conv1_pad": {"padding": [[0, 1], [0, 1]]},
    "feats": {"activation": "relu"},
    "emotion_preds": {"activation": "softmax"},
}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Keep what is imported in a folder of the test."""
    monkeypatch.setenv("ABAWKIT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def made(network=B0, n=8):
    return settled(build_network(network, n), network.preprocessing.size)


def save_state(network, path):
    torch.save(network.state_dict(), path)
    return path


def images(size, n=2):
    return np.random.default_rng(5).normal(size=(n, 3, size, size)).astype(np.float32)


def assert_says_the_same(network, path, size):
    batch = images(size)
    with torch.inference_mode():
        expected = network(torch.from_numpy(batch))
    for wanted, found in zip(expected, Backbone.load(path)(batch), strict=True):
        assert wanted.abs().max() > 1e-2
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)


def write_published(network, path):
    """Write an ONNX file as published ones are: one output, the scores of a Gemm at the end."""
    whole = path.with_suffix(".whole.onnx")
    card = Card(name="x", outputs=EMOTIONS_8, scores="logits", preprocessing=B0.preprocessing)
    export_onnx(network, whole, card=card)
    model = onnx.load(whole)
    del model.metadata_props[:]
    graph = model.graph
    kept = [output for output in graph.output if output.name == "scores"]
    del graph.output[:]
    graph.output.extend(kept)
    onnx.save(model, path)
    return path


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_every_published_network_goes_from_weights_to_the_same_model(name, tmp_path):
    row, n = NETWORKS[name], PUBLISHED[name]
    network = made(row, n)
    if row is MOBILENET_V1:
        source = save_keras(network, tmp_path / "file.h5", config=KERAS)
    else:
        source = save_state(network, tmp_path / "file.pt")
    result = import_model(source, network=name)
    assert result.path == model_path("file")
    assert result.card.network == name
    assert result.card.outputs == {7: EMOTIONS_7, 8: EMOTIONS_8, 10: EMOTIONS_8 + VA}[n]
    assert result.card.scores == row.scores
    assert result.card.preprocessing == row.preprocessing
    assert str(result).endswith("\npredict with it: --model file")
    assert_says_the_same(network, result.path, row.preprocessing.size)


@pytest.fixture(scope="module")
def b0(tmp_path_factory):
    """Write one network as three kinds of file."""
    folder = tmp_path_factory.mktemp("b0")
    network = made()
    return network, {
        "state": save_state(network, folder / "state.pt"),
        "module": save_module(network, folder / "module.pt"),
        "onnx": write_published(network, folder / "b0.onnx"),
    }


@pytest.mark.parametrize("kind", ["module", "onnx"])
def test_every_kind_of_file_gives_the_same_model(kind, b0, tmp_path):
    network, files = b0
    given = None if kind == "module" else "tf_efficientnet_b0"
    result = import_model(files[kind], network=given, out=tmp_path / "out.onnx")
    assert result.card.network == ("" if kind == "onnx" else "tf_efficientnet_b0")
    assert result.card.outputs == EMOTIONS_8
    assert_says_the_same(network, tmp_path / "out.onnx", 224)


def test_an_onnx_file_keeps_its_scores_to_the_bit(b0, tmp_path):
    source = b0[1]["onnx"]
    result = import_model(source, network="b0", out=tmp_path / "out.onnx")
    batch = images(224, 3)
    (before,) = onnxruntime.InferenceSession(source).run(None, {"input": batch})
    session = onnxruntime.InferenceSession(result.path)
    np.testing.assert_array_equal(session.run(["scores"], {"input": batch})[0], before)


def test_the_card_tells_where_a_model_comes_from(b0, tmp_path):
    source = b0[1]["onnx"]
    result = import_model(source, network="b0", name="mine", out=tmp_path / "out.onnx")
    assert result.card.name == "mine"
    assert result.card.source == f"b0.onnx, git blob {git_blob_id(source)}"
    page = (tmp_path / "out.card.md").read_text()
    assert page.startswith("# mine\n")
    for fact in ("not one of abawkit's", git_blob_id(source), ", ".join(EMOTIONS_8), "224 x 224"):
        assert fact in page
    assert "not one of the published files" in str(result)
    assert str(result).endswith(f"--model {tmp_path / 'out.onnx'}")


def test_an_imported_file_is_imported_again_as_it_is(b0, tmp_path):
    first = import_model(b0[1]["onnx"], network="b0", out=tmp_path / "first.onnx")
    again = import_model(first.path, out=tmp_path / "again.onnx")
    assert again.card == replace(first.card, name="first")
    with pytest.raises(UsageError, match="the file says what it is itself"):
        import_model(first.path, network="b0", out=tmp_path / "third.onnx")


def test_a_published_file_is_known_by_its_contents(b0, tmp_path, monkeypatch):
    # As if this file were the published one of another name.
    row = replace(CHECKPOINTS["enet_b0_8_best_vgaf.pt"], blob=git_blob_id(b0[1]["onnx"]))
    monkeypatch.setattr(importing, "identify", lambda blob: (row, "it") if blob == row.blob else 0)
    result = import_model(b0[1]["onnx"], out=tmp_path / "out.onnx")
    assert result.card.name == "enet_b0_8_best_vgaf"
    assert result.card.network == "tf_efficientnet_b0"
    assert result.card.trained_on == row.trained_on
    assert result.card.licence == row.licence
    assert "allowed: abaw8-va" in (tmp_path / "out.card.md").read_text()


def test_a_published_file_that_is_no_network_is_refused(tmp_path, monkeypatch):
    row = CHECKPOINTS["mtcnn.pb"]
    monkeypatch.setattr(importing, "identify", lambda _: (row, "it"))
    (tmp_path / "x.pb").write_bytes(b"x")
    with pytest.raises(
        ModelError, match=r"x\.pb: mtcnn\.pb is no network to predict with: .*MTCN"
    ):
        import_model(tmp_path / "x.pb")


def test_an_onnx_file_without_its_preprocessing_is_refused(b0):
    with pytest.raises(UsageError, match="say whose preprocessing it has with --network, one of"):
        import_model(b0[1]["onnx"])


def test_scores_without_names_are_refused(tmp_path):
    source = save_state(made(n=5), tmp_path / "five.pt")
    with pytest.raises(UsageError, match=r"gives 5 scores, and none is named; .*--outputs"):
        import_model(source, network="tf_efficientnet_b0")
    with pytest.raises(UsageError, match="gives 5 scores, and 2 are named"):
        import_model(source, network="tf_efficientnet_b0", outputs=["a", "b"])
    with pytest.raises(UsageError, match=r"five: .*different"):
        import_model(source, network="tf_efficientnet_b0", outputs=list("aabcd"))


def test_names_that_nobody_gave_are_told(b0, tmp_path):
    source, out = b0[1]["onnx"], tmp_path / "out.onnx"
    told = str(import_model(source, network="b0", out=out))
    assert f"its 8 scores are taken for {', '.join(EMOTIONS_8)}; if not, give --outputs" in told
    named = str(import_model(source, network="b0", outputs=EMOTIONS_8, out=out))
    assert "are taken for" not in named


@pytest.mark.parametrize("name", ["enet_b0_8_best_vgaf", "efficientnet_lite0_ferplus"])
def test_another_file_does_not_get_a_published_name(name, b0, tmp_path):
    with pytest.raises(UsageError, match=f"{name} is the name of a published model, and this is"):
        import_model(b0[1]["onnx"], network="b0", name=name, out=tmp_path / "out.onnx")
    source = tmp_path / f"{name}.onnx"
    source.write_bytes(b0[1]["onnx"].read_bytes())
    with pytest.raises(UsageError, match="fetch it again, or give another --name"):
        import_model(source, network="b0")


@pytest.mark.parametrize(
    ("out", "error", "message"),
    [
        ("folder", UsageError, r"folder is a folder; name the file in it, such as .*b0\.onnx"),
        ("x.pt", UsageError, r"give --out a name that ends in \.onnx"),
    ],
)
def test_a_target_that_cannot_be_is_told_before_the_work(out, error, message, b0, tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(error, match=message):
        import_model(b0[1]["onnx"], network="nonsense", out=tmp_path / out)


@pytest.mark.parametrize("name", ["", "a/b"])
def test_a_name_that_is_none_is_refused(name, b0, tmp_path):
    with pytest.raises(UsageError, match="expected the name of a model, without folders"):
        import_model(b0[1]["onnx"], network="b0", name=name, out=tmp_path / "out.onnx")


def test_a_folder_is_no_file_of_weights(tmp_path):
    with pytest.raises(DataError, match="is a folder; expected a file of weights"):
        find_source(str(tmp_path))


def test_an_unknown_network_is_refused_with_those_there_are(b0):
    with pytest.raises(UsageError, match=r"no network 'b9'; there are tf_efficientnet_b0, .*rexn"):
        import_model(b0[1]["state"], network="b9")


def test_a_file_is_not_written_over_itself(b0, tmp_path):
    source = tmp_path / "file.onnx"
    source.write_bytes(b0[1]["onnx"].read_bytes())
    with pytest.raises(UsageError, match="the file to write is the one to read"):
        import_model(source, network="b0", out=source)
    assert source.read_bytes() == b0[1]["onnx"].read_bytes()


def test_a_difference_between_torch_and_onnx_runtime_is_an_error(b0, tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "_TOLERANCE", -1.0)
    with pytest.raises(ModelError, match=r"ONNX Runtime and torch differ by .* expected at most"):
        import_model(b0[1]["state"], network="tf_efficientnet_b0", out=tmp_path / "out.onnx")
    assert not (tmp_path / "out.onnx").exists()


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize("wrong", [float("nan"), 1.0])
def test_a_difference_of_either_output_counts(part, wrong, monkeypatch, tmp_path):
    class Wrong:
        def __call__(self, images):
            outputs = [
                np.ones((len(images), 4), np.float32),
                np.ones((len(images), 2), np.float32),
            ]
            outputs[part][1, 1] += wrong
            return outputs

    monkeypatch.setattr(importing.Backbone, "load", lambda _: Wrong())
    card = Card(name="x", outputs=("a", "b"), scores="logits", preprocessing=B0.preprocessing)
    ones = torch.ones(3, 4), torch.ones(3, 2)
    difference = importing._difference(lambda _: ones, tmp_path, card)  # noqa: SLF001
    assert not difference <= 0.5


def with_outputs(path, *, softmax):
    """Write a file with both outputs and no card, which may end in a softmax."""
    model = handmade.network("softmax" if softmax else "transposed", n_scores=8)
    data = with_embedding(model).SerializeToString()
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("softmax", [False, True])
def test_a_graph_tells_logits_from_probabilities(softmax, monkeypatch, tmp_path):
    monkeypatch.setattr(handmade, "SIZE", 224)
    source = with_outputs(tmp_path / "x.onnx", softmax=softmax)
    result = import_model(source, network="b0", out=tmp_path / "out.onnx")
    assert result.card.scores == ("probabilities" if softmax else "logits")
    assert result.card.network == ""


def test_a_card_that_contradicts_its_graph_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(handmade, "SIZE", 224)
    model = onnx.load(with_outputs(tmp_path / "x.onnx", softmax=True))
    card = Card(name="x", outputs=EMOTIONS_8, scores="logits", preprocessing=B0.preprocessing)
    onnx.save(with_card(model, card), tmp_path / "y.onnx")
    with pytest.raises(
        ModelError, match="its card says that the scores are logits, its graph, pro"
    ):
        import_model(tmp_path / "y.onnx", out=tmp_path / "out.onnx")


def test_networks_that_take_images_differently_are_not_mixed_up(b0, monkeypatch, tmp_path):
    both = "'x' can be vggface or vggface_bgr, which take images differently"
    rows = NETWORKS["vggface"], NETWORKS["vggface_bgr"]
    monkeypatch.setattr(importing, "find_networks", lambda _: rows)
    with pytest.raises(UsageError, match=both):
        import_model(b0[1]["onnx"], network="x", out=tmp_path / "out.onnx")


def test_a_file_that_is_too_large_is_not_even_read(tmp_path):
    with (tmp_path / "file.onnx").open("wb") as file:
        file.truncate(importing.LARGEST + 1)
    with pytest.raises(ModelError, match="2048 MiB; expected at most 2048 MiB"):
        import_model(tmp_path / "file.onnx")


def test_a_folder_that_cannot_be_written_is_an_error_of_input(b0, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match=r"/file: nothing can be written here; give another --out"):
        import_model(b0[1]["onnx"], network="b0", out=tmp_path / "file" / "out.onnx")


def test_a_missing_library_is_an_error_of_its_own(b0, monkeypatch):
    def fail(*_):
        raise ModuleNotFoundError(name="torch.nn")

    monkeypatch.setattr(importing, "_from_weights", fail)
    with pytest.raises(MissingDependencyError, match=r"^importing .*state\.pt needs torch, "):
        import_model(b0[1]["state"])


def test_a_file_on_disk_comes_before_a_published_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mbf_va_mtl").write_text("x")
    assert find_source("mbf_va_mtl") == Path("mbf_va_mtl")


@pytest.mark.parametrize("file", ["mbf_va_mtl.pt", "mbf_va_mtl.onnx"])
def test_a_name_stands_for_the_file_that_was_pulled(file):
    place = file_path(CHECKPOINTS[file])
    place.parent.mkdir(parents=True)
    place.write_text("x")
    assert find_source("mbf_va_mtl") == find_source(file) == place


def test_a_name_that_was_not_pulled_is_refused_with_how_to():
    with pytest.raises(DataError, match=r"fetch it with: abawkit models pull mbf_va_mtl\.onnx"):
        find_source("mbf_va_mtl")
    with pytest.raises(DataError, match=r"not here yet, .*pull enet_b0_7\.pt"):
        find_source("enet_b0_7.pt")
    with pytest.raises(DataError, match=r"^enet_b0_9: no such file, and "):
        find_source("enet_b0_9")


def test_nothing_is_imported_from_a_hostile_file(tmp_path):
    class Attack:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "run"),)

    torch.save({"weight": Attack()}, tmp_path / "file.pt", pickle_module=pickle)
    with pytest.raises(ModelError, match=r"posix\.mkdir"):
        import_model(tmp_path / "file.pt", network="b0")
    assert not (tmp_path / "run").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["file.pt"]
