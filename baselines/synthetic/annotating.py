"""What annotators write down of made-up videos."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abawkit.protocol import blocks, find_challenge
from abawkit.track import Track

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

EDITION = 3
TASKS = ("va", "expr", "au", "mtl")
_STEPS = (2, 6)  # between the rows of MTL: from 2 to 5 frames
_LACKING = 30  # one in so many frames has no label, and another one lacks a value


def annotate(
    rng: np.random.Generator,
    video: str,
    *,
    affect: NDArray[np.float64],
    expression: NDArray[np.intp],
    units: NDArray[np.intp],
) -> dict[str, Track]:
    """Write down what a face does, but for a few frames, and some values of others.

    Parameters
    ----------
    rng : numpy.random.Generator
        Where chance comes from.
    video : str
        Its name.
    affect : numpy.ndarray of float64, shape (n_frames, 2)
        Valence and arousal before they are bounded.
    expression : numpy.ndarray of int, shape (n_frames,)
        Index of the class.
    units : numpy.ndarray of int, shape (n_frames, 12)
        1 where the action unit is there.

    Returns
    -------
    dict of str to Track
        Labels of each task, of shape ``(n_frames, columns)``; MTL takes those of the others, on
        some of the frames.
    """
    values: dict[str, NDArray[np.float64]] = {
        "va": np.asarray(np.round(np.tanh(affect), 3), np.float64),
        "expr": expression[:, None].astype(np.float64),
        "au": units.astype(np.float64),
    }
    labels = {
        task: Track.of(video, array, _annotated(rng, array.shape))
        for task, array in values.items()
    }
    labels["mtl"] = _multi_task(rng, labels)
    return labels


def _annotated(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    # Leave a stretch of frames without labels, and another one without one of them.
    known = np.ones(shape, bool)
    length = shape[0] // _LACKING
    whole, single = rng.integers(0, shape[0] - length, 2)
    known[whole : whole + length] = False
    known[single : single + length, rng.integers(shape[1])] = False
    return known


def _multi_task(rng: np.random.Generator, labels: Mapping[str, Track]) -> Track:
    # Some of the frames have a row, and half of the rows lack the labels of one target.
    targets = find_challenge("mtl", EDITION).targets
    tracks = [labels[target.name] for target in targets]
    values = np.hstack([track.values for track in tracks])
    n = len(values)
    lacking = rng.integers(0, 2 * len(targets), n)
    for number, (_, columns) in enumerate(blocks(targets)):
        values[lacking == number, columns] = np.nan
    frames = np.cumsum([0, *rng.integers(*_STEPS, n)])
    listed = np.zeros(n, bool)
    listed[frames[frames < n]] = True
    values[~listed] = np.nan
    listed &= ~np.isnan(values).all(axis=1)
    return Track.of(tracks[0].video, values, listed=listed)
