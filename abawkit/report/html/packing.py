"""Tracks as text that is short and quick to read: what a page carries of every frame.

Conventions: a block is the Base64 of a zlib stream (RFC 1950), which browsers unpack themselves.
In it stand all ``values`` as little-endian 16-bit integers and then all ``labels`` as 8-bit ones,
channel after channel; each channel is written as differences from the number before it, the
first from 0, modulo 2^16 or 2^8. What is not known is -32768 among the values and -1 among the
labels.
"""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCALE = 1000
"""Steps to one: values are kept to three decimals."""
UNKNOWN_VALUE = -32768
UNKNOWN_LABEL = -1
_LARGEST = 32767


def quantised(values: NDArray[np.float64]) -> NDArray[np.int16]:
    """Round values to the steps that they are kept in.

    Parameters
    ----------
    values : numpy.ndarray of float64
        Such as valence; NaN where not known.

    Returns
    -------
    numpy.ndarray of int16, of the same shape
        In steps of ``1 / SCALE``, at most 32.767 either way; -32768 where not known.
    """
    steps = np.clip(np.rint(values * SCALE), -_LARGEST, _LARGEST)
    return np.where(np.isnan(steps), UNKNOWN_VALUE, steps).astype(np.int16)


def indices(labels: NDArray[np.float64]) -> NDArray[np.int8]:
    """Keep labels, classes as well as 0 and 1, in a byte each.

    Parameters
    ----------
    labels : numpy.ndarray of float64
        Whole numbers up to 127; NaN where not known.

    Returns
    -------
    numpy.ndarray of int8, of the same shape
        The labels; -1 where not known.
    """
    return np.where(np.isnan(labels), UNKNOWN_LABEL, labels).astype(np.int8)


def thinned(values: NDArray[np.float64], every: int) -> NDArray[np.float64]:
    """Keep the smallest and the largest of every so many frames, in the order they come in.

    Parameters
    ----------
    values : numpy.ndarray of float64, shape (n_frames, n_channels)
        NaN where not known.
    every : int
        How many frames two values stand for; 2 or less keeps all.

    Returns
    -------
    numpy.ndarray of float64, shape (n_kept, n_channels)
        Two rows for every bin, also for the last, shorter one; row ``i`` stands near frame
        ``i * every / 2``. NaN for a bin without any known value.
    """
    if every <= 2:  # noqa: PLR2004 - two values of two frames are all there is
        return values
    n_frames, channels = values.shape
    bins = -(-n_frames // every)
    padded = np.full((bins * every, channels), np.nan)
    padded[:n_frames] = values
    stacked = padded.reshape(bins, every, channels)
    lowest = np.where(np.isnan(stacked), np.inf, stacked).argmin(axis=1)
    highest = np.where(np.isnan(stacked), -np.inf, stacked).argmax(axis=1)
    order = np.sort(np.stack([lowest, highest], axis=1), axis=1)
    return np.take_along_axis(stacked, order, axis=1).reshape(bins * 2, channels)


def pack(values: NDArray[np.int16], labels: NDArray[np.int8]) -> str:
    """Write channels as text.

    Parameters
    ----------
    values : numpy.ndarray of int16, shape (n_values, n_kept)
        Of continuous outputs.
    labels : numpy.ndarray of int8, shape (n_labels, n_frames)
        Of all else.

    Returns
    -------
    str
        As the conventions of this module say.
    """
    steps = np.diff(values.astype(np.int32), axis=1, prepend=0).astype("<i2")
    turns = np.diff(labels.astype(np.int16), axis=1, prepend=0).astype(np.int8)
    return base64.b64encode(zlib.compress(steps.tobytes() + turns.tobytes(), 9)).decode("ascii")
