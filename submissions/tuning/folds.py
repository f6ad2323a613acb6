"""Which videos are held out together.

Conventions: videos of one group are never on both sides; by default a group is a recording, of
which two people and several clips may have been cut. Folds hold out about as many annotated frames
each.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import DataError, UsageError, few

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_HEADER = ["video", "group"]
_FEWEST = 2


def split(
    n_frames: Mapping[str, int], groups: Mapping[str, str], *, folds: int, seed: int
) -> tuple[tuple[str, ...], ...]:
    """Share videos among folds, group by group.

    The group with the most frames comes first, and each goes to the fold that has the fewest so
    far; the seed decides between groups of as many frames.

    Parameters
    ----------
    n_frames : mapping of str to int
        Annotated frames by video; a video without any is in no fold.
    groups : mapping of str to str
        The group of each of them.
    folds : int
        How many folds; as many as there are groups, where these are fewer.
    seed : int
        Of the order of groups of as many frames.

    Returns
    -------
    tuple of tuple of str
        The videos that each fold holds out, in the order given.

    Raises
    ------
    UsageError
        If there are fewer than two folds or groups, which leaves nothing to hold out.
    DataError
        If a video has no group.
    """
    if folds < _FEWEST:
        msg = f"--folds {folds}: expected at least {_FEWEST}"
        raise UsageError(msg)
    videos = [video for video, count in n_frames.items() if count]
    lacking = [video for video in videos if video not in groups]
    if lacking:
        msg = f"--groups: {len(lacking)} annotated videos have no group: {few(lacking)}"
        raise DataError(msg)
    sizes: dict[str, int] = {}
    for video in videos:
        sizes[groups[video]] = sizes.get(groups[video], 0) + n_frames[video]
    if len(sizes) < _FEWEST:
        msg = (
            f"found {len(sizes)} annotated recordings or groups{_named(sizes)}; expected at least "
            f"{_FEWEST}: settings are judged on others than those they were chosen on"
        )
        raise UsageError(msg)
    fold_of = _balance(sizes, min(folds, len(sizes)), seed)
    held_out: list[list[str]] = [[] for _ in set(fold_of.values())]
    for video in videos:
        held_out[fold_of[groups[video]]].append(video)
    return tuple(map(tuple, held_out))


def _named(sizes: Mapping[str, int]) -> str:
    return "".join(f" ({name})" for name in sizes)


def _balance(sizes: Mapping[str, int], folds: int, seed: int) -> dict[str, int]:
    names = sorted(sizes)
    shuffled = [names[index] for index in np.random.default_rng(seed).permutation(len(names))]
    loads, fold_of = [0] * folds, {}
    for name in sorted(shuffled, key=lambda name: -sizes[name]):
        fold_of[name] = loads.index(min(loads))
        loads[fold_of[name]] += sizes[name]
    return fold_of


def read_groups(path: Path) -> dict[str, str]:
    """Read which videos belong together.

    Parameters
    ----------
    path : Path
        A CSV file with the header ``video,group``.

    Returns
    -------
    dict of str to str
        The group of each video.

    Raises
    ------
    DataError
        If it cannot be read, a line has another form, or a video has two groups.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [[cell.strip() for cell in row] for row in csv.reader(file)]
    except (OSError, ValueError, csv.Error) as error:
        msg = f"{path}: cannot read these groups: {error}"
        raise DataError(msg) from error
    if not rows or rows[0] != _HEADER:
        found = ",".join(rows[0]) if rows else "an empty file"
        msg = f"{path}: expected the header video,group; found {found!r}"
        raise DataError(msg)
    groups: dict[str, str] = {}
    for number, row in enumerate(rows[1:], 2):
        if not any(row):
            continue
        if len(row) != len(_HEADER) or not all(row):
            msg = f"{path}, line {number}: expected video,group; found {','.join(row)!r}"
            raise DataError(msg)
        video, group = row
        if groups.setdefault(video, group) != group:
            msg = f"{path}, line {number}: {video} was in group {groups[video]}, found {group}"
            raise DataError(msg)
    return groups
