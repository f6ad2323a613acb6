"""The network has timm's names, drops what it should in training, and squeezes and pads right."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from baselines.networks.build import build_network  # noqa: E402
from baselines.networks.efficientnet import Block, EfficientNet, SqueezeExcite  # noqa: E402
from baselines.networks.table import EFFICIENTNET_LITE0, NETWORKS, Stage  # noqa: E402
from tests.baselines.networks.filling import filled, images  # noqa: E402

# As timm's tf_efficientnet_lite0 and tf_efficientnet_b2 have them.
LITE0 = {
    "conv_stem.weight": (32, 3, 3, 3),
    "bn1.running_mean": (32,),
    "blocks.0.0.conv_dw.weight": (32, 1, 3, 3),
    "blocks.0.0.bn1.weight": (32,),
    "blocks.0.0.conv_pw.weight": (16, 32, 1, 1),
    "blocks.0.0.bn2.bias": (16,),
    "blocks.1.0.conv_pw.weight": (96, 16, 1, 1),
    "blocks.1.0.bn1.running_var": (96,),
    "blocks.1.0.conv_dw.weight": (96, 1, 3, 3),
    "blocks.1.1.conv_pwl.weight": (24, 144, 1, 1),
    "blocks.1.1.bn3.weight": (24,),
    "blocks.2.0.conv_dw.weight": (144, 1, 5, 5),
    "blocks.5.3.conv_pwl.weight": (192, 1152, 1, 1),
    "blocks.6.0.conv_dw.weight": (1152, 1, 3, 3),
    "blocks.6.0.bn3.num_batches_tracked": (),
    "conv_head.weight": (1280, 320, 1, 1),
    "bn2.bias": (1280,),
    "classifier.weight": (8, 1280),
    "classifier.bias": (8,),
}
B2 = {
    "conv_stem.weight": (32, 3, 3, 3),
    "blocks.0.0.se.conv_reduce.weight": (8, 32, 1, 1),
    "blocks.0.0.se.conv_reduce.bias": (8,),
    "blocks.0.0.se.conv_expand.weight": (32, 8, 1, 1),
    "blocks.0.1.conv_dw.weight": (16, 1, 3, 3),
    "blocks.0.1.se.conv_reduce.weight": (4, 16, 1, 1),
    "blocks.1.0.se.conv_reduce.weight": (4, 96, 1, 1),
    "blocks.3.3.se.conv_expand.weight": (528, 22, 1, 1),
    "blocks.3.3.se.conv_expand.bias": (528,),
    "blocks.6.1.conv_pw.weight": (2112, 352, 1, 1),
    "blocks.6.1.se.conv_reduce.weight": (88, 2112, 1, 1),
    "conv_head.weight": (1408, 352, 1, 1),
    "classifier.weight": (8, 1408),
}
TINY = replace(
    EFFICIENTNET_LITE0.shape,
    stages=(
        Stage(repeats=1, channels=4, kernel=3, stride=1, expansion=1),
        Stage(repeats=2, channels=6, kernel=5, stride=2, expansion=2),
    ),
    stem_channels=4,
    embedding=10,
)


def tiny(**options):
    torch.manual_seed(0)
    return EfficientNet(TINY, n_outputs=3, **options)


@pytest.mark.parametrize(("name", "names"), [("lite0", LITE0), ("b2", B2), ("tf_b2", B2)])
def test_parameters_have_timms_names(name, names):
    (row,) = (row for key, row in NETWORKS.items() if key.replace("efficientnet_", "") == name)
    with torch.device("meta"):
        state = build_network(row, 8).state_dict()
    assert {name: tuple(state[name].shape) for name in names} == names
    assert any(".se." in name for name in state) == (name != "lite0")


def test_each_map_is_scaled_by_a_gate_that_sees_all_means():
    layer, maps = filled(SqueezeExcite(4, 2)), images(1, 5).repeat(1, 2, 1, 1)[:, :4]
    reduced = torch.einsum("oi,i->o", layer.conv_reduce.weight[:, :, 0, 0], maps[0].mean((1, 2)))
    reduced += layer.conv_reduce.bias
    reduced = reduced / (1 + torch.exp(-reduced))
    gates = layer.conv_expand.weight[:, :, 0, 0] @ reduced + layer.conv_expand.bias
    expected = maps / (1 + torch.exp(-gates))[:, None, None]
    torch.testing.assert_close(layer(maps), expected)


def test_tensorflow_and_pytorch_pad_alike_at_odd_sizes_alone():
    same, symmetric = (
        filled(EfficientNet(replace(TINY, padding=padding), n_outputs=3))
        for padding in ("same", "symmetric")
    )
    for size, alike in ((33, True), (17, True), (32, False), (18, False), (19, False)):
        scores = [network(images(1, size)).scores for network in (same, symmetric)]
        assert torch.allclose(*scores) == alike, size


def test_a_batch_has_an_embedding_and_scores():
    features = tiny().eval()(torch.zeros(5, 3, 33, 47))
    assert (tuple(features.embedding.shape), tuple(features.scores.shape)) == ((5, 10), (5, 3))


def test_scores_are_linear_in_the_embedding():
    network = tiny().eval()
    features = network(torch.rand(2, 3, 32, 32))
    expected = features.embedding @ network.classifier.weight.T + network.classifier.bias
    torch.testing.assert_close(features.scores, expected)


def test_images_of_a_batch_do_not_know_of_one_another():
    network, images = tiny().eval(), torch.rand(4, 3, 32, 32)
    with torch.no_grad():
        whole = network(images).scores
        for i in range(4):
            torch.testing.assert_close(network(images[i : i + 1]).scores, whole[i : i + 1])


@settings(max_examples=10)
@given(st.sampled_from([0.25, 0.5, 0.75]))
def test_a_residual_is_dropped_whole_or_kept_in_proportion(share):
    stage = Stage(repeats=1, channels=4, kernel=3, stride=1, expansion=2)
    torch.manual_seed(0)
    block, x = Block(TINY, stage, 4, 1, share), torch.rand(64, 4, 6, 6)
    block.bn1.eval(), block.bn2.eval(), block.bn3.eval()
    with torch.no_grad():
        change = block.eval()(x) - x
        block.training = True
        drawn = block(x) - x
    kept = drawn.flatten(1).abs().sum(dim=1) > 0
    torch.testing.assert_close(drawn[kept], change[kept] / (1 - share))
    assert abs(kept.double().mean().item() - (1 - share)) < 0.2


def test_nothing_is_dropped_when_predicting():
    network, images = tiny(drop_rate=0.5, drop_path_rate=0.5).eval(), torch.rand(2, 3, 32, 32)
    assert torch.equal(network(images).scores, network(images).scores)


def test_residuals_are_dropped_more_often_the_deeper_they_are():
    network = tiny(drop_path_rate=0.3)
    shares = [block.drop for stage in network.blocks for block in stage]
    assert shares == pytest.approx([0.0, 0.1, 0.2])


def test_a_block_that_changes_its_size_has_no_residual():
    blocks = [block for stage in tiny().blocks for block in stage]
    assert [block.residual for block in blocks] == [True, False, True]
    stage = Stage(repeats=1, channels=4, kernel=3, stride=2, expansion=2)
    assert not Block(TINY, stage, 4, 2, 0.0).residual
