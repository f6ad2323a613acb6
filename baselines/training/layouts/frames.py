"""Cropped frames with annotations of expressions, to train whole networks on an ABAW challenge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import DataError, UsageError
from abawkit.frames import FrameFolder
from abawkit.labels import read_labels
from abawkit.protocol import Categorical
from baselines.labelled import label_rows
from baselines.training.images import LabelledImages
from baselines.training.layouts.listing import listed, sizes_of

if TYPE_CHECKING:
    from pathlib import Path

    from abawkit.protocol import Challenge

DATASET = "Aff-Wild2"


def read_frames(
    annotations: Path, frames: Path, challenge: Challenge, *, allow_missing: bool = False
) -> LabelledImages:
    """Read the cropped frames that are annotated with an expression.

    Parameters
    ----------
    annotations : Path
        A folder of annotation files, one a video, as the organisers give them.
    frames : Path
        The folder of the cropped frames.
    challenge : Challenge
        One of expressions.
    allow_missing : bool
        Leave out annotated videos that have no frames.

    Returns
    -------
    LabelledImages
        Of the classes of the challenge, in its order.

    Raises
    ------
    UsageError
        If the challenge is not to tell one class a frame.
    DataError
        If nothing can be read, or no frame is annotated.
    """
    match challenge.targets:
        case (Categorical() as target,):
            pass
        case _:
            msg = f"{challenge.name}: expected a challenge of expressions, such as expr"
            raise UsageError(msg)
    truth = read_labels(annotations, challenge)
    folder = FrameFolder.index(frames)
    there = {name: video.frames for name, video in folder.videos.items()}
    rows = label_rows(challenge, truth, there, allow_missing=allow_missing)
    if not len(rows):
        msg = f"{annotations}: none of the frames in {folder.root} has an expression"
        raise DataError(msg)
    # A frame is named by its video and its number.
    paths = [
        folder.videos[rows.videos[video]].path(frame)
        for video, frame in zip(rows.video.tolist(), rows.frame.tolist(), strict=True)
    ]
    names = [path.relative_to(folder.root).as_posix() for path in paths]
    left_out = f"{annotations}: {rows.n_missed} annotated frames have no face crop"
    return LabelledImages(
        images=listed(folder.root, sizes_of(folder.root, names)),
        targets=rows.labels[:, 0].astype(np.int64),
        classes=target.names,
        dataset=DATASET,
        notes=(left_out,) if rows.n_missed else (),
    )
