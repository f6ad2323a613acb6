"""Made-up features and annotations of a few videos, two people of one recording among them."""

import numpy as np

from abawkit.protocol import find_challenge
from abawkit.track import Track
from baselines.cache import FeatureCache, Origin, VideoFeatures
from baselines.labelled import label_rows
from tests.baselines.tiny_onnx import tiny_card

VIDEOS = {"9_left": 7, "9_right": 5, "10": 1, "9": 4, "none": 3}
CARD = tiny_card(outputs=("Anger", "valence", "Fear", "Neutral", "arousal"))


def make_truth(challenge, videos, seed=0):
    """Draw annotations of videos, a third of them unknown; zeros and ones suit every target."""
    rng = np.random.default_rng(seed)
    columns = challenge.protocol.columns
    drawn = {name: rng.random((2, n, columns)) for name, n in videos.items()}
    return {name: Track.of(name, np.round(u), v > 0.3) for name, (u, v) in drawn.items()}


def make_features(video, n_frames, width=3, seed=1):
    """Draw features of two thirds of the frames."""
    rng = np.random.default_rng([seed, *video.encode()])
    frames = np.flatnonzero(rng.random(n_frames) < 0.7) + 1
    shape = (len(frames), len(CARD.outputs))
    return VideoFeatures(
        video=video,
        frames=frames.astype(np.int32),
        embedding=rng.normal(size=(len(frames), width)).astype(np.float16),
        scores=rng.normal(size=shape).astype(np.float32),
        broken=np.empty(0, np.int32),
        source="",
    )


def make_cache(folder, videos=VIDEOS, width=3):
    """Write the features of videos."""
    origin = Origin(card=CARD, model_sha256="", provider="cpu", n_embedding=width)
    cache = FeatureCache.create(folder, origin)
    for video, n_frames in videos.items():
        cache.save(make_features(video, n_frames, width))
    return cache


def make_rows(cache, task="expr", videos=VIDEOS):
    """Join them with annotations."""
    challenge = find_challenge(task, 3)
    frames = {video: cache.load(video).frames for video in videos}
    return label_rows(challenge, make_truth(challenge, videos), frames)
