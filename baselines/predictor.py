"""From a folder of cropped frames to a run: what ``abawkit predict`` does."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from abawkit.errors import DataError, ModelError, UsageError, few
from abawkit.evaluation.files import MANIFEST
from abawkit.protocol import find_challenge
from baselines.features import Job, run_model
from baselines.progress import progress_bar
from submissions.check import check_submission
from submissions.decide import output_names
from submissions.labelling import RunLabels
from submissions.run import RawVideo, raw_path, read_manifest, write_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from abawkit.protocol import Challenge
    from baselines.model import Predictor
    from baselines.plan import Plan, PlannedVideo
    from submissions.decide import Processing


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run did; ``broken`` names the images that could not be read."""

    challenge: str
    out: Path
    n_videos: int
    n_rows: int
    n_faceless: int
    broken: tuple[str, ...]
    processing: Mapping[str, str]

    def __str__(self) -> str:
        share = self.n_faceless / self.n_rows if self.n_rows else 0.0
        lines = [
            (
                f"{self.challenge}: {self.n_videos} videos, {self.n_rows} frames, "
                f"{self.n_faceless} with no face ({share:.1%}), filled: {self.processing['fill']}"
            ),
            f"smoothed: {self.processing['smooth']}",
        ]
        if self.broken:
            lines.append(
                f"{len(self.broken)} images could not be read and count as frames without a face: "
                f"{few(self.broken)}"
            )
        lines.append(f"wrote {self.out}/ and read it back: {self.n_rows} rows, valid")
        return "\n".join(lines)


def predict(  # noqa: PLR0913 - one parameter an option
    challenge: Challenge,
    predictor: Predictor,
    planned: Plan,
    *,
    out: Path,
    processing: Processing,
    strict: bool = False,
    force: bool = False,
    note: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Predict what is planned, into a run folder; what is there and up to date stays.

    Parameters
    ----------
    challenge : Challenge
        The challenge.
    predictor : Predictor
        The model.
    planned : Plan
        What to predict.
    out : Path
        The run folder.
    processing : Processing
        How raw outputs become labels; thresholds are the model's.
    strict : bool
        Stop at an image that cannot be read.
    force : bool
        Replace the run in the folder, whatever it is of.
    note : callable
        Takes what a user should know on the way.

    Returns
    -------
    Outcome
        What was done.

    Raises
    ------
    DataError
        If an image cannot be read and `strict` is set, the folder is no run, or it cannot be
        written to.
    ModelError
        If the model gives what it should not.
    UsageError
        If the folder holds a run of something else.
    SubmissionError
        If a frame has no label, or what was written does not read back.
    """
    try:
        return _predict(
            challenge, predictor, planned, out,
            processing=processing, strict=strict, force=force, note=note,
        )  # fmt: skip
    except OSError as error:
        msg = f"{out}: the run could not be written: {error}"
        raise DataError(msg) from error


def _predict(  # noqa: PLR0913 - as above
    challenge: Challenge,
    predictor: Predictor,
    planned: Plan,
    out: Path,
    *,
    processing: Processing,
    strict: bool,
    force: bool,
    note: Callable[[str], None],
) -> Outcome:
    processing = replace(processing, thresholds=tuple(getattr(predictor, "thresholds", ())))
    settings = {
        "abawkit": version("abawkit"),
        "challenge": challenge.name,
        "model": dict(predictor.identity),
        "labels": processing.describe(),
        "planned": list(planned.videos),
    }
    _take_up(out, settings, force=force)
    write_manifest(out, settings)
    todo = {
        name: video
        for name, video in planned.videos.items()
        if not _is_done(out, video, strict=strict)
    }
    if len(todo) < len(planned.videos):
        note(f"{len(planned.videos) - len(todo)} of {len(planned.videos)} videos are done already")
    labels = RunLabels(
        out,
        challenge,
        processing,
        n_frames={name: video.n_frames for name, video in planned.videos.items()},
        rows=planned.rows,
    )
    for raw in _predict_videos(challenge, predictor, todo.values(), strict=strict):
        raw.save(raw_path(out, raw.video))
        labels.write_video(raw.video)
    # Labels of videos that were done are made again: that costs little, and leaves no stale one.
    for name in planned.videos:
        if name not in todo:
            labels.write_video(name)
    labels.write_all()
    return _finish(challenge, planned, out, settings)


def _finish(
    challenge: Challenge, planned: Plan, out: Path, settings: Mapping[str, Any]
) -> Outcome:
    # Complete the manifest and read the submission back.
    videos = []
    for name, video in planned.videos.items():
        raw = RawVideo.load(raw_path(out, name))
        videos.append({
            "video": name,
            "n_frames": video.n_frames,
            "n_rows": video.n_rows,
            "n_faces": len(raw.frames),
            "broken": raw.broken.tolist(),
        })
    write_manifest(out, {**settings, "videos": videos})
    n_rows = check_submission(
        challenge, out, {name: video.n_rows for name, video in planned.videos.items()}
    )
    return Outcome(
        challenge=challenge.name,
        out=out,
        n_videos=len(videos),
        n_rows=n_rows,
        n_faceless=n_rows - sum(row["n_faces"] for row in videos),
        broken=tuple(
            f"{row['video']}/{frame:05d}.jpg" for row in videos for frame in row["broken"]
        ),
        processing=settings["labels"],
    )


def _predict_videos(
    challenge: Challenge, predictor: Predictor, videos: Iterable[PlannedVideo], *, strict: bool
) -> Iterator[RawVideo]:
    # Gives the raw outputs of each video as its last frame is done.
    videos, n_outputs = list(videos), len(output_names(challenge))
    jobs = (
        Job(video=video.name, frame=frame, path=video.images.path(frame))
        for video in videos
        for frame in video.frames.tolist()
    )
    total = sum(len(video.frames) for video in videos)
    with progress_bar("predict", total, "frames") as advance:
        results = run_model(predictor, jobs)
        for video in videos:
            frames, outputs, broken = [], [], []
            for result in islice(results, len(video.frames)):
                advance(1)
                if result.outputs is not None:
                    if result.outputs.shape != (n_outputs,):
                        msg = (
                            f"{predictor}: expected {n_outputs} outputs for {challenge.name}, "
                            f"found shape {result.outputs.shape}"
                        )
                        raise ModelError(msg)
                    frames.append(result.job.frame)
                    outputs.append(result.outputs)
                    continue
                if strict:
                    msg = f"{result.job.path}: cannot read this image: {result.problem}"
                    raise DataError(msg)
                broken.append(result.job.frame)
            yield RawVideo(
                video=video.name,
                frames=np.array(frames, np.int32),
                outputs=np.array(outputs, np.float32).reshape(len(frames), n_outputs),
                n_frames=video.n_frames,
                broken=np.array(broken, np.int32),
                listed=video.listed,
                source=video.source,
            )


def _take_up(out: Path, settings: Mapping[str, Any], *, force: bool) -> None:
    # Makes sure that a folder can take the run.
    old = read_manifest(out)
    if old is None:
        # A run that was killed at once leaves no more than half a manifest.
        if out.is_dir() and any(file.name != f"{MANIFEST}.part" for file in out.iterdir()):
            msg = f"{out}: not empty, and no run of abawkit; choose another --out"
            raise DataError(msg)
        return
    others = [name for name in old["planned"] if name not in set(settings["planned"])]
    differing = [name for name in ("challenge", "model") if old[name] != settings[name]]
    if not force and (others or differing):
        what = f"other videos ({few(others)})" if others else f"another {' and '.join(differing)}"
        msg = f"{out} holds a run of {what}; choose another --out, or --force to replace it"
        raise UsageError(msg)
    if force:
        shutil.rmtree(out / "raw", ignore_errors=True)
        layout = find_challenge(old["challenge"]).protocol.submission
        for name in old["planned"]:
            (out / layout.file.format(video=name)).unlink(missing_ok=True)


def _is_done(out: Path, video: PlannedVideo, *, strict: bool) -> bool:
    path = raw_path(out, video.name)
    if not path.exists():
        return False
    try:
        raw = RawVideo.load(path)
    except DataError:
        return False
    return raw.source == video.source and not (strict and raw.broken.size)
