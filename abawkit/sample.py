"""A small data set in the official layout of the 3rd edition, to try everything on.

Its frames are one real face, turned, moved and lit along smooth random paths, with gaps where a
detector would have found no face. Its labels are made up: smooth random traces that have nothing
to do with the pictures. The same seed gives the same files, byte for byte.

Conventions: gaps are ranges of frames, which count from 1. Every video has a face somewhere.
"""

from __future__ import annotations

import io
import shlex
from dataclasses import dataclass
from importlib.resources import files
from itertools import product
from typing import TYPE_CHECKING, assert_never

import numpy as np
from PIL import Image

from abawkit.errors import DataError, UsageError, few
from abawkit.files import write_whole
from abawkit.labels import write_labels
from abawkit.protocol import Categorical, Continuous, MultiLabel, blocks, find_challenge
from abawkit.protocol.targets import IMAGE_LOCATION
from abawkit.temporal import fill
from abawkit.track import Track

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from abawkit.protocol import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One video of the sample; its frames in ``gaps`` have no image."""

    video: str
    n_frames: int
    gaps: tuple[range, ...]
    mirrored: bool = False

    @property
    def present(self) -> tuple[int, ...]:
        """The frames that have an image, from 1."""
        frames = range(1, self.n_frames + 1)
        return tuple(i for i in frames if not any(i in gap for gap in self.gaps))


CLIPS = (
    Clip(video="5", n_frames=90, gaps=(range(1, 13),)),
    Clip(video="video10_1", n_frames=100, gaps=(range(41, 66),), mirrored=True),
    Clip(
        video="122-60-1920x1080-1",
        n_frames=80,
        gaps=tuple(range(frame, frame + 1) for frame in (9, 17, 19, 40, 63)),
    ),
    Clip(video="30-30-1920x1080_left", n_frames=72, gaps=(range(61, 73),)),
    Clip(
        video="30-30-1920x1080_right",
        n_frames=72,
        gaps=(range(1, 4), range(30, 38), range(71, 73)),
        mirrored=True,
    ),
)
"""The videos: gaps at the start, in the middle, of single frames and at the end."""

EDITION = 3
SINGLE_TASKS = ("va", "expr", "au")
FOLDERS = {
    "va": "VA_Estimation_Challenge/Validation_Set",
    "expr": "EXPR_Classification_Challenge/Validation_Set",
    "au": "AU_Detection_Challenge/Validation_Set",
    "mtl": "MTL_Challenge",
}
"""Where each task's annotations are, under ``annotations``."""

TEST_LISTS = {
    "va": "Valence_Arousal_Estimation_Challenge_test_set_release.txt",
    "expr": "Expression_Classification_Challenge_test_set_release.txt",
    "au": "Action_Unit_Detection_Challenge_test_set_release.txt",
    "mtl": "Multi_Task_Learning_Challenge_test_set_release.txt",
}
"""The test list of each task, under ``test_set``."""

SAMPLE_EDITION = 5
SAMPLE_FILES = {
    "va": "CVPR_5th_ABAW_VA_test_set_sample.txt",
    "expr": "CVPR_5th_ABAW_EXPR_test_set_sample.txt",
    "au": "CVPR_5th_ABAW_AU_test_set_sample.txt",
}
"""The sample of a submission, which came with the 5th edition: every row, without values."""

PREDICTIONS = {"early": (1, 0.1), "late": (4, 0.2)}
"""Made-up predictions: how many frames late each is, and which share of it is wrong."""

WORST = "video10_1"
"""The video in which both are far worse, for there should be something to find."""

MARKER = "abawkit sample: a small data set to try abawkit on. ITS LABELS ARE MADE UP."
_README = f"""{MARKER}

cropped_aligned/   112 x 112 frames of {len(CLIPS)} videos, all made of one photograph of a face
                   (NASA, public domain); frames without a file stand for those without a face
annotations/       labels of the four tasks of the 3rd ABAW: smooth random traces that have
                   nothing to do with the pictures, -5 and -1 where a frame is not annotated
predictions/       two made-up predictions of VA, EXPR and AU: the annotations, some frames late
                   and partly wrong, so that there is something to score and to look at
test_set/          the lists of what to predict; here the same videos as in annotations/. Those
                   of the 5th ABAW are samples of a submission, with every row of it
frames.csv         the number of frames of each video

Scores on this data tell that the commands work, and nothing else.
'abawkit sample' makes these files anew in this folder and leaves others in it alone.
"""
_SIZE = 112
# In the bundled photograph: the middle of an aligned crop, and its side. The widest turn, zoom
# and shift together stay within its 200 x 200 pixels.
_CENTRE = (101.0, 99.0)
_SIDE = 140.0
_TURN = np.deg2rad(10)
_ZOOM = 1.1
_SHIFT = 5.0
_DIM = 0.9
_BRIGHTNESS = 1.3
_CONTRAST = 0.3
_CAST = 0.12
_QUALITY = 90
_WORSE = 4


def make_sample(directory: Path, *, seed: int = 0) -> str:
    """Make a small data set in the official layout of the 3rd edition's four tasks.

    Parameters
    ----------
    directory : Path
        Where it goes: a folder that is new, empty, or an earlier sample, whose files are then
        made anew. Made if need be.
    seed : int
        At least 0; another seed gives other frames and labels, of the same videos and gaps.

    Returns
    -------
    str
        What was made and which commands to try on it, for people to read.

    Raises
    ------
    UsageError
        If the seed is negative.
    DataError
        If `directory` is a file, holds anything but a sample, or cannot be written to.
    """
    if seed < 0:
        msg = f"expected a seed of at least 0, found {seed}"
        raise UsageError(msg)
    try:
        _refuse_foreign(directory)
        # First, so that a sample that was interrupted is known as one.
        write_whole(directory / "README.txt", _README)
        _write_all(directory, seed)
    except OSError as error:
        msg = f"{directory}: cannot make the sample here: {error}"
        raise DataError(msg) from error
    return _summary(directory)


def _refuse_foreign(directory: Path) -> None:
    if directory.exists() and not directory.is_dir():
        msg = f"{directory}: expected a folder for the sample, found a file"
        raise DataError(msg)
    found = sorted(entry.name for entry in directory.iterdir()) if directory.exists() else []
    readme = directory / "README.txt"
    if found and not (readme.is_file() and readme.read_bytes().startswith(MARKER.encode())):
        msg = (
            f"{directory}: expected a new or empty folder, or an earlier sample, found "
            f"{few(found)}; nothing was written. Name another folder"
        )
        raise DataError(msg)


def _write_all(directory: Path, seed: int) -> None:
    asset = files("abawkit") / "assets" / "astronaut.jpg"
    face = Image.open(io.BytesIO(asset.read_bytes())).convert("RGB")
    labels: dict[str, dict[str, Track]] = {task: {} for task in FOLDERS}
    for number, clip in enumerate(CLIPS):
        rng = np.random.default_rng([seed, number])
        _write_frames(directory / "cropped_aligned" / clip.video, clip, face, rng)
        for task, track in _made_up_labels(clip, rng).items():
            labels[task][clip.video] = track
    for task, folder in FOLDERS.items():
        protocol = find_challenge(task, EDITION).protocol
        write_labels(
            directory / "annotations" / folder,
            labels[task],
            targets=protocol.targets,
            layout=protocol.annotation,
            sentinels=True,
        )
        write_whole(directory / "test_set" / TEST_LISTS[task], _test_list(task, labels[task]))
    _write_predictions(directory / "predictions", labels, seed)
    for task, name in SAMPLE_FILES.items():
        write_whole(directory / "test_set" / name, _sample_file(task))
    counts = "".join(f"{clip.video},{clip.n_frames}\n" for clip in CLIPS)
    write_whole(directory / "frames.csv", f"video,frames\n{counts}")


def _write_frames(folder: Path, clip: Clip, face: Image.Image, rng: np.random.Generator) -> None:
    # How this video is filmed throughout, and what changes during it; both in [-1, 1].
    steady = rng.uniform(-1, 1, 9)
    paths = (steady + _waves(rng, clip.n_frames, 9)) / 2
    present = set(clip.present)
    for frame, path in enumerate(paths, 1):
        image = folder / f"{frame:05d}.jpg"
        if frame in present:
            write_whole(image, _render(face, path, mirrored=clip.mirrored))
        else:
            image.unlink(missing_ok=True)


def _render(face: Image.Image, path: NDArray[np.float64], *, mirrored: bool) -> bytes:
    # Show the face as one point of the path says: turn, zoom, shift (2), light (5).
    turn, zoom, right, down, brightness, contrast = path[:6].tolist()
    scale = _SIDE / _SIZE * _ZOOM**zoom
    cos, sin = scale * np.cos(_TURN * turn), scale * np.sin(_TURN * turn)
    a, b, d, e = cos, -sin, sin, cos
    if mirrored:
        a, d = -a, -d
    x, y = _CENTRE[0] + _SHIFT * right, _CENTRE[1] + _SHIFT * down
    half = _SIZE / 2
    moved = face.transform(
        (_SIZE, _SIZE),
        Image.Transform.AFFINE,
        (a, b, x - half * (a + b), d, e, y - half * (d + e)),
        resample=Image.Resampling.BICUBIC,
    )
    pixels = (np.asarray(moved, np.float64) - 128) * (1 + _CONTRAST * contrast) + 128
    pixels *= _DIM * _BRIGHTNESS**brightness * (1 + _CAST * path[6:])
    buffer = io.BytesIO()
    lit = Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))
    lit.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()


def _made_up_labels(clip: Clip, rng: np.random.Generator) -> dict[str, Track]:
    # Make up one track a task; MTL takes the labels of the others, on some of the frames.
    tracks = {}
    for task in SINGLE_TASKS:
        (target,) = find_challenge(task, EDITION).targets
        values = _trace(target, clip.n_frames, rng)
        tracks[task] = Track.of(clip.video, values, _annotated(values.shape, rng))
    targets = find_challenge("mtl", EDITION).targets
    values = np.hstack([tracks[target.name].values for target in targets])
    # Half of the rows lack the labels of one task.
    lacking = rng.integers(0, 2 * len(targets), clip.n_frames)
    for number, (_, columns) in enumerate(blocks(targets)):
        values[lacking == number, columns] = np.nan
    # Steps of at most 5 meet every class: each lasts 6 frames or more.
    listed = np.zeros(clip.n_frames, bool)
    frames = np.cumsum([0, *rng.integers(2, 6, clip.n_frames)])
    listed[frames[frames < clip.n_frames]] = True
    values[~listed] = np.nan
    listed &= ~np.isnan(values).all(axis=1)
    tracks["mtl"] = Track.of(clip.video, values, listed=listed)
    return tracks


def _trace(target: Target, n_frames: int, rng: np.random.Generator) -> NDArray[np.float64]:
    # Make up labels in which every class and every action unit occurs.
    match target:
        case Continuous():
            middle, half = (target.high + target.low) / 2, (target.high - target.low) / 2
            return np.round(middle + half * _waves(rng, n_frames, target.columns), 3)
        case Categorical():
            lengths = rng.integers(6, 10, n_frames // 6 + 1)
            order = np.resize(rng.permutation(len(target.names)), lengths.size)
            return np.repeat(order, lengths)[:n_frames, None].astype(np.float64)
        case MultiLabel():
            waves = _waves(rng, n_frames, target.columns)
            return (waves > np.quantile(waves, 0.7, axis=0)).astype(np.float64)
        case _:
            assert_never(target)


def _write_predictions(
    directory: Path, labels: Mapping[str, Mapping[str, Track]], seed: int
) -> None:
    for task, (name, (lag, share)) in product(SINGLE_TASKS, PREDICTIONS.items()):
        protocol = find_challenge(task, EDITION).protocol
        (target,) = protocol.targets
        tracks = {}
        for number, (video, truth) in enumerate(labels[task].items()):
            rng = np.random.default_rng([seed, number, lag])
            wrong = min(1.0, share * (_WORSE if video == WORST else 1))
            tracks[video] = Track.of(video, _spoilt(target, truth, rng, lag=lag, share=wrong))
        write_labels(
            directory / task / name,
            tracks,
            targets=protocol.targets,
            layout=protocol.submission,
        )


def _spoilt(
    target: Target, truth: Track, rng: np.random.Generator, *, lag: int, share: float
) -> NDArray[np.float64]:
    # The truth some frames late, and a share of it replaced by what has nothing to do with it.
    values = fill(truth, "nearest", prior=np.zeros(target.columns)).values[
        np.maximum(np.arange(truth.n_frames) - lag, 0)
    ]
    waves = _waves(rng, *values.shape)
    wrong = waves > np.quantile(waves, 1 - share, axis=0)
    match target:
        case Continuous():
            mixed = (1 - share) * values + share * np.clip(waves, target.low, target.high)
            return np.asarray(np.round(mixed, target.decimals))
        case Categorical():
            return np.where(wrong, (values + 1) % len(target.names), values)
        case MultiLabel():
            return np.where(wrong, 1 - values, values)
        case _:
            assert_never(target)


def _annotated(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.bool_]:
    # Leave a tenth of the frames without labels, and another tenth without one of them.
    known = np.ones(shape, bool)
    length = shape[0] // 10
    whole, single = rng.integers(0, shape[0] - length, 2)
    known[whole : whole + length] = False
    known[single : single + length, rng.integers(shape[1])] = False
    return known


def _waves(rng: np.random.Generator, n_frames: int, columns: int) -> NDArray[np.float64]:
    # Draw smooth traces in [-1, 1], shape (n_frames, columns): sums of three sines each.
    periods = rng.uniform(15, 80, (3, 1, columns))
    phases = rng.uniform(0, 2 * np.pi, (3, 1, columns))
    weights = rng.dirichlet(np.ones(3), columns).T[:, None]
    time = np.arange(n_frames)[:, None]
    waves = weights * np.sin(2 * np.pi * time / periods + phases)
    return np.asarray(waves.sum(axis=0), np.float64)


def _test_list(task: str, tracks: Mapping[str, Track]) -> str:
    layout = find_challenge(task, EDITION).protocol.annotation
    if layout.key is None:
        return "".join(f"{video}\n" for video in tracks)
    lines = [layout.header or ""]
    for video, track in tracks.items():
        frames = np.flatnonzero(track.known.any(axis=1)).tolist()
        first = layout.key.first
        lines += [layout.key.pattern.format(video=video, frame=i + first) for i in frames]
    return "".join(f"{line}\n" for line in lines)


def _sample_file(task: str) -> str:
    # Each row ends in a comma, and the videos are in no order that could be guessed.
    header = find_challenge(task, SAMPLE_EDITION).protocol.submission.header
    rows = (
        IMAGE_LOCATION.pattern.format(video=clip.video, frame=frame)
        for clip in reversed(CLIPS)
        for frame in range(1, clip.n_frames + 1)
    )
    return "".join(f"{line}\n" for line in (header, *(f"{row}," for row in rows)))


def _summary(directory: Path) -> str:
    frames = sum(clip.n_frames for clip in CLIPS)
    images = sum(len(clip.present) for clip in CLIPS)
    data = shlex.quote(str(directory))
    truth = shlex.quote(str(directory / "annotations" / FOLDERS["va"]))
    return (
        f"Made {len(CLIPS)} videos of {frames} frames, {images} of them with a face, in {data}\n"
        "Labels of VA, EXPR, AU and MTL are beside them, and two predictions to compare. They are "
        "made up: scores on this data only tell that the commands work.\n"
        "\n"
        "Next:\n"
        f"  abawkit predict --task va --data {data} --annotations {truth} --out preds/va\n"
        f"  abawkit score preds/va {truth}"
    )
