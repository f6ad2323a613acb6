"""A model of a few numbers, and folders of small frames, to test prediction with."""

import os
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

from submissions.decide import output_names


class Fake:
    """A predictor whose outputs are powers of an image's mean grey level, in [0, 1]."""

    def __init__(self, challenge, name="fake"):
        self.identity = {"model": name}
        self.width = len(output_names(challenge))
        self.batches = []

    def __str__(self):
        return self.identity["model"]

    def prepare(self, image):
        """Give the mean grey level, in [0, 1], shape (1,)."""
        return np.asarray(image.convert("L"), np.float32).mean(keepdims=True)[0] / 255

    def predict(self, batch):
        """Give the first powers of the level."""
        self.batches.append(batch)
        return (batch ** np.arange(1, self.width + 1, dtype=np.float32)).astype(np.float32)


def save_frames(root, video, frames, *, size=(12, 12), shift=0):
    """Write one grey image a frame, its level made of the video's name and the frame."""
    folder = root / video
    folder.mkdir(parents=True, exist_ok=True)
    for frame in frames:
        level = (sum(video.encode()) + 37 * frame + shift) % 256
        Image.new("L", size, level).save(folder / f"{frame:05d}.jpg")
    return folder


def save_noise(path, seed, *, size=(112, 112)):
    """Write an image of random colours."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, quality=90)
    return path


def contents(folder):
    """Give every file of a folder with its bytes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@contextmanager
def few_files(more):
    """Let this process open no more than so many files beside those that are open."""
    resource = pytest.importorskip("resource", reason="Unix only")
    old = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = os.open(os.devnull, os.O_RDONLY)
    os.close(highest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + more, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, old)
