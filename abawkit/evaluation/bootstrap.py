"""How sure a score is: the bootstrap by video, from summaries.

Frames of one video are alike, so it is videos that are drawn, or persons, never frames [1]_. A
resample is a row of weights, how often each video is in it, and all resamples are scored at once
by `abawkit.metrics.Summary.pooled`, without going back to a frame.

References
----------
.. [1] A. C. Davison and D. V. Hinkley, "Bootstrap Methods and their Application", Cambridge
   University Press 1997, section 3.8 on hierarchical data.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from abawkit.errors import (
    DataError,
    UndefinedMetricWarning,
    UsageError,
    counted,
    few,
)
from abawkit.evaluation.interval import Interval, warn_beyond
from abawkit.evaluation.pooling import poolings
from abawkit.evaluation.uncertain import warn_uncertain
from abawkit.frames import default_group

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from abawkit.evaluation.evaluate import Report
    from abawkit.metrics import WeightedSum

Unit = Literal["video", "person"]
"""What is drawn: each video by itself, or all videos of a person or recording together."""

FEWEST_RESAMPLES = 100
MOST_RESAMPLES = 1_000_000
"""All are held at once: a million of a multi-task score take half a gigabyte."""
_FEWEST_UNITS = 2
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
    parts = (whole, components, per_class)
    warn_beyond(name for part in parts for name, one in part.items() if one.beyond)
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


def _joined(chunks: Sequence[Mapping[str, NDArray[np.float64]]]) -> dict[str, NDArray[np.float64]]:
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}


def _warn_undefined(intervals: Intervals) -> None:
    named = {"score": intervals.score, **intervals.components, **intervals.per_class}
    lacking = [name for name, interval in named.items() if math.isnan(interval.mean)]
    if lacking:
        msg = f"no interval for {few(lacking, limit=12)}: undefined in every resample"
        warnings.warn(msg, UndefinedMetricWarning, stacklevel=3)
