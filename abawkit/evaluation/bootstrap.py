"""How sure a score is: the bootstrap by video, from summaries.

Frames of one video are alike, so it is videos that are drawn, or persons, never frames [1]_. A
resample is a row of weights, how often each video is in it, and all resamples are scored at once
by `abawkit.metrics.Summary.pooled`, without going back to a frame.

Conventions: intervals are bias-corrected percentiles of the resamples [2]_. A score of few videos
is lower than that of many, for it lacks what only some of them show, and a resample, which holds
fewer different ones still, is lower again: plain percentiles lie too low, and hold the truth as
often, or less often, but miss it on one side. The correction takes resamples to lie about the
score as scores lie about the truth; of a score beyond nearly all of them that says nothing, and
plain percentiles are taken. Every interval is wide enough to hold its score.

References
----------
.. [1] A. C. Davison and D. V. Hinkley, "Bootstrap Methods and their Application", Cambridge
   University Press 1997, section 3.8 on hierarchical data.
.. [2] B. Efron, "Nonparametric Standard Errors and Confidence Intervals", Canadian Journal of
   Statistics 9(2):139-158, 1981.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from abawkit.errors import (
    DataError,
    UncertainWarning,
    UndefinedMetricWarning,
    UsageError,
    counted,
    few,
)
from abawkit.evaluation.pooling import poolings
from abawkit.evaluation.uncertain import warn_uncertain
from abawkit.frames import default_group

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from abawkit.evaluation.evaluate import Report
    from abawkit.metrics import WeightedSum

Unit = Literal["video", "person"]
"""What is drawn: each video by itself, or all videos of a person or recording together."""

FEWEST_RESAMPLES = 100
MOST_RESAMPLES = 1_000_000
"""All are held at once: a million of a multi-task score take half a gigabyte."""
_FEWEST_UNITS = 2
_TIE = 1e-12
"""Resamples closer to the score than this are as good: they may differ by rounding."""
_NEARLY_ALL = 0.975
"""A score with more of its resamples than this on one side is outside their 95 % percentiles."""
_CHUNK = 1 << 20
"""How many weights are held at once: 8 MB, whatever the number of videos."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrap:
    """How intervals are drawn: so many ``resamples``, of what ``unit``, from which ``seed``.

    Raises
    ------
    UsageError
        If a value makes no interval.
    """

    resamples: int = 10_000
    level: float = 0.95
    unit: Unit = "video"
    seed: int = 12345

    def __post_init__(self) -> None:
        """Check the values.

        Raises
        ------
        UsageError
            If a value makes no interval.
        """
        faults = []
        if self.resamples < FEWEST_RESAMPLES:
            faults.append(f"--resamples {self.resamples}: expected at least {FEWEST_RESAMPLES}")
        if self.resamples > MOST_RESAMPLES:
            faults.append(f"--resamples {self.resamples}: expected at most {MOST_RESAMPLES}")
        if not 0 < self.level < 1:
            faults.append(f"--level {self.level:g}: expected a share between 0 and 1, as in 0.95")
        if self.unit not in get_args(Unit):
            faults.append(f"--unit: expected {' or '.join(get_args(Unit))}, found {self.unit!r}")
        if self.seed < 0:
            faults.append(f"--seed {self.seed}: expected 0 or more")
        if faults:
            raise UsageError("; ".join(faults))


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Where a score lies: from ``low`` to ``high``, and the ``mean`` of its resamples.

    ``undefined`` is the number of resamples in which the score is 0/0, which are left out; all
    three are NaN where none is left. Else ``low <= score <= high`` for every score that is
    defined. Where nearly all resamples (more than 97.5 %) are on one side of it, the ends are not
    corrected for bias, as if that could be told: they are plain percentiles, one of which is the
    score itself where that lies outside. Such an interval says little; see `is_beyond`.
    """

    low: float
    high: float
    mean: float
    undefined: int = 0

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
        low, high = np.quantile(defined, _ends(defined, level, score))
        return cls(
            # Either leaves NaN out. The score of many ties may be a percentile but for rounding.
            low=float(np.fmin(low, score)),
            high=float(np.fmax(high, score)),
            mean=float(defined.mean()),
            undefined=undefined,
        )


def is_beyond(values: NDArray[np.float64], score: float) -> bool:
    """Tell whether a score is higher or lower than nearly all of its resamples.

    Parameters
    ----------
    values : numpy.ndarray of float64, shape (n_resamples,)
        The score of each resample, NaN where it is undefined.
    score : float
        The score itself.

    Returns
    -------
    bool
        Whether more than 97.5 % of the defined ones are on one side of it, ties being halved.
        Never so of NaN.
    """
    defined = values[~np.isnan(values)]
    if math.isnan(score) or not defined.size:
        return False
    share = _share_below(defined, score)
    return max(share, 1 - share) > _NEARLY_ALL


def _share_below(values: NDArray[np.float64], score: float) -> float:
    # Ties are half below.
    counts = map(np.count_nonzero, (values < score - _TIE, values <= score + _TIE))
    return float(sum(counts) / (2 * values.size))


def _ends(values: NDArray[np.float64], level: float, score: float) -> tuple[float, float]:
    # The shares of the resamples below either end, shifted by twice how far the score is from
    # their median, in standard deviations of a normal distribution.
    normal, tail = NormalDist(), (1 - level) / 2
    if math.isnan(score) or is_beyond(values, score):
        return tail, 1 - tail
    shift = 2 * normal.inv_cdf(_share_below(values, score))
    width = normal.inv_cdf(1 - tail)
    return normal.cdf(shift - width), normal.cdf(shift + width)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """The intervals of one report, by the names that it gives to its parts."""

    bootstrap: Bootstrap
    n_units: int
    score: Interval
    components: Mapping[str, Interval]
    per_class: Mapping[str, Interval]


def counted_videos(report: Report) -> dict[str, WeightedSum]:
    """Give the videos that a score is made of.

    Parameters
    ----------
    report : Report
        The score.

    Returns
    -------
    dict of str to WeightedSum
        The summary of each video of which a frame counts, in the order of their names, so that
        resamples do not depend on how a disk lists files.
    """
    return {
        name: report.videos[name].summary
        for name in sorted(report.videos)
        if report.videos[name].n_frames
    }


def unit_indices(names: Sequence[str], unit: Unit) -> tuple[NDArray[np.intp], int]:
    """Tell which videos are drawn together.

    Parameters
    ----------
    names : sequence of str
        The videos.
    unit : {"video", "person"}
        What is drawn. A person is a recording: its left and right crop and its parts are one,
        and so are all clips of a participant; see `abawkit.frames.default_group`.

    Returns
    -------
    indices : numpy.ndarray of intp, shape (n_videos,)
        The unit of each video. Units are numbered in the order of their names, so that the
        numbers do not depend on the order of the videos.
    n_units : int
        How many there are.

    Examples
    --------
    >>> unit_indices(["9_right", "4", "9_left"], "person")
    (array([1, 0, 1]), 2)
    """
    units = list(names) if unit == "video" else [default_group(name) for name in names]
    number = {name: index for index, name in enumerate(sorted(set(units)))}
    return np.array([number[name] for name in units], np.intp), len(number)


def draws(n_units: int, bootstrap: Bootstrap) -> Iterator[NDArray[np.float64]]:
    """Draw resamples: as many units as there are, with replacement.

    Parameters
    ----------
    n_units : int
        How many units there are.
    bootstrap : Bootstrap
        How many resamples, and their seed.

    Yields
    ------
    numpy.ndarray of float64, shape (n_resamples, n_units)
        How often each unit is in each resample, a chunk of resamples at a time; the numbers do
        not depend on the size of a chunk.
    """
    rng = np.random.default_rng(bootstrap.seed)
    size = max(_CHUNK // n_units, 1)
    for start in range(0, bootstrap.resamples, size):
        n_rows = min(size, bootstrap.resamples - start)
        drawn = rng.integers(n_units, size=(n_rows, n_units))
        cells = drawn + n_units * np.arange(n_rows)[:, None]
        counts = np.bincount(cells.ravel(), minlength=n_rows * n_units)
        yield counts.reshape(n_rows, n_units).astype(np.float64)


def expand(weights: NDArray[np.float64], indices: NDArray[np.intp]) -> NDArray[np.float64]:
    """Give each video the weight of its unit.

    Parameters
    ----------
    weights : numpy.ndarray of float64, shape (n_resamples, n_units)
        How often each unit is in each resample.
    indices : numpy.ndarray of intp, shape (n_videos,)
        The unit of each video.

    Returns
    -------
    numpy.ndarray of float64, shape (n_resamples, n_videos)
        How often each video is in each resample.
    """
    return weights[:, indices]


def confidence(report: Report, bootstrap: Bootstrap | None = None) -> Intervals:
    """Draw the intervals of a score, of its components and of each class.

    Parameters
    ----------
    report : Report
        The score.
    bootstrap : Bootstrap, optional
        How to draw; 10,000 resamples of videos by default.

    Returns
    -------
    Intervals
        All from the same resamples, whose videos are the same for every part of the score. A
        video of which no frame counts is not drawn: it could not change a score, and would only
        make the set look larger.

    Raises
    ------
    DataError
        If there is one unit only: a score has no spread then.

    Warns
    -----
    UncertainWarning
        If there are few units, or a class is annotated as present in few of them, or a score is
        beyond nearly all of its resamples.
    UndefinedMetricWarning
        If something is undefined in every resample, so that it has no interval.
    """
    bootstrap = bootstrap or Bootstrap()
    videos = counted_videos(report)
    indices, n_units = drawn_units(list(videos), bootstrap.unit)
    samples = list(videos.values())
    warn_uncertain(report.challenge, samples, indices, unit=bootstrap.unit)
    chunks = [
        poolings(report.challenge, samples, expand(weights, indices))
        for weights in draws(n_units, bootstrap)
    ]
    drawn = (
        {"score": np.concatenate([chunk.score for chunk in chunks])},
        _joined([chunk.components for chunk in chunks]),
        _joined([chunk.per_class for chunk in chunks]),
    )
    scores = ({"score": report.score}, report.components, report.per_class)
    whole, components, per_class = (
        {name: Interval.of(values[name], bootstrap.level, score=known[name]) for name in known}
        for values, known in zip(drawn, scores, strict=True)
    )
    warn_beyond(
        name
        for values, known in zip(drawn, scores, strict=True)
        for name in known
        if is_beyond(values[name], known[name])
    )
    intervals = Intervals(
        bootstrap=bootstrap,
        n_units=n_units,
        score=whole["score"],
        components=components,
        per_class=per_class,
    )
    _warn_undefined(intervals)
    return intervals


def drawn_units(videos: Sequence[str], unit: Unit) -> tuple[NDArray[np.intp], int]:
    """Tell which videos are drawn together, where there is something to draw.

    Parameters
    ----------
    videos : sequence of str
        The videos of which a frame counts.
    unit : {"video", "person"}
        What is drawn.

    Returns
    -------
    tuple of numpy.ndarray of intp and int
        As `unit_indices` gives them.

    Raises
    ------
    DataError
        If there is no unit, or one only.
    """
    indices, n_units = unit_indices(videos, unit)
    if n_units < _FEWEST_UNITS:
        msg = (
            f"found {counted(n_units, unit)} with annotated frames; expected at least "
            f"{_FEWEST_UNITS}: how sure a score is shows in how much one {unit} differs from "
            "another"
        )
        raise DataError(msg)
    return indices, n_units


def warn_beyond(names: Iterable[str]) -> None:
    """Warn of what is beyond nearly all of its resamples.

    Parameters
    ----------
    names : iterable of str
        What is, see `is_beyond`.

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


def _joined(chunks: Sequence[Mapping[str, NDArray[np.float64]]]) -> dict[str, NDArray[np.float64]]:
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}


def _warn_undefined(intervals: Intervals) -> None:
    named = {"score": intervals.score, **intervals.components, **intervals.per_class}
    lacking = [name for name, interval in named.items() if math.isnan(interval.mean)]
    if lacking:
        msg = f"no interval for {few(lacking, limit=12)}: undefined in every resample"
        warnings.warn(msg, UndefinedMetricWarning, stacklevel=3)
