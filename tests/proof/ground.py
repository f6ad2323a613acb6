"""Made-up data on which it is known what can be learned, and heads trained on them.

Conventions: heads learn from part 0, their epoch is chosen on part 1 (valid), and they are judged
on part 2 (fresh), which nobody has looked at. Noise is new in every frame, so that 9,500 fresh
frames are as many independent ones, and the score of a head and that of the best predictor on the
same frames differ by chance by less than .01.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from abawkit.protocol import find_challenge
from abawkit.track import Track
from baselines.card import EMOTIONS_8
from baselines.heads import Head
from baselines.inference import predict_features
from baselines.labelled import label_rows
from baselines.synthetic.best import best_outputs
from baselines.synthetic.networks import Network
from baselines.synthetic.scenes import Population, film, labels_of
from baselines.synthetic.writing import save_features
from submissions.decide import Processing
from submissions.scoring import score_outputs

CHANCE = 0.015
"""By how much a head may seem better than the best predictor."""
SMOOTH = "box:11"
"""A filter that is far shorter than expressions and action units last, and than moods change."""

TASKS = ("va", "expr", "au", "mtl")
PEOPLE = Population(
    expression_dwell=60,
    unit_dwell=40,
    way_dwell=10,
    affect_span=60,
    personality=0.2,
    shares=dict.fromkeys(TASKS, 1.0),
)
CLEAR = Network(
    name="clear",
    classes=EMOTIONS_8,
    n_embedding=28,
    pair=2.0,
    cross=1.8,
    unit=2.0,
    look=0.4,
    memory=1,
)
BLURRED = replace(CLEAR, name="blurred", pair=1.0, cross=1.0, unit=1.4)
"""With which rare expressions and units are hardly ever the most probable ones."""
STRANGE = replace(CLEAR, name="strange", n_embedding=60, look=2.5)
"""Which sees above all who it is, in more respects than there are persons to learn from."""
FEW = 15
"""Videos of a small training set, of twelve persons."""
# Smaller batches than the paper's, for there are fewer frames to take steps on; no early end.
STEPS = {"epochs": 8, "batch_size": 64, "patience": 0}
_RECORDINGS = (48, 32, 32)
_LENGTH = 250
_SEED = 1


@dataclass(frozen=True, kw_only=True)
class Ground:
    """The data, and the heads that were trained on them so far."""

    folder: Path
    parts: tuple
    caches: dict
    heads: dict = field(default_factory=dict)

    @classmethod
    def make(cls, folder):
        """Draw the data."""
        parts = tuple(
            film(part, n_recordings=size, n_frames=_LENGTH, seed=_SEED, population=PEOPLE)
            for part, size in enumerate(_RECORDINGS)
        )
        scenes = [scene for part in parts for scene in part]
        networks = (CLEAR, BLURRED, STRANGE)
        caches = {network.name: save_features(folder, network, scenes) for network in networks}
        return cls(folder=folder, parts=parts, caches=caches)

    def truth(self, task, part=2, *, first=None):
        """Give the annotations of a part, or of its first videos."""
        return labels_of(self.parts[part][:first], task)

    def patchy(self, share):
        """Give MTL annotations of all frames of part 0, of which so many values are known."""
        rng = np.random.default_rng(0)
        tracks = [self.truth(task, 0) for task in ("va", "expr", "au")]
        mixed = {}
        for video in tracks[0]:
            va, expr, au = (truth[video].values.copy() for truth in tracks)
            va[rng.random(len(va)) >= share] = np.nan
            expr[rng.random(len(expr)) >= share] = np.nan
            au[rng.random(au.shape) >= share] = np.nan
            mixed[video] = Track.of(video, np.hstack([va, expr, au]))
        return mixed

    def learn(self, folder, task, *, network=CLEAR, first=None, patchy=None, **options):
        """Train a head anew, and give the trainer that did it."""
        from baselines.training.heads.recipe import recipe_for  # noqa: PLC0415 - needs torch
        from baselines.training.heads.trainer import HeadTrainer  # noqa: PLC0415 - needs torch

        challenge, cache = find_challenge(task, 3), self.caches[network.name]
        truth = self.patchy(patchy) if patchy else self.truth(task, 0, first=first)
        frames = {video: cache.load(video).frames for video in truth}
        trainer = HeadTrainer(
            folder,
            cache=cache,
            train=label_rows(challenge, truth, frames),
            valid_truth=self.truth(task, 1),
            recipe=recipe_for(challenge, **{**STEPS, **options}),
        )
        list(trainer.run())
        return trainer

    def head(self, task, **options):
        """Train a head, once for all tests."""
        key = f"{task} {sorted(options.items())}"
        if key not in self.heads:
            folder = self.folder / "heads" / str(len(self.heads))
            self.learn(folder, task, **options)
            self.heads[key] = Head.load(folder / "head.npz")
        return self.heads[key]

    def outputs(self, task, part=2, *, network=CLEAR, **options):
        """Give the raw outputs of a head."""
        head = self.head(task, network=network, **options)
        return predict_features(head, self.caches[network.name], self.truth(task, part))

    def report(self, task, *, smooth="none", **options):
        """Score a head on fresh data, with all details."""
        return self._report(task, self.outputs(task, **options), smooth)

    def score(self, task, **options):
        """Score a head on fresh data."""
        return self.report(task, **options).score

    def best_outputs(self, task, *, network=CLEAR, weighted=True):
        """Give the raw outputs of the best predictor for fresh data."""
        challenge, cache = find_challenge(task, 3), self.caches[network.name]
        return best_outputs(challenge, network, cache, self.truth(task), weighted=weighted)

    def best(self, task, *, smooth="none", **options):
        """Score the best predictor on fresh data."""
        return self._report(task, self.best_outputs(task, **options), smooth).score

    def _report(self, task, outputs, smooth):
        challenge = find_challenge(task, 3)
        processing = Processing.parse(challenge, smooth=smooth)
        return score_outputs(challenge, self.truth(task), outputs, processing)
