"""Decoding image files, JPEG ones on the shortest way through Pillow.

A small network takes less than a millisecond a frame, so that reading a file is a cost that
shows: Pillow's own decoder, given the size of the image, spares its reading of the header in
Python, and a model that wants grey images spares the colours.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Literal

from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

Mode = Literal["RGB", "L"]

_START, _MARKER = b"\xff\xd8", 0xFF
_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended and progressive
_COMPONENTS = (1, 3)  # grey and colour; four need care that Pillow takes
_LARGEST = 4096 * 4096


def read_image(path: Path, mode: Mode) -> Image.Image:
    """Decode an image file.

    Parameters
    ----------
    path : Path
        The file, of any format that Pillow reads.
    mode : {"RGB", "L"}
        What a JPEG file is decoded to; ``L`` is its luma as it is stored, which may differ by a
        few levels from that of its colours, for they are clipped.

    Returns
    -------
    PIL.Image.Image
        The image, of `mode` if the file is a JPEG of grey or colours, else as the file has it.

    Raises
    ------
    OSError
        If the file cannot be read or is no whole image. Pillow may raise ``SyntaxError``,
        ``ValueError`` and ``Image.DecompressionBombError`` too.
    """
    data = path.read_bytes()
    size = jpeg_size(data)
    if size is not None:
        try:
            return Image.frombytes(mode, size, data, "jpeg", mode, "")
        except ValueError:
            pass  # the long way tells what is wrong with it
    with Image.open(path) as image:
        image.draft(mode, None)
        image.load()
        return image


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
