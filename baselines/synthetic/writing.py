"""A folder of made-up features and annotations, laid out as the real ones are."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from abawkit.errors import DataError, UsageError, few
from abawkit.files import write_whole
from abawkit.labels import write_labels
from abawkit.protocol import find_challenge
from baselines.cache import FeatureCache
from baselines.synthetic.annotating import EDITION, TASKS
from baselines.synthetic.networks import NETWORKS
from baselines.synthetic.scenes import film, labels_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from baselines.synthetic.networks import Network
    from baselines.synthetic.scenes import Scene

FOLDERS = {
    "va": "VA_Estimation_Challenge",
    "expr": "EXPR_Classification_Challenge",
    "au": "AU_Detection_Challenge",
    "mtl": "MTL_Challenge",
}
"""Where each task's annotations are, under ``annotations``."""
SETS = ("Train_Set", "Validation_Set")
FILES = ("train_set.txt", "validation_set.txt")
"""MTL has one file for each part instead of a folder."""
MARKER = "abawkit sample-features: a small set of features. ITS DATA ARE MADE UP."
_SIZES = (64, 22)  # recordings of training and of validation
_LENGTH = 400
_SMALLEST, _LARGEST = 0.1, 1000


def make_features(directory: Path, *, seed: int = 0, scale: float = 1.0) -> str:
    """Make a set of features and annotations, to train heads on where the real data are not.

    Parameters
    ----------
    directory : Path
        Where it goes: a folder that is new, empty, or holds the same set, which is then made
        anew. Made if need be.
    seed : int
        At least 0; another seed gives other people, networks and labels.
    scale : float
        How many times as many videos as by default, from 0.1 to 1000.

    Returns
    -------
    str
        What was made and which commands to try on it, for people to read.

    Raises
    ------
    UsageError
        If the seed is negative, or the scale is none.
    DataError
        If `directory` is a file, holds anything else, or cannot be written to.
    """
    if seed < 0:
        msg = f"expected a seed of at least 0, found {seed}"
        raise UsageError(msg)
    if not _SMALLEST <= scale <= _LARGEST:
        msg = f"expected a scale from {_SMALLEST} to {_LARGEST}, found {scale:g}"
        raise UsageError(msg)
    readme = _readme(seed, scale)
    try:
        _refuse_foreign(directory, readme)
        # First, so that a set that was interrupted is known as one.
        write_whole(directory / "README.txt", readme)
        parts = _write_all(directory, seed, scale)
    except OSError as error:
        msg = f"{directory}: cannot make the features here: {error}"
        raise DataError(msg) from error
    return _summary(directory, parts, replace(NETWORKS[1], seed=seed))


def save_features(root: Path, network: Network, scenes: Iterable[Scene]) -> FeatureCache:
    """Write what a network says of some videos as ``abawkit extract`` would.

    Parameters
    ----------
    root : Path
        The folder of caches.
    network : Network
        That sees the videos.
    scenes : iterable of Scene
        The videos.

    Returns
    -------
    FeatureCache
        Their features, beside those of other videos that the network has seen.
    """
    cache = FeatureCache.create(root, network.origin)
    for scene in scenes:
        cache.save(network.see(scene))
    return cache


def _readme(seed: int, scale: float) -> str:
    names = ", ".join(network.name for network in NETWORKS)
    return f"""{MARKER}

features/      what three networks that do not exist would say of faces that do not exist;
               they have the names of real ones ({names})
annotations/   labels of the four tasks of the 3rd ABAW, in the official layout
persons.csv    who is in which video: 'abawkit tune --groups' keeps a person's videos together

All of it is drawn from Gaussian clusters: seed {seed}, scale {scale:g}. Classes and action units
are as frequent as in Aff-Wild2, but there are a fiftieth as many frames: in the paper's 10 or 20
epochs some heads do not get as far as they could. Scores on this data tell whether the commands
work and whether training finds what is there to be found, and nothing of any network or method.
"""


def _refuse_foreign(directory: Path, readme: str) -> None:
    if directory.exists() and not directory.is_dir():
        msg = f"{directory}: expected a folder for the features, found a file"
        raise DataError(msg)
    found = sorted(entry.name for entry in directory.iterdir()) if directory.exists() else []
    there = directory / "README.txt"
    if found and not (there.is_file() and there.read_bytes() == readme.encode()):
        msg = (
            f"{directory}: expected a new or empty folder, or one with features of the same seed "
            f"and scale, found {few(found)}; nothing was written. Name another folder"
        )
        raise DataError(msg)


def _write_all(directory: Path, seed: int, scale: float) -> list[tuple[Scene, ...]]:
    sizes = (max(4, round(size * scale)) for size in _SIZES)
    parts = [
        film(part, n_recordings=size, n_frames=_LENGTH, seed=seed)
        for part, size in enumerate(sizes)
    ]
    scenes = [scene for part in parts for scene in part]
    for network in NETWORKS:
        save_features(directory / "features", replace(network, seed=seed), scenes)
    for task in TASKS:
        for number, part in enumerate(parts):
            _write_annotations(directory / "annotations" / FOLDERS[task], task, number, part)
    persons = "".join(f"{scene.video},{scene.person}\n" for scene in scenes)
    write_whole(directory / "persons.csv", f"video,group\n{persons}")
    return parts


def _write_annotations(folder: Path, task: str, number: int, scenes: tuple[Scene, ...]) -> None:
    protocol = find_challenge(task, EDITION).protocol
    layout = protocol.annotation
    if layout.per_video:
        folder /= SETS[number]
    else:
        layout = replace(layout, file=FILES[number])
    tracks = labels_of(scenes, task)
    write_labels(folder, tracks, targets=protocol.targets, layout=layout, sentinels=True)


def _summary(directory: Path, parts: list[tuple[Scene, ...]], network: Network) -> str:
    train, valid = (f"{len(part)} videos of {_frames(part)} frames" for part in parts)
    features = shlex.quote(str(directory / "features"))
    expr = directory / "annotations" / FOLDERS["expr"]
    first, second = (shlex.quote(str(expr / name)) for name in SETS)
    root = shlex.quote(str(directory / "annotations"))
    one = shlex.quote(str(directory / "features" / network.origin.folder))
    return (
        f"Made {train} to train on and {valid} to validate on, in {shlex.quote(str(directory))}\n"
        f"with features of {len(NETWORKS)} networks and labels of VA, EXPR, AU and MTL. "
        "All of it is made up.\n"
        "\n"
        "Next:\n"
        f"  abawkit reproduce table1 --features {features} --annotations {root}\n"
        f"  abawkit train --task expr --features {one} --train {first} --valid {second} "
        "--out runs/expr"
    )


def _frames(scenes: tuple[Scene, ...]) -> int:
    return sum(len(scene.expression) for scene in scenes)
