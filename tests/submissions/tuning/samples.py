"""Small made-up annotations with the raw outputs of runs that have something to do with them."""

import numpy as np

from abawkit.evaluation import counted
from abawkit.protocol import blocks
from abawkit.temporal import Filter
from abawkit.track import Track
from submissions import Processing, process
from tests.submissions.runs import draw_outputs

VIDEOS = ("a_left", "b", "a_right", "c", "d_left", "d_right", "e")


def filters(*texts):
    return tuple(map(Filter.parse, texts))


def draw_sample(challenge, seed=0, *, n_runs=1, videos=VIDEOS, gaps=0.1):
    """Draw annotations, some of them masked, and the outputs of runs, some without a face."""
    rng = np.random.default_rng(seed)
    truth, runs = {}, [{} for _ in range(n_runs)]
    decided = Processing.parse(challenge, smooth="box:3")
    for video in videos:
        n_frames = int(rng.integers(6, 14))
        hidden = draw_outputs(challenge, n_frames, rng).astype(float)
        labels = process(challenge, Track.of(video, hidden), decided)
        truth[video] = Track.of(video, labels.values, draw_mask(challenge, n_frames, rng))
        faces = rng.random(n_frames) >= gaps
        for run in runs:
            noise = draw_outputs(challenge, n_frames, rng)
            share = rng.uniform(0.3, 0.7)
            outputs = (share * hidden + (1 - share) * noise).astype(np.float32)
            run[video] = Track.of(video, outputs, faces)
    return truth, runs


def draw_mask(challenge, n_frames, rng):
    """Draw what is annotated, each target on its own."""
    known = np.ones((n_frames, challenge.protocol.columns), bool)
    for _, columns in blocks(challenge.targets):
        known[:, columns] = rng.random((n_frames, 1)) < 0.8
    return known


def annotated_frames(challenge, truth):
    return {v: int(counted(challenge, track).any(axis=1).sum()) for v, track in truth.items()}
