"""A network says the same in torch, in ONNX Runtime and, nearly, in 8 bits."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")

from baselines.checkpoints.export import export_onnx, quantise  # noqa: E402
from baselines.model import CARD, Backbone  # noqa: E402
from baselines.networks import EFFICIENTNET_LITE0, EfficientNet, Stage  # noqa: E402
from baselines.preprocessing import Preprocessing  # noqa: E402

TINY = replace(
    EFFICIENTNET_LITE0,
    stages=(
        Stage(repeats=1, channels=4, kernel=3, stride=1, expansion=1),
        Stage(repeats=2, channels=6, kernel=5, stride=2, expansion=2),
    ),
    stem_channels=4,
    embedding=10,
)
CLASSES = ("Anger", "Neutral", "Surprise")
PREPROCESSING = Preprocessing(size=32, colour="grey", mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.4))


def images(n, seed=0):
    return np.random.default_rng(seed).normal(size=(n, 3, 32, 32)).astype(np.float32)


def export(network, path):
    export_onnx(network, path, name="tiny", classes=CLASSES, preprocessing=PREPROCESSING)


@pytest.fixture(scope="module")
def network():
    """Make a tiny network whose statistics are not those of a new one."""
    torch.manual_seed(0)
    network = EfficientNet(TINY, classes=3)
    for _ in range(20):
        network(torch.from_numpy(images(8)))
    return network.eval()


@pytest.fixture(scope="module")
def exported(tmp_path_factory, network):
    """Write it as ONNX, in 32 and in 8 bits."""
    folder = tmp_path_factory.mktemp("export")
    export(network, folder / "whole.onnx")
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
    card = {"name": "tiny", "classes": list(CLASSES), "preprocessing": asdict(PREPROCESSING)}
    assert entry.key == CARD
    assert json.loads(entry.value) == json.loads(json.dumps(card))
    backbone = Backbone.load(exported / file)
    assert (backbone.name, backbone.classes) == ("tiny", CLASSES)
    assert backbone.preprocessing == PREPROCESSING


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
    weight = tensors["conv_head.weight_quantized"]
    assert weight.data_type == onnx.TensorProto.INT8
    assert list(tensors["conv_head.weight_scale"].dims) == [10]


def test_a_network_in_training_and_in_another_layout_is_exported_as_it_predicts(
    tmp_path, network, exported
):
    torch.manual_seed(0)
    other = EfficientNet(TINY, classes=3, drop_rate=0.5)
    other.load_state_dict(network.state_dict())
    export(other.to(memory_format=torch.channels_last).train(), tmp_path / "other.onnx")
    found = Backbone.load(tmp_path / "other.onnx")(images(3))
    expected = Backbone.load(exported / "whole.onnx")(images(3))
    np.testing.assert_allclose(found[1], expected[1], atol=1e-5)
