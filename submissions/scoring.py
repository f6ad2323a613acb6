"""Scoring raw outputs as the submission that would be made of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from abawkit.evaluation import evaluate
from abawkit.track import Track
from submissions.decide import process

if TYPE_CHECKING:
    from collections.abc import Mapping

    from abawkit.evaluation import Report
    from abawkit.protocol import Challenge
    from submissions.decide import Processing


def score_outputs(
    challenge: Challenge,
    truth: Mapping[str, Track],
    outputs: Mapping[str, Track],
    processing: Processing,
    *,
    faces_only: bool = False,
) -> Report:
    """Fill, smooth, decide and score, as ``abawkit score`` would score the submission.

    Parameters
    ----------
    challenge : Challenge
        The challenge.
    truth : mapping of str to Track
        Annotations by video, of shape ``(n_frames, columns)``.
    outputs : mapping of str to Track
        Raw outputs by video, of shape ``(n_frames, n_outputs)``, known where there is a face.
    processing : Processing
        How outputs become labels.
    faces_only : bool
        Leave out annotated frames without a face, as the paper did; the official score has all.

    Returns
    -------
    Report
        The score of every annotated video and of all of them.

    Raises
    ------
    AlignmentError
        If an annotated video has no outputs, or another number of frames.
    """
    found = {name: outputs[name] for name in truth if name in outputs}
    labels = {name: process(challenge, track, processing) for name, track in found.items()}
    if faces_only:
        truth = with_faces(truth, found)
    return evaluate(challenge, truth, labels)


def with_faces(truth: Mapping[str, Track], outputs: Mapping[str, Track]) -> dict[str, Track]:
    """Take the annotations of frames without a face for unknown, as the paper did.

    Parameters
    ----------
    truth : mapping of str to Track
        Annotations by video.
    outputs : mapping of str to Track
        Raw outputs by video, known where there is a face.

    Returns
    -------
    dict of str to Track
        The annotations; those of a video without outputs are left as they are.
    """
    return {
        name: _with_faces(track, outputs[name]) if name in outputs else track
        for name, track in truth.items()
    }


def _with_faces(truth: Track, outputs: Track) -> Track:
    faces = outputs.known.all(axis=1, keepdims=True)
    return replace(Track.of(truth.video, truth.values, truth.known & faces), listed=truth.listed)
