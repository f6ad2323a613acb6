"""The state of a run of training on disk, and what it was made of, so that it is taken up rightly.

The file is one of tensors and plain values; nothing in it is run when it is read.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from abawkit.errors import ModelError
from baselines.training.tensorfiles import read_tensors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from abawkit.track import Track
    from baselines.cache import FeatureCache
    from baselines.labelled import LabelledRows
    from baselines.training.heads.recipe import HeadRecipe

_HINT = "choose another folder, or delete it to begin anew"


def made_of(
    recipe: HeadRecipe, cache: FeatureCache, train: LabelledRows, valid_truth: Mapping[str, Track]
) -> dict[str, Any]:
    """Tell all that decides a head, in plain values.

    Parameters
    ----------
    recipe : HeadRecipe
        How it is trained.
    cache : FeatureCache
        On what features; of a video they are known by the images that they were made from.
    train : LabelledRows
        On which rows.
    valid_truth : mapping of str to Track
        By what its best epoch is chosen.

    Returns
    -------
    dict of str to str, int, float or bool
        By name.
    """
    choices = asdict(recipe)
    parts = {
        f"{part['target']} {name}": value
        for part in choices.pop("parts")
        for name, value in part.items()
        if name != "target"
    }
    there = set(cache.videos)
    videos = [video for video in {**dict.fromkeys(train.videos), **valid_truth} if video in there]
    found = [cache.describe(video) for video in videos]
    sources = [(video, e.source) for video, e in zip(videos, found, strict=True)]
    names = json.dumps([train.videos, sources])
    rows = (train.video, train.row, train.frame, train.labels, train.known)
    tracks = [_of_track(track) for track in valid_truth.values()]
    return {
        "challenge": train.challenge.name,
        **parts,
        **choices,
        "features": _digest(cache.origin.digest + names, (e.frames for e in found)),
        "training rows": _digest("", rows),
        "validation annotations": _digest(json.dumps([*valid_truth]), tracks),
    }


def load_state(path: Path, expected: Mapping[str, Any], kinds: Mapping[str, type]) -> Any:  # noqa: ANN401 - whatever was saved
    """Read a state.

    Parameters
    ----------
    path : Path
        A file of tensors with the state.
    expected : mapping
        What the run is made of, as `made_of` gives it.
    kinds : mapping of str to type
        What there has to be in the state beside its own ``made_of``.

    Returns
    -------
    dict
        The state.

    Raises
    ------
    ModelError
        If it is another file, or of a run that is made of something else.
    """
    state = read_tensors(path, hint=_HINT)
    found = state if isinstance(state, dict) else {}
    wrong = [name for name, kind in kinds.items() if not isinstance(found.get(name), kind)]
    if wrong or not isinstance(found.get("made_of"), dict):
        lacking = ", ".join(wrong or ["made_of"])
        msg = f"{path}: not a checkpoint of a head, for it lacks {lacking}; {_HINT}"
        raise ModelError(msg)
    old = found["made_of"]
    names = [name for name in {**expected, **old} if old.get(name) != expected.get(name)]
    if names:
        told = ", ".join(_difference(name, old.get(name), expected.get(name)) for name in names)
        msg = f"{path}: holds a run of something else: {told}; {_HINT}"
        raise ModelError(msg)
    return found


def _difference(name: str, old: object, new: object) -> str:
    digest = name in {"features", "training rows", "validation annotations"}
    return f"other {name}" if digest else f"{name} {old}, not {new}"


def _of_track(track: Track) -> NDArray[np.float64]:
    # Values, NaN where not known, and which frames are listed.
    listed = np.ones(track.n_frames) if track.listed is None else track.listed
    return np.column_stack([track.values, listed])


def _digest(text: str, arrays: Iterable[NDArray[Any]]) -> str:
    digest = hashlib.sha256(text.encode())
    for array in arrays:
        digest.update(f"{array.dtype.str} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
