"""The network has timm's names and published size, and pads as TensorFlow does."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from baselines.networks import EFFICIENTNET_LITE0, EfficientNet, Stage  # noqa: E402
from baselines.networks.efficientnet import Block, SameConv2d  # noqa: E402

# As timm's tf_efficientnet_lite0 has them.
TIMM = {
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
TINY = replace(
    EFFICIENTNET_LITE0,
    stages=(
        Stage(repeats=1, channels=4, kernel=3, stride=1, expansion=1),
        Stage(repeats=2, channels=6, kernel=5, stride=2, expansion=2),
    ),
    stem_channels=4,
    embedding=10,
)


def padded(size, kernel, stride):
    """Give the pixels before and after a line of pixels, as TensorFlow documents them."""
    total = max(kernel - (size % stride or stride), 0)
    return total // 2, total - total // 2


def convolve(image, weight, stride):
    """Convolve one channel with loops."""
    kernel = len(weight)
    image = np.pad(image, [padded(size, kernel, stride) for size in image.shape])
    return [
        [
            float((image[y : y + kernel, x : x + kernel] * weight).sum())
            for x in range(0, image.shape[1] - kernel + 1, stride)
        ]
        for y in range(0, image.shape[0] - kernel + 1, stride)
    ]


def tiny(**options):
    torch.manual_seed(0)
    return EfficientNet(TINY, classes=3, **options)


def test_parameters_have_timms_names():
    state = EfficientNet(EFFICIENTNET_LITE0, classes=8).state_dict()
    assert {name: tuple(state[name].shape) for name in TIMM} == TIMM


def test_lite0_has_its_published_number_of_parameters():
    network = EfficientNet(EFFICIENTNET_LITE0, classes=8)
    assert sum(parameter.numel() for parameter in network.parameters()) == 3_381_256
    # timm's model card: 4.65 M with the 1000 classes of ImageNet.
    assert 3_381_256 - 8 * 1281 + 1000 * 1281 == 4_652_008


@given(st.integers(1, 12), st.integers(1, 12), st.sampled_from([1, 3, 5]), st.integers(1, 2))
def test_padding_is_that_of_a_literal_convolution(height, width, kernel, stride):
    rng = np.random.default_rng(height * 100 + width)
    image, weight = rng.normal(size=(height, width)), rng.normal(size=(kernel, kernel))
    layer = SameConv2d(1, 1, kernel, stride=stride).double()
    layer.weight.data[:] = torch.from_numpy(weight)
    with torch.no_grad():
        result = layer(torch.from_numpy(image)[None, None])[0, 0].numpy()
    assert result.shape == (-(-height // stride), -(-width // stride))
    np.testing.assert_allclose(result, convolve(image, weight, stride), atol=1e-12)


def test_the_extra_pixel_is_right_and_at_the_bottom():
    layer = SameConv2d(1, 1, 3, stride=2)
    layer.weight.data[:] = torch.tensor([[1.0, 0, 0], [0, 0, 0], [0, 0, 0]])
    image = torch.arange(16.0).reshape(1, 1, 4, 4)
    assert layer(image).tolist() == [[[[0.0, 2.0], [8.0, 10.0]]]]


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
