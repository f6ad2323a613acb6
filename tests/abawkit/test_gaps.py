"""Every fill against a frame-by-frame one, at edges, in gaps and without a face."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit.errors import NoFaceWarning, UsageError
from abawkit.temporal import FILLS, fill
from abawkit.track import Track
from tests.strategies import masks, ratings, tracks

PRIOR = [0.3, -0.7]
FILLING = [method for method in FILLS if method != "none"]


def punctured(track: Track):
    """Mask each output of a track on its own."""
    values = np.where(track.known, track.values, 0.0)
    return masks(values.shape).map(lambda known: Track.of(track.video, values, known))


seen = tracks(2, min_size=1).flatmap(punctured).filter(lambda t: t.known.any(axis=0).all())


def column(*values):
    """Make a track of one output, None where it is not known."""
    return Track.of("video1", [[np.nan if value is None else value] for value in values])


def filled(method, *values):
    return fill(column(*values), method, prior=[9.0]).values[:, 0].tolist()


def expected(method, values, known, prior):
    """One output filled frame by frame."""
    rows = [i for i in range(len(values)) if known[i]]
    return [
        values[i] if known[i] else in_gap(method, values, rows, i, prior)
        for i in range(len(values))
    ]


def in_gap(method, values, rows, i, prior):
    before = [j for j in rows if j < i]
    after = [j for j in rows if j > i]
    if method == "constant":
        return prior
    if not before or not after:
        return values[before[-1]] if before else values[after[0]]
    left, right = before[-1], after[0]
    if method == "previous":
        return values[left]
    if method == "nearest":
        return values[left] if i - left <= right - i else values[right]
    return ((right - i) * values[left] + (i - left) * values[right]) / (right - left)


@pytest.mark.parametrize("method", FILLING)
@given(track=seen)
def test_equals_filling_frame_by_frame(method, track):
    result = fill(track, method, prior=PRIOR).values
    for c in range(2):
        oracle = expected(method, track.values[:, c], track.known[:, c], PRIOR[c])
        np.testing.assert_allclose(result[:, c], oracle, rtol=0, atol=1e-15)


@pytest.mark.parametrize("method", FILLS)
@given(track=seen)
def test_keeps_known_values_bit_for_bit(method, track):
    result = fill(track, method, prior=PRIOR)
    assert result.values[track.known].tobytes() == track.values[track.known].tobytes()


def test_keeps_the_sign_of_a_known_zero():
    assert np.signbit(filled("linear", 1.0, -0.0, 1.0)[1])


@pytest.mark.parametrize("method", FILLING)
@given(track=seen)
def test_knows_every_frame_afterwards(method, track):
    result = fill(track, method, prior=PRIOR)
    assert result.known.all()
    assert result.video == track.video
    assert result.values.shape == track.values.shape


@pytest.mark.parametrize("method", FILLS)
@given(track=seen)
def test_leaves_its_input_alone(method, track):
    before = track.values.copy(), track.known.copy()
    fill(track, method, prior=PRIOR)
    np.testing.assert_array_equal(track.values, before[0])
    np.testing.assert_array_equal(track.known, before[1])


@given(track=tracks(2))
def test_none_gives_the_track_itself(track):
    assert fill(track, "none", prior=PRIOR) is track


@pytest.mark.parametrize("method", FILLS)
def test_keeps_the_listed_frames(method):
    listed = np.array([True, False])
    track = Track.of("video1", [[0.0], [np.nan]], listed=listed)
    np.testing.assert_array_equal(fill(track, method, prior=[0.0]).listed, listed)


def test_linear_gives_the_nearer_frame_the_greater_weight():
    assert filled("linear", 0.0, None, None, None, 1.0) == [0.0, 0.25, 0.5, 0.75, 1.0]


@given(a=ratings, b=ratings)
def test_linear_is_the_mean_at_the_midpoint(a, b):
    assert filled("linear", a, None, b)[1] == pytest.approx((a + b) / 2, abs=1e-15)


@given(a=ratings, b=ratings, gap=st.integers(1, 30))
def test_linear_is_monotone_between_neighbours(a, b, gap):
    steps = np.diff(filled("linear", a, *[None] * gap, b))
    assert (steps >= 0).all() or (steps <= 0).all()


@pytest.mark.parametrize("method", ["linear", "nearest", "previous"])
def test_edges_take_the_nearest_known_frame(method):
    assert filled(method, None, None, 0.1, 0.2, None, None) == [0.1, 0.1, 0.1, 0.2, 0.2, 0.2]


@pytest.mark.parametrize("method", ["linear", "nearest", "previous"])
def test_a_single_known_frame_fills_the_video(method):
    assert filled(method, None, 0.4, None, None) == [0.4] * 4


def test_nearest_prefers_the_earlier_of_two_as_near():
    assert filled("nearest", 1.0, None, None, None, 2.0) == [1.0, 1.0, 1.0, 2.0, 2.0]


def test_previous_holds_until_the_next_known_frame():
    assert filled("previous", 1.0, None, None, 2.0, None) == [1.0, 1.0, 1.0, 2.0, 2.0]


def test_constant_fills_every_gap_with_the_prior():
    assert filled("constant", None, 1.0, None, 2.0, None) == [9.0, 1.0, 9.0, 2.0, 9.0]


@pytest.mark.parametrize("method", FILLING)
def test_a_video_without_a_face_takes_the_prior_with_a_warning(method):
    track = Track.of("video1", np.full((3, 2), np.nan))
    with pytest.warns(NoFaceWarning, match=r"video1: no frame with a face, .* 3 .* 0\.3, -0\.7"):
        result = fill(track, method, prior=PRIOR)
    assert result.values.tolist() == [PRIOR] * 3


def test_an_output_without_a_known_frame_takes_its_prior_with_a_warning():
    track = Track.of("video1", [[1.0, np.nan], [np.nan, np.nan]])
    with pytest.warns(NoFaceWarning, match=r"a face in output 1, .* the prior -0\.7$"):
        result = fill(track, "linear", prior=PRIOR)
    assert result.values.tolist() == [[1.0, -0.7], [1.0, -0.7]]


def test_what_is_hidden_behind_the_mask_never_leaks():
    values, known = np.array([[1.0], [1e6], [2.0]]), np.array([[True], [False], [True]])
    result = fill(Track(video="video1", values=values, known=known), "linear", prior=[0.0])
    assert result.values[:, 0].tolist() == [1.0, 1.5, 2.0]


@pytest.mark.parametrize("method", FILLS)
def test_a_video_without_frames_stays_empty(method):
    assert fill(Track.of("video1", np.empty((0, 2))), method, prior=PRIOR).n_frames == 0


@pytest.mark.parametrize(
    ("method", "prior", "exception", "message"),
    [
        (
            "cubic",
            [0.0],
            UsageError,
            "'cubic'; there are linear, nearest, previous, constant, none",
        ),
        ("linear", 0.0, ValueError, r"video1: expected a prior of shape \(1,\), found \(\)"),
        ("none", [0.0, 1.0], ValueError, r"shape \(1,\), found \(2,\)"),
        ("linear", [np.nan], ValueError, r"expected a finite prior, found \[nan\]"),
    ],
)
def test_refuses(method, prior, exception, message):
    with pytest.raises(exception, match=message):
        fill(column(0.0, None), method, prior=prior)
