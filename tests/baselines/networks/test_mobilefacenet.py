"""MobileFaceNet has InsightFace's names; its residuals add what they take."""

import pytest

torch = pytest.importorskip("torch")

from baselines.networks.build import build_network  # noqa: E402
from baselines.networks.mobilefacenet import Layers, MobileFaceNet  # noqa: E402
from baselines.networks.table import MOBILEFACENET, MobileFaceNetShape  # noqa: E402
from tests.baselines.networks.filling import images  # noqa: E402

INSIGHTFACE = {
    "layers.0.layers.0.weight": (128, 3, 3, 3),
    "layers.0.layers.1.running_var": (128,),
    "layers.0.layers.2.weight": (128,),
    "layers.1.layers.0.weight": (128, 2, 3, 3),
    "layers.2.layers.0.layers.0.weight": (128, 128, 1, 1),
    "layers.2.layers.1.layers.0.weight": (128, 1, 3, 3),
    "layers.2.layers.2.layers.1.bias": (128,),
    "layers.3.layers.3.layers.0.layers.0.weight": (128, 128, 1, 1),
    "layers.4.layers.0.layers.0.weight": (256, 128, 1, 1),
    "layers.5.layers.5.layers.2.layers.0.weight": (256, 256, 1, 1),
    "layers.6.layers.1.layers.0.weight": (512, 1, 3, 3),
    "layers.7.layers.1.layers.1.layers.2.weight": (256,),
    "conv_sep.layers.0.weight": (512, 256, 1, 1),
    "features.layers.0.layers.0.weight": (512, 1, 7, 7),
    "features.layers.2.weight": (512, 512),
    "features.layers.3.running_mean": (512,),
    "fc.weight": (10, 512),
}


def test_parameters_have_insightfaces_names():
    with torch.device("meta"):
        network = build_network(MOBILEFACENET, 10)
    state = network.state_dict()
    assert {name: tuple(state[name].shape) for name in INSIGHTFACE} == INSIGHTFACE
    assert sum(parameter.numel() for parameter in network.parameters()) == 2_064_650


def test_a_large_network_begins_with_residuals_instead_of_a_grouped_convolution():
    shape = MobileFaceNetShape(blocks=(2, 8, 12, 4), scale=4, embedding=512)
    with torch.device("meta"):
        network = MobileFaceNet(shape, n_outputs=0).eval()
        embedding = network(torch.zeros(1, 3, 112, 112)).embedding
    assert [len(network.layers[index].layers) for index in (1, 3, 5, 7)] == [2, 8, 12, 4]
    assert tuple(embedding.shape) == (1, 512)


def test_a_residual_is_added_to_its_input():
    layer, x = torch.nn.Conv2d(3, 3, 1).double(), images(1, 4)
    assert torch.equal(Layers(layer)(x), layer(x))
    assert torch.equal(Layers(layer, residual=True)(x), x + layer(x))
