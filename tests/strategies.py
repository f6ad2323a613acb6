"""Hypothesis strategies shared by the whole suite: the only place that draws valid tracks."""

from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from abawkit.protocol import Categorical, Continuous, MultiLabel
from abawkit.track import Track

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
