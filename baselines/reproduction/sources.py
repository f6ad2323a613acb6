"""The user's data: features by network, and annotations in the organisers' folders."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from abawkit.errors import DataError, UsageError, few
from abawkit.labels import read_labels
from abawkit.protocol import find_challenge
from baselines.cache import find_caches
from baselines.reproduction.recipes import EDITION
from baselines.reproduction.tables import NETWORKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from abawkit.protocol import Challenge
    from abawkit.track import Track
    from baselines.cache import FeatureCache

PARTS = {
    "expr": ("EXPR_Classification_Challenge/Train_Set",
             "EXPR_Classification_Challenge/Validation_Set"),
    "va": ("VA_Estimation_Challenge/Train_Set", "VA_Estimation_Challenge/Validation_Set"),
    "au": ("AU_Detection_Challenge/Train_Set", "AU_Detection_Challenge/Validation_Set"),
    "mtl": ("MTL_Challenge/train_set.txt", "MTL_Challenge/validation_set.txt"),
}  # fmt: skip
"""Where the organisers' folder of the 3rd edition has the training and the validation part."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Annotations:
    """What is annotated for one task, by video."""

    challenge: Challenge
    train: Mapping[str, Track]
    valid: Mapping[str, Track]

    @property
    def digest(self) -> str:
        """A hash of all labels."""
        total = hashlib.sha256(self.challenge.name.encode())
        for tracks in (self.train, self.valid):
            total.update(b"part")
            for video, track in tracks.items():
                total.update(f"{video}:{track.n_frames}:".encode())
                total.update(track.values.tobytes())
                total.update(b"" if track.listed is None else track.listed.tobytes())
        return total.hexdigest()


def find_parts(root: Path, task: str) -> tuple[Path, Path]:
    """Find both parts of a task.

    Parameters
    ----------
    root : Path
        The folder that holds the organisers' folders.
    task : str
        One of `PARTS`.

    Returns
    -------
    tuple of Path
        The training and the validation part: folders, or files for MTL.

    Raises
    ------
    DataError
        If one is not there.
    """
    lacking = [part for part in PARTS[task] if not (root / part).exists()]
    if lacking:
        msg = (
            f"{root}: no {' and no '.join(lacking)}; expected the organisers' folder of the "
            "annotations of the 3rd edition"
        )
        raise DataError(msg)
    train, valid = PARTS[task]
    return root / train, root / valid


def read_annotations(root: Path, task: str) -> Annotations:
    """Read both parts of a task.

    Parameters
    ----------
    root : Path
        The folder that holds the organisers' folders.
    task : str
        One of `PARTS`.

    Returns
    -------
    Annotations
        Their labels.
    """
    challenge = find_challenge(task, EDITION)
    train, valid = (read_labels(part, challenge) for part in find_parts(root, task))
    return Annotations(challenge=challenge, train=train, valid=valid)


def parse_networks(given: Iterable[str]) -> dict[str, str]:
    """Read which model stands for which network of the paper.

    Parameters
    ----------
    given : iterable of str
        Each as ``EfficientNet-B0=NAME``.

    Returns
    -------
    dict of str to str
        Name of the model by network, those of `NETWORKS` where nothing else is given.

    Raises
    ------
    UsageError
        If there is no such network, or no name.
    """
    names = dict(NETWORKS)
    for text in given:
        network, _, name = text.partition("=")
        if network not in names or not name:
            msg = (
                f"--network {text!r}: expected NETWORK=NAME, where NETWORK is one of "
                f"{', '.join(names)} and NAME the model of some features"
            )
            raise UsageError(msg)
        names[network] = name
    return names


def choose_caches(
    root: Path, networks: Mapping[str, str], wanted: Iterable[str]
) -> dict[str, FeatureCache]:
    """Find the features of each network.

    Parameters
    ----------
    root : Path
        The folder of the caches.
    networks : mapping of str to str
        Name of the model by network, from `parse_networks`.
    wanted : iterable of str
        The networks that the tables ask for.

    Returns
    -------
    dict of str to FeatureCache
        By network; those that there are no features of are left out.

    Raises
    ------
    UsageError
        If there are two caches of one model.
    DataError
        If there are none of any of them.
    """
    caches = find_caches(root)
    chosen = {}
    for network in wanted:
        name = networks[network]
        found = [cache for cache in caches if cache.origin.card.name == name]
        if len(found) > 1:
            folders = " and ".join(str(cache.folder) for cache in found)
            msg = (
                f"{len(found)} caches hold features of {name}, of other weights or another "
                f"provider: {folders}; keep one of them in {root}"
            )
            raise UsageError(msg)
        if found:
            chosen[network] = found[0]
    if not chosen:
        there = few(cache.origin.card.name for cache in caches) or "none"
        names = ", ".join(networks[network] for network in wanted)
        msg = (
            f"{root}: no features of {names}; found {there}. 'abawkit extract --data DATA --model "
            f"NAME --out {root}' makes them; --network says which model stands for which network"
        )
        raise DataError(msg)
    return chosen
