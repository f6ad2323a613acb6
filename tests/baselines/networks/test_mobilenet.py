"""MobileNet-v1 has Keras' names, and the dense layer before the last is activated as asked for."""

import pytest

torch = pytest.importorskip("torch")

from abawkit.errors import ModelError  # noqa: E402
from baselines.networks.build import build_network  # noqa: E402
from baselines.networks.table import MOBILENET_V1  # noqa: E402
from tests.baselines.networks.filling import filled, images  # noqa: E402

# Kernels as PyTorch keeps them.
KERAS = {
    "conv1.weight": (32, 3, 3, 3),
    "conv1_bn.running_mean": (32,),
    "conv_dw_1.weight": (32, 1, 3, 3),
    "conv_dw_1_bn.weight": (32,),
    "conv_pw_1.weight": (64, 32, 1, 1),
    "conv_pw_1_bn.bias": (64,),
    "conv_pw_6.weight": (512, 256, 1, 1),
    "conv_dw_12.weight": (512, 1, 3, 3),
    "conv_dw_13.weight": (1024, 1, 3, 3),
    "conv_pw_13_bn.running_var": (1024,),
    "feats.weight": (256, 1024),
    "emotion_preds.weight": (7, 256),
    "emotion_preds.bias": (7,),
}


def small(**options):
    return filled(build_network(MOBILENET_V1, 7, **options))


def test_parameters_have_the_names_of_keras_layers():
    with torch.device("meta"):
        state = build_network(MOBILENET_V1, 7).state_dict()
    assert {name: tuple(state[name].shape) for name in KERAS} == KERAS
    # Four vectors and a counter each of 27 normalisations, and two dense layers with biases.
    assert len(state) == 27 + 27 * 5 + 4


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("linear", lambda x: x),
        ("relu", lambda x: x.clamp(min=0)),
        ("elu", lambda x: torch.where(x > 0, x, x.exp() - 1)),
        ("tanh", lambda x: 1 - 2 / (1 + (2 * x).exp())),
    ],
)
def test_the_dense_layer_is_activated_as_its_file_says(name, function):
    network, batch = small(feats_activation=name), images(2, 32)
    embedding, scores = network(batch)
    powers = network.emotion_preds(function(network.feats(embedding))).exp()
    torch.testing.assert_close(scores, powers / powers.sum(dim=1, keepdim=True))


def test_an_activation_that_is_not_known_is_refused():
    with pytest.raises(ModelError, match="activation 'swish'; expected one of linear, relu, elu"):
        build_network(MOBILENET_V1, 7, feats_activation="swish")


def test_padding_may_be_symmetric_as_in_keras_of_old():
    same, symmetric = small(), small(padding="symmetric")
    for size, alike in ((33, True), (32, False)):
        embeddings = [network(images(1, size)).embedding for network in (same, symmetric)]
        assert torch.allclose(*embeddings) == alike
