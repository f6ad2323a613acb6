"""What ``abawkit train`` does: match features with labels, train a head, tell what came of it."""

from __future__ import annotations

import math
import shlex
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from abawkit.errors import AbawkitWarning, UsageError, few
from abawkit.evaluation.rules import with_rules
from abawkit.frames import recording
from abawkit.labels import read_labels
from abawkit.protocol import MultiLabel
from abawkit.report.render import table
from baselines.cache import FeatureCache
from baselines.heads import HEAD, Head
from baselines.labelled import label_rows
from baselines.progress import progress_bar
from baselines.training.heads.trainer import HeadTrainer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from abawkit.evaluation import Report
    from abawkit.protocol import Challenge, Target
    from abawkit.track import Track
    from baselines.labelled import LabelledRows
    from baselines.training.heads.recipe import HeadRecipe
    from baselines.training.heads.trainer import HeadEpoch

    Note = Callable[[str], None]

_MOST_THREADS = 1024


def train_head(  # noqa: PLR0913 - one parameter a choice of the user
    challenge: Challenge,
    recipe: HeadRecipe,
    *,
    features: Path,
    train: Path,
    valid: Path,
    out: Path,
    au_mask: str | None = None,
    allow_missing: bool = False,
    device: str = "cpu",
    threads: int = 0,
    note: Note = lambda _: None,
) -> str:
    """Train a head on cached features, or finish one.

    Parameters
    ----------
    challenge : Challenge
        What it is for.
    recipe : HeadRecipe
        How to train.
    features : Path
        What ``abawkit extract`` wrote.
    train, valid : Path
        Annotations to learn from, and to choose the best epoch by.
    out : Path
        Folder of the run.
    au_mask : {"frame", "value"}, optional
        Whether an unannotated unit hides the frame's others from training; the score of the
        validation set is the official one in any case.
    allow_missing : bool
        Learn without annotated videos that have no features, and take those of the validation
        set as without a face.
    device : str
        Where torch computes.
    threads : int
        Threads of torch, 0 for all cores.
    note : callable
        Takes what a user should know on the way.

    Returns
    -------
    str
        What was learned and how good it is, in several lines.

    Raises
    ------
    UsageError
        If there cannot be so many threads.
    """
    if not 0 <= threads <= _MOST_THREADS:
        msg = f"--threads {threads}: expected 0, for all cores, to {_MOST_THREADS}"
        raise UsageError(msg)
    if threads:
        torch.set_num_threads(threads)
    cache = FeatureCache.open(features)
    annotated, valid_truth = read_labels(train, challenge), read_labels(valid, challenge)
    both = {recording(video) for video in annotated} & {recording(video) for video in valid_truth}
    if both:
        names = few(sorted(both))
        note(
            f"{len(both)} recordings are in both --train and --valid, so that the score says "
            f"little of new ones: {names}"
        )
    rows = _rows(challenge, cache, annotated, au_mask=au_mask, allow_missing=allow_missing)
    trainer = HeadTrainer(
        out, cache=cache, train=rows, valid_truth=valid_truth, recipe=recipe,
        allow_missing=allow_missing, device=device,
    )  # fmt: skip
    note(_describe(trainer))
    if trainer.done:
        note(f"{out}: {len(trainer.done)} epochs are done already")
    left = 0 if trainer.finished else recipe.epochs - len(trainer.done)
    with progress_bar("train", left * len(rows), "rows") as advance:
        for epoch in trainer.run(advance):
            note(_line(trainer, epoch))
    return _outcome(trainer, features, valid)


def _rows(
    challenge: Challenge,
    cache: FeatureCache,
    truth: Mapping[str, Track],
    *,
    au_mask: str | None,
    allow_missing: bool,
) -> LabelledRows:
    there = set(cache.videos)
    frames = {video: cache.load(video).frames for video in truth if video in there}
    rules: Any = {"au_mask": au_mask}
    ruled = with_rules(challenge, rules)
    rows = label_rows(ruled, truth, frames, allow_missing=allow_missing)
    # By other rules only in what is learned from.
    return replace(rows, challenge=challenge)


def _describe(trainer: HeadTrainer) -> str:
    rows, recipe = trainer.train, trainer.recipe
    parts = ", ".join(
        f"{part.target} from {part.source} with {part.hidden or 'no'} hidden units"
        for part in recipe.parts
    )
    lines = [
        f"{trainer.challenge.name} on {trainer.cache.origin.card.name}: {parts}",
        (
            f"{len(rows)} training rows of {len(rows.videos)} videos; {rows.n_missed} annotated "
            "frames have no features and are left out"
        ),
    ]
    for target in trainer.challenge.targets:
        weights = trainer.weights.get(target.name)
        lines.append(table(_count_table(target, trainer.counts[target.name], weights)))
    return "\n\n".join(lines)


def _count_table(
    target: Target, counts: NDArray[np.int64], weights: NDArray[np.float64] | None
) -> list[list[str]]:
    # A row an output: how often there is a label, and what it weighs.
    kinds = ["not there", "there"] if isinstance(target, MultiLabel) else ["rows"]
    columns = [
        [name, *map(str, row)] for name, row in zip(kinds, np.atleast_2d(counts), strict=True)
    ]
    if weights is not None:
        shown = [["weight", *(f"{value:.3f}" for value in row)] for row in np.atleast_2d(weights)]
        columns = [column for pair in zip(columns, shown, strict=True) for column in pair]
    return [list(row) for row in zip([target.name, *target.names], *columns, strict=True)]


def _line(trainer: HeadTrainer, epoch: HeadEpoch) -> str:
    parts = [f"loss {epoch.loss:.4f}", *_scores(epoch.components)]
    if len(epoch.components) > 1:
        parts.append(f"score {_number(epoch.score)}")
    kept = ", the best so far" if trainer.best is epoch else ""
    return (
        f"epoch {epoch.epoch}/{trainer.recipe.epochs}: {', '.join(parts)}, "
        f"{epoch.rows_per_second:.0f} rows/s{kept}"
    )


def _outcome(trainer: HeadTrainer, features: Path, valid: Path) -> str:
    path, name = trainer.folder / HEAD, trainer.challenge.name
    raw = trainer.validation.outputs(Head.load(path))
    whole = trainer.validation.score(raw)
    with warnings.catch_warnings():
        # Of the same outputs, and told already.
        warnings.simplefilter("ignore", AbawkitWarning)
        faces = trainer.validation.score(raw, faces_only=True)
    best = 0 if trainer.best is None else trainer.best.epoch
    last = best == trainer.recipe.epochs
    hint = "; more --epochs may do better, in another --out" if last else ""
    command = [
        "abawkit", "predict", "--task", name, "--features", features, "--head", path,
        "--annotations", valid, "--out", f"preds/{name}",
        *(["--allow-missing"] if trainer.validation.allow_missing else []),
    ]  # fmt: skip
    lines = [
        f"best epoch: {best} of {len(trainer.done)}{hint}",
        f"all annotated frames, filled where there is no face: {_told(whole)}",
        f"frames with a face only: {_told(faces)}",
        f"wrote {path}; next: {shlex.join(map(str, command))}",
    ]
    return "\n".join(lines)


def _told(report: Report) -> str:
    scores = ", ".join([*_scores(report.components), f"score {_number(report.score)}"])
    return f"{scores} ({report.total.n_frames} frames)"


def _scores(components: Mapping[str, float]) -> list[str]:
    return [f"{name} {_number(value)}" for name, value in components.items()]


def _number(value: float) -> str:
    return "undefined" if math.isnan(value) else f"{value:.4f}"
