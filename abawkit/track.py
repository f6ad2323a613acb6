"""The one type that crosses every border: what is known of one video, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Track:
    """Values of one video; row ``i`` is frame ``i + 1``.

    Attributes
    ----------
    video : str
        The video's name, with ``_left`` or ``_right`` where two people are in it.
    values : numpy.ndarray of float64, shape (n_frames, n_outputs)
        NaN wherever the value is not known.
    known : numpy.ndarray of bool, shape (n_frames, n_outputs)
        Which values are annotated, or predicted.
    listed : numpy.ndarray of bool, shape (n_frames,), or None
        Which frames the file has a row for, where it lists some only; None for all.
    probabilities : numpy.ndarray of float64, shape (n_frames, n_classes), or None
        How probable each class is, where labels of classes are told with that; NaN where not.
    """

    video: str
    values: NDArray[np.float64]
    known: NDArray[np.bool_]
    listed: NDArray[np.bool_] | None = None
    probabilities: NDArray[np.float64] | None = None

    @classmethod
    def of(
        cls,
        video: str,
        values: ArrayLike,
        known: ArrayLike | None = None,
        listed: NDArray[np.bool_] | None = None,
    ) -> Self:
        """Make a track of values and a mask.

        Parameters
        ----------
        video : str
            The video's name.
        values : array_like of float, shape (n_frames, n_outputs)
            One row a frame.
        known : array_like of bool, shape (n_frames,) or (n_frames, n_outputs), optional
            Which frames or values are known; by default those that are not NaN.
        listed : numpy.ndarray of bool, shape (n_frames,), optional
            Which frames have a row; all by default.

        Returns
        -------
        Track
            With NaN in place of all that is not known.

        Raises
        ------
        ValueError
            If the shapes do not fit, or a known value is not finite.
        """
        array = np.array(values, dtype=np.float64)
        if array.ndim != 2:  # noqa: PLR2004 - frames and outputs
            msg = f"{video}: expected values of shape (n_frames, n_outputs), found {array.shape}"
            raise ValueError(msg)
        mask = ~np.isnan(array) if known is None else np.array(known, dtype=bool)
        if mask.ndim == 1 and len(mask) == len(array):
            mask = np.repeat(mask[:, None], array.shape[1], axis=1)
        if mask.shape != array.shape:
            msg = f"{video}: expected a mask of shape {array.shape}, found {mask.shape}"
            raise ValueError(msg)
        wrong = mask & ~np.isfinite(array)
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            msg = f"{video}: frame {row + 1}, output {column} is {array[row, column]}"
            raise ValueError(msg)
        array[~mask] = np.nan
        return cls(video=video, values=array, known=mask, listed=listed)

    @property
    def n_frames(self) -> int:
        """Number of frames of the video."""
        return len(self.values)
