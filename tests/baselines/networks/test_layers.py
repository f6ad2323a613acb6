"""Convolutions pad as they should, at every size of image."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from baselines.networks.layers import (  # noqa: E402
    CONVOLUTIONS,
    SameConv2d,
    linear_classifier,
    pool,
)


def same(size, kernel, stride):
    """Give the pixels before and after a line of pixels, as TensorFlow documents them."""
    total = max(kernel - (size % stride or stride), 0)
    return total // 2, total - total // 2


def symmetric(size, kernel, stride):  # noqa: ARG001 - PyTorch pads alike at every size
    """Give the pixels before and after a line of pixels, half a kernel each."""
    return kernel // 2, kernel // 2


def convolve(image, weight, stride, padding):
    """Convolve one channel with loops."""
    kernel = len(weight)
    image = np.pad(image, [padding(size, kernel, stride) for size in image.shape])
    return [
        [
            float((image[y : y + kernel, x : x + kernel] * weight).sum())
            for x in range(0, image.shape[1] - kernel + 1, stride)
        ]
        for y in range(0, image.shape[0] - kernel + 1, stride)
    ]


@pytest.mark.parametrize("padding", [same, symmetric])
@given(st.integers(1, 12), st.integers(1, 12), st.sampled_from([1, 3, 5]), st.integers(1, 2))
def test_padding_is_that_of_a_literal_convolution(padding, height, width, kernel, stride):
    rng = np.random.default_rng(height * 100 + width)
    image, weight = rng.normal(size=(height, width)), rng.normal(size=(kernel, kernel))
    layer = CONVOLUTIONS[padding.__name__](1, 1, kernel, stride=stride).double()
    layer.weight.data[:] = torch.from_numpy(weight)
    with torch.no_grad():
        result = layer(torch.from_numpy(image)[None, None])[0, 0].numpy()
    assert result.shape == (-(-height // stride), -(-width // stride))
    np.testing.assert_allclose(result, convolve(image, weight, stride, padding), atol=1e-12)


def test_the_extra_pixel_is_right_and_at_the_bottom():
    layer = SameConv2d(1, 1, 3, stride=2)
    layer.weight.data[:] = torch.tensor([[1.0, 0, 0], [0, 0, 0], [0, 0, 0]])
    image = torch.arange(16.0).reshape(1, 1, 4, 4)
    assert layer(image).tolist() == [[[[0.0, 2.0], [8.0, 10.0]]]]


@given(st.integers(3, 20), st.sampled_from([3, 5]))
def test_the_two_paddings_differ_at_even_sizes_alone(size, kernel):
    layers = [CONVOLUTIONS[name](1, 1, kernel, stride=2) for name in ("same", "symmetric")]
    layers[1].load_state_dict(layers[0].state_dict())
    image = torch.rand(1, 1, size, size, generator=torch.Generator().manual_seed(size))
    results = [layer(image) for layer in layers]
    assert torch.allclose(*results) == (size % 2 == 1)


@pytest.mark.parametrize("kind", CONVOLUTIONS.values())
def test_groups_do_not_see_each_other(kind):
    layer = kind(4, 4, 3, groups=4)
    image = torch.rand(1, 4, 6, 6)
    changed = image.clone()
    changed[:, 0] += 1
    difference = (layer(image) - layer(changed)).abs().sum(dim=(0, 2, 3))
    assert difference.gt(0).tolist() == [True, False, False, False]


def test_pooling_takes_the_mean_or_the_maximum_of_a_map():
    maps = torch.tensor([[[[1.0, 2.0], [3.0, 6.0]], [[0.0, 0.0], [0.0, -4.0]]]])
    assert pool(maps, "avg").tolist() == [[3.0, -1.0]]
    assert pool(maps, "max").tolist() == [[6.0, 0.0]]


def test_a_classifier_without_outputs_has_no_parameters():
    layer = linear_classifier(5, 0)
    assert (list(layer.parameters()), tuple(layer(torch.rand(2, 5)).shape)) == ([], (2, 0))
