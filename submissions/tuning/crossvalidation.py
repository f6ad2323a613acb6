"""The search with cross-validation: each video is judged by settings chosen without it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import AlignmentError, few
from abawkit.evaluation import counted
from abawkit.frames import default_group
from abawkit.protocol import blocks
from abawkit.temporal import Filter
from submissions.decide import Processing, output_blocks
from submissions.tuning.folds import split
from submissions.tuning.result import TargetTuning, Tuning
from submissions.tuning.search import choose
from submissions.tuning.tables import pooled
from submissions.tuning.trials import Settings, Trials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from abawkit.metrics import Summary
    from abawkit.protocol import Challenge
    from abawkit.temporal import Fill
    from abawkit.track import Track
    from submissions.tuning.grid import Grid
    from submissions.tuning.tables import Mask

    Tracks = Mapping[str, Track]


def tune(  # noqa: PLR0913 - one parameter an option
    challenge: Challenge,
    truth: Tracks,
    runs: Sequence[Tracks],
    *,
    grid: Grid,
    folds: int = 5,
    groups: Mapping[str, str] | None = None,
    seed: int = 12345,
    baseline: Processing | None = None,
    members: Sequence[str] = (),
    note: Callable[[str], None] = lambda _: None,
) -> Tuning:
    """Search the settings of each target, and tell what they are worth.

    Parameters
    ----------
    challenge : Challenge
        What the outputs are for.
    truth : mapping of str to Track
        Annotations by video, of shape ``(n_frames, columns)``.
    runs : sequence of mapping of str to Track
        Raw outputs by video, of shape ``(n_frames, n_outputs)``, known where there is a face, in
        the same frames of all runs.
    grid : Grid
        What to try.
    folds : int
        How many folds; fewer where there are fewer groups.
    groups : mapping of str to str, optional
        Which videos are never on both sides; by default those of one recording,
        `abawkit.frames.default_group`.
    seed : int
        Of the folds; it decides between groups with as many annotated frames only.
    baseline : Processing, optional
        What the outputs are processed with so far, by default the defaults: a target keeps it
        unless what is found is better. Its fill is that of the search, and its filter the one of a
        target without filters in the grid.
    members : sequence of str
        What the runs are, `submissions.Run.name`, for the file.
    note : callable
        Takes what a user should know on the way.

    Returns
    -------
    Tuning
        The settings with their values.

    Raises
    ------
    UsageError
        If there are fewer than two folds or groups.
    DataError
        If a video has no group, or a label is none.
    AlignmentError
        If an annotated video or frame has no outputs, or the runs differ in their frames.
    """
    baseline = baseline or Processing.parse(challenge)
    own_filters = {name: (own,) for name, own in baseline.smooth.items()}
    grid = replace(grid, smooth={**own_filters, **grid.smooth})
    _check(challenge, truth, runs, baseline.fill)
    _tell(truth, runs[0], note)
    n_frames = {
        video: int(counted(challenge, track).any(axis=1).sum()) for video, track in truth.items()
    }
    group_of = {video: default_group(video) for video in truth} if groups is None else groups
    held_out = split(n_frames, group_of, folds=folds, seed=seed)
    if len(held_out) < folds:
        note(f"{len(held_out)} folds instead of {folds}: there are no more recordings or groups")
    targets = {}
    for part, own_truth, own_runs in _by_target(challenge, truth, runs):
        (target,) = part.targets
        note(f"searching the settings of {target.name} ...")
        trials = Trials(part, own_truth, own_runs, thresholds=grid.thresholds, fill=baseline.fill)
        untuned = Settings.untuned(challenge, target, baseline, len(runs))
        targets[target.name] = _tune_target(trials, grid, held_out, untuned)
    return Tuning(
        challenge=challenge,
        targets=targets,
        held_out=held_out,
        n_frames={video: count for video, count in n_frames.items() if count},
        groups=dict(group_of),
        fill=baseline.fill,
        grid=grid,
        seed=seed,
        members=tuple(members),
    )


def _check(challenge: Challenge, truth: Tracks, runs: Sequence[Tracks], fill: Fill) -> None:
    for number, run in enumerate(runs, 1):
        which = f"run {number} of {len(runs)}" if len(runs) > 1 else "the run"
        lacking = [video for video in truth if video not in run]
        if lacking:
            msg = (
                f"{len(lacking)} of {len(truth)} annotated videos are not in {which}: "
                f"{few(lacking)}; predict them too, or take their annotations away"
            )
            raise AlignmentError(msg)
        partial = [video for video in truth if _lacks(challenge, truth[video], run[video], fill)]
        if partial:
            msg = (
                f"{which} has no outputs for annotated frames of {len(partial)} of {len(truth)} "
                f"videos: {few(partial)}; predict the frames that are annotated (--annotations), "
                "and fill those without a face"
            )
            raise AlignmentError(msg)
        others = [video for video in truth if not _alike(run[video], runs[0][video])]
        if others:
            msg = f"{which} has other frames than run 1 in {len(others)} videos: {few(others)}"
            raise AlignmentError(msg)


def _lacks(challenge: Challenge, truth: Track, outputs: Track, fill: Fill) -> bool:
    # Whether an annotated frame stays without outputs. A row too few or too many where each is a
    # frame is told elsewhere.
    given = _listed(outputs) if fill != "none" else np.asarray(outputs.known.all(axis=1))
    lacking = np.asarray(counted(challenge, truth).any(axis=1))
    lacking[: outputs.n_frames] &= ~given[: truth.n_frames]
    return bool(lacking[: outputs.n_frames if truth.listed is None else None].any())


def _tell(truth: Tracks, run: Tracks, note: Callable[[str], None]) -> None:
    extra = [video for video in run if video not in truth]
    if extra:
        note(f"{len(extra)} videos are not annotated, and are left out: {few(extra)}")
    faceless = [video for video in truth if not run[video].known.any()]
    if faceless:
        note(f"{len(faceless)} videos have no face, and take the prior: {few(faceless)}")


def _alike(one: Track, other: Track) -> bool:
    return np.array_equal(one.known, other.known) and np.array_equal(_listed(one), _listed(other))


def _listed(track: Track) -> Mask:
    return np.ones(track.n_frames, bool) if track.listed is None else track.listed


def _by_target(
    challenge: Challenge, truth: Tracks, runs: Sequence[Tracks]
) -> Iterator[tuple[Challenge, Tracks, list[Tracks]]]:
    # Targets are masked, smoothed, decided and scored apart: each is a challenge of its own.
    outputs = output_blocks(challenge.targets)
    for (target, columns), (_, own) in zip(blocks(challenge.targets), outputs, strict=True):
        part = replace(challenge, protocol=replace(challenge.protocol, targets=(target,)))
        yield part, _sliced(truth, truth, columns), [_sliced(run, truth, own) for run in runs]


def _sliced(tracks: Tracks, videos: Iterable[str], columns: slice) -> dict[str, Track]:
    found = {video: tracks[video] for video in videos}
    return {
        video: replace(track, values=track.values[:, columns], known=track.known[:, columns])
        for video, track in found.items()
    }


def _tune_target(
    trials: Trials, grid: Grid, held_out: Sequence[Sequence[str]], untuned: Settings
) -> TargetTuning:
    fold_of = {video: fold for fold, videos in enumerate(held_out) for video in videos}
    videos = [video for video in trials.truth if video in fold_of]
    unsmoothed = replace(untuned, smooth=Filter.parse("none"))
    scores = [trials.score(settings, videos) for settings in (unsmoothed, untuned)]
    chosen = choose(trials, grid, videos)
    folds = tuple(
        choose(trials, grid, [video for video in videos if fold_of[video] != fold])
        for fold in range(len(held_out))
    )
    judged: dict[str, Summary] = {}
    for settings, own in zip(folds, held_out, strict=True):
        judged |= trials.summaries(settings, own)
    return TargetTuning(
        target=trials.target,
        raw=scores[0],
        untuned=scores[1],
        optimistic=trials.score(chosen, videos),
        honest=pooled(judged[video] for video in videos).score,
        baseline=untuned,
        chosen=chosen,
        folds=folds,
    )
