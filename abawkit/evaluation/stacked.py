"""The values that a score counts: all frames of all videos, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from abawkit.evaluation.evaluate import counted
from abawkit.protocol import blocks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from abawkit.protocol import Challenge, Target
    from abawkit.track import Track


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Stacked:
    """What is known of one target in every frame, those that do not count included.

    Attributes
    ----------
    target : Target
        What is predicted.
    videos : tuple of str
        The videos, in the order of their frames.
    video : numpy.ndarray of int64, shape (n_frames,)
        Which of them each frame is of; frames of one video follow each other.
    true, pred : numpy.ndarray of float64, shape (n_frames, columns)
        Labels, NaN where they are not known.
    known : numpy.ndarray of bool, shape (n_frames, columns)
        Which values count in the score.
    outputs : numpy.ndarray of float64, shape (n_frames, n_names), or None
        What the labels were decided upon, NaN where that is not known; None where nothing tells.
    """

    target: Target
    videos: tuple[str, ...]
    video: NDArray[np.int64]
    true: NDArray[np.float64]
    pred: NDArray[np.float64]
    known: NDArray[np.bool_]
    outputs: NDArray[np.float64] | None


def stack(
    challenge: Challenge,
    truth: Mapping[str, Track],
    prediction: Mapping[str, Track],
    outputs: Mapping[str, Track] | None = None,
) -> tuple[Stacked, ...]:
    """Stack the frames of all annotated videos, and tell which values count.

    A value counts as in `abawkit.evaluation.evaluate`: it is annotated, no mask hides it, and
    every value of its frame that counts is predicted.

    Parameters
    ----------
    challenge : Challenge
        Whose rules apply.
    truth, prediction : mapping of str to Track
        Labels by video, of shape ``(n_frames, columns)``.
    outputs : mapping of str to Track, optional
        What the labels were decided upon, of shape ``(n_frames, n_outputs)``; by default how
        probable each class is, where the labels come with that.

    Returns
    -------
    tuple of Stacked
        One a target.
    """
    videos = tuple(truth)
    lengths = [truth[video].n_frames for video in videos]
    counts = np.concatenate([counted(challenge, truth[video]) for video in videos])
    true = np.concatenate([truth[video].values for video in videos])
    labels = {video: track.values for video, track in prediction.items()}
    pred = _stacked(labels, videos, lengths, challenge.protocol.columns)
    counts &= (~np.isnan(pred) | ~counts).all(axis=1, keepdims=True)
    decided = _outputs(prediction, outputs)
    names = sum(len(target.names) for target in challenge.targets)
    raw = _stacked(decided, videos, lengths, names) if decided else None
    sources = blocks(challenge.targets, width=lambda target: len(target.names))
    return tuple(
        Stacked(
            target=target,
            videos=videos,
            video=np.repeat(np.arange(len(videos)), lengths),
            true=true[:, columns],
            pred=pred[:, columns],
            known=counts[:, columns],
            outputs=None if raw is None else raw[:, source],
        )
        for (target, columns), (_, source) in zip(blocks(challenge.targets), sources, strict=True)
    )


def _outputs(
    prediction: Mapping[str, Track], outputs: Mapping[str, Track] | None
) -> dict[str, NDArray[np.float64]]:
    if outputs is not None:
        return {video: track.values for video, track in outputs.items()}
    return {
        video: track.probabilities
        for video, track in prediction.items()
        if track.probabilities is not None
    }


def _stacked(
    values: Mapping[str, NDArray[np.float64]],
    videos: Sequence[str],
    lengths: Sequence[int],
    columns: int,
) -> NDArray[np.float64]:
    stacked = np.full((sum(lengths), columns), np.nan)
    start = 0
    for video, length in zip(videos, lengths, strict=True):
        rows = values.get(video, stacked[:0])[:length]
        stacked[start : start + len(rows)] = rows
        start += length
    return stacked
