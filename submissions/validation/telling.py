"""What is legal in a submission, but tells that something went wrong on the way.

Conventions: values that are no valid labels are NaN and tell nothing here. A column or a video is
called constant, and a class missed, only where there are ``MIN_ROWS`` rows or more.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import few
from abawkit.labels.values import shown
from abawkit.protocol import Categorical, Continuous, MultiLabel, column_names
from submissions.validation.collecting import finding
from submissions.validation.findings import PLACES
from submissions.validation.shifts import MIN_ROWS, find_shifted, find_swapped
from submissions.validation.stacking import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from abawkit.protocol import Challenge, Target
    from abawkit.track import Track
    from submissions.validation.findings import Finding, VideoRows

    Column = tuple[str, Target]
    Values = NDArray[np.float64]

SHORT = 3
"""A run of at most so many equal labels flickers, if those before and after are equal too."""
FLICKER = 0.01
"""The share of a column's labels in such runs above which it is told."""
ORDINARY = 0.25
"""The share of videos with one class throughout above which that is nothing to tell."""


def find_telling(
    videos: Sequence[VideoRows],
    challenge: Challenge,
    *,
    training: Mapping[str, Track] | None = None,
    against: Mapping[str, Track] | None = None,
    places: int = PLACES,
) -> list[Finding]:
    """Find what a valid submission hardly has if all went well.

    Parameters
    ----------
    videos : sequence of VideoRows
        The submission.
    challenge : Challenge
        What it is for.
    training : mapping of str to Track, optional
        Annotations, which tell the values and classes to expect.
    against : mapping of str to Track, optional
        Labels of another submission of the same videos, which tell whether rows are shifted by
        a frame, or are of the wrong person.
    places : int
        How many places to name of each finding.

    Returns
    -------
    list of Finding
        At most one a code, all of them warnings.
    """
    columns = _columns(challenge)
    stack = Stack.of(videos, len(columns))
    checks = [_constant_columns, _constant_videos, _missed_classes, _flicker]
    findings = [found for check in checks for found in check(stack, columns, places)]
    if training:
        findings += _beyond_training(stack, columns, training, places)
    if against:
        for compare in (find_shifted, find_swapped):
            findings += compare(stack.videos, challenge.targets, against, places=places)
    return findings


def _columns(challenge: Challenge) -> list[Column]:
    targets = [target for target in challenge.targets for _ in range(target.columns)]
    return list(zip(column_names(challenge.targets), targets, strict=True))


def _constant_columns(stack: Stack, columns: Sequence[Column], places: int) -> Iterator[Finding]:
    constant = [
        f"{name} is {_label(target, float(values[0]))}"
        for (name, target), values in zip(columns, stack.values, strict=True)
        # Units that are never 1 are told as such.
        if _constant(values) and not (isinstance(target, MultiLabel) and values[0] == 0)
    ]
    if constant:
        message = f"{few(constant)} in all {stack.n_rows} rows, expected values that change"
        yield finding("constant-column", message, count=len(constant), at=stack.files(places))


def _constant(values: Values) -> bool:
    return len(values) >= MIN_ROWS and bool((values == values[0]).all())


def _label(target: Target, value: float) -> str:
    return target.names[int(value)] if isinstance(target, Categorical) else shown(value)


def _constant_videos(stack: Stack, columns: Sequence[Column], places: int) -> Iterator[Finding]:
    long = stack.lengths >= MIN_ROWS
    if not long.any() or all(map(_constant, stack.values)):
        return
    changes = np.zeros(stack.n_rows, bool)
    for values in stack.values:
        changes[1:] |= values[1:] != values[:-1]
    changes[stack.starts] = False
    constant = np.flatnonzero(long & ~np.logical_or.reduceat(changes, stack.starts))
    # A video may well have one class throughout, if others have, too.
    one_class = len(columns) == 1 and isinstance(columns[0][1], Categorical)
    if not len(constant) or (one_class and len(constant) > max(1, ORDINARY * long.sum())):
        return
    first = stack.videos[int(constant[0])]
    row = zip(columns, first.values[0].tolist(), strict=True)
    labels = ", ".join(f"{name} {_label(target, value)}" for (name, target), value in row)
    message = f"{first.video}: all {len(first.frames)} rows are alike: {labels}"
    at = stack.places(stack.starts[constant[:places]])
    yield finding("constant-video", message, count=len(constant), at=at)


def _missed_classes(stack: Stack, columns: Sequence[Column], places: int) -> Iterator[Finding]:
    missed = []
    for (name, target), values in zip(columns, stack.values, strict=True):
        if stack.n_rows < MIN_ROWS or np.isnan(values).all():
            continue
        if isinstance(target, MultiLabel):
            missed += [] if (values == 1).any() else [name]
        # A constant column is told as such.
        elif isinstance(target, Categorical) and not _constant(values):
            missed += [name for i, name in enumerate(target.names) if not (values == i).any()]
    if missed:
        message = f"{few(missed, limit=12)} is in none of {stack.n_rows} rows"
        yield finding("class-never", message, count=len(missed), at=stack.files(places))


def _flicker(stack: Stack, columns: Sequence[Column], places: int) -> Iterator[Finding]:
    said, flickers = [], np.zeros(stack.n_rows, bool)
    for (name, target), values in zip(columns, stack.values, strict=True):
        if isinstance(target, Continuous):
            continue
        short = _short_runs(values, stack.breaks)
        share = short.sum() / max(stack.n_rows, 1)
        if share > FLICKER:
            said.append(f"{share:.1%} of {name}")
            flickers |= short
    if said:
        rows = np.flatnonzero(flickers)
        _, of_videos = np.unique(stack.video_of(rows), return_index=True)
        message = (
            f"{few(said)} are in runs of at most {SHORT} frames between two equal labels, "
            f"expected at most {FLICKER:.0%}"
        )
        at = stack.places(rows[of_videos[:places]])
        yield finding("flicker", message, count=len(rows), at=at)


def _short_runs(values: Values, breaks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find the short runs of equal labels between two runs of another.

    Parameters
    ----------
    values : numpy.ndarray of float64, shape (n_rows,)
        Labels.
    breaks : numpy.ndarray of bool, shape (n_rows,)
        Which rows do not go on from the row before.

    Returns
    -------
    numpy.ndarray of bool, shape (n_rows,)
        Which rows are in one.
    """
    begins = breaks.copy()
    begins[1:] |= values[1:] != values[:-1]
    starts = np.flatnonzero(begins)
    lengths = np.diff(starts, append=len(values))
    run = values[starts]
    short = np.zeros(len(starts), bool)
    short[1:-1] = (
        (lengths[1:-1] <= SHORT)
        & (run[:-2] == run[2:])
        & ~np.isnan(run[1:-1])
        & ~breaks[starts[1:-1]]
        & ~breaks[starts[2:]]
    )
    return np.repeat(short, lengths)


def _beyond_training(
    stack: Stack, columns: Sequence[Column], training: Mapping[str, Track], places: int
) -> Iterator[Finding]:
    beyond, said = np.zeros(stack.n_rows, bool), []
    for index, ((name, target), values) in enumerate(zip(columns, stack.values, strict=True)):
        seen = np.concatenate([track.values[:, index] for track in training.values()])
        seen = seen[~np.isnan(seen)]
        if not len(seen):
            continue
        outside, expected = _outside(target, values, seen)
        if outside.any():
            first = _label(target, float(values[np.argmax(outside)]))
            said.append(f"{name} {first}, expected {expected}")
            beyond |= outside
    if said:
        rows = np.flatnonzero(beyond)
        message = f"{few(said)}, as the training annotations have"
        yield finding("training-range", message, count=len(rows), at=stack.places(rows[:places]))


def _outside(target: Target, values: Values, seen: Values) -> tuple[NDArray[np.bool_], str]:
    # Which values are none of those that were seen, and those in words.
    if isinstance(target, Continuous):
        low, high = float(seen.min()), float(seen.max())
        rounding = 10.0**-target.decimals
        outside = (values < low - rounding) | (values > high + rounding)
        return outside, f"{shown(low)} to {shown(high)}"
    labels = np.unique(seen)
    outside = ~np.isnan(values) & ~np.isin(values, labels)
    return outside, ", ".join(map(partial(_label, target), labels.tolist()))
