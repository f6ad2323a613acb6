"""Which values were scored, and what they are annotated with, as two short hashes.

Conventions, so that other tools can compute them. Both hashes are sums: each video in which a
value counts has a number, the numbers of all videos are added modulo 2 ** 256, and the first 12
of the 64 hexadecimal digits of the sum are shown, so that the order of videos does not matter. The
number of a video is the SHA-256, as a big-endian integer, of its name in UTF-8 and Unicode normal
form C (file systems differ in it), one zero byte, and

list
    for every frame with a value that counts, in their order: its number from 1, and the sum of
    ``2 ** column`` over the columns, from 0, whose values count, both as little-endian uint32;
labels
    the annotated values that count, frame by frame and column by column in each, as little-endian
    float64; zero has no sign.

A value counts if it is annotated, its target's masking does not hide it, and its frame was
predicted in full, or need not have been. A whole clip is a frame with the number 1.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIGITS = 12
_MODULUS = 1 << 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """The sums over some videos, both 0 for none; ``+`` takes two disjoint sets together."""

    positions: int = 0
    values: int = 0

    @classmethod
    def of(cls, video: str, values: NDArray[np.float64], counts: NDArray[np.bool_]) -> Self:
        """Take the fingerprint of one video.

        Parameters
        ----------
        video : str
            Its name.
        values : numpy.ndarray of float64, shape (n_frames, n_columns)
            What it is annotated with; at most 32 columns.
        counts : numpy.ndarray of bool, shape (n_frames, n_columns)
            Which of the values count.

        Returns
        -------
        Fingerprint
            Of nothing if no value counts.
        """
        columns = (1 << np.arange(counts.shape[1])).astype(np.float64)
        # Floats are several times as fast to multiply as integers, and exact up to 2 ** 53.
        chosen = (counts.astype(np.float64) @ columns).astype("<u4")
        frames = np.flatnonzero(chosen)
        if not len(frames):
            return cls()
        rows = np.empty((len(frames), 2), "<u4")
        rows[:, 0], rows[:, 1] = frames + 1, chosen[frames]
        counted = (values[counts] + 0.0).astype("<f8", copy=False)
        return cls(positions=_number(video, rows), values=_number(video, counted))

    def __add__(self, other: Fingerprint) -> Fingerprint:
        return Fingerprint(
            positions=(self.positions + other.positions) % _MODULUS,
            values=(self.values + other.values) % _MODULUS,
        )

    @property
    def list(self) -> str:
        """Which values count, 12 hexadecimal digits."""
        return f"{self.positions:064x}"[:DIGITS]

    @property
    def labels(self) -> str:
        """What they are annotated with, 12 hexadecimal digits."""
        return f"{self.values:064x}"[:DIGITS]


def _number(video: str, array: NDArray[np.generic]) -> int:
    # Names of files need not be text.
    name = unicodedata.normalize("NFC", video).encode("utf-8", "surrogateescape")
    digest = hashlib.sha256(name + b"\0")
    digest.update(array.tobytes())
    return int.from_bytes(digest.digest())
