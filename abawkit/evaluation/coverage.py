"""Frames without a face: what they do to a score.

Conventions: the official score is over all annotated frames, with a face or without. Beside it
stands the score over the annotated frames with a face, which papers often report. Whether frame
``i + 1`` of a video has a face is item ``i`` of an array.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import DataError, NoFaceWarning, UsageError, few
from abawkit.evaluation.evaluate import Report, evaluate
from abawkit.evaluation.pooling import sums_of_others
from abawkit.frames import FrameFolder, count_frames
from abawkit.track import Track

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from abawkit.protocol import Challenge


@dataclass(frozen=True, slots=True, kw_only=True)
class Faceless:
    """What the frames without a face of one video do to the score of all videos.

    ``n_frames`` of the video count, ``n_faceless`` of them without a face; ``change`` is the
    official score minus the score without these frames, below 0 where they lower it.
    """

    video: str
    n_frames: int
    n_faceless: int
    change: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Coverage:
    """The official score beside the score over frames with a face.

    ``videos`` has those with a frame without a face that counts; that which moves the score most
    is first, and where the change is undefined, last.
    """

    official: Report
    with_faces: Report
    videos: tuple[Faceless, ...]

    @property
    def difference(self) -> float:
        """The official score minus that over frames with a face."""
        return self.official.score - self.with_faces.score

    @property
    def differences(self) -> dict[str, float]:
        """The same of each component."""
        faces = self.with_faces.components
        return {name: value - faces[name] for name, value in self.official.components.items()}

    @property
    def n_frames(self) -> int:
        """Number of frames in the official score."""
        return self.official.total.n_frames

    @property
    def n_faceless(self) -> int:
        """How many of them have no face."""
        return self.n_frames - self.with_faces.total.n_frames

    @property
    def share(self) -> float:
        """Share of the frames that have no face, 0 if there are no frames."""
        return self.n_faceless / self.n_frames if self.n_frames else 0.0


def find_faces(
    challenge: Challenge,
    predictions: Path,
    truth: Mapping[str, Track],
    *,
    data: Path | None = None,
) -> dict[str, NDArray[np.bool_]]:
    """Tell in which frames a face was found, from cropped frames or from a run.

    Parameters
    ----------
    challenge : Challenge
        Whose frames they are.
    predictions : Path
        A run folder, or anything else where `data` is given.
    truth : mapping of str to Track
        Annotations by video.
    data : Path, optional
        The folder of the cropped frames; by default the run tells.

    Returns
    -------
    dict of str to numpy.ndarray of bool, shape (n_frames,)
        By video.

    Raises
    ------
    UsageError
        If a row of the challenge is a whole clip, or nothing tells where there are faces.
    """
    if challenge.protocol.annotation.whole_clips:
        msg = (
            f"--faces: a row of {challenge.name} is a whole clip; expected a challenge of frames, "
            "of which some have no face"
        )
        raise UsageError(msg)
    if data is not None:
        return faces_of_frames(data, truth)
    faces = read_faces(predictions)
    if faces is None:
        msg = (
            f"--faces: {predictions} does not tell which frames have a face: expected a run "
            "folder with raw outputs (raw/*.npz). For other predictions, name the cropped frames "
            "(--data)"
        )
        raise UsageError(msg)
    return faces


def read_faces(run: Path) -> dict[str, NDArray[np.bool_]] | None:
    """Read from a run's raw outputs in which frames a face was found.

    Parameters
    ----------
    run : Path
        A run folder, or anything else.

    Returns
    -------
    dict of str to numpy.ndarray of bool, shape (n_frames,), or None
        By video; None where there are no raw outputs.

    Raises
    ------
    DataError
        If a file of raw outputs is damaged.
    """
    raw = run / "raw"
    faces = {
        file.relative_to(raw).as_posix().removesuffix(".npz"): _read_faces(file)
        for file in sorted(raw.rglob("*.npz"))
    }
    return faces or None


def _read_faces(file: Path) -> NDArray[np.bool_]:
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            frames = np.asarray(arrays["frames"])
            faces = np.isin(np.arange(1, int(arrays["n_frames"]) + 1), frames)
    except Exception as error:  # a corrupt archive raises almost anything
        msg = f"{file}: no raw outputs of abawkit; predict this video again"
        raise DataError(msg) from error
    if np.count_nonzero(faces) != frames.size:
        msg = (
            f"{file}: expected frames from 1 to the {len(faces)} of the video, each once, found "
            "others; predict this video again"
        )
        raise DataError(msg)
    return faces


def faces_of_frames(data: Path, truth: Mapping[str, Track]) -> dict[str, NDArray[np.bool_]]:
    """See from cropped frames which frames have a face: those with an image, whatever is in it.

    Parameters
    ----------
    data : Path
        The folder of the videos, or one that holds it, as `FrameFolder.index` takes it.
    truth : mapping of str to Track
        Annotations by video, which tell the number of frames.

    Returns
    -------
    dict of str to numpy.ndarray of bool, shape (n_frames,)
        By video.

    Raises
    ------
    DataError
        If no annotated video has a cropped frame.

    Warns
    -----
    NoFaceWarning
        If an annotated video has no folder, and so no face.
    FrameCountWarning
        If a video has images beyond its last annotated row.
    """
    folder = FrameFolder.index(data, only=truth, faceless=truth)
    videos = folder.videos.values()
    if not any(video.last for video in videos):
        msg = (
            f"{folder.root}: no frames of the {len(truth)} annotated videos: expected a folder "
            f"each, such as {few(truth, limit=3)}; --data names the frames of another part"
        )
        raise DataError(msg)
    lacking = [video.name for video in videos if not video.folder.is_dir()]
    if lacking:
        msg = (
            f"{len(lacking)} of {len(truth)} annotated videos have no folder of cropped frames "
            f"and count as without a face: {few(lacking)}"
        )
        warnings.warn(msg, NoFaceWarning, stacklevel=2)
    # Where a file lists some frames only, a video may go on after the last of them.
    whole = {name: track.n_frames for name, track in truth.items() if track.listed is None}
    count_frames(
        (video for video in videos if video.name in whole), listed={}, annotated=whole, given={}
    )
    return {
        name: np.isin(np.arange(1, track.n_frames + 1), folder.videos[name].frames)
        for name, track in truth.items()
    }


def with_faces(
    truth: Mapping[str, Track], faces: Mapping[str, NDArray[np.bool_]]
) -> dict[str, Track]:
    """Take the annotations of frames without a face for unknown.

    Parameters
    ----------
    truth : mapping of str to Track
        Annotations by video.
    faces : mapping of str to numpy.ndarray of bool, shape (n_frames,)
        In which frames of a video there is a face; none in those beyond the array's end.

    Returns
    -------
    dict of str to Track
        The annotations; those of a video of which nothing is known are left as they are.
    """
    return {
        name: _with_faces(track, faces[name]) if name in faces else track
        for name, track in truth.items()
    }


def _with_faces(truth: Track, faces: NDArray[np.bool_]) -> Track:
    found = np.zeros((truth.n_frames, 1), bool)
    found[: len(faces), 0] = faces[: truth.n_frames]
    return replace(Track.of(truth.video, truth.values, truth.known & found), listed=truth.listed)


def compare_coverage(
    report: Report,
    truth: Mapping[str, Track],
    prediction: Mapping[str, Track],
    faces: Mapping[str, NDArray[np.bool_]],
) -> Coverage:
    """Score the frames with a face, beside all annotated ones.

    Parameters
    ----------
    report : Report
        The official score.
    truth, prediction : mapping of str to Track
        The labels that it is of, by video.
    faces : mapping of str to numpy.ndarray of bool, shape (n_frames,)
        In which frames of each video there is a face.

    Returns
    -------
    Coverage
        Both scores, by the same rules, and the videos in which they differ.

    Raises
    ------
    DataError
        If nothing tells where there are faces in a video that is scored.
    """
    videos = report.videos
    unknown = [name for name, video in videos.items() if video.n_frames and name not in faces]
    if unknown:
        msg = (
            f"{len(unknown)} of {len(videos)} annotated videos have no raw outputs, so that "
            f"nothing tells which of their frames have a face: {few(unknown)}. Name the cropped "
            "frames (--data)"
        )
        raise DataError(msg)
    found = evaluate(
        report.challenge,
        with_faces(truth, faces),
        prediction,
        allow_missing=report.allow_missing,
    )
    return Coverage(official=report, with_faces=found, videos=_faceless(report, found))


def _faceless(official: Report, with_faces: Report) -> tuple[Faceless, ...]:
    summaries = [video.summary for video in official.videos.values()]
    score = official.score
    found = []
    for (name, video), others in zip(
        official.videos.items(), sums_of_others(summaries), strict=True
    ):
        faces = with_faces.videos[name]
        if lost := video.n_frames - faces.n_frames:
            rest = others + faces.summary if others else faces.summary
            found.append(
                Faceless(
                    video=name,
                    n_frames=video.n_frames,
                    n_faceless=lost,
                    change=score - rest.score,
                )
            )
    return tuple(sorted(found, key=lambda one: (math.isnan(one.change), -abs(one.change))))
