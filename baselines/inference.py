"""What a head says of cached features: the same for choosing an epoch and for predicting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import DataError, ModelError, few
from abawkit.track import Track
from baselines.heads import activate, check_head, head_input

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from baselines.cache import FeatureCache, VideoFeatures
    from baselines.card import Card
    from baselines.heads import Head

BLOCK = 4096
"""Rows that are computed at a time; a fixed number, for rounding may depend on it."""


def video_outputs(head: Head, card: Card, features: VideoFeatures) -> NDArray[np.float32]:
    """Give the raw outputs of all the frames of a video.

    They are those of `Head`, up to rounding: as no batch is cut differently from one time to the
    next, matrix products will do, which are several times faster.

    Parameters
    ----------
    head : Head
        The head, which goes with the features: see `baselines.heads.check_head`.
    card : Card
        Of the backbone that gave the features.
    features : VideoFeatures
        The features.

    Returns
    -------
    numpy.ndarray of float32, shape (n, len(head.outputs))
        A row for each of ``features.frames``.

    Raises
    ------
    ModelError
        If an output is not finite, or what an activation is taken of.
    """
    outputs = np.empty((len(features.frames), len(head.outputs)), np.float32)
    for start in range(0, len(outputs), BLOCK):
        rows = slice(start, start + BLOCK)
        embedding = np.asarray(features.embedding[rows], np.float32)
        x = head_input(head.source, card, embedding, np.asarray(features.scores[rows]))
        outputs[rows], finite = _fast(head, x)
        if not finite:
            msg = (
                f"{features.video}: the head gave an output that is not finite; its weights have "
                "grown without end, so train it anew with a lower learning rate"
            )
            raise ModelError(msg)
    return outputs


def _fast(head: Head, x: NDArray[np.float32]) -> tuple[NDArray[np.float32], bool]:
    # Outputs, and whether all sums are finite: an activation may hide that one is not.
    parts, finite = [], True
    with np.errstate(over="ignore", invalid="ignore"):
        for layers in head.parts:
            result = x
            for layer in layers:
                sums = result @ layer.weight + layer.bias
                finite = finite and bool(np.isfinite(sums).all())
                result = activate(sums, layer.activation)
            parts.append(result)
    return np.concatenate(parts, axis=1), finite


def check_videos(
    cache: FeatureCache, truth: Mapping[str, Track], *, allow_missing: bool = False
) -> set[str]:
    """Check that annotated videos have features.

    Parameters
    ----------
    cache : FeatureCache
        The features.
    truth : mapping of str to Track
        Annotations by video.
    allow_missing : bool
        Whether they may be lacking.

    Returns
    -------
    set of str
        The videos that have.

    Raises
    ------
    DataError
        If one has none.
    """
    there = set(cache.videos)
    lacking = [video for video in truth if video not in there]
    if lacking and not allow_missing:
        msg = (
            f"{cache.folder}: {len(lacking)} of {len(truth)} annotated videos have no features: "
            f"{few(lacking)}. Extract them too, or take them as without a face (--allow-missing)"
        )
        raise DataError(msg)
    return there.intersection(truth)


def predict_features(
    head: Head,
    cache: FeatureCache,
    truth: Mapping[str, Track],
    *,
    allow_missing: bool = False,
) -> dict[str, Track]:
    """Give the raw outputs of a head for the videos that are annotated.

    Parameters
    ----------
    head : Head
        The head.
    cache : FeatureCache
        Features of a backbone that it goes with.
    truth : mapping of str to Track
        Annotations by video, for the names, the numbers of frames and which frames are listed.
    allow_missing : bool
        Take a video without features as one without a face.

    Returns
    -------
    dict of str to Track
        Raw outputs, shape ``(n_frames, len(head.outputs))``, known where there are features and,
        where the annotations list some frames only, the frame is listed.

    Raises
    ------
    DataError
        If a video has no features.
    ModelError
        If the head does not go with the features, or gives an output that is not finite.
    """
    check_head(head, cache.origin.card, n_embedding=cache.origin.n_embedding)
    there = check_videos(cache, truth, allow_missing=allow_missing)
    tracks = {}
    for video, track in truth.items():
        values = np.full((track.n_frames, len(head.outputs)), np.nan)
        if video in there:
            features = cache.load(video)
            # Images beyond the end of the annotation belong to no frame.
            inside = features.frames <= track.n_frames
            outputs = video_outputs(head, cache.origin.card, features)
            values[features.frames[inside] - 1] = outputs[inside]
        if track.listed is not None:
            values[~track.listed] = np.nan
        tracks[video] = Track.of(video, values, listed=track.listed)
    return tracks
