"""Images are resized as Pillow does, to the bit, and normalised as the card says."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from baselines.preprocessing import RESIZES, Preprocessing

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def preprocessing(size=16, colour="rgb", resize="bilinear"):
    return Preprocessing(size=size, colour=colour, mean=MEAN, std=STD, resize=resize)


def noise(mode, size, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 4), np.uint8)
    return Image.fromarray(pixels, "RGBA").convert("RGB").convert(mode)


@given(
    st.sampled_from(["L", "RGB", "RGBA", "P", "CMYK"]),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.integers(1, 32),
    st.sampled_from(["rgb", "grey"]),
)
def test_pixels_are_those_of_pillows_bilinear_resize(mode, size, side, colour):
    image = noise(mode, size)
    resized = image.convert("RGB" if colour == "rgb" else "L").resize(
        (side, side), Image.Resampling.BILINEAR
    )
    expected = np.array(resized).reshape(side, side, -1).transpose(2, 0, 1)
    pixels = preprocessing(side, colour).pixels(image)
    np.testing.assert_array_equal(pixels, expected, strict=True)


def test_an_image_of_the_right_size_keeps_its_pixels():
    image = noise("RGB", (16, 16))
    pixels = preprocessing().pixels(image)
    np.testing.assert_array_equal(pixels, np.moveaxis(np.array(image), 2, 0))


def test_grey_is_the_luma_in_all_channels():
    image = Image.new("RGB", (16, 16), (200, 100, 50))
    luma = (200 * 299 + 100 * 587 + 50 * 114) / 1000
    pixels = preprocessing(colour="grey").pixels(image)
    assert pixels.shape == (1, 16, 16)
    assert np.unique(pixels).tolist() == [round(luma)]


def test_numbers_are_normalised_by_channel():
    pixels = np.arange(3 * 256).reshape(3, 16, 16).astype(np.uint8)
    literal = [
        (channel.astype(np.float64) / 255 - mean) / std
        for channel, mean, std in zip(pixels, MEAN, STD, strict=True)
    ]
    result = preprocessing().normalise(pixels)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, literal, atol=1e-6)


def test_a_stack_of_images_is_normalised_as_each_of_them():
    stack = np.random.default_rng(0).integers(0, 256, (5, 3, 16, 16), np.uint8)
    single = np.stack([preprocessing().normalise(pixels) for pixels in stack])
    np.testing.assert_array_equal(preprocessing().normalise(stack), single)


def test_grey_pixels_are_normalised_for_each_of_three_channels():
    grey = np.random.default_rng(0).integers(0, 256, (5, 1, 16, 16), np.uint8)
    out = np.empty((5, 3, 16, 16), np.float32)
    result = preprocessing(colour="grey").normalise(grey, out=out)
    assert result is out
    np.testing.assert_array_equal(out, preprocessing().normalise(grey.repeat(3, axis=1)))


def literal_bilinear(pixels, size):
    """Interpolate one pixel after the other: centres at halves, edges repeated."""
    height, width = pixels.shape[:2]

    def at(y, x):
        return pixels[min(max(y, 0), height - 1), min(max(x, 0), width - 1)].astype(float)

    result = np.empty((size, size, 3))
    for row, column in np.ndindex(size, size):
        y, x = (row + 0.5) * height / size - 0.5, (column + 0.5) * width / size - 0.5
        top, left = math.floor(y), math.floor(x)
        v, h = y - top, x - left
        result[row, column] = (1 - v) * ((1 - h) * at(top, left) + h * at(top, left + 1))
        result[row, column] += v * ((1 - h) * at(top + 1, left) + h * at(top + 1, left + 1))
    return result


@settings(max_examples=25)
@given(st.tuples(st.integers(1, 40), st.integers(1, 40)), st.integers(1, 24), st.integers(0, 99))
def test_the_aliased_resize_takes_the_four_nearest_pixels(size, side, seed):
    image = noise("RGB", size, seed)
    pixels = preprocessing(side, resize="bilinear-aliased").pixels(image)
    expected = literal_bilinear(np.asarray(image), side)
    assert pixels.dtype == np.uint8
    np.testing.assert_allclose(pixels.transpose(1, 2, 0), expected, atol=0.501)


def test_the_aliased_resize_neither_darkens_nor_brightens():
    image = noise("RGB", (150, 200))
    pixels = preprocessing(64, resize="bilinear-aliased").pixels(image)
    expected = literal_bilinear(np.asarray(image), 64)
    assert abs(pixels.mean() - expected.mean()) < 0.02


@pytest.mark.parametrize("colour", ["rgb", "grey"])
def test_the_aliased_resize_enlarges_as_pillow_does(colour):
    image = noise("RGB", (112, 112))
    ours = preprocessing(224, colour, resize="bilinear-aliased").pixels(image).astype(int)
    pillows = preprocessing(224, colour).pixels(image)
    assert ours.shape == pillows.shape
    assert abs(ours - pillows).max() <= 1


def test_the_aliased_resize_does_not_average_where_pillow_does():
    image = noise("RGB", (100, 100))
    averaged, aliased = (
        preprocessing(10, resize=resize).pixels(image).std()
        for resize in ("bilinear", "bilinear-aliased")
    )
    assert aliased > 3 * averaged


def test_the_bicubic_resize_is_pillows():
    image = noise("RGB", (20, 30))
    expected = np.asarray(image.resize((16, 16), Image.Resampling.BICUBIC)).transpose(2, 0, 1)
    np.testing.assert_array_equal(preprocessing(resize="bicubic").pixels(image), expected)


@pytest.mark.parametrize("size", [(16, 16), (20, 30)])
@pytest.mark.parametrize("resize", RESIZES)
def test_bgr_is_rgb_with_the_channels_reversed(size, resize):
    image = noise("RGB", size)
    rgb, bgr = (preprocessing(colour=c, resize=resize).pixels(image) for c in ("rgb", "bgr"))
    np.testing.assert_array_equal(bgr, rgb[::-1])
    assert bgr.flags.c_contiguous


@pytest.mark.parametrize(
    ("options", "fragment"),
    [
        ({"size": 0}, "expected size to be a number of pixels, found 0"),
        ({"colour": "hsv"}, "expected colour to be rgb, bgr, grey, found 'hsv'"),
        ({"resize": "nearest"}, "expected resize to be bilinear, bicubic, bilinear-aliased"),
    ],
)
def test_a_preprocessing_that_is_none_is_refused(options, fragment):
    with pytest.raises(ValueError, match=fragment):
        preprocessing(**options)
