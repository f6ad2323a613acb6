"""Images are decoded as Pillow does, whatever the way."""

import io
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from baselines.decoding import jpeg_size, read_image

MODES = ["RGB", "L"]


def noise(size, mode="RGB", seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    return Image.fromarray(pixels).convert(mode)


def encoded(image, file_format="JPEG", **options):
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def by_pillow(data, mode):
    with Image.open(io.BytesIO(data)) as image:
        image.draft(mode, None)
        return np.array(image.convert(mode))


def check(tmp_path, data, mode):
    path = tmp_path / "00001.jpg"
    path.write_bytes(data)
    np.testing.assert_array_equal(
        np.array(read_image(path, mode).convert(mode)), by_pillow(data, mode)
    )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("source", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize(
    "options",
    [{}, {"progressive": True}, {"subsampling": 0}, {"optimize": True}, {"comment": b"\xff\xc0"}],
    ids=lambda options: next(iter(options), "plain"),
)
def test_a_jpeg_is_decoded_as_pillow_does(tmp_path, mode, source, options):
    check(tmp_path, encoded(noise((23, 17), source), quality=90, **options), mode)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("file_format", ["PNG", "GIF", "BMP"])
def test_another_format_under_the_name_of_a_jpeg_is_decoded(tmp_path, mode, file_format):
    check(tmp_path, encoded(noise((9, 5)), file_format), mode)


@given(st.integers(1, 300), st.integers(1, 300))
def test_the_size_is_that_of_the_image(width, height):
    assert jpeg_size(encoded(Image.new("RGB", (width, height)))) == (width, height)


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"\xff\xd8\xff\xe0\xff\xff", b"GIF89a" * 9])
def test_what_is_no_jpeg_has_no_size(data):
    assert jpeg_size(data) is None


def test_four_components_are_left_to_pillow():
    assert jpeg_size(encoded(noise((8, 8), "CMYK"))) is None


@given(st.data())
def test_a_cut_or_damaged_file_is_an_image_or_an_error_of_pillow(tmp_path_factory, data):
    content = bytearray(encoded(noise((16, 16)), quality=60))
    del content[data.draw(st.integers(0, len(content))) :]
    for place in data.draw(st.lists(st.integers(0, max(len(content) - 1, 0)), max_size=3)):
        if content:
            content[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("cut") / "00001.jpg"
    path.write_bytes(content)
    with suppress(OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        assert read_image(path, "L").size >= (1, 1)


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_a_file_that_ends_early_is_an_error(tmp_path, kept):
    whole = encoded(noise((64, 64)))
    (tmp_path / "1.jpg").write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(OSError, match="truncated"):
        read_image(tmp_path / "1.jpg", "RGB")
