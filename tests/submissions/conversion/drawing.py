"""Predictions to convert: labels drawn for any challenge, and ways to write them down."""

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from abawkit.labels import read_labels, write_labels
from abawkit.protocol import CHALLENGES, Categorical, blocks, column_names
from abawkit.track import Track
from tests.strategies import values_of

NAMES = ("video1", "007", "a.b+c(1)", "video10_1_left")


def is_clip(challenge):
    return challenge.protocol.submission.whole_clips


def outputs_of(challenge):
    return {target.name: target.names for target in challenge.targets}


def convertible(challenge):
    """Give the challenges whose targets, outputs and kind of rows are the same."""
    return [
        other
        for other in CHALLENGES.values()
        if outputs_of(other) == outputs_of(challenge) and is_clip(other) == is_clip(challenge)
    ]


@st.composite
def predictions(draw, challenge, *, max_frames=6):
    """Draw labels of all frames of some videos."""
    tracks = {}
    for video in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)):
        n_frames = 1 if is_clip(challenge) else draw(st.integers(1, max_frames))
        parts = [draw(values_of(target, n_frames)) for target in challenge.targets]
        tracks[video] = Track.of(video, np.concatenate(parts, axis=1))
    return tracks


def some_predictions(challenge, *, seed=0, lengths=(5, 3)):
    """Make labels of all frames of two videos."""
    rng = np.random.default_rng(seed)
    tracks = {}
    for video, length in zip(NAMES, lengths, strict=False):
        values = np.zeros((1 if is_clip(challenge) else length, len(names_of(challenge))))
        for target, columns in blocks(challenge.targets):
            shape = values[:, columns].shape
            if isinstance(target, Categorical):
                values[:, columns] = rng.integers(0, len(target.names), shape)
            elif hasattr(target, "low"):
                values[:, columns] = rng.uniform(target.low, target.high, shape).round(6)
            else:
                values[:, columns] = rng.integers(0, 2, shape)
        tracks[video] = Track.of(video, values)
    return tracks


def names_of(challenge):
    return column_names(challenge.targets)


def write(folder, tracks, challenge):
    """Write a submission, and give its file or folder."""
    layout = challenge.protocol.submission
    write_labels(folder, tracks, targets=challenge.targets, layout=layout)
    return folder if layout.per_video else folder / layout.file


def columns_of(tracks, challenge):
    """Give the named columns of a table, a row a frame."""
    rows = [
        (video, frame + 1, *values)
        for video, track in tracks.items()
        for frame, values in enumerate(track.values.tolist())
    ]
    columns = dict(
        zip(("video", "frame", *names_of(challenge)), zip(*rows, strict=True), strict=False)
    )
    if is_clip(challenge):
        del columns["frame"]
    return {name: np.array(values) for name, values in columns.items()}


def same(found, expected):
    """Tell whether labels are the same, bit for bit."""
    return found.keys() == expected.keys() and all(
        np.array_equal(found[video].values, track.values) for video, track in expected.items()
    )


def read(path, challenge):
    return read_labels(path, challenge)


def without(track, *frames):
    """Leave frames out of a track."""
    listed = np.ones(track.n_frames, bool)
    listed[np.array(frames) - 1] = False
    values = np.where(listed[:, None], track.values, np.nan)
    return replace(Track.of(track.video, values), listed=listed)
