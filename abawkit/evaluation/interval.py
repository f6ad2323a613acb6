"""An interval of a score, from its resamples.

Conventions: intervals are bias-corrected percentiles of the resamples [1]_. A score of few videos
is lower than that of many, for it lacks what only some of them show, and a resample, which holds
fewer different ones still, is lower again: plain percentiles lie too low, and hold the truth as
often, or less often, but miss it on one side. The correction takes resamples to lie about the
score as scores lie about the truth; of a score beyond nearly all of them that says nothing, and
plain percentiles are taken. Every interval is wide enough to hold its score.

References
----------
.. [1] B. Efron, "Nonparametric Standard Errors and Confidence Intervals", Canadian Journal of
   Statistics 9(2):139-158, 1981.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import UncertainWarning, few

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

TIE = 1e-12
"""Numbers closer than this are equal: sums in another order differ by rounding."""
_NEARLY_ALL = 0.975
"""A score with more of its resamples than this on one side is outside their 95 % percentiles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Where a score lies: from ``low`` to ``high``, and the ``mean`` of its resamples.

    ``undefined`` is the number of resamples in which the score is 0/0, which are left out; all
    three are NaN where none is left. Else ``low <= score <= high`` for every score that is
    defined. A score is ``beyond`` its resamples where more than 97.5 % of them are on one side of
    it, ties being halved. Then the ends are not corrected for bias, as if that could be told: they
    are plain percentiles, one of which is the score itself where that lies outside. Such an
    interval says little.
    """

    low: float
    high: float
    mean: float
    undefined: int = 0
    beyond: bool = False

    @property
    def method(self) -> str:
        """How the ends came about."""
        return "percentile, widened" if self.beyond else "bias-corrected percentile"

    @classmethod
    def of(cls, values: NDArray[np.float64], level: float, *, score: float = math.nan) -> Interval:
        """Read the interval from resamples.

        Parameters
        ----------
        values : numpy.ndarray of float64, shape (n_resamples,)
            The score of each resample, NaN where it is undefined.
        level : float
            Share inside the interval; half of the rest is on either side.
        score : float
            The score itself, by which percentiles are corrected for bias; without one they are
            not.

        Returns
        -------
        Interval
            Percentiles by linear interpolation, widened to hold the score.
        """
        defined = values[~np.isnan(values)]
        undefined = values.size - defined.size
        if not defined.size:
            return cls(low=math.nan, high=math.nan, mean=math.nan, undefined=undefined)
        share = 0.5 if math.isnan(score) else _share_below(defined, score)
        beyond = max(share, 1 - share) > _NEARLY_ALL
        # At a share of a half nothing is corrected.
        low, high = np.quantile(defined, _ends(level, 0.5 if beyond else share))
        return cls(
            # Either leaves NaN out. The score of many ties may be a percentile but for rounding.
            low=float(np.fmin(low, score)),
            high=float(np.fmax(high, score)),
            mean=float(defined.mean()),
            undefined=undefined,
            beyond=beyond,
        )


def _share_below(values: NDArray[np.float64], score: float) -> float:
    # Ties are half below.
    counts = map(np.count_nonzero, (values < score - TIE, values <= score + TIE))
    return float(sum(counts) / (2 * values.size))


def _ends(level: float, share: float) -> tuple[float, float]:
    # The shares of the resamples below either end, shifted by twice how far the score, with its
    # own share of them below, is from their median, in deviations of a normal distribution.
    normal = NormalDist()
    shift, width = 2 * normal.inv_cdf(share), normal.inv_cdf((1 + level) / 2)
    return normal.cdf(shift - width), normal.cdf(shift + width)


def warn_beyond(names: Iterable[str]) -> None:
    """Warn of what is beyond nearly all of its resamples.

    Parameters
    ----------
    names : iterable of str
        What is, as `Interval` tells.

    Warns
    -----
    UncertainWarning
        If there is any.
    """
    found = list(names)
    if found:
        msg = (
            f"beyond nearly all of its resamples: {few(found, limit=12)}; such an interval is "
            "widened to hold what is found, and says little"
        )
        warnings.warn(msg, UncertainWarning, stacklevel=3)
