"""Rows that are there more than once: which they are, and whether they say the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from submissions.validation.rows import SubmittedRows

    Ints = NDArray[np.intp]
    Mask = NDArray[np.bool_]

_SPAN = 1 << 32
"""More than any frame's number."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Repeats:
    """The rows of which an earlier one is of the same frame.

    Attributes
    ----------
    rows, original : numpy.ndarray of int, shape (n_repeats,)
        The rows, ascending, and the first one of the same frame of each.
    differs : numpy.ndarray of bool, shape (n_repeats,)
        Whether its values or probabilities are others; what cannot be read in both is the same.
    """

    rows: Ints
    original: Ints
    differs: Mask

    @classmethod
    def of(cls, rows: SubmittedRows) -> Self:
        """Find them.

        Parameters
        ----------
        rows : SubmittedRows
            Rows.

        Returns
        -------
        Repeats
            Those that repeat others.
        """
        first = originals(spots_of(rows.video, rows.frame))
        again = np.flatnonzero(first != np.arange(len(first)))
        original = first[again]
        differs = np.zeros(len(again), bool)
        for told in (rows.values, rows.probabilities):
            if told is not None:
                one, other = told[again], told[original]
                differs |= ((one != other) & ~(np.isnan(one) & np.isnan(other))).any(axis=1)
        return cls(rows=again, original=original, differs=differs)


def spots_of(video: Ints, frame: Ints) -> Ints:
    """Give each row a number that has the order of videos and frames.

    Parameters
    ----------
    video, frame : numpy.ndarray of int, shape (n_rows,)
        Index of the video of each row, and its frame.

    Returns
    -------
    numpy.ndarray of int, shape (n_rows,)
        One number a row, the same only for the same frame; below 0 where the video is.
    """
    return np.asarray(video * _SPAN + frame, np.intp)


def originals(spots: Ints) -> Ints:
    """Tell for each row which one is the first of the same video and frame.

    Parameters
    ----------
    spots : numpy.ndarray of int, shape (n_rows,)
        See `spots_of`.

    Returns
    -------
    numpy.ndarray of int, shape (n_rows,)
        Itself, if it is the first.

    Examples
    --------
    >>> originals(np.array([7, 8, 7, 7])).tolist()
    [0, 1, 0, 0]
    """
    if bool(np.all(np.diff(spots) > 0)):
        return np.arange(len(spots))
    _, first, inverse = np.unique(spots, return_index=True, return_inverse=True)
    return np.asarray(first[inverse], np.intp)


def occurrences(numbers: Ints) -> Ints:
    """Count, for each number, how often it stood before.

    Parameters
    ----------
    numbers : numpy.ndarray of int
        Numbers.

    Returns
    -------
    numpy.ndarray of int
        0 for the first of its kind.

    Examples
    --------
    >>> occurrences(np.array([7, 8, 7, 7])).tolist()
    [0, 0, 1, 2]
    """
    result = np.zeros(len(numbers), np.intp)
    if len(numbers) < 2 or bool(np.all(np.diff(numbers) > 0)):  # noqa: PLR2004 - one repeats none
        return result
    order = np.argsort(numbers, kind="stable")
    ranked = numbers[order]
    starts = np.flatnonzero(np.diff(ranked, prepend=ranked[0] - 1))
    sizes = np.diff(np.append(starts, len(numbers)))
    result[order] = np.arange(len(numbers)) - np.repeat(starts, sizes)
    return result
