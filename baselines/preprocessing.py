"""From a decoded image to the numbers a network takes, the same for torch and ONNX Runtime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Preprocessing:
    """How images are resized, coloured and normalised before a network sees them.

    Resizing is Pillow's bilinear filter on 8-bit pixels, which averages when it shrinks, and
    does not keep the aspect ratio. ``colour`` ``"grey"`` repeats the luma (ITU-R 601) in all
    three channels, for networks that were trained on grey images.
    """

    size: int
    colour: Literal["rgb", "grey"]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Read a preprocessing from the metadata of a model file.

        Parameters
        ----------
        values : mapping
            The fields by name, as JSON gives them.

        Returns
        -------
        Preprocessing
            The preprocessing.

        Raises
        ------
        ValueError
            If there is no such colour.
        """
        if values["colour"] not in {"rgb", "grey"}:
            msg = f"expected the colour rgb or grey, found {values['colour']!r}"
            raise ValueError(msg)
        return cls(
            size=int(values["size"]),
            colour=values["colour"],
            mean=tuple(values["mean"]),
            std=tuple(values["std"]),
        )

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
        if image.size != (self.size, self.size):
            image = image.resize((self.size, self.size), Image.Resampling.BILINEAR)
        array = np.asarray(image)
        if grey:
            return array[None]
        return np.ascontiguousarray(array.transpose(2, 0, 1))

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
