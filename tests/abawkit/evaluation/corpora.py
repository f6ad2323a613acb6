"""Made-up annotations and predictions of any challenge, with gaps, the same for a seed."""

import numpy as np

from abawkit import Track
from abawkit.protocol import Categorical, Continuous


def values_of(target, rng, frames):
    match target:
        case Continuous():
            level = rng.integers(round(target.low * 1000), round(target.high * 1000) + 1)
            noise = rng.integers(-300, 301, (frames, target.columns))
            return np.clip((level + noise) / 1000, target.low, target.high)
        case Categorical():
            return rng.integers(len(target.names), size=(frames, 1)).astype(float)
    return rng.integers(2, size=(frames, target.columns)).astype(float)


def corpus(challenge, seed, *, videos=5, frames=30, masked=0.0):
    """Give tracks by video, of different lengths, of which some values are not known."""
    rng = np.random.default_rng(seed)
    tracks = {}
    for number in range(videos):
        rows = frames + 3 * number
        values = np.hstack([values_of(target, rng, rows) for target in challenge.targets])
        known = rng.random(values.shape) >= masked
        tracks[f"video{number}"] = Track.of(f"video{number}", values, known)
    return tracks


def pair(challenge, *, masked=0.2, **options):
    """Give annotations with gaps, and predictions without."""
    return corpus(challenge, 1, masked=masked, **options), corpus(challenge, 2, **options)
