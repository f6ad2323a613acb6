"""Images are resized as Pillow does, to the bit, and normalised as the card says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from baselines.preprocessing import Preprocessing

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def preprocessing(size=16, colour="rgb"):
    return Preprocessing(size=size, colour=colour, mean=MEAN, std=STD)


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


def test_a_preprocessing_is_read_from_json():
    values = {"size": 16, "colour": "grey", "mean": list(MEAN), "std": list(STD)}
    assert Preprocessing.of(values) == preprocessing(colour="grey")


def test_an_unknown_colour_is_refused():
    with pytest.raises(ValueError, match="expected the colour rgb or grey, found 'bgr'"):
        Preprocessing.of({"size": 16, "colour": "bgr", "mean": MEAN, "std": STD})
