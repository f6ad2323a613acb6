"""Hypothesis strategies shared by the whole suite: the only place that draws valid tracks."""

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from abawkit.protocol import Categorical, Continuous, MultiLabel
from abawkit.track import Track

# As videos are called, and as they could be called by one who wants trouble.
VIDEOS = (
    *("video59", "10-60-1280x720_left", "1", "122-60-1920x1080-1", "video10_1_left", "500"),
    *("a.b+c(1)", "10", "30-30-1920x1080_right", "\N{LATIN SMALL LETTER E WITH ACUTE}"),
)

# As annotation files write them; 32-bit floats would hide rounding, their sums being exact.
ratings = st.integers(-1000, 1000).map(lambda i: i / 1000)


def traces(min_size: int = 0, max_size: int = 50):
    """Paired continuous traces of equal length, shape ``(n, 2)``."""
    return st.integers(min_size, max_size).flatmap(
        lambda n: arrays("float64", (n, 2), elements=ratings)
    )


def values_of(target, frames: int):
    """Draw valid label values of one target, shape ``(frames, target.columns)``."""
    match target:
        case Continuous():
            steps = st.integers(round(target.low * 1000), round(target.high * 1000))
            elements = steps.map(lambda i: i / 1000)
        case Categorical():
            elements = st.integers(0, len(target.names) - 1).map(float)
        case MultiLabel():
            elements = st.sampled_from([0.0, 1.0])
    return arrays("float64", (frames, target.columns), elements=elements)


def masks(shape):
    """Which values of a shape are known."""
    return arrays("bool", shape)


@st.composite
def tracks(draw, columns: int, *, min_size: int = 0, max_size: int = 40):
    """Draw a track of continuous outputs with gaps, masked by whole frames."""
    frames = draw(st.integers(min_size, max_size))
    values = draw(arrays("float64", (frames, columns), elements=ratings))
    return Track.of("video1", values, draw(masks(frames)))


@st.composite
def probabilities_of(draw, labels):
    """Draw probabilities of two classes, with four decimals, that fit the labels."""
    halves = draw(arrays("int64", len(labels), elements=st.integers(5001, 10_000))) / 10_000
    winner = labels.astype(int)
    rows = np.empty((len(labels), 2))
    rows[np.arange(len(labels)), winner] = halves
    rows[np.arange(len(labels)), 1 - winner] = np.round(1 - halves, 4)
    return rows


@st.composite
def predictions(draw, challenge, *, min_frames=2, max_frames=6, max_videos=4):
    """Draw what could be submitted: three or four videos, in no order of their names.

    Where rows are whole clips, each video has one; where only some frames are asked for, the
    tracks list them.
    """
    layout = challenge.protocol.submission
    names = draw(st.lists(st.sampled_from(VIDEOS), min_size=3, max_size=max_videos, unique=True))
    tracks = {}
    for name in names:
        n_frames = 1 if layout.whole_clips else draw(st.integers(min_frames, max_frames))
        values = np.hstack([draw(values_of(target, n_frames)) for target in challenge.targets])
        listed = None
        if layout.selected:
            listed = draw(masks(n_frames))
            listed[[0, -1]] = True  # Two at least, and the last one ends the video.
            values[~listed] = np.nan
        track = Track.of(name, values, listed=listed)
        if layout.probabilities:
            chances = draw(probabilities_of(values[:, 0]))
            track = replace(track, probabilities=chances)
        tracks[name] = track
    return tracks
