"""A tiny data set in the organisers' layout: features of made-up networks, and annotations."""

from dataclasses import replace

import numpy as np

from abawkit.labels import write_labels
from abawkit.protocol import Categorical, Continuous, blocks, find_challenge
from abawkit.track import Track
from baselines.cache import FeatureCache, Origin, VideoFeatures
from baselines.card import EMOTIONS_7, EMOTIONS_8
from baselines.reproduction.sources import PARTS
from tests.baselines.tiny_onnx import tiny_card

TRAIN = ("t1", "t2_left", "t2_right", "t3")
VALID = ("v1", "v2", "v3", "v4", "v5", "v6")
N_FRAMES, N_EMBEDDING = 32, 6
GAP = range(10, 14)
"""Frames without a face, from 0."""
CARDS = {
    "mobilenet_7": {"outputs": EMOTIONS_7, "scores": "probabilities"},
    "enet_b0_8_best_vgaf": {"outputs": EMOTIONS_8},
    "enet_b2_8": {"outputs": EMOTIONS_8},
}


def write_features(
    root, models=tuple(CARDS), *, provider="CPUExecutionProvider", source="s", **card_options
):
    """Write features that know a little of what `write_annotations` writes."""
    for name in models:
        card = tiny_card(name=name, **CARDS.get(name, card_options))
        origin = Origin(card=card, model_sha256=name, provider=provider, n_embedding=N_EMBEDDING)
        cache = FeatureCache.create(root, origin)
        rng = np.random.default_rng(len(name))
        mixing = rng.normal(size=(4, N_EMBEDDING + len(card.outputs)))
        frames = np.delete(np.arange(N_FRAMES), GAP)
        for video in TRAIN + VALID:
            told = _latent(video)[frames] @ mixing + rng.normal(
                0, 0.3, (len(frames), len(mixing[0]))
            )
            embedding, scores = np.split(told, [N_EMBEDDING], axis=1)
            cache.save(
                VideoFeatures(
                    video=video,
                    frames=(frames + 1).astype(np.int32),
                    embedding=embedding.astype(np.float16),
                    scores=scores.astype(np.float32),
                    broken=np.zeros(0, np.int32),
                    source=source,
                )
            )


def write_annotations(root, *, shift=0.0):
    """Write both parts of all four tasks; every class and unit occurs in each part."""
    for task, parts in PARTS.items():
        protocol = find_challenge(task, 3).protocol
        for part, videos in zip(parts, (TRAIN, VALID), strict=True):
            folder, layout = root / part, protocol.annotation
            if not layout.per_video:
                folder, layout = folder.parent, replace(layout, file=folder.name)
            tracks = {video: _labels(video, protocol.targets, shift) for video in videos}
            write_labels(folder, tracks, targets=protocol.targets, layout=layout, sentinels=True)


def _latent(video):
    rng = np.random.default_rng(sum(map(ord, video)))
    phases = rng.uniform(0, 2 * np.pi, 4)
    return np.sin(np.arange(N_FRAMES)[:, None] * [0.2, 0.3, 0.5, 0.7] + phases)


def _labels(video, targets, shift):
    latent, parts = _latent(video), []
    for target, _ in blocks(targets):
        match target:
            case Continuous():
                values = np.round(latent[:, :2] * 0.8 + shift, 3)
            case Categorical():
                values = np.arange(N_FRAMES)[:, None] * len(target.names) // N_FRAMES
            case _:
                sums = latent @ np.random.default_rng(1).normal(size=(4, target.columns))
                values = (sums > np.quantile(sums, 0.6, axis=0)).astype(float)
        parts.append(values)
    values = np.hstack(parts).astype(float)
    known = np.ones(values.shape, bool)
    known[:3] = False
    known[5, -1] = False
    listed = known.any(axis=1) if len(targets) > 1 else None
    return Track.of(video, np.where(known, values, np.nan), known, listed)
