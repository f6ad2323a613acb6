"""Made-up systems whose errors go by video, as those of real ones do."""

import numpy as np

from abawkit import Track, evaluate


def valence_arousal(rng, *, videos, frames=12):
    """Draw traces about a level of their video, and a function that draws a system."""
    level = rng.normal(0, 0.3, (videos, 1, 2))
    truth = np.clip(level + rng.normal(0, 0.15, (videos, frames, 2)), -1, 1)

    def system(worse):
        scale = rng.normal(0.8, 0.2, (videos, 1, 2))
        bias = rng.normal(0, 0.15 + worse, (videos, 1, 2))
        return np.clip(truth * scale + bias + rng.normal(0, 0.1, truth.shape), -1, 1)

    return truth, system


def expression(rng, *, videos, frames=12):
    """Draw classes of which each video has a favourite, and a function that draws a system."""
    favourite = rng.integers(8, size=(videos, 1))
    shape = (videos, frames)
    truth = np.where(rng.random(shape) < 0.5, favourite, rng.integers(8, size=shape))

    def system(worse):
        right = rng.random(shape) < rng.beta(5, 3, (videos, 1)) - worse
        return np.where(right, truth, rng.integers(8, size=shape))[..., None]

    return truth[..., None], system


MAKERS = {"abaw3-va": valence_arousal, "abaw3-expr": expression}


def reports(challenge, seed, *, videos=24, **worse):
    """Score systems by their names; each is so much worse than it could be."""
    truth, system = MAKERS[challenge](np.random.default_rng(seed), videos=videos)
    return {
        name: evaluate(challenge, _tracks(truth), _tracks(system(amount)))
        for name, amount in worse.items()
    }


def _tracks(values):
    return [Track.of(f"video{index}", rows) for index, rows in enumerate(values.astype(float))]
