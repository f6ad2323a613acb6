"""Training ends with two ONNX files that were measured."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")

from baselines.model import Backbone  # noqa: E402
from baselines.networks.table import EFFICIENTNET_LITE0, Stage  # noqa: E402
from baselines.training import backbone, command  # noqa: E402
from baselines.training.backbone import Recipe  # noqa: E402
from tests.baselines.training.test_ferplus import CLASSES, COLUMNS, save  # noqa: E402

TINY = replace(
    EFFICIENTNET_LITE0,
    shape=replace(
        EFFICIENTNET_LITE0.shape,
        stages=(Stage(repeats=1, channels=4, kernel=3, stride=1, expansion=1),),
        stem_channels=4,
        embedding=8,
    ),
)


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Write 16 faces, and shrink the network and its images."""
    for module in (backbone, command):
        small = replace(backbone.PREPROCESSING, size=16)
        monkeypatch.setattr(module, "EFFICIENTNET_LITE0", TINY)
        monkeypatch.setattr(module, "PREPROCESSING", small)
    monkeypatch.setattr(command, "lite0_imagenet", dict)
    rows = [{COLUMNS[i % 8]: 10} for i in range(16)]
    images = np.random.default_rng(0).integers(0, 256, (16, 12, 12), np.uint8)
    return save(tmp_path / "faces.npz", *rows, images=images)


def test_a_run_is_trained_exported_quantised_and_measured(data, tmp_path, capsys):
    threads, out = torch.get_num_threads(), tmp_path / "run"
    recipe = Recipe(epochs=1, head_epochs=1, batch_size=8)
    text = command.train_and_export(data, data, out=out, recipe=recipe, threads=1)
    torch.set_num_threads(threads)
    for line, name in zip(text.splitlines(), ("backbone", "backbone.int8"), strict=True):
        assert line.startswith(f"{out / name}.onnx: 0.0 MB, accuracy 0.")
        assert all(f"{emotion} " in line for emotion in CLASSES)
        card = Backbone.load(out / f"{name}.onnx").card
        assert (card.outputs, card.scores) == (CLASSES, "logits")
        assert (card.network, card.trained_on) == (TINY.name, ("ImageNet", "FER+"))
    assert "epoch 2/2: loss" in capsys.readouterr().err
    # A finished run is exported again, and is the same.
    assert command.train_and_export(data, data, out=out, recipe=recipe) == text
