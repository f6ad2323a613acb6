"""The outputs of some runs for one target, under any settings."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from abawkit.errors import NoFaceWarning
from abawkit.evaluation import counted, evaluate
from abawkit.protocol import Categorical, MultiLabel
from abawkit.temporal import fill, smooth
from abawkit.track import Track
from submissions.combining import weighted_mean
from submissions.decide import (
    DEFAULT_THRESHOLD,
    Processing,
    decide,
    output_names,
    prior,
    process,
)
from submissions.options import unit_names
from submissions.tuning.offsets import best_offsets, best_shifts
from submissions.tuning.tables import (
    Decided,
    Detections,
    count_detections,
    pooled,
    summary_of_nothing,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from abawkit.metrics import Summary
    from abawkit.protocol import Challenge, Target
    from abawkit.temporal import Fill, Filter
    from submissions.tuning.tables import Array, Mask, Table

    Tracks = Mapping[str, Track]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the outputs of some runs become labels of one target.

    ``weights`` has one number a run; ``thresholds`` one a unit; ``offsets`` one an output, or
    none at all.
    """

    smooth: Filter
    weights: tuple[float, ...]
    thresholds: tuple[float, ...] = ()
    offsets: tuple[float, ...] = ()

    @classmethod
    def untuned(
        cls, challenge: Challenge, target: Target, processing: Processing, n_runs: int
    ) -> Self:
        """Give the settings that hold for a target where nothing is tuned.

        Parameters
        ----------
        challenge : Challenge
            Whose outputs are processed.
        target : Target
            One of its targets.
        processing : Processing
            How they are processed.
        n_runs : int
            How many runs there are.

        Returns
        -------
        Settings
            What it says of the target, and equal weights.
        """
        limits = dict(zip(unit_names(challenge), processing.thresholds, strict=False))
        shifts = dict(zip(output_names(challenge), processing.offsets, strict=False))
        units = target.names if isinstance(target, MultiLabel) else ()
        offsets = tuple(shifts.get(name, 0.0) for name in target.names)
        return cls(
            smooth=processing.smooth[target.name],
            weights=(1 / n_runs,) * n_runs,
            thresholds=tuple(limits.get(name, DEFAULT_THRESHOLD) for name in units),
            offsets=offsets if any(offsets) else (),
        )

    def describe(self) -> dict[str, Any]:
        """Give the settings as JSON can hold them.

        Returns
        -------
        dict
            The filter as text and the numbers as lists; those that there are.
        """
        numbers = {"thresholds": self.thresholds, "offsets": self.offsets}
        if len(self.weights) > 1:
            numbers["weights"] = self.weights
        return {
            "smooth": str(self.smooth),
            **{name: list(values) for name, values in numbers.items() if values},
        }


class Trials:
    """The outputs of some runs for one target, with its annotations.

    Parameters
    ----------
    challenge : Challenge
        With this one target.
    truth : mapping of str to Track
        Annotations by video.
    runs : sequence of mapping of str to Track
        Raw outputs by video, of the same videos at least.
    thresholds : sequence of float
        What can be chosen for action units.
    fill : {"linear", "nearest", "previous", "constant", "none"}
        What frames without a face take.
    """

    def __init__(
        self,
        challenge: Challenge,
        truth: Tracks,
        runs: Sequence[Tracks],
        *,
        thresholds: Sequence[float],
        fill: Fill,
    ) -> None:
        self.challenge, self.truth, self.runs = challenge, truth, runs
        self.thresholds, self.fill = tuple(thresholds), fill
        (self.target,) = challenge.targets
        self._filled: tuple[tuple[float, ...], Tracks] = ((), {})
        self._tables: dict[tuple[tuple[float, ...], Filter], Table] = {}

    def summaries(self, settings: Settings, videos: Sequence[str]) -> dict[str, Summary]:
        """Score videos as their submission would be scored.

        Parameters
        ----------
        settings : Settings
            How they are decided.
        videos : sequence of str
            Which of them.

        Returns
        -------
        dict of str to Summary
            By video.
        """
        processing = Processing(
            fill=self.fill,
            smooth={self.target.name: settings.smooth},
            thresholds=settings.thresholds,
            offsets=settings.offsets,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NoFaceWarning)
            labels = {
                video: process(self.challenge, self._blend(video, settings.weights), processing)
                for video in videos
            }
        return self._scored(labels)

    def score(self, settings: Settings, videos: Sequence[str]) -> float:
        """Score videos together.

        Parameters
        ----------
        settings : Settings
            How they are decided.
        videos : sequence of str
            Which of them.

        Returns
        -------
        float
            Their score, NaN if it is undefined.
        """
        return pooled(self.summaries(settings, videos).values()).score

    def table(self, weights: tuple[float, ...], smoothing: Filter) -> Table:
        """Make the table of one blend and one filter; it is made once.

        Parameters
        ----------
        weights : tuple of float
            One a run.
        smoothing : Filter
            The filter.

        Returns
        -------
        Table
            The scores of all videos.
        """
        pair = weights, smoothing
        if pair not in self._tables:
            self._tables[pair] = self._table(self._smoothed(weights, smoothing))
        return self._tables[pair]

    def _table(self, outputs: Tracks) -> Table:
        if not isinstance(self.target, MultiLabel):
            labels = {video: decide(self.challenge, track) for video, track in outputs.items()}
            return Decided(summaries=self._scored(labels))
        counts = {
            video: count_detections(*self._counted(video, track), self.thresholds)
            for video, track in outputs.items()
        }
        return Detections(target=self.target, thresholds=self.thresholds, counts=counts)

    def offsets(
        self, settings: Settings, grid: Sequence[float], videos: Sequence[str]
    ) -> tuple[float, ...]:
        """Choose offsets for outputs that are blended and smoothed already.

        Parameters
        ----------
        settings : Settings
            The filter and the weights.
        grid : sequence of float
            What to try for classes.
        videos : sequence of str
            The videos that may be looked at.

        Returns
        -------
        tuple of float
            One an output; none if none is better.
        """
        offsets: tuple[float, ...] = ()
        if isinstance(self.target, Categorical):
            outputs = self._smoothed(settings.weights, settings.smooth)
            rows = [self._counted(video, outputs[video]) for video in videos]
            offsets = best_offsets(
                np.concatenate([true[known] for true, _, known in rows]).astype(np.int64),
                np.concatenate([pred[known[:, 0]] for _, pred, known in rows]),
                grid,
                empty=summary_of_nothing(self.target),
            )
        elif not isinstance(self.target, MultiLabel):
            offsets = best_shifts(pooled(self.summaries(settings, videos).values()))
        moved = replace(settings, offsets=offsets)
        better = any(offsets) and self.score(moved, videos) > self.score(settings, videos)
        return offsets if better else ()

    def _blend(self, video: str, weights: Sequence[float]) -> Track:
        if len(self.runs) == 1:
            return self.runs[0][video]
        return weighted_mean([run[video] for run in self.runs], weights)

    def _smoothed(self, weights: tuple[float, ...], smoothing: Filter) -> dict[str, Track]:
        if self._filled[0] != weights:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NoFaceWarning)
                self._filled = weights, {video: self._fill(video, weights) for video in self.truth}
        return {video: smooth(track, smoothing) for video, track in self._filled[1].items()}

    def _fill(self, video: str, weights: Sequence[float]) -> Track:
        raw = self._blend(video, weights)
        filled = fill(raw, self.fill, prior=prior(self.challenge))
        if raw.listed is None:
            return filled
        return Track.of(video, filled.values, filled.known & raw.listed[:, None], raw.listed)

    def _scored(self, labels: Tracks) -> dict[str, Summary]:
        truth = {video: self.truth[video] for video in labels}
        report = evaluate(self.challenge, truth, labels)
        return {video: scored.summary.parts[0] for video, scored in report.videos.items()}

    def _counted(self, video: str, outputs: Track) -> tuple[Array, Array, Mask]:
        # Truth and outputs of the frames that both have, and which values count.
        truth = self.truth[video]
        shared = slice(min(truth.n_frames, outputs.n_frames))
        known = counted(self.challenge, truth)
        return truth.values[shared], outputs.values[shared], known[shared]
