"""From a decoded image to the numbers a network takes, the same for torch and ONNX Runtime."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray


Colour = Literal["rgb", "bgr", "grey"]
COLOURS: tuple[Colour, ...] = get_args(Colour)
Resize = Literal["bilinear", "bicubic", "bilinear-aliased"]
RESIZES: tuple[Resize, ...] = get_args(Resize)
_FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preprocessing:
    """How images are resized, coloured and normalised before a network sees them.

    Resizing works on 8-bit pixels and does not keep the aspect ratio. ``resize`` ``"bilinear"``
    and ``"bicubic"`` are Pillow's filters, which average when they shrink;
    ``"bilinear-aliased"`` takes the four nearest pixels whatever the size, as OpenCV does.
    ``colour`` ``"grey"`` repeats the luma (ITU-R 601) in all three channels, for networks that
    were trained on grey images. ``mean`` and ``std``, one number a channel in the order of
    ``colour``, are for pixels from 0 to 1. A value that is none of these is a `ValueError`.
    """

    size: int
    colour: Colour
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    resize: Resize = "bilinear"

    def __post_init__(self) -> None:
        for field, known in (("colour", COLOURS), ("resize", RESIZES)):
            value = getattr(self, field)
            if value not in known:
                msg = f"expected {field} to be {', '.join(known)}, found {value!r:.60}"
                raise ValueError(msg)
        if type(self.size) is not int or self.size <= 0:
            msg = f"expected size to be a number of pixels, found {self.size!r:.60}"
            raise ValueError(msg)
        for field in ("mean", "std"):
            value = getattr(self, field)
            if not isinstance(value, tuple) or [*map(_is_finite, value)] != [True] * 3:
                msg = f"expected {field} to be three numbers, found {value!r:.60}"
                raise ValueError(msg)
        if min(self.std) <= 0:
            msg = f"expected std to be above 0, found {self.std}"
            raise ValueError(msg)

    def pixels(self, image: Image.Image) -> NDArray[np.uint8]:
        """Resize one image.

        Parameters
        ----------
        image : PIL.Image.Image
            An image of any size and mode.

        Returns
        -------
        numpy.ndarray of uint8, shape (channels, size, size)
            Pixels in the network's channel order; grey ones have one channel.
        """
        grey = self.colour == "grey"
        mode = "L" if grey else "RGB"
        if image.mode != mode:
            image = image.convert(mode)
        array = np.asarray(image if image.size == (self.size, self.size) else self._resized(image))
        if grey:
            return array[None]
        if self.colour == "bgr":
            array = array[:, :, ::-1]
        return np.ascontiguousarray(array.transpose(2, 0, 1))

    def _resized(self, image: Image.Image) -> Image.Image | NDArray[np.uint8]:
        if self.resize == "bilinear-aliased":
            return _aliased(np.asarray(image), self.size)
        return image.resize((self.size, self.size), _FILTERS[self.resize])

    def normalise(
        self, pixels: NDArray[np.uint8], *, out: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """Scale images to what the network was trained on.

        Parameters
        ----------
        pixels : numpy.ndarray of uint8, shape (…, channels, size, size)
            One result of `pixels`, or several stacked.
        out : numpy.ndarray of float32, shape (…, 3, size, size), optional
            Where to put the result.

        Returns
        -------
        numpy.ndarray of float32, shape (…, 3, size, size)
            ``(pixels / 255 - mean) / std``, by channel.
        """
        mean, std = np.array(self.mean, np.float32), np.array(self.std, np.float32)
        scale, shift = (1 / (255 * std))[:, None, None], (mean / std)[:, None, None]
        scaled: NDArray[np.float32] = np.multiply(pixels, scale, out=out, dtype=np.float32)
        np.subtract(scaled, shift, out=scaled)
        return scaled


def _aliased(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    # OpenCV's rule: centres of pixels at halves, edges repeated. Pillow's transforms have the
    # same, but cut decimals off, which darkens by half a level.
    height, width = pixels.shape[:2]
    above, below, down = _neighbours(height, size)
    left, right, along = _neighbours(width, size)
    below_share = down.reshape(-1, *[1] * (pixels.ndim - 1))
    right_share = along.reshape(-1, *[1] * (pixels.ndim - 2))
    rows = pixels[above] * (1 - below_share) + pixels[below] * below_share
    return np.rint(rows[:, left] * (1 - right_share) + rows[:, right] * right_share).astype(
        np.uint8
    )


def _neighbours(
    length: int, size: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    # For each new pixel of a line, the two around its centre, and the share of the second.
    centres = (np.arange(size) + 0.5) * (length / size) - 0.5
    first = np.floor(centres)
    low, high = (np.clip(first + step, 0, length - 1).astype(np.intp) for step in (0, 1))
    return low, high, (centres - first).astype(np.float32)


def _is_finite(value: object) -> bool:
    # Of JSON's numbers, which may be not a number at all, or whole ones beyond every float.
    return type(value) in {int, float} and abs(value) <= sys.float_info.max  # type: ignore[arg-type]
