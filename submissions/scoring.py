"""Scoring raw outputs as the submission that would be made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abawkit.evaluation import coverage, evaluate
from submissions.decide import process

if TYPE_CHECKING:
    from collections.abc import Mapping

    from abawkit.evaluation import Report
    from abawkit.protocol import Challenge
    from abawkit.track import Track
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
    faces = {name: np.asarray(track.known.all(axis=1)) for name, track in outputs.items()}
    return coverage.with_faces(truth, faces)
