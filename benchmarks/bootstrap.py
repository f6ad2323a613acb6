"""How long intervals take, against gathering the frames of each resample again: prints the ratio.

Four tasks on the same 76 videos of 360,000 frames: 10,000 resamples of the report, as `score
--confidence` draws them, and the literal bootstrap, of which a few resamples are timed. What both
give for those must agree to 1e-12.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from abawkit import CHALLENGES, Track, evaluate
from abawkit.evaluation.bootstrap import Bootstrap, confidence, counted_videos, draws
from abawkit.evaluation.pooling import poolings
from abawkit.protocol import blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

VIDEOS, FRAMES, REPEATS, LITERAL = 76, 360_000, 5, 20
SECONDS, APART = 0.5, 1e-12
TASKS = {
    "CCC (abaw3-va)": "abaw3-va",
    "F1 (abaw3-expr)": "abaw3-expr",
    "F1 (abaw3-au)": "abaw3-au",
    "P_MTL (abaw11-mtl)": "abaw11-mtl",
}


def draw(task: str, n_frames: int, rng: np.random.Generator) -> NDArray[np.float64]:
    # Made-up labels of one target.
    if task == "va":
        return np.asarray(np.tanh(rng.normal(0, 0.02, (n_frames, 2)).cumsum(axis=0)))
    if task == "expr":
        return rng.integers(8, size=(n_frames, 1)).astype(float)
    return rng.integers(2, size=(n_frames, 12)).astype(float)


def tracks(name: str) -> tuple[dict[str, Track], dict[str, Track]]:
    # Annotations, and predictions about half of which are right.
    rng = np.random.default_rng(0)
    truth, guess = {}, {}
    for index, n_frames in enumerate(rng.multinomial(FRAMES, np.full(VIDEOS, 1 / VIDEOS))):
        drawn = [draw(target.name, n_frames, rng) for target in CHALLENGES[name].targets]
        values = np.hstack(drawn)
        right = rng.integers(2, size=(n_frames, 1)) == 1
        video = f"{index:02d}"
        truth[video] = Track.of(video, values)
        guess[video] = Track.of(video, np.where(right, values, rng.permutation(values)))
    return truth, guess


def gathered(
    name: str, truth: dict[str, Track], guess: dict[str, Track], weights: NDArray[np.float64]
) -> list[float]:
    # The score of each resample, of all of its frames.
    scores = []
    for row in weights.astype(int):
        drawn = np.repeat(sorted(truth), row)
        true, pred = (np.vstack([side[v].values for v in drawn]) for side in (truth, guess))
        parts = [
            target.summarise(true[:, columns], pred[:, columns])
            for target, columns in blocks(CHALLENGES[name].targets)
        ]
        scores.append(sum(part.score for part in parts))
    return scores


def main() -> None:
    """Measure and print."""
    how = Bootstrap()
    weights = next(draws(VIDEOS, how))[:LITERAL]
    slow = False
    for title, name in TASKS.items():
        truth, guess = tracks(name)
        report = evaluate(name, truth, guess)
        seconds = []
        for _ in range(REPEATS):
            began = time.perf_counter()
            confidence(report, how)
            seconds.append(time.perf_counter() - began)
        began = time.perf_counter()
        literal = gathered(name, truth, guess, weights)
        each = (time.perf_counter() - began) / LITERAL
        ours = poolings(report.challenge, list(counted_videos(report).values()), weights).score
        apart = np.abs(ours - literal).max()
        if apart > APART:
            sys.exit(f"{title}: the scores differ by {apart:g}")
        ratio = each * how.resamples / min(seconds)
        slow |= min(seconds) > SECONDS
        print(
            f"{title:20} {min(seconds):.3f} s for {how.resamples:,} resamples; frames gathered "
            f"again: {1000 * each:.0f} ms each, {ratio:,.0f} times as long (apart {apart:.0e})"
        )
    if slow:
        sys.exit(f"expected at most {SECONDS} s")


if __name__ == "__main__":
    main()
