"""The tensors of a file become the network that they are of, whatever wrote the file."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("h5py")
safetensors = pytest.importorskip("safetensors.torch")

from torch import nn  # noqa: E402

from abawkit.errors import ModelError, UsageError  # noqa: E402
from baselines.checkpoints.building import build, find_network, n_outputs  # noqa: E402
from baselines.checkpoints.weights import read_weights  # noqa: E402
from baselines.networks.build import build_network  # noqa: E402
from baselines.networks.table import (  # noqa: E402
    MOBILENET_V1,
    NETWORKS,
    VGGFACE,
    EfficientNetShape,
    Stage,
    VggShape,
)
from tests.baselines.checkpoints.standins import (  # noqa: E402
    TIMM_NEW,
    TIMM_OLD,
    save_keras,
    save_module,
    settled,
)

SAME = replace(
    NETWORKS["tf_efficientnet_b0"],
    name="tf_tiny",
    shape=EfficientNetShape(
        stages=(
            Stage(repeats=1, channels=8, kernel=3, stride=1, expansion=1),
            Stage(repeats=2, channels=8, kernel=5, stride=2, expansion=2),
        ),
        stem_channels=8,
        embedding=12,
        activation="silu",
        squeeze=0.25,
        padding="same",
        norm_eps=1e-3,
        norm_momentum=0.01,
    ),
)
SYMMETRIC = replace(
    SAME, name="tiny", shape=replace(SAME.shape, padding="symmetric", norm_eps=1e-5)
)
BOTH = (SAME, SYMMETRIC)
VGG = replace(
    VGGFACE,
    shape=VggShape(blocks=((1, 4), (1, 6)), embedding=10),
    preprocessing=replace(VGGFACE.preprocessing, size=8),
)
KERAS = {
    "conv1": {"strides": [2, 2]},
    "conv1_pad": {"padding": [[0, 1], [0, 1]]},
    "conv1_bn": {"epsilon": 0.001},
    "feats": {"activation": "relu"},
    "emotion_preds": {"activation": "softmax"},
}


def made(network=SAME, n=8, size=32, **options):
    return settled(build_network(network, n, **options), size)


def save_state(network, path):
    torch.save(network.state_dict(), path)
    return path


def save_legacy(network, path):
    torch.save(network.state_dict(), path, _use_new_zipfile_serialization=False)
    return path


def save_parallel(network, path):
    torch.save(nn.DataParallel(network).state_dict(), path)
    return path


def save_checkpoint(network, path):
    torch.save({"epoch": 3, "state_dict": network.state_dict(), "best": 0.5}, path)
    return path


def save_member(network, path):
    torch.save({f"backbone.{k}": v for k, v in network.state_dict().items()}, path)
    return path


def save_without_counters(network, path):
    state = {k: v for k, v in network.state_dict().items() if "num_batches" not in k}
    torch.save(state, path)
    return path


def save_safetensors(network, path):
    safetensors.save_file(network.state_dict(), path)
    return path


def save_half(network, path):
    torch.save({k: v.double() if v.is_floating_point() else v
                for k, v in network.state_dict().items()}, path)  # fmt: skip
    return path


STATES = [
    save_state, save_legacy, save_parallel, save_checkpoint, save_member, save_without_counters,
    save_safetensors, save_half,
]  # fmt: skip


def described(network, size=32):
    images = torch.from_numpy(
        np.random.default_rng(7).normal(size=(2, 3, size, size)).astype(np.float32)
    )
    with torch.inference_mode():
        return [np.asarray(part) for part in network(images)]


def assert_same(network, other, size=32):
    for expected, found in zip(described(network, size), described(other, size), strict=True):
        assert np.abs(expected).max() > 1e-3
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("save", STATES)
def test_a_state_dict_of_any_writer_gives_the_same_network(save, tmp_path):
    network = made()
    weights = read_weights(save(network, tmp_path / "file.pt"))
    assert find_network(weights, [SAME], name="file") is SAME
    assert_same(network, build(weights, SAME, name="file"))


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("places", [TIMM_OLD, TIMM_NEW])
@pytest.mark.parametrize("row", BOTH, ids=lambda row: row.name)
def test_a_whole_module_of_any_timm_tells_its_padding(row, places, legacy, tmp_path):
    network = made(row)
    weights = read_weights(save_module(network, tmp_path / "file.pt", places, legacy=legacy))
    assert find_network(weights, BOTH, name="file") is row
    assert_same(network, build(weights, row, name="file"))


def test_a_state_dict_does_not_tell_its_padding(tmp_path):
    weights = read_weights(save_state(made(), tmp_path / "file.pt"))
    with pytest.raises(
        UsageError, match=r"^file: this can be tf_tiny or tiny: .*--network, in full"
    ):
        find_network(weights, BOTH, name="file")


def test_a_module_of_the_other_padding_is_refused(tmp_path):
    weights = read_weights(save_module(made(SYMMETRIC), tmp_path / "file.pt"))
    with pytest.raises(ModelError, match="the classes in the file pad otherwise than tf_tiny"):
        find_network(weights, [SAME], name="file")


def test_settings_that_differ_are_refused(tmp_path):
    weights = read_weights(save_module(made(), tmp_path / "file.pt"))
    other = replace(SAME, shape=replace(SAME.shape, norm_eps=1e-5))
    with pytest.raises(ModelError, match=r"not tf_tiny as it is known here: bn1\.eps is 0\.001"):
        build(weights, other, name="file")


def test_a_classifier_in_a_sequence_is_found(tmp_path):
    network = made()
    state = network.state_dict()
    for name in ("weight", "bias"):
        state[f"classifier.0.{name}"] = state.pop(f"classifier.{name}")
    torch.save(state, tmp_path / "file.pt")
    weights = read_weights(tmp_path / "file.pt")
    assert n_outputs(weights, SAME) == 8
    assert_same(network, build(weights, SAME, name="file"))


def test_a_network_without_a_classifier_gives_its_embedding(tmp_path):
    network = made()
    state = {k: v for k, v in network.state_dict().items() if not k.startswith("classifier")}
    torch.save(state, tmp_path / "file.pt")
    weights = read_weights(tmp_path / "file.pt")
    embedding, scores = described(build(weights, SAME, name="file"))
    np.testing.assert_allclose(embedding, described(network)[0], rtol=1e-5)
    assert scores.shape == (2, 0)


@pytest.mark.parametrize(("pool_type", "pooling"), [("avg", "avg"), ("max", "max"), ("", "avg")])
def test_a_module_that_pools_otherwise_does_so_here(pool_type, pooling, tmp_path):
    network = made(pooling=pooling)
    pool = nn.Identity()
    pool.pool_type = pool_type
    weights = read_weights(save_module(network, tmp_path / "file.pt", global_pool=pool))
    assert_same(network, build(weights, SAME, name="file"))


def test_a_pooling_that_is_not_known_is_refused(tmp_path):
    pool = nn.Identity()
    pool.pool_type = "catavgmax"
    weights = read_weights(save_module(made(), tmp_path / "file.pt", global_pool=pool))
    with pytest.raises(ModelError, match=r"^file: global_pool pools by 'catavgmax'"):
        build(weights, SAME, name="file")


@pytest.mark.parametrize(
    ("change", "fragment"),
    [
        (lambda state: state.pop("conv_stem.weight"), r"no conv_stem\.weight"),
        (lambda state: state.update(more=torch.zeros(1)), "more is too much"),
        (lambda state: state.update({"bn1.bias": torch.zeros(3)}), r"bn1\.bias has shape \(3,\)"),
    ],
)
def test_weights_of_something_else_are_refused_by_name(change, fragment, tmp_path):
    state = made().state_dict()
    change(state)
    torch.save(state, tmp_path / "file.pt")
    weights = read_weights(tmp_path / "file.pt")
    for call in (
        lambda: find_network(weights, [SAME], name="file"),
        lambda: build(weights, SAME, name="file"),
    ):
        with pytest.raises(ModelError, match=rf"^file: not the weights of tf_tiny: .*{fragment}"):
            call()


@pytest.mark.parametrize(
    ("name", "values", "fragment"),
    [
        ("classifier.weight", lambda t: t * float("nan"), "infinite or no numbers"),
        ("bn1.bias", lambda t: t * float("inf"), "infinite or no numbers"),
        ("bn2.bias", lambda t: t.double() + 1e300, "infinite or no numbers"),
        ("conv_stem.weight", lambda t: (100 * t).to(torch.int8), "int8"),
        ("bn1.weight", lambda t: t > 0, "bool"),
    ],
)
def test_parameters_are_finite_numbers_of_single_precision(name, values, fragment, tmp_path):
    state = made().state_dict()
    state[name] = values(state[name])
    torch.save(state, tmp_path / "file.pt")
    weights = read_weights(tmp_path / "file.pt")
    with pytest.raises(ModelError, match=rf"^file: {name} holds {fragment}; expected finite"):
        find_network(weights, [SAME], name="file")


@pytest.mark.parametrize("activation", [nn.ReLU, nn.Hardswish, nn.GELU, nn.ReLU6])
def test_a_module_with_another_activation_is_refused(activation, tmp_path):
    weights = read_weights(save_module(made(), tmp_path / "file.pt", act1=activation()))
    message = rf"not tf_tiny as it is known here: act1 is a {activation.__name__}, not a .*SiLU"
    with pytest.raises(ModelError, match=message):
        build(weights, SAME, name="file")


@pytest.mark.parametrize("activation", [nn.SiLU, nn.Identity])
def test_a_module_with_its_own_activation_is_taken(activation, tmp_path):
    weights = read_weights(save_module(made(), tmp_path / "file.pt", act1=activation()))
    assert build(weights, SAME, name="file")


def test_a_gate_may_have_another_activation(tmp_path):
    network = made()
    network.blocks[0][0].se.add_module("gate", nn.Sigmoid())
    weights = read_weights(save_module(network, tmp_path / "file.pt"))
    assert build(weights, SAME, name="file")


@pytest.mark.parametrize(("last", "taken"), [(nn.Dropout(), True), (nn.ReLU(), False)])
def test_what_comes_after_the_classifier_is_not_lost(last, taken, tmp_path):
    network = made()
    network.classifier = nn.Sequential(network.classifier, last)
    weights = read_weights(save_module(network, tmp_path / "file.pt"))
    if taken:
        assert build(weights, SAME, name="file")
    else:
        with pytest.raises(ModelError, match=r"classifier\.1 is a ReLU, where only the classif"):
            build(weights, SAME, name="file")


def test_weights_of_no_network_are_refused_with_what_was_found(tmp_path):
    torch.save({"a.weight": torch.zeros(2, 2), "b": torch.zeros(1)}, tmp_path / "file.pt")
    weights = read_weights(tmp_path / "file.pt")
    with pytest.raises(
        ModelError, match=r"not the weights of tf_tiny, tiny; nearest is tf_tiny: no "
    ):
        find_network(weights, BOTH, name="file")


def test_weights_of_another_network_are_told_which(tmp_path):
    weights = read_weights(save_state(made(MOBILENET_V1, 7, 64), tmp_path / "file.pt"))
    with pytest.raises(
        ModelError, match=r"not the weights of tf_tiny: no .*; it is mobilenet_v1$"
    ):
        find_network(weights, [SAME], name="file")


@pytest.mark.parametrize(
    ("padding", "activation"), [("same", "relu"), ("symmetric", "relu"), ("same", "elu")]
)
def test_a_keras_file_tells_how_mobilenet_pads_and_ends(padding, activation, tmp_path):
    network = made(MOBILENET_V1, 7, 64, padding=padding, feats_activation=activation)
    pads = {"same": [[0, 1], [0, 1]], "symmetric": [[1, 1], [1, 1]]}
    told = {"conv1_pad": {"padding": pads[padding]}, "feats": {"activation": activation}}
    weights = read_weights(save_keras(network, tmp_path / "file.h5", config=KERAS | told))
    assert find_network(weights, list(NETWORKS.values()), name="file") is MOBILENET_V1
    assert n_outputs(weights, MOBILENET_V1) == 7
    assert_same(network, build(weights, MOBILENET_V1, name="file"), 64)


@pytest.mark.parametrize(
    ("told", "fragment"),
    [
        (None, "weights alone, without what Keras did"),
        ({"emotion_preds": {"activation": "sigmoid"}}, "emotion_preds ends in sigmoid"),
        ({"conv1_pad": {"padding": [[2, 2], [2, 2]]}}, r"conv1 is padded by \[\[2, 2\]"),
        ({"feats": {"activation": "gelu"}}, "the layer feats has the activation 'gelu'"),
        ({"conv1_bn": {"epsilon": 0.01}}, r"conv1_bn\.eps is 0\.01, not 0\.001"),
        ({"conv1": {"strides": [1, 1]}}, r"conv1\.stride is .*1.*, not \(2, 2\)"),
    ],
)
def test_a_keras_file_of_another_mobilenet_is_refused(told, fragment, tmp_path):
    config = None if told is None else KERAS | told
    network = build_network(MOBILENET_V1, 7)
    weights = read_weights(save_keras(network, tmp_path / "file.h5", config=config))
    with pytest.raises(ModelError, match=f"^file: .*{fragment}"):
        build(weights, MOBILENET_V1, name="file")


def test_vgg16_of_keras_flattens_maps_as_torch_does(tmp_path):
    # What Keras would flatten: the channels last.
    network = made(VGG, 3, 8)
    path = save_keras(network, tmp_path / "file.h5")
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "r+") as file:
        kernel = file["model_weights/fc6/fc6/kernel:0"]
        kernel[:] = np.asarray(kernel).reshape(6, 2, 2, -1).transpose(1, 2, 0, 3).reshape(24, -1)
    assert_same(network, build(read_weights(path), VGG, name="file"), 8)
