"""What becomes of ``p`` values when several tests are made at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from abawkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Correction = Literal["holm", "bonferroni", "bh", "none"]
"""How ``p`` values of several tests are corrected; ``bh`` is that of Benjamini and Hochberg."""


def corrected(values: Sequence[float], correction: Correction) -> NDArray[np.float64]:
    """Correct ``p`` values for their number.

    Holm [1]_ and Bonferroni bound the chance of any false finding, Holm never with less power;
    Benjamini and Hochberg [2]_ bound the share of false findings among all.

    Parameters
    ----------
    values : sequence of float
        In [0, 1]; NaN for a test that could not be made, which does not count as one.
    correction : {"holm", "bonferroni", "bh", "none"}
        How.

    Returns
    -------
    numpy.ndarray of float64, shape (n_tests,)
        In the same order, at most 1: significant at a level where not above it.

    References
    ----------
    .. [1] S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian
       Journal of Statistics 6(2):65-70, 1979.
    .. [2] Y. Benjamini and Y. Hochberg, "Controlling the False Discovery Rate", Journal of the
       Royal Statistical Society B 57(1):289-300, 1995.

    Examples
    --------
    >>> corrected([0.01, 0.04, 0.03], "holm").tolist()
    [0.03, 0.06, 0.06]
    """
    check_correction(correction)
    found = np.array(values, np.float64)
    tested = np.flatnonzero(~np.isnan(found))
    ascending = tested[np.argsort(found[tested], kind="stable")]
    found[ascending] = np.minimum(_step(found[ascending], correction), 1.0)
    return found


def check_correction(correction: str) -> None:
    """Check that a correction is one.

    Parameters
    ----------
    correction : str
        Its name.

    Raises
    ------
    UsageError
        If there is no such correction.
    """
    if correction not in get_args(Correction):
        known = ", ".join(get_args(Correction))
        msg = f"no correction {correction!r}; expected one of {known}"
        raise UsageError(msg)


def _step(ascending: NDArray[np.float64], correction: Correction) -> NDArray[np.float64]:
    n_tests = len(ascending)
    ranks = np.arange(1, n_tests + 1)
    match correction:
        case "holm":
            return np.maximum.accumulate((n_tests - ranks + 1) * ascending)
        case "bonferroni":
            return n_tests * ascending
        case "bh":
            return np.minimum.accumulate((n_tests / ranks * ascending)[::-1])[::-1]
        case _:
            return ascending
