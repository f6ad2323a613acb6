"""Images are decoded as Pillow does, whatever the way."""

import io
import struct
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
@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "BMP"])
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
    with suppress(OSError):
        assert read_image(path, "L").size >= (1, 1)


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_a_file_that_ends_early_is_an_error(tmp_path, kept):
    whole = encoded(noise((64, 64)))
    (tmp_path / "1.jpg").write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(OSError, match="truncated"):
        read_image(tmp_path / "1.jpg", "RGB")


@pytest.mark.parametrize("file_format", ["GIF", "TIFF", "PPM", "EPS", "PDF", "ICO"])
def test_formats_in_which_no_face_is_kept_are_not_tried(tmp_path, file_format):
    (tmp_path / "1.jpg").write_bytes(encoded(noise((16, 16)), file_format))
    with pytest.raises(OSError, match="cannot identify image file"):
        read_image(tmp_path / "1.jpg", "RGB")


WHOLE = [
    encoded(noise((16, 16), mode), file_format, **options)
    for file_format, mode, options in [
        ("JPEG", "RGB", {}),
        ("JPEG", "RGB", {"progressive": True, "icc_profile": b"x" * 99, "exif": b"Exif\0\0MM"}),
        ("JPEG", "CMYK", {}),
        ("PNG", "RGB", {"dpi": (72, 72)}),
        ("PNG", "P", {"transparency": 3}),
        ("PNG", "1", {}),
        ("BMP", "RGB", {}),
        ("BMP", "P", {}),
        ("WEBP", "RGB", {"exif": b"Exif\0\0MM"}),
        ("WEBP", "RGB", {"lossless": True}),
        ("GIF", "P", {}),
        ("TIFF", "RGB", {}),
    ]
]


@given(st.sampled_from(WHOLE), st.data())
def test_a_damaged_file_of_any_format_is_an_image_or_an_oserror(tmp_path_factory, whole, data):
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(0, 6))):
        # Headers are short, and damage in them does more.
        last = data.draw(st.sampled_from([40, len(content) - 1]))
        content[data.draw(st.integers(0, min(last, len(content) - 1)))] = data.draw(
            st.integers(0, 255)
        )
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content))) :]
    path = tmp_path_factory.mktemp("fuzz") / "00001.jpg"
    path.write_bytes(content)
    for mode in MODES:
        with suppress(OSError):
            image = read_image(path, mode)
            assert (image.mode, min(image.size) > 0) == (mode, True)


STARTS = [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"RIFF\x20\0\0\0WEBPVP8 "]


@given(st.sampled_from(STARTS), st.binary(max_size=200))
def test_random_bytes_are_an_image_or_an_oserror(tmp_path_factory, start, rest):
    path = tmp_path_factory.mktemp("fuzz") / "00001.jpg"
    path.write_bytes(start + rest)
    with suppress(OSError):
        assert read_image(path, "RGB").mode == "RGB"


@pytest.mark.parametrize(
    "error",
    [
        ValueError, SyntaxError, RuntimeError, AttributeError, EOFError, IndexError, MemoryError,
        struct.error, Image.DecompressionBombError,
    ],
)  # fmt: skip
def test_whatever_pillow_raises_is_an_oserror_that_tells_it(tmp_path, monkeypatch, error):
    def broken(*_, **__):
        msg = "so and so"
        raise error(msg)

    (tmp_path / "1.jpg").write_bytes(b"")
    monkeypatch.setattr("baselines.decoding.Image.open", broken)
    with pytest.raises(OSError, match=f"not a whole image: {error.__name__}: so and so"):
        read_image(tmp_path / "1.jpg", "RGB")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("source", ["RGBA", "LA", "P", "1", "I;16"])
def test_every_image_comes_in_the_mode_asked_for(tmp_path, mode, source):
    image = Image.new(source, (7, 5))
    (tmp_path / "1.jpg").write_bytes(encoded(image, "PNG"))
    assert read_image(tmp_path / "1.jpg", mode).mode == mode


def test_an_image_without_pixels_is_an_error(tmp_path):
    data = bytearray(encoded(noise((4, 4)), "BMP"))
    struct.pack_into("<i", data, 18, 0)
    (tmp_path / "1.jpg").write_bytes(data)
    with pytest.raises(OSError, match="cannot identify"):
        read_image(tmp_path / "1.jpg", "RGB")
