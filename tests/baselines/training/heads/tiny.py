"""Features of a few random numbers, and labels that depend on them, to test training with."""

import numpy as np

from abawkit.protocol import CHALLENGES, Categorical, Continuous
from abawkit.track import Track
from baselines.cache import FeatureCache, Origin, VideoFeatures
from baselines.card import EMOTIONS_8, Card
from baselines.labelled import label_rows
from baselines.preprocessing import Preprocessing

CARD = Card(
    name="tiny",
    outputs=EMOTIONS_8,
    scores="logits",
    preprocessing=Preprocessing(size=2, colour="rgb", mean=(0, 0, 0), std=(1, 1, 1)),
)
N_EMBEDDING = 12
FRAMED = {
    name: challenge
    for name, challenge in CHALLENGES.items()
    if not challenge.protocol.submission.whole_clips
}


def tiny_cache(root, *, videos=3, frames=40, card=CARD, faceless=4):
    """Make a cache of videos ``v0``, ``v1`` … of which every so many frames have no crop."""
    origin = Origin(card=card, model_sha256="0" * 64, provider="cpu", n_embedding=N_EMBEDDING)
    cache = FeatureCache.create(root, origin)
    for at in range(videos):
        numbers = np.arange(1, frames + 1, dtype=np.int32)
        numbers = numbers[numbers % faceless != 0]
        embedding = np.random.default_rng(at).normal(size=(len(numbers), N_EMBEDDING))
        cache.save(
            VideoFeatures(
                video=f"v{at}",
                frames=numbers,
                embedding=embedding.astype(np.float16),
                scores=embedding[:, : len(card.outputs)].astype(np.float32),
                broken=np.empty(0, np.int32),
                source=f"images of {at}",
            )
        )
    return cache


def tiny_truth(cache, challenge, *videos, frames=40, unknown=0):
    """Label every frame by its first features, all but each so many-th value."""
    tracks = {}
    for video in videos or cache.videos:
        features = cache.load(video)
        x = np.zeros((frames, N_EMBEDDING))
        x[features.frames - 1] = features.embedding
        values = np.concatenate([_labels(target, x) for target in challenge.targets], axis=1)
        known = np.ones(values.shape, bool)
        if unknown:
            known.flat[::unknown] = False
        tracks[video] = Track.of(video, values, known)
    return tracks


def _labels(target, x):
    if isinstance(target, Continuous):
        return np.tanh(x[:, : len(target.names)])
    if isinstance(target, Categorical):
        return x[:, : len(target.names)].argmax(axis=1)[:, None]
    return x[:, : len(target.names)] > 0.3


def tiny_rows(cache, challenge, *videos, **options):
    """Join the labels with the features."""
    truth = tiny_truth(cache, challenge, *videos, **options)
    return label_rows(challenge, truth, {name: cache.load(name).frames for name in truth})
