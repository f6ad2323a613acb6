"""VGG16 has the names of VGG-Face's layers, and its embedding is the last but one, activated."""

import pytest

torch = pytest.importorskip("torch")

from baselines.networks.build import build_network  # noqa: E402
from baselines.networks.table import VGGFACE, VggShape  # noqa: E402
from baselines.networks.vgg import Vgg  # noqa: E402
from tests.baselines.networks.filling import filled, images  # noqa: E402

TINY = VggShape(blocks=((1, 4), (2, 6)), embedding=10)
SHAPES = {
    "conv1_1": (64, 3, 3, 3),
    "conv1_2": (64, 64, 3, 3),
    "conv2_1": (128, 64, 3, 3),
    "conv3_3": (256, 256, 3, 3),
    "conv4_1": (512, 256, 3, 3),
    "conv5_3": (512, 512, 3, 3),
    "fc6": (4096, 25088),
    "fc7": (4096, 4096),
    "fc8": (2622, 4096),
}


def test_layers_have_the_names_and_sizes_of_the_release():
    with torch.device("meta"):
        state = build_network(VGGFACE, 2622).state_dict()
    assert {name: tuple(state[f"{name}.weight"].shape) for name in SHAPES} == SHAPES
    assert len(state) == 2 * (13 + 3)


def test_the_embedding_is_the_activated_layer_before_the_classifier():
    network, batch, seen = filled(Vgg(TINY, n_outputs=3, size=8)), images(4, 8), []
    network.fc7.register_forward_hook(lambda *call: seen.append(call[2]))
    embedding, scores = network(batch)
    torch.testing.assert_close(embedding, seen[0].clamp(min=0))
    assert (seen[0] < 0).any()
    torch.testing.assert_close(scores, network.fc8(embedding))


def test_a_network_takes_the_size_that_it_was_built_for():
    for size, features in ((8, 6 * 2 * 2), (15, 6 * 3 * 3)):
        network = Vgg(TINY, n_outputs=3, size=size)
        assert network.fc6.in_features == features
        assert tuple(network(torch.zeros(2, 3, size, size)).scores.shape) == (2, 3)
