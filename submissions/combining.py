"""Several runs of the same frames made one, on their raw outputs.

============  ==================================================================================
``mean``      the mean of the outputs
``weighted``  the mean with a weight a run, for each target; weights are divided by their sum
``rank``      each output of a run is replaced by its mid-rank over all frames of all videos; the
              mean rank over the runs is turned back into a value by the mean of the runs' sorted
              values, so that ranges and thresholds keep their meaning. The probabilities of the
              classes of a frame need not add up to 1 then; the largest wins all the same.
``vote``      each run says what it would of the frame alone, by its own thresholds. The output of
              an action unit is the share of the runs that see it: half of them suffice at the
              threshold .5. That of a class is its share of the votes, where the mean probability
              of all runs has half a vote, which decides between classes with as many votes and
              nothing else. A value is the median of the runs.
============  ==================================================================================

The order of the runs does not change a bit of the result: what is added up is sorted before.
Runs that are equal give themselves, but for ``vote``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, assert_never, get_args

import numpy as np

from abawkit.errors import AlignmentError, UsageError, few
from abawkit.protocol import Categorical, Continuous, MultiLabel
from abawkit.track import Track
from submissions.decide import DEFAULT_THRESHOLD, decide, output_blocks
from submissions.run import RawVideo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from abawkit.protocol import Challenge
    from submissions.run import Run

    Array = NDArray[np.float64]

Method = Literal["mean", "weighted", "rank", "vote"]
METHODS: tuple[Method, ...] = get_args(Method)
_SHOWN = 5  # videos named of those that differ


def combine(
    runs: Sequence[Run],
    *,
    method: Method = "mean",
    weights: Mapping[str, Sequence[float]] | None = None,
) -> dict[str, RawVideo]:
    """Combine the raw outputs of runs; `check_runs` tells whether they can be.

    Parameters
    ----------
    runs : sequence of Run
        At least one, with the same frames.
    method : {"mean", "weighted", "rank", "vote"}
        How, as above.
    weights : mapping of str to sequence of float, optional
        For ``weighted``: one weight a run, by target; equal ones for a target that is not named.

    Returns
    -------
    dict of str to RawVideo
        Outputs as a run has them, by video, in the order of the first run.
    """
    videos = {name: [run.videos[name] for run in runs] for name in runs[0].videos}
    outputs = {
        name: np.stack([raw.outputs.astype(np.float64) for raw in raws])
        for name, raws in videos.items()
    }
    combined = _combiner(runs, outputs, method, weights or {})
    return {
        name: RawVideo(
            video=name,
            frames=raws[0].frames,
            outputs=combined(name).astype(np.float32),
            n_frames=raws[0].n_frames,
            broken=np.unique(np.concatenate([raw.broken for raw in raws])).astype(np.int32),
            listed=raws[0].listed,
            source=";".join(sorted({raw.source for raw in raws})),
        )
        for name, raws in videos.items()
    }


def _combiner(
    runs: Sequence[Run],
    outputs: Mapping[str, Array],
    method: Method,
    weights: Mapping[str, Sequence[float]],
) -> Callable[[str], Array]:
    challenge = runs[0].challenge
    match method:
        case "mean" | "weighted":
            shares = by_output(challenge, weights, len(runs))[:, None]
            return lambda name: average(outputs[name], shares)
        case "rank":
            ranked = dict(zip(outputs, _rank_means(list(outputs.values())), strict=True))
            return ranked.__getitem__
        case "vote":
            return lambda name: _votes(runs, outputs[name])
        case _:
            assert_never(method)


def weighted_mean(tracks: Sequence[Track], weights: Sequence[float]) -> Track:
    """Average the raw outputs of one video as a run with these weights has them, to the bit.

    Parameters
    ----------
    tracks : sequence of Track
        One a run, with the same frames known; any columns, for each is averaged on its own.
    weights : sequence of float
        One a run; they are divided by their sum.

    Returns
    -------
    Track
        The mean, rounded to 32 bits as in the files of a run.
    """
    shares = np.array(normalised(weights))[:, None, None]
    values = average(np.stack([track.values for track in tracks]), shares).astype(np.float32)
    return Track.of(tracks[0].video, values, tracks[0].known, tracks[0].listed)


def normalised(weights: Sequence[float]) -> tuple[float, ...]:
    """Divide weights by their sum.

    Parameters
    ----------
    weights : sequence of float
        Not negative, not all 0.

    Returns
    -------
    tuple of float
        Weights with the sum 1.

    Raises
    ------
    UsageError
        If one is negative or not finite, or all are 0.
    """
    largest = max(weights, default=0)
    if min(weights, default=0) < 0 or not (largest > 0 and all(map(math.isfinite, weights))):
        shown = ", ".join(f"{weight:g}" for weight in weights)
        msg = f"expected weights of at least 0, and one above it; found {shown}"
        raise UsageError(msg)
    # Relative to the largest, so that no sum overflows and equal weights give equal parts.
    scaled = [weight / largest for weight in weights]
    total = math.fsum(scaled)
    return tuple(weight / total for weight in scaled)


def by_output(challenge: Challenge, weights: Mapping[str, Sequence[float]], n_runs: int) -> Array:
    """Give the weight of each run for each output.

    Parameters
    ----------
    challenge : Challenge
        The challenge.
    weights : mapping of str to sequence of float
        One a run, by target; equal ones for a target that is not named.
    n_runs : int
        How many runs there are.

    Returns
    -------
    numpy.ndarray of float64, shape (n_runs, n_outputs)
        Each column has the sum 1.
    """
    return np.concatenate([
        np.tile(normalised(weights.get(target.name, (1.0,) * n_runs)), (len(target.names), 1))
        for target in challenge.targets
    ]).T


def average(values: Array, shares: Array) -> Array:
    """Average over the first axis; its order does not change a bit of the result.

    Parameters
    ----------
    values : numpy.ndarray of float64, shape (n_runs, ...)
        The values.
    shares : numpy.ndarray of float64, of a shape that goes with it
        Weights with the sum 1.

    Returns
    -------
    numpy.ndarray of float64, shape (...)
        The mean.
    """
    return np.asarray(np.sort(values * shares, axis=0).sum(axis=0))


def _rank_means(videos: Sequence[Array]) -> list[Array]:
    lengths = [outputs.shape[1] for outputs in videos]
    everything = np.concatenate(videos, axis=1)
    n_runs, n_frames, n_outputs = everything.shape
    result = np.zeros((n_frames, n_outputs))
    for column in range(n_outputs if n_frames else 0):
        values = everything[:, :, column]
        ranks = np.sum([_mid_ranks(row) for row in values], axis=0) / n_runs
        levels = average(np.sort(values, axis=1), np.array(1 / n_runs))
        result[:, column] = np.interp(ranks, np.arange(1, n_frames + 1), levels)
    return np.split(result, np.cumsum(lengths)[:-1])


def _mid_ranks(values: Array) -> Array:
    # From 1; equal values share the mean of their ranks.
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    return np.asarray(ranks[place], np.float64)


def _votes(runs: Sequence[Run], outputs: Array) -> Array:
    challenge, n_runs = runs[0].challenge, len(runs)
    said = [_said(run, values) for run, values in zip(runs, outputs, strict=True)]
    means = average(outputs, np.array(1 / n_runs))
    parts = []
    start = 0
    for target, columns in output_blocks(challenge.targets):
        labels = np.stack([one[:, start : start + target.columns] for one in said])
        start += target.columns
        match target:
            case Continuous():
                parts.append(np.median(labels, axis=0))
            case Categorical():
                votes = (labels == np.arange(len(target.names))).sum(axis=0)
                parts.append((votes + means[:, columns] / 2) / (n_runs + 0.5))
            case MultiLabel():
                parts.append(labels.mean(axis=0))
            case _:
                assert_never(target)
    return np.concatenate(parts, axis=1)


def _said(run: Run, values: Array) -> Array:
    processing = run.processing
    return decide(
        run.challenge,
        Track.of("", values),
        thresholds=processing.thresholds or DEFAULT_THRESHOLD,
        offsets=processing.offsets,
    ).values


def check_runs(runs: Mapping[str, Run]) -> None:
    """Check that runs are of the same challenge, videos and frames.

    Parameters
    ----------
    runs : mapping of str to Run
        The runs by what to call them, such as their folders.

    Raises
    ------
    AlignmentError
        If a run differs from the first one; the message names all differences.
    """
    (first_name, first), *others = runs.items()
    faults = [
        f"{name}: {fault}"
        for name, run in others
        for fault in _differences(first, run, first_name)
    ]
    if faults:
        msg = "\n  ".join([
            "the runs do not have the same frames; predict them from the same data and list:",
            *faults,
        ])
        raise AlignmentError(msg)


def _differences(first: Run, other: Run, name: str) -> Iterator[str]:
    if other.challenge.name != first.challenge.name:
        yield f"of {other.challenge.name}; {name} is of {first.challenge.name}"
        return
    lacking = [video for video in first.videos if video not in other.videos]
    surplus = [video for video in other.videos if video not in first.videos]
    if lacking:
        yield f"lacks {len(lacking)} of the {len(first.videos)} videos of {name}: {few(lacking)}"
    if surplus:
        yield f"{name} lacks {len(surplus)} of its {len(other.videos)} videos: {few(surplus)}"
    shared = [video for video in first.videos if video in other.videos]
    faults = [
        fault
        for video in shared
        if (fault := _difference(first.videos[video], other.videos[video], name))
    ]
    if faults:
        yield (
            f"{len(faults)} of {len(shared)} videos differ: "
            + "; ".join(faults[:_SHOWN])
            + (f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else "")
        )


def _difference(first: RawVideo, other: RawVideo, name: str) -> str | None:
    # What differs in one video.
    if other.n_frames != first.n_frames:
        return f"{first.video} has {other.n_frames} frames, {first.n_frames} in {name}"
    for what, own, theirs in (
        ("a row", other.rows, first.rows),
        ("an output", other.frames, first.frames),
    ):
        here, there = np.setdiff1d(own, theirs), np.setdiff1d(theirs, own)
        sides = [
            f"{len(frames)} {where} only ({few(frames.tolist())})"
            for frames, where in ((here, "here"), (there, f"in {name}"))
            if len(frames)
        ]
        if sides:
            return f"{first.video} has frames with {what} {' and '.join(sides)}"
    return None
