"""A network of a few channels, and made-up faces, in memory and on disk."""

from dataclasses import replace

import numpy as np
from PIL import Image

from baselines.networks.table import EFFICIENTNET_LITE0, Stage
from baselines.training.images import GreyImages, LabelledImages

TINY = replace(
    EFFICIENTNET_LITE0,
    name="tiny",
    shape=replace(
        EFFICIENTNET_LITE0.shape,
        stages=(
            Stage(repeats=1, channels=8, kernel=3, stride=1, expansion=1),
            Stage(repeats=2, channels=12, kernel=3, stride=2, expansion=2),
        ),
        stem_channels=8,
        embedding=32,
    ),
)


def faces(n, seed=0):
    """Give grey images with distributions over three classes."""
    rng = np.random.default_rng(seed)
    targets = rng.dirichlet([0.3] * 3, n).astype(np.float32)
    pixels = rng.integers(0, 256, (n, 24, 24), np.uint8)
    return LabelledImages(
        images=GreyImages(pixels=pixels), targets=targets, classes=("a", "b", "c")
    )


def write_face(path, seed=0, size=(20, 24)):
    """Write an image of noise in colours, losslessly where the suffix allows it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def write_faces(root, names):
    """Write an image under each name; no two are the same."""
    for seed, name in enumerate(names):
        write_face(root / name, seed)
    return root
