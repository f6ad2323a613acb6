"""Probabilities of classes as they stand in files: rounded, and with the sum 1 to the bit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

DECIMALS = 4
_SLACK = 1e-6


def are_shares(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which rows are probabilities of classes that exclude each other.

    Parameters
    ----------
    values : numpy.ndarray of float64, shape (n_rows, n_classes)
        What to check; NaN is no probability.

    Returns
    -------
    numpy.ndarray of bool, shape (n_rows,)
        Whether all are at least 0 and add up to 1, but for the error of sums.
    """
    near: NDArray[np.bool_] = abs(values.sum(axis=1) - 1) < _SLACK
    return near & (values >= 0).all(axis=1)


def complemented(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round probabilities to `DECIMALS` so that the first is what the others leave over.

    Of two classes, ``p0 + p1 == 1.0`` holds for what is read back, exactly, as the organisers of
    AH test it (``validate_submission.py`` in sbelharbi/ah3rd-challenge-abaw11).

    Parameters
    ----------
    shares : numpy.ndarray of float64, shape (n_rows, n_classes)
        Probabilities with the sum 1.

    Returns
    -------
    numpy.ndarray of float64, of that shape
        The numbers nearest to so many decimals.
    """
    # Whole numbers, so that no difference is off by a bit.
    units = np.round(shares * 10**DECIMALS)
    units[:, 0] = 10**DECIMALS - units[:, 1:].sum(axis=1)
    return np.asarray(units / 10**DECIMALS, np.float64)
