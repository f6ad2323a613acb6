"""How long an epoch of the EXPR head takes, against what it cannot do without: prints the ratio.

The data are as many labelled frames of as many classes as the 3rd edition's training set has,
with features of 1,280 random values of 16 bits. In one run: the cache read from the disk file by
file, the matrix products of an epoch on batches that are ready in memory, and a real epoch of
the trainer. The system is told to forget the files before both readings; what the disk itself
remembers of them is the same for both.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from abawkit.protocol import CHALLENGES
from abawkit.track import Track
from baselines.cache import FeatureCache, Origin, VideoFeatures
from baselines.card import EMOTIONS_8, Card
from baselines.labelled import LabelledRows, label_rows
from baselines.preprocessing import Preprocessing
from baselines.training.heads.recipe import recipe_for
from baselines.training.heads.trainer import HeadTrainer

if TYPE_CHECKING:
    from collections.abc import Mapping

# Labelled frames with a crop in the training set of the 3rd edition, by class.
COUNTS = (177_198, 16_573, 10_771, 9_080, 95_463, 78_751, 31_615, 165_866)
VIDEOS, WIDTH, HIDDEN, BATCH, THREADS = 250, 1280, 128, 256, 2
CHALLENGE = CHALLENGES["abaw3-expr"]


def make_truth(n_rows: int) -> dict[str, Track]:
    # Classes in the shares of COUNTS, in videos of different lengths, none without some frames.
    rng = np.random.default_rng(0)
    ends = np.cumsum(COUNTS) * (n_rows / sum(COUNTS))
    classes = rng.permutation(np.searchsorted(ends, np.arange(n_rows), side="right"))
    shares = rng.dirichlet(np.full(VIDEOS, 3.0))
    lengths = np.floor(shares * (n_rows - VIDEOS)).astype(int) + 1
    lengths[0] += n_rows - lengths.sum()
    parts = np.split(classes, np.cumsum(lengths)[:-1])
    return {f"video{i}": Track.of(f"video{i}", part[:, None]) for i, part in enumerate(parts)}


def make_cache(folder: Path, truth: Mapping[str, Track]) -> FeatureCache:
    preprocessing = Preprocessing(size=224, colour="rgb", mean=(0, 0, 0), std=(1, 1, 1))
    card = Card(name="random", outputs=EMOTIONS_8, scores="logits", preprocessing=preprocessing)
    origin = Origin(card=card, model_sha256="", provider="none", n_embedding=WIDTH)
    cache = FeatureCache.create(folder, origin)
    rng = np.random.default_rng(1)
    for video, track in truth.items():
        n = track.n_frames
        features = VideoFeatures(
            video=video,
            frames=np.arange(1, n + 1, dtype=np.int32),
            embedding=rng.random((n, WIDTH), np.float32).astype(np.float16),
            scores=rng.random((n, len(EMOTIONS_8)), np.float32),
            broken=np.empty(0, np.int32),
            source="",
        )
        cache.save(features)
    return cache


def forget(cache: FeatureCache) -> None:
    # Only what is on the disk, and mapped by nobody, can be forgotten.
    for path in cache.folder.rglob("*.npy"):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def time_reading(cache: FeatureCache) -> float:
    buffer = bytearray(8 << 20)
    forget(cache)
    began = time.perf_counter()
    for path in sorted(cache.folder.glob("*/embedding.npy")):
        with path.open("rb", buffering=0) as file:
            while file.readinto(buffer):
                pass
    return time.perf_counter() - began


def time_products(n_rows: int) -> float:
    # Of two dense layers, forward, and backward for both weights and the hidden units.
    rng = torch.Generator().manual_seed(0)
    shapes = ((BATCH, WIDTH), (WIDTH, HIDDEN), (HIDDEN, len(COUNTS)), (BATCH, len(COUNTS)))
    x, first, second, gradient = (torch.randn(shape, generator=rng) for shape in shapes)
    steps = -(-n_rows // BATCH)
    for counted in (min(steps, 100), steps):
        began = time.perf_counter()
        for _ in range(counted):
            hidden = x @ first
            _ = hidden @ second
            _ = hidden.T @ gradient
            _ = x.T @ (gradient @ second.T)
    return time.perf_counter() - began


def time_epoch(cache: FeatureCache, rows: LabelledRows, truth: Mapping[str, Track]) -> float:
    # Without the validation after it, hence one small video.
    valid = min(truth, key=lambda video: truth[video].n_frames)
    with tempfile.TemporaryDirectory() as folder:
        trainer = HeadTrainer(
            Path(folder),
            cache=cache,
            train=rows,
            valid_truth={valid: truth[valid]},
            recipe=recipe_for(CHALLENGE),
        )
        forget(cache)
        return len(rows) / next(trainer.run()).rows_per_second


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=sum(COUNTS), help="labelled frames")
    parser.add_argument("--repeats", type=int, default=3, help="the shortest time counts")
    options = parser.parse_args()
    torch.set_num_threads(THREADS)
    times = []
    with tempfile.TemporaryDirectory() as name:
        truth = make_truth(options.rows)
        cache = make_cache(Path(name), truth)
        frames = {video: cache.load(video).frames for video in truth}
        rows = label_rows(CHALLENGE, truth, frames)
        # What was just written is first of all still on its way to the disk.
        forget(cache)
        for _ in range(options.repeats):
            times.append((
                time_reading(cache),
                time_products(len(rows)),
                time_epoch(cache, rows, truth),
            ))
            print("  ".join(f"{seconds:.2f} s" for seconds in times[-1]))
    reading, products, epoch = map(min, zip(*times, strict=True))
    print(f"{len(rows)} rows of {WIDTH} values, batches of {BATCH}, {THREADS} threads")
    print(f"reading the cache: {reading:.2f} s")
    print(f"matrix products:   {products:.2f} s")
    print(f"an epoch:          {epoch:.2f} s")
    print(f"ratio: {epoch / (reading + products):.2f}")


if __name__ == "__main__":
    main()
