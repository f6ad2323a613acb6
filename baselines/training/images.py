"""Labelled images, in memory or on disk, as training takes them.

Conventions: pixels are uint8 ``(channels, height, width)`` in the channel order of a
`Preprocessing`; a label is a class, or a distribution over the classes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np
from PIL import Image

from abawkit.errors import DataError
from baselines.card import UNKNOWN
from baselines.decoding import FORMATS, read_image

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from baselines.decoding import Mode
    from baselines.preprocessing import Preprocessing

# A few dozen photos of AffectNet are TIFF files.
_FORMATS = (*FORMATS, "TIFF")


class Images(Protocol):
    """Face images; the same index gives the same pixels, from any thread."""

    def __len__(self) -> int: ...

    def prepared(self, index: int, preprocessing: Preprocessing) -> NDArray[np.uint8]:
        """Give an image as the predictor prepares it, ``(channels, size, size)``."""

    def original(self, index: int, preprocessing: Preprocessing) -> NDArray[np.uint8]:
        """Give what random views are drawn from; all images of a set are of one shape."""

    def take(self, indices: NDArray[np.intp]) -> Self:
        """Give some of the images."""

    def fingerprint(self) -> Iterable[bytes | memoryview]:
        """Give what a digest of the images is to be taken of."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class GreyImages:
    """Grey images in memory: uint8 ``(n, height, width)``. Views are drawn at their own size."""

    pixels: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.pixels)

    def prepared(self, index: int, preprocessing: Preprocessing) -> NDArray[np.uint8]:
        """Give an image as the predictor prepares it.

        Parameters
        ----------
        index : int
            Which image.
        preprocessing : Preprocessing
            Size and colours.

        Returns
        -------
        numpy.ndarray of uint8, shape (channels, size, size)
            Its pixels.
        """
        return preprocessing.pixels(Image.fromarray(self.pixels[index]))

    def original(self, index: int, preprocessing: Preprocessing) -> NDArray[np.uint8]:
        """Give an image at its own size.

        Parameters
        ----------
        index : int
            Which image.
        preprocessing : Preprocessing
            Tells how many channels it is to have, all of them the same.

        Returns
        -------
        numpy.ndarray of uint8, shape (channels, height, width)
            Its pixels.
        """
        channels = 1 if preprocessing.colour == "grey" else 3
        return np.repeat(self.pixels[index][None], channels, axis=0)

    def take(self, indices: NDArray[np.intp]) -> GreyImages:
        """Give some of the images.

        Parameters
        ----------
        indices : numpy.ndarray of int
            Which.

        Returns
        -------
        GreyImages
            A copy of them.
        """
        return GreyImages(pixels=self.pixels[indices])

    def fingerprint(self) -> Iterable[bytes | memoryview]:
        """Give what a digest is taken of: all pixels.

        Yields
        ------
        bytes or memoryview
            Their type and shape, and they.
        """
        yield from _content(self.pixels)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ImageFiles:
    """Images on disk, which are decoded each time they are needed.

    Attributes
    ----------
    root : Path
        The folder that `names` are under.
    names : tuple of str
        The files, with ``/`` between folders.
    n_bytes : numpy.ndarray of int64, shape (n,)
        Their sizes, which tell other files of the same names apart.
    boxes : numpy.ndarray of int32, shape (n, 4), optional
        Left, top, width and height of the face in pixels; whole images by default.
    """

    root: Path
    names: tuple[str, ...]
    n_bytes: NDArray[np.int64]
    boxes: NDArray[np.int32] | None = None

    def __len__(self) -> int:
        return len(self.names)

    def prepared(self, index: int, preprocessing: Preprocessing) -> NDArray[np.uint8]:
        """Decode an image, cut the face out, and prepare it as the predictor does.

        Parameters
        ----------
        index : int
            Which image.
        preprocessing : Preprocessing
            Size and colours.

        Returns
        -------
        numpy.ndarray of uint8, shape (channels, size, size)
            Its pixels.

        Raises
        ------
        DataError
            If it cannot be read, or its box is beyond it.
        """
        path = self.root / self.names[index]
        mode: Mode = "L" if preprocessing.colour == "grey" else "RGB"
        try:
            image = read_image(path, mode, formats=_FORMATS)
        except OSError as error:
            reason = error.strerror or error
            msg = f"{path}: cannot read this image: {reason}; mend it, or take it out of the data"
            raise DataError(msg) from error
        if self.boxes is not None:
            image = _cut(image, self.boxes[index], path)
        return preprocessing.pixels(image)

    # Other sizes cannot be stacked, so views are drawn from the size that the network takes.
    original = prepared

    def take(self, indices: NDArray[np.intp]) -> ImageFiles:
        """Give some of the images.

        Parameters
        ----------
        indices : numpy.ndarray of int
            Which.

        Returns
        -------
        ImageFiles
            Under the same folder.
        """
        return replace(
            self,
            names=tuple(self.names[index] for index in indices.tolist()),
            n_bytes=self.n_bytes[indices],
            boxes=None if self.boxes is None else self.boxes[indices],
        )

    def fingerprint(self) -> Iterable[bytes | memoryview]:
        """Give what a digest is taken of: names, sizes of files, and boxes.

        Yields
        ------
        bytes or memoryview
            Of all images.
        """
        yield "\n".join(self.names).encode("utf-8", "surrogateescape")
        yield from _content(self.n_bytes)
        if self.boxes is not None:
            yield from _content(self.boxes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LabelledImages:
    """Images, and what people or lists say of each.

    Attributes
    ----------
    images : Images
        The images.
    targets : numpy.ndarray
        Classes, int ``(n,)``; or their distribution, float32 ``(n, classes)``, whose rows sum
        to 1.
    classes : tuple of str
        Their names.
    dataset : str
        What a card is to call the data; `UNKNOWN` where the layout does not tell.
    identities : bool
        Whether the classes are persons, which no model's outputs are named after.
    notes : tuple of str
        What was left out on reading.
    """

    images: Images
    targets: NDArray[np.float32] | NDArray[np.int64]
    classes: tuple[str, ...]
    dataset: str = UNKNOWN
    identities: bool = False
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.images)

    @property
    def labels(self) -> NDArray[np.intp]:
        """The class of each image, the likeliest and first one of a distribution, ``(n,)``."""
        targets = self.targets if self.targets.ndim == 1 else self.targets.argmax(axis=1)
        return targets.astype(np.intp, copy=False)

    @property
    def counts(self) -> NDArray[np.float32]:
        """How many images each class has, in shares of images if they are distributions."""
        if self.targets.ndim == 1:
            return np.bincount(self.labels, minlength=len(self.classes)).astype(np.float32)
        counts: NDArray[np.float32] = self.targets.sum(axis=0)
        return counts

    def distributions(self, indices: NDArray[np.intp]) -> NDArray[np.float32]:
        """Give the targets of a batch.

        Parameters
        ----------
        indices : numpy.ndarray of int, shape (n,)
            Which images.

        Returns
        -------
        numpy.ndarray of float32, shape (n, classes)
            Each row sums to 1.
        """
        targets = self.targets[indices]
        if targets.ndim == 1:
            rows = np.zeros((len(targets), len(self.classes)), np.float32)
            rows[np.arange(len(targets)), targets] = 1
            return rows
        return targets.astype(np.float32, copy=False)

    def take(self, indices: NDArray[np.intp]) -> LabelledImages:
        """Give some of the images with their labels.

        Parameters
        ----------
        indices : numpy.ndarray of int
            Which.

        Returns
        -------
        LabelledImages
            Of the same classes.
        """
        return replace(self, images=self.images.take(indices), targets=self.targets[indices])

    @property
    def digest(self) -> str:
        """A hash of all that decides what is learnt: classes, images and targets."""
        digest = hashlib.sha256(json.dumps(self.classes).encode())
        for part in (*self.images.fingerprint(), *_content(self.targets)):
            digest.update(part)
        return digest.hexdigest()


def _content(array: NDArray[np.generic]) -> Iterator[bytes | memoryview]:
    yield f"{array.dtype.str} {array.shape} ".encode()
    yield np.ascontiguousarray(array).data


def _cut(image: Image.Image, box: NDArray[np.int32], path: Path) -> Image.Image:
    # Boxes may stick out a little.
    left, top, width, height = box.tolist()
    corners = (
        max(left, 0), max(top, 0), min(left + width, image.width), min(top + height, image.height)
    )  # fmt: skip
    if corners[0] >= corners[2] or corners[1] >= corners[3]:
        msg = (
            f"{path}: the face at {left}, {top} of {width} x {height} pixels is beyond the image "
            f"of {image.width} x {image.height}; is the image cropped already (--whole-images)?"
        )
        raise DataError(msg)
    return image.crop(corners)
