"""What a model says of videos: the frames of many in one stream, given back video by video."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import DataError, ModelError
from baselines.features import Job, run_model
from baselines.progress import progress_bar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from abawkit.frames import VideoFrames
    from baselines.model import Predictor


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class VideoOutputs:
    """What a model said of one video.

    Attributes
    ----------
    video : str
        Its name.
    frames : numpy.ndarray of int32, shape (n,)
        The frames that it saw, from 1, ascending.
    outputs : numpy.ndarray of float32, shape (n, width)
        What it said of each.
    broken : numpy.ndarray of int32, shape (n_broken,)
        Frames whose image could not be read.
    """

    video: str
    frames: NDArray[np.int32]
    outputs: NDArray[np.float32]
    broken: NDArray[np.int32]


def predict_images(
    predictor: Predictor,
    videos: Sequence[tuple[VideoFrames, NDArray[np.int32]]],
    *,
    width: int,
    strict: bool,
    purpose: str,
) -> Iterator[VideoOutputs]:
    """Predict frames of videos from their images.

    Parameters
    ----------
    predictor : Predictor
        The model.
    videos : sequence of (VideoFrames, numpy.ndarray of int32)
        The videos, and which frames of each.
    width : int
        How many outputs the model is to give.
    strict : bool
        Stop at an image that cannot be read.
    purpose : str
        What for, such as the challenge, for the progress bar and messages.

    Yields
    ------
    VideoOutputs
        One a video, in their order, as its last frame is done.

    Raises
    ------
    DataError
        If an image cannot be read and `strict` is set.
    ModelError
        If the model gives another number of outputs, or not finite ones.
    """
    jobs = (
        Job(video=video.name, frame=frame, path=video.path(frame))
        for video, frames in videos
        for frame in frames.tolist()
    )
    with progress_bar(purpose, sum(len(frames) for _, frames in videos), "frames") as advance:
        results = run_model(predictor, jobs)
        for video, frames in videos:
            outputs = np.empty((len(frames), width), np.float32)
            seen = np.zeros(len(frames), bool)
            for at, result in enumerate(islice(results, len(frames))):
                advance(1)
                if result.outputs is None:
                    if strict:
                        msg = f"{result.job.path}: cannot read this image: {result.problem}"
                        raise DataError(msg)
                    continue
                if result.outputs.shape != (width,):
                    msg = (
                        f"{predictor}: expected {width} outputs for {purpose}, "
                        f"found shape {result.outputs.shape}"
                    )
                    raise ModelError(msg)
                outputs[at], seen[at] = result.outputs, True
            yield VideoOutputs(
                video=video.name, frames=frames[seen], outputs=outputs[seen], broken=frames[~seen]
            )
