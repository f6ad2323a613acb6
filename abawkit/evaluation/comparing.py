"""Whether one system beats another on the same annotations, by video.

Two tests of the difference of two scores, both two-sided and both by unit (video or person):

- The paired bootstrap [1]_: the same units are drawn for both systems, and ``p`` is the share of
  resamples whose difference is at least as far from the mean of all of them as the difference
  found is from zero (the shift method of [2]_; [3]_ say why). Differences keep their sign:
  to centre their absolute values, as some tools do, is a test of one side.
- Paired approximate randomisation [2]_: each unit's predictions are given to the one or the other
  system at random, and ``p`` is the share of such swaps whose difference is at least as large.

Both count the observed one as well, ``(count + 1) / (number + 1)``, so that no ``p`` is zero and
the test keeps its level. With few units the bootstrap still finds too much: at 25 videos, 8 % of
pairs that differ by chance have a ``p`` of at most .05. Approximate randomisation keeps to 5 %, so
it is the one by which systems are said to be beaten. ``p`` values of several pairs are corrected
together, for each test, and for the score and each component, by itself.

Conventions: the difference of a pair is the score of its ``first`` less that of its ``second``.
What is 0/0 is NaN, and resamples of which either score is 0/0 are left out.

References
----------
.. [1] P. Koehn, "Statistical Significance Tests for Machine Translation Evaluation", EMNLP 2004.
.. [2] E. W. Noreen, "Computer-Intensive Methods for Testing Hypotheses", Wiley 1989.
.. [3] P. Hall and S. R. Wilson, "Two Guidelines for Bootstrap Hypothesis Testing", Biometrics
   47(2):757-762, 1991.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import AlignmentError, ComparisonWarning, UsageError, few
from abawkit.evaluation.bootstrap import Bootstrap, confidence
from abawkit.evaluation.comparability import differences
from abawkit.evaluation.comparison import Comparison, Gap, Pair, PValue, System
from abawkit.evaluation.corrections import check_correction, corrected
from abawkit.evaluation.interval import TIE, Interval, warn_beyond
from abawkit.evaluation.pairing import (
    SCORE,
    Units,
    p_bootstrap,
    p_randomisation,
    resample,
    swap,
)
from abawkit.evaluation.signature import Signature, signature

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from abawkit.evaluation.bootstrap import Intervals
    from abawkit.evaluation.corrections import Correction
    from abawkit.evaluation.evaluate import Report
    from abawkit.evaluation.pairing import Numbers

_FEWEST = 2
_FRAMES = {"frames", "list", "labels"}
"""The fields of a signature that tell what was scored; the other deciding ones are rules."""


def compare(
    reports: Mapping[str, Report],
    *,
    bootstrap: Bootstrap | None = None,
    correction: Correction = "holm",
    baseline: str | None = None,
    processing: Mapping[str, Mapping[str, str]] | None = None,
) -> Comparison:
    """Compare systems that are scored against the same annotations, pair by pair.

    Parameters
    ----------
    reports : mapping of str to Report
        By name of the system, two at least.
    bootstrap : Bootstrap, optional
        How many resamples and swaps of which units, from which seed; its level is that of
        intervals and tests.
    correction : {"holm", "bonferroni", "bh", "none"}
        How ``p`` values are corrected for the number of pairs.
    baseline : str, optional
        The system to compare the others with; by default, every pair is compared.
    processing : mapping of str to mapping of str to str, optional
        How each system's predictions were made, for its signature.

    Returns
    -------
    Comparison
        Every system with its interval, and every pair with its tests.

    Raises
    ------
    UsageError
        If there are fewer than two systems, or none is called as the baseline, or there is no
        such correction.
    AlignmentError
        If they are not of one challenge and its rules, or not of the same videos.

    Warns
    -----
    ComparisonWarning
        If they are not scored on the same frames and annotations.
    UncertainWarning
        If there are few units to draw from, or a score or difference is beyond nearly all of its
        resamples.

    Examples
    --------
    >>> import numpy as np
    >>> from abawkit import Track, evaluate
    >>> rng = np.random.default_rng(0)
    >>> noise = rng.normal(0, 0.3, (20, 50, 2))
    >>> y_true = rng.uniform(-0.5, 0.5, (20, 50, 2))
    >>> def tracks(all_values):
    ...     values = np.clip(all_values, -1, 1)
    ...     return [Track.of(f"video{i}", each) for i, each in enumerate(values)]
    >>> reports = {
    ...     "a": evaluate("abaw3-va", tracks(y_true), tracks(y_true + noise)),
    ...     "b": evaluate("abaw3-va", tracks(y_true), tracks(y_true + 2 * noise)),
    ... }
    >>> found = compare(reports, bootstrap=Bootstrap(resamples=999))
    >>> found.beaten("a"), found.pairs[0].score.bootstrap.value
    (('b',), 0.001)
    """
    bootstrap = bootstrap or Bootstrap()
    check_choices(reports, baseline, correction)
    _check_videos(reports)
    signatures = {
        name: signature(report, (processing or {}).get(name), bootstrap)
        for name, report in reports.items()
    }
    _check_signatures(signatures)
    intervals = _intervals(reports, bootstrap)
    units = Units.of(reports.values(), bootstrap.unit)
    resamples = {name: resample(report, units, bootstrap) for name, report in reports.items()}
    if baseline is None:
        named = list(combinations(reports, 2))
    else:
        named = [(name, baseline) for name in reports if name != baseline]
    pairs, beyond = [], []
    for first, second in named:
        drawn = {
            name: values - resamples[second][name] for name, values in resamples[first].items()
        }
        swapped = swap(reports[first], reports[second], units, bootstrap)
        pairs.append(_pair(first, second, reports, drawn, swapped, bootstrap.level))
        beyond += _beyond(pairs[-1])
    warn_beyond(beyond)
    return Comparison(
        systems={
            name: System(report=report, intervals=intervals[name], signature=str(signatures[name]))
            for name, report in reports.items()
        },
        pairs=_corrected(pairs, correction),
        bootstrap=bootstrap,
        n_units=units.n_units,
        correction=correction,
        baseline=baseline,
    )


def check_choices(names: Collection[str], baseline: str | None, correction: str) -> None:
    """Check that there is something to compare, before anything is scored.

    Parameters
    ----------
    names : collection of str
        Of the systems.
    baseline : str or None
        Which of them the others are compared with.
    correction : str
        How ``p`` values are corrected.

    Raises
    ------
    UsageError
        If there are fewer than two, or none is called as the baseline, or there is no such
        correction.
    """
    if len(names) < _FEWEST:
        msg = (
            f"expected two systems to compare at least, found {few(names) or 'none'}; "
            "annotations come after them, as in 'abawkit compare ONE OTHER GT'"
        )
        raise UsageError(msg)
    if baseline is not None and baseline not in names:
        msg = f"no system is called {baseline!r}, as the baseline; there are {few(names)}"
        raise UsageError(msg)
    check_correction(correction)


def _check_videos(reports: Mapping[str, Report]) -> None:
    (first, one), *others = reports.items()
    for name, other in others:
        if other.challenge.name != one.challenge.name:
            msg = (
                f"{first} is scored for {one.challenge.name}, {name} for {other.challenge.name}; "
                "expected one challenge"
            )
            raise AlignmentError(msg)
        only = [sorted(a.videos.keys() - b.videos.keys()) for a, b in ((one, other), (other, one))]
        if any(only):
            told = (
                f"{len(videos)} videos that {here} lacks: {few(videos)}"
                for videos, here in zip(only, (name, first), strict=True)
                if videos
            )
            msg = (
                f"{first} and {name} are not scored on the same videos: there are "
                f"{', and '.join(told)}; score them against the same annotations"
            )
            raise AlignmentError(msg)


def _check_signatures(signatures: Mapping[str, Signature]) -> None:
    (first, one), *others = signatures.items()
    for name, other in others:
        found = [each for each in differences(one, other) if each.decides]
        told = "; ".join(map(str, found))
        if any(each.field not in _FRAMES for each in found):
            msg = f"{first} and {name} are not scored by the same rules: {told}"
            raise AlignmentError(msg)
        if found:
            msg = (
                f"{first} and {name} are not scored on the same: {told}. Their difference is not "
                "one of the systems alone"
            )
            warnings.warn(msg, ComparisonWarning, stacklevel=3)


def _intervals(reports: Mapping[str, Report], bootstrap: Bootstrap) -> dict[str, Intervals]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        intervals = {name: confidence(report, bootstrap) for name, report in reports.items()}
    # What is told of the annotations is told of each system: once is enough.
    told = {(each.category, str(each.message)) for each in caught}
    for category, message in sorted(told, key=str):
        warnings.warn(message, category, stacklevel=3)
    return intervals


def _pair(  # noqa: PLR0913, PLR0917 - what a pair is made of
    first: str,
    second: str,
    reports: Mapping[str, Report],
    drawn: Numbers,
    swapped: Numbers,
    level: float,
) -> Pair:
    one, other = (
        {SCORE: report.score, **report.components} for report in (reports[first], reports[second])
    )
    gaps = {}
    for name, value in one.items():
        apart = value - other[name]
        gaps[name] = Gap(
            difference=apart,
            interval=Interval.of(drawn[name], level, score=apart),
            bootstrap=_p_value(p_bootstrap(drawn[name], apart), drawn[name]),
            randomisation=_p_value(p_randomisation(swapped[name], apart), swapped[name]),
        )
    found = (*drawn.values(), *swapped.values())
    return Pair(
        first=first,
        second=second,
        score=gaps.pop(SCORE),
        components=gaps,
        same=not any((np.abs(values) > TIE).any() for values in found),
    )


def _beyond(pair: Pair) -> list[str]:
    gaps = {SCORE: pair.score, **pair.components}
    return [
        f"{pair.first} - {pair.second} ({name})"
        for name, gap in gaps.items()
        if gap.interval.beyond
    ]


def _p_value(value: float, found: NDArray[np.float64]) -> PValue:
    return PValue(value=value, corrected=value, undefined=int(np.isnan(found).sum()))


def _corrected(pairs: Sequence[Pair], correction: Correction) -> tuple[Pair, ...]:
    scores = _corrected_gaps([pair.score for pair in pairs], correction)
    components = {
        name: _corrected_gaps([pair.components[name] for pair in pairs], correction)
        for name in pairs[0].components
    }
    return tuple(
        replace(
            pair,
            score=scores[index],
            components={name: gaps[index] for name, gaps in components.items()},
        )
        for index, pair in enumerate(pairs)
    )


def _corrected_gaps(gaps: Sequence[Gap], correction: Correction) -> list[Gap]:
    drawn, swapped = (
        corrected([value.value for value in values], correction).tolist()
        for values in (
            [gap.bootstrap for gap in gaps],
            [gap.randomisation for gap in gaps],
        )
    )
    return [
        replace(
            gap,
            bootstrap=replace(gap.bootstrap, corrected=one),
            randomisation=replace(gap.randomisation, corrected=other),
        )
        for gap, one, other in zip(gaps, drawn, swapped, strict=True)
    ]
