"""Which rows of features, or which images, have which label: what training learns from.

Conventions: a row is a frame with a face crop and at least one value that counts. Each value has
its own mask, by the rules of the challenge; a value that is not known is 0 and is not to be used.
Videos are matched by their whole names, for ``X_left`` and ``X_right`` are two people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import DataError, few
from abawkit.evaluation import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from abawkit.protocol import Challenge
    from abawkit.track import Track


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LabelledRows:
    """The frames to learn from, video by video in the order of the annotations.

    Attributes
    ----------
    challenge : Challenge
        Whose labels they are.
    videos : tuple of str
        The annotated videos, also those of which no frame is left.
    video : numpy.ndarray of int32, shape (n,)
        Index into `videos`, ascending.
    row : numpy.ndarray of int64, shape (n,)
        Index into the frames of that video, hence the row of its features.
    frame : numpy.ndarray of int32, shape (n,)
        The frame's number, from 1.
    labels : numpy.ndarray of float32, shape (n, columns)
        The annotation, 0 where it is not known.
    known : numpy.ndarray of bool, shape (n, columns)
        Which values count, as `abawkit.evaluation.counted` tells.
    n_missed : int
        Annotated frames without a face crop, which are left out.
    """

    challenge: Challenge
    videos: tuple[str, ...]
    video: NDArray[np.int32]
    row: NDArray[np.int64]
    frame: NDArray[np.int32]
    labels: NDArray[np.float32]
    known: NDArray[np.bool_]
    n_missed: int

    def __len__(self) -> int:
        return len(self.row)


def label_rows(
    challenge: Challenge,
    truth: Mapping[str, Track],
    frames: Mapping[str, NDArray[np.int32]],
    *,
    allow_missing: bool = False,
) -> LabelledRows:
    """Join annotations with the frames that have a face crop.

    Parameters
    ----------
    challenge : Challenge
        Whose rules tell which values count.
    truth : mapping of str to Track
        Annotations by video, of shape ``(n_frames, columns)``.
    frames : mapping of str to numpy.ndarray of int32
        The frames of each video that have a crop, from 1, ascending; those beyond the end of an
        annotation are left out, as are videos without one.
    allow_missing : bool
        Take an annotated video that is not in `frames` as one without a crop.

    Returns
    -------
    LabelledRows
        The frames with a crop and a label.

    Raises
    ------
    DataError
        If an annotated video is not in `frames`.
    """
    lacking = [video for video in truth if video not in frames]
    if lacking and not allow_missing:
        msg = (
            f"{len(lacking)} of {len(truth)} annotated videos have no features or frames: "
            f"{few(lacking)}. Extract them too, or learn from the others (--allow-missing)"
        )
        raise DataError(msg)
    columns = challenge.protocol.columns
    rows, kept = [np.empty(0, np.int64)], [np.empty(0, np.int32)]
    labels, known = [np.empty((0, columns), np.float32)], [np.empty((0, columns), bool)]
    n_annotated = 0
    for video, track in truth.items():
        counts = counted(challenge, track)
        annotated = np.asarray(counts.any(axis=1))
        n_annotated += int(annotated.sum())
        there = frames.get(video, np.empty(0, np.int32))
        there = there[there <= track.n_frames]
        row = np.flatnonzero(annotated[there - 1])
        at = there[row] - 1
        rows.append(row)
        kept.append(there[row])
        known.append(counts[at])
        labels.append(np.where(counts[at], track.values[at], 0).astype(np.float32))
    lengths = [len(row) for row in rows[1:]]
    return LabelledRows(
        challenge=challenge,
        videos=tuple(truth),
        video=np.repeat(np.arange(len(truth), dtype=np.int32), lengths),
        row=np.concatenate(rows),
        frame=np.concatenate(kept),
        labels=np.concatenate(labels),
        known=np.concatenate(known),
        n_missed=n_annotated - sum(lengths),
    )
