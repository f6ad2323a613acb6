"""From cropped frames, or features of them, to a run: what ``abawkit predict`` does."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING

from abawkit.errors import DataError
from baselines.cached import FeaturePredictor
from baselines.videos import predict_images
from submissions.decide import output_names
from submissions.labelling import RunLabels
from submissions.run import RawVideo, raw_path, write_manifest
from submissions.writing import finish, take_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from abawkit.protocol import Challenge
    from baselines.model import Predictor
    from baselines.plan import Plan, PlannedVideo
    from submissions.decide import Processing
    from submissions.writing import Outcome


def predict(  # noqa: PLR0913 - one parameter an option
    challenge: Challenge,
    predictor: Predictor | FeaturePredictor,
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
    predictor : Predictor or FeaturePredictor
        The model; one of features for a plan of the same features.
    planned : Plan
        What to predict.
    out : Path
        The run folder.
    processing : Processing
        How raw outputs become labels; thresholds are the model's if it has none.
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
    predictor: Predictor | FeaturePredictor,
    planned: Plan,
    out: Path,
    *,
    processing: Processing,
    strict: bool,
    force: bool,
    note: Callable[[str], None],
) -> Outcome:
    if not processing.thresholds:
        own = tuple(getattr(predictor, "thresholds", ()))
        processing = replace(processing, thresholds=own)
    settings = {
        "abawkit": version("abawkit"),
        "challenge": challenge.name,
        "model": dict(predictor.identity),
        "labels": processing.describe(),
        "planned": list(planned.videos),
        **planned.template.describe(),
    }
    take_up(out, settings, force=force)
    write_manifest(out, settings)
    todo = {
        name: video
        for name, video in planned.videos.items()
        if not _is_done(out, video, strict=strict)
    }
    if len(todo) < len(planned.videos):
        note(f"{len(planned.videos) - len(todo)} of {len(planned.videos)} videos are done already")
    labels = RunLabels(out, challenge, processing, planned.template)
    for raw in _predict_videos(challenge, predictor, [*todo.values()], strict=strict):
        raw.save(raw_path(out, raw.video))
        labels.write_video(raw.video)
    # Labels of videos that were done are made again: that costs little, and leaves no stale one.
    for name in planned.videos:
        if name not in todo:
            labels.write_video(name)
    labels.write_all()
    return finish(out, settings, planned.template)


def _predict_videos(
    challenge: Challenge,
    predictor: Predictor | FeaturePredictor,
    videos: Sequence[PlannedVideo],
    *,
    strict: bool,
) -> Iterator[RawVideo]:
    # Gives the raw outputs of each video as its last frame is done.
    asked = [(video.images, video.frames) for video in videos]
    n_outputs = len(output_names(challenge))
    if isinstance(predictor, FeaturePredictor):
        results = predictor.predict_videos(asked, strict=strict, purpose=challenge.name)
    else:
        results = predict_images(
            predictor, asked, width=n_outputs, strict=strict, purpose=challenge.name
        )
    for video, said in zip(videos, results, strict=True):
        yield RawVideo(
            video=video.name,
            frames=said.frames,
            outputs=said.outputs,
            n_frames=video.n_frames,
            broken=said.broken,
            listed=video.listed,
            source=video.source,
        )


def _is_done(out: Path, video: PlannedVideo, *, strict: bool) -> bool:
    path = raw_path(out, video.name)
    if not path.exists():
        return False
    try:
        raw = RawVideo.load(path)
    except DataError:
        return False
    return raw.source == video.source and not (strict and raw.broken.size)
