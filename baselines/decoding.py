"""Decoding image files, JPEG ones on the shortest way through Pillow.

A small network takes less than a millisecond a frame, so that reading a file is a cost that
shows: Pillow's own decoder, given the size of the image, spares its reading of the header in
Python, and a model that wants grey images spares the colours.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Literal, get_args

from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

Mode = Literal["RGB", "L"]
MODES: tuple[Mode, ...] = get_args(Mode)

_START, _MARKER = b"\xff\xd8", 0xFF
_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended and progressive
_COMPONENTS = (1, 3)  # grey and colour; four need care that Pillow takes
_LARGEST = 4096 * 4096
# Frames are named .jpg, but are now and then another format in which tools write one face. The
# rest of what Pillow reads is not tried: animations, documents, and formats that start programs.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP")


def read_image(path: Path, mode: Mode, *, formats: tuple[str, ...] = FORMATS) -> Image.Image:
    """Decode an image file.

    Parameters
    ----------
    path : Path
        The file: JPEG, PNG, WebP or BMP, whatever its name says.
    mode : {"RGB", "L"}
        What the image is decoded to; ``L`` of a JPEG is its luma as it is stored, which may
        differ by a few levels from that of its colours, for they are clipped.
    formats : tuple of str
        Pillow's names of the formats that are tried.

    Returns
    -------
    PIL.Image.Image
        The image, of `mode`.

    Raises
    ------
    OSError
        If the file cannot be read or is no whole image; nothing else is raised.
    """
    try:
        return _read(path, mode, formats)
    except OSError:
        raise
    # The one place where Pillow is not trusted: damaged files make its plug-ins raise ValueError,
    # SyntaxError, EOFError, struct.error, DecompressionBombError and what comes with a version.
    except Exception as error:
        msg = f"not a whole image: {type(error).__name__}: {error}"
        raise OSError(msg) from error


def _read(path: Path, mode: Mode, formats: tuple[str, ...]) -> Image.Image:
    data = path.read_bytes()
    size = jpeg_size(data)
    if size is not None:
        try:
            return Image.frombytes(mode, size, data, "jpeg", mode, "")
        except ValueError:
            pass  # the long way tells what is wrong with it
    with Image.open(path, formats=formats) as image:
        image.draft(mode, None)
        return image.convert(mode)


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Read the size of an image from the header of a JPEG file.

    Parameters
    ----------
    data : bytes
        The file.

    Returns
    -------
    tuple of int or None
        Width and height; None if it is no usual JPEG of 8 bits in grey or colours.

    Examples
    --------
    >>> jpeg_size(b"no image") is None
    True
    """
    if not data.startswith(_START):
        return None
    at = len(_START)
    while at + 10 <= len(data) and data[at] == _MARKER:
        if data[at + 1] in _FRAMES:
            depth, height, width, components = struct.unpack_from(">BHHB", data, at + 4)
            usual = depth == 8 and components in _COMPONENTS  # noqa: PLR2004 - bits
            return (width, height) if usual and 0 < width * height <= _LARGEST else None
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return None
