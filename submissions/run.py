"""The run folder: raw outputs, label files and the manifest of one prediction.

    OUT/raw/<video>.npz     what the model said of each frame with a face
    OUT/<video>.txt         the submission, or the edition's one file of all videos
    OUT/manifest.json       challenge, model and settings; written first, completed last

Every file is written whole or not at all, so a run that was killed is taken up where it stopped.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from abawkit.errors import DataError
from abawkit.evaluation.files import MANIFEST, REFINING
from abawkit.files import write_whole
from abawkit.protocol import CHALLENGES, find_challenge
from abawkit.track import Track
from submissions.decide import output_names
from submissions.settings import model_name, read_processing

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from abawkit.protocol import Challenge
    from submissions.decide import Processing


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RawVideo:
    """What a model said of one video.

    Attributes
    ----------
    video : str
        Its name.
    frames : numpy.ndarray of int32, shape (n_present,)
        The frames with a face, from 1, ascending.
    outputs : numpy.ndarray of float32, shape (n_present, n_outputs)
        The raw outputs of each.
    n_frames : int
        Number of frames of the video.
    broken : numpy.ndarray of int32, shape (n_broken,)
        Frames whose image could not be read; they count as frames without a face.
    listed : numpy.ndarray of int32, shape (n_listed,), or None
        The frames that a list asks for, where it asks for some only.
    source : str
        Fingerprint of the images; another one means that this file is out of date.
    """

    video: str
    frames: NDArray[np.int32]
    outputs: NDArray[np.float32]
    n_frames: int
    broken: NDArray[np.int32]
    listed: NDArray[np.int32] | None
    source: str

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file of ``raw/``.

        Parameters
        ----------
        path : Path
            The ``.npz`` file, named after its video.

        Returns
        -------
        RawVideo
            What is in it.

        Raises
        ------
        DataError
            If it is no such file.
        """
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return cls(
                    video=path.name.removesuffix(".npz"),
                    frames=arrays["frames"],
                    outputs=arrays["outputs"],
                    n_frames=int(arrays["n_frames"]),
                    broken=arrays["broken"],
                    listed=arrays.get("listed"),
                    source=str(arrays["source"]),
                )
        except Exception as error:  # a corrupt archive raises almost anything
            msg = f"{path}: no raw outputs of abawkit; predict this video again"
            raise DataError(msg) from error

    def save(self, path: Path) -> None:
        """Write a file of ``raw/``; the same content gives the same bytes.

        Parameters
        ----------
        path : Path
            The ``.npz`` file.
        """
        arrays: dict[str, Any] = {
            "frames": self.frames,
            "outputs": self.outputs,
            "n_frames": np.int64(self.n_frames),
            "broken": self.broken,
            "source": np.str_(self.source),
        }
        if self.listed is not None:
            arrays["listed"] = self.listed
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        write_whole(path, buffer.getvalue())

    @property
    def rows(self) -> list[int]:
        """The frames, from 1, for which the submission has a row."""
        if self.listed is None:
            return list(range(1, self.n_frames + 1))
        return [int(frame) for frame in self.listed]

    @property
    def track(self) -> Track:
        """The outputs frame by frame, known where there is a face."""
        values = np.full((self.n_frames, self.outputs.shape[1]), np.nan)
        values[self.frames - 1] = self.outputs
        listed = None
        if self.listed is not None:
            listed = np.zeros(self.n_frames, bool)
            listed[self.listed - 1] = True
        return Track.of(self.video, values, listed=listed)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Run:
    """A finished run: its challenge, its manifest, and the raw outputs of each video."""

    challenge: Challenge
    manifest: Mapping[str, Any]
    videos: Mapping[str, RawVideo]

    @property
    def name(self) -> str:
        """What made the run: its model and head, and a hash of all that decides the outputs.

        It is the same for runs on other videos, and whatever computed them.
        """
        return model_name(self.manifest["model"])

    @property
    def processing(self) -> Processing:
        """How its labels were made of the raw outputs."""
        return read_processing(self.manifest)

    @property
    def tracks(self) -> dict[str, Track]:
        """The raw outputs frame by frame, by video."""
        return {name: video.track for name, video in self.videos.items()}

    def table(self) -> pd.DataFrame:
        """Give the raw outputs as one table.

        Returns
        -------
        pandas.DataFrame
            One row a frame with a face, indexed by ``video`` and ``frame`` (from 1), one column
            an output.
        """
        import pandas as pd  # noqa: PLC0415 - half a second, for those who want tables

        names = list(output_names(self.challenge))
        parts = {
            name: pd.DataFrame(
                video.outputs, index=pd.Index(video.frames, name="frame"), columns=names
            )
            for name, video in self.videos.items()
        }
        return pd.concat(parts, names=["video"])


def load_run(path: Path | str, *, refining: bool = False) -> Run:
    """Read a run folder.

    Parameters
    ----------
    path : Path or str
        The folder that ``abawkit predict`` wrote.
    refining : bool
        Take a run that was stopped while its labels were made anew: its raw outputs are whole.

    Returns
    -------
    Run
        Its videos in the run's order.

    Raises
    ------
    DataError
        If it is no run folder, or a video's raw outputs are missing.
    """
    path = Path(path)
    manifest = read_manifest(path)
    marked = manifest is not None and REFINING in manifest
    if marked and not refining:
        msg = f"{path}: stopped while its labels were made anew; abawkit refine does that again"
        raise DataError(msg)
    if manifest is None or not (marked or "videos" in manifest) or not manifest["planned"]:
        msg = f"{path}: no finished run (no complete {MANIFEST}); abawkit predict makes one"
        raise DataError(msg)
    read_processing(manifest, where=path / MANIFEST)
    challenge = find_challenge(manifest["challenge"])
    videos = {name: RawVideo.load(raw_path(path, name)) for name in manifest["planned"]}
    for name, raw in videos.items():
        check_raw(challenge, raw, where=raw_path(path, name))
    return Run(challenge=challenge, manifest=manifest, videos=videos)


def check_raw(challenge: Challenge, raw: RawVideo, *, where: Path) -> None:
    """Check that raw outputs are those of a challenge, one row a frame, each a number.

    Parameters
    ----------
    challenge : Challenge
        The challenge.
    raw : RawVideo
        The outputs.
    where : Path
        Their file, for the message.

    Raises
    ------
    DataError
        If they are not.
    """
    expected = (len(raw.frames), len(output_names(challenge)))
    if raw.outputs.shape != expected:
        msg = f"{where}: expected outputs of shape {expected}, found {raw.outputs.shape}"
        raise DataError(msg)
    inside = (raw.frames >= 1) & (raw.frames <= raw.n_frames)
    if not (inside.all() and np.isfinite(raw.outputs).all()):
        msg = (
            f"{where}: frames beyond the {raw.n_frames} of the video, or outputs that are not "
            "finite; predict this video again"
        )
        raise DataError(msg)


def read_manifest(path: Path) -> dict[str, Any] | None:
    """Read the manifest of a run folder.

    Parameters
    ----------
    path : Path
        The folder.

    Returns
    -------
    dict or None
        The manifest, None if there is none.

    Raises
    ------
    DataError
        If there is a file of that name that is no manifest.
    """
    file = path / MANIFEST
    if not file.exists():
        return None
    try:
        manifest = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        msg = f"{file}: cannot read this manifest: {error}"
        raise DataError(msg) from error
    if not _is_manifest(manifest):
        msg = f"{file}: this is not the manifest of a run of abawkit; choose another folder"
        raise DataError(msg)
    return dict(manifest)


def _is_manifest(content: object) -> bool:
    return (
        isinstance(content, dict)
        and content.get("challenge") in list(CHALLENGES)
        and _is_model(content.get("model"))
        and isinstance(content.get("planned"), list)
        and all(isinstance(name, str) for name in content["planned"])
    )


def _is_model(content: object) -> bool:
    # Of an ensemble, what tuned settings are compared with has to be there as well.
    if not isinstance(content, dict) or "members" not in content:
        return isinstance(content, dict)
    members, weights = content["members"], content.get("weights", {})
    return (
        isinstance(members, list)
        and all(isinstance(member, dict) for member in members)
        and isinstance(weights, dict)
        and all(isinstance(row, list) for row in weights.values())
    )


def write_manifest(path: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest of a run folder.

    Parameters
    ----------
    path : Path
        The folder.
    manifest : mapping
        What JSON can hold.
    """
    write_whole(path / MANIFEST, json.dumps(manifest, indent=2) + "\n")


def raw_path(path: Path, video: str) -> Path:
    """Name the file of a video's raw outputs.

    Parameters
    ----------
    path : Path
        The run folder.
    video : str
        The video's name.

    Returns
    -------
    Path
        ``raw/<video>.npz``.
    """
    return path / "raw" / f"{video}.npz"
