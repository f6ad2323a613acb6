"""What a search found, and what it is worth.

Conventions: the optimistic value is that of settings chosen and scored on the same videos. The
honest value is the score of all videos together, each decided with settings that were chosen
without it and without the others of its group.

A target whose honest value is not above the untuned one keeps what its runs have, and the file
says nothing of it. That choice
looks at the honest values itself, so where the two are close, the better one is a little
optimistic.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from submissions.tuned import Tuned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from abawkit.protocol import Challenge, Target
    from abawkit.temporal import Fill
    from submissions.tuning.grid import Grid
    from submissions.tuning.trials import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetTuning:
    """What was found for one target.

    Attributes
    ----------
    target : Target
        The target.
    raw, untuned : float
        Its score without smoothing, and with the filter of the baseline; both with the thresholds
        and offsets of the baseline. NaN where undefined, as are all scores.
    optimistic, honest : float
        Its score with the settings chosen on all videos, and with those that each fold chose
        without the videos that it holds out.
    baseline, chosen : Settings
        What the runs have, or the defaults, with equal weights; and the settings that were chosen
        on all videos.
    folds : tuple of Settings
        What was chosen without the videos of each fold.
    """

    target: Target
    raw: float
    untuned: float
    optimistic: float
    honest: float
    baseline: Settings
    chosen: Settings
    folds: tuple[Settings, ...]

    @property
    def optimism(self) -> float:
        """What choosing and scoring on the same videos adds."""
        return self.optimistic - self.honest

    @property
    def better(self) -> bool:
        """Whether the honest value is above the untuned one: only then are settings kept."""
        return self.honest > self.untuned

    @property
    def kept(self) -> Settings:
        """The chosen settings if they are better, else what the runs have."""
        return self.chosen if self.better else self.baseline

    @property
    def scores(self) -> dict[str, float]:
        """The four scores and the optimism by name."""
        return {
            "raw": self.raw,
            "untuned": self.untuned,
            "optimistic": self.optimistic,
            "honest": self.honest,
            "optimism": self.optimism,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """What was found for each target of a challenge.

    Attributes
    ----------
    challenge : Challenge
        The challenge, whose score is the sum of those of its targets.
    targets : mapping of str to TargetTuning
        By the target's name.
    held_out : tuple of tuple of str
        The videos of each fold.
    n_frames : mapping of str to int
        Annotated frames by video.
    groups : mapping of str to str
        Which videos were never on both sides.
    fill : {"linear", "nearest", "previous", "constant", "none"}
        What frames without a face took.
    grid : Grid
        What was tried.
    seed : int
        Of the folds.
    members : tuple of str
        What the runs were.
    """

    challenge: Challenge
    targets: Mapping[str, TargetTuning]
    held_out: tuple[tuple[str, ...], ...]
    n_frames: Mapping[str, int]
    groups: Mapping[str, str]
    fill: Fill
    grid: Grid
    seed: int
    members: tuple[str, ...]

    @property
    def scores(self) -> dict[str, float]:
        """The sum over the targets of each of `TargetTuning.scores`."""
        rows = [found.scores for found in self.targets.values()]
        return {name: sum(row[name] for row in rows) for name in rows[0]}

    @property
    def raw(self) -> float:
        """The score without smoothing."""
        return self.scores["raw"]

    @property
    def untuned(self) -> float:
        """The score with what the runs have."""
        return self.scores["untuned"]

    @property
    def optimistic(self) -> float:
        """The score with settings chosen on the same videos."""
        return self.scores["optimistic"]

    @property
    def honest(self) -> float:
        """The score with settings chosen on other videos."""
        return self.scores["honest"]

    @property
    def here(self) -> float:
        """The score on these videos with the settings that are kept."""
        return sum(f.optimistic if f.better else f.untuned for f in self.targets.values())

    @property
    def elsewhere(self) -> float:
        """What the settings that are kept promise on other videos."""
        return sum(f.honest if f.better else f.untuned for f in self.targets.values())

    @property
    def n_groups(self) -> int:
        """Number of groups with an annotated frame."""
        return len({self.groups[video] for video in self.n_frames})

    @property
    def tuned(self) -> Tuned:
        """The settings that are better, with all that was found as evidence.

        Several runs need weights, so that a target without better ones has equal weights.
        """
        better = {name: found.chosen for name, found in self.targets.items() if found.better}
        weights = {name: found.kept.weights for name, found in self.targets.items()}
        several = any(len(row) > 1 for row in weights.values())
        offsets = [
            offset
            for found in self.targets.values()
            for offset in (found.better and found.chosen.offsets)
            or (0.0,) * len(found.target.names)
        ]
        return Tuned(
            challenge=self.challenge.name,
            fill=self.fill,
            smooth={name: str(settings.smooth) for name, settings in better.items()},
            thresholds=tuple(limit for found in better.values() for limit in found.thresholds),
            offsets=tuple(offsets) if any(offsets) else (),
            weights=weights if several else {},
            members=self.members,
            evidence=self.evidence,
        )

    @property
    def evidence(self) -> dict[str, Any]:
        """What JSON can hold of the search; undefined scores are null."""
        scores = {"total": self.scores, **{n: found.scores for n, found in self.targets.items()}}
        return {
            "abawkit": version("abawkit"),
            "scores": {name: _null_undefined(row) for name, row in scores.items()},
            "score_here": _null_undefined({"": self.here})[""],
            "score_elsewhere": _null_undefined({"": self.elsewhere})[""],
            "kept": [name for name, found in self.targets.items() if found.better],
            "chosen": {name: found.chosen.describe() for name, found in self.targets.items()},
            "by_fold": [
                {name: found.folds[fold].describe() for name, found in self.targets.items()}
                for fold in range(len(self.held_out))
            ],
            "held_out": [list(videos) for videos in self.held_out],
            "n_videos": len(self.n_frames),
            "n_frames": sum(self.n_frames.values()),
            "n_groups": self.n_groups,
            "seed": self.seed,
            "grid": self.grid.describe(),
        }


def _null_undefined(row: Mapping[str, float]) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in row.items()}
