"""Every filter against its formula in plain loops, and the properties all of them share."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from abawkit.errors import UsageError
from abawkit.temporal import FILTERS, Filter, smooth
from abawkit.track import Track
from tests.strategies import masks, ratings, tracks

TEXTS = [
    "none",
    "box:101",
    "median:15",
    "gaussian:31",
    "savgol:15",
    "savgol:15:3",
    "savgol:1:0",
    "exponential:20",
]
ORDERS = st.integers(0, 4)
ODD = st.integers(0, 10).map(lambda half: 2 * half + 1)


def punctured(track: Track):
    """Mask each output of a track on its own."""
    values = np.where(track.known, track.values, 0.0)
    return masks(values.shape).map(lambda known: Track.of(track.video, values, known))


holed = tracks(2) | tracks(2).flatmap(punctured)
whole = holed.map(lambda track: Track.of("video1", np.nan_to_num(track.values)))
either = holed | whole


def of_width(kind: str, width: int) -> Filter:
    return Filter(kind=kind, width=width, order=min(2, width - 1) if kind == "savgol" else 2)


def filters(*kinds: str):
    """Draw a filter of these kinds that sees more than one frame."""
    kind = st.sampled_from([kind for kind in kinds or FILTERS if kind != "none"])
    return st.builds(of_width, kind, ODD.filter(lambda width: width > 1))


def mean(_ages, values, _kernel):
    return sum(values) / len(values)


def median(_ages, values, _kernel):
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


def weighted(weights, values):
    return sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)


def gaussian(ages, values, kernel):
    deviation = kernel.width / 6
    return weighted([math.exp(-(age**2) / (2 * deviation**2)) for age in ages], values)


def polynomial(ages, values, kernel):
    order = min(kernel.order, len(ages) - 1)
    return np.polyfit(np.array(ages) / kernel.width, values, order)[-1]


def decay(ages, values, kernel):
    return weighted([(1 - 2 / (kernel.width + 1)) ** age for age in ages], values)


FORMULAS = {"box": mean, "median": median, "gaussian": gaussian, "savgol": polynomial}


def literally(track: Track, kernel: Filter):
    """Filter one frame after another, in plain loops."""
    result = np.full(track.values.shape, np.nan)
    for i, c in np.argwhere(track.known):
        seen = [j for j in range(track.n_frames) if track.known[j, c]]
        if kernel.kind == "exponential":
            frames, formula = [j for j in seen if j <= i], decay
        else:
            half, formula = kernel.width // 2, FORMULAS[kernel.kind]
            frames = [j for j in seen if abs(j - i) <= half]
        values = [track.values[j, c] for j in frames]
        result[i, c] = formula([int(i) - j for j in frames], values, kernel)
    return result


def one_output(*values):
    return Track.of("video1", [[value] for value in values])


def smoothed(text, *values):
    return smooth(one_output(*values), Filter.parse(text)).values[:, 0].tolist()


@given(track=either, kernel=filters("box", "median", "gaussian", "exponential"))
def test_equals_the_formula_frame_by_frame(track, kernel):
    result = smooth(track, kernel).values
    np.testing.assert_allclose(result, literally(track, kernel), rtol=0, atol=1e-12)


@given(track=either, width=ODD.filter(lambda width: width > 4), order=ORDERS)
def test_savitzky_golay_equals_a_fit_to_the_known_frames_of_each_window(track, width, order):
    kernel = Filter(kind="savgol", width=width, order=order)
    # The tolerance is for the reference: a fit through the monomials is the less accurate one.
    result = smooth(track, kernel).values
    np.testing.assert_allclose(result, literally(track, kernel), rtol=0, atol=1e-9)


@given(track=holed, width=st.integers(2, 40))
def test_an_exponential_takes_any_span(track, width):
    kernel = Filter(kind="exponential", width=width)
    result = smooth(track, kernel).values
    np.testing.assert_allclose(result, literally(track, kernel), rtol=0, atol=1e-12)


@given(track=either, kernel=filters(), value=ratings)
def test_constant_in_is_constant_out(track, kernel, value):
    constant = Track.of("video1", np.full(track.values.shape, value), track.known)
    result = smooth(constant, kernel).values[track.known]
    np.testing.assert_allclose(result, value, rtol=0, atol=1e-12)


@given(track=either, kernel=filters())
def test_keeps_the_shape_and_the_mask(track, kernel):
    result = smooth(track, kernel)
    assert result.video == track.video
    np.testing.assert_array_equal(result.known, track.known)
    np.testing.assert_array_equal(np.isnan(result.values), ~track.known)


@given(track=either, kernel=filters())
def test_leaves_its_input_alone(track, kernel):
    before = track.values.copy(), track.known.copy()
    smooth(track, kernel)
    np.testing.assert_array_equal(track.values, before[0])
    np.testing.assert_array_equal(track.known, before[1])


@pytest.mark.parametrize("kind", FILTERS)
@given(track=either)
def test_width_1_is_the_identity_bit_for_bit(kind, track):
    result = smooth(track, of_width(kind, 1))
    assert result.values.tobytes() == track.values.tobytes()


@given(track=either, kernel=filters("box", "median", "gaussian"))
def test_stays_within_the_window(track, kernel):
    result, half = smooth(track, kernel).values, kernel.width // 2
    for i, c in np.argwhere(track.known):
        window = track.values[max(0, i - half) : i + half + 1, c]
        assert np.nanmin(window) - 1e-9 <= result[i, c] <= np.nanmax(window) + 1e-9


@given(track=either, kernel=filters("exponential"))
def test_an_exponential_stays_within_the_past(track, kernel):
    result = smooth(track, kernel).values
    for i, c in np.argwhere(track.known):
        past = track.values[: i + 1, c]
        assert np.nanmin(past) - 1e-9 <= result[i, c] <= np.nanmax(past) + 1e-9


@given(track=either, kernel=filters("box", "median", "gaussian", "savgol"))
def test_reversing_time_commutes_with_the_symmetric_filters(track, kernel):
    mirrored = Track.of("video1", track.values[::-1], track.known[::-1])
    result = smooth(mirrored, kernel).values[::-1]
    np.testing.assert_allclose(result, smooth(track, kernel).values, rtol=0, atol=1e-11)


@given(track=holed, kernel=filters(), hidden=ratings)
@example(one_output(1.0, math.nan, 2.0), Filter.parse("box:3"), 1e6)
@example(one_output(math.nan, 1.0, 2.0), Filter.parse("gaussian:3"), math.inf)
def test_masked_frames_never_leak(track, kernel, hidden):
    values = np.where(track.known, track.values, hidden)
    leaky = Track(video="video1", values=values, known=track.known)
    result = smooth(leaky, kernel).values[track.known]
    np.testing.assert_array_equal(result, smooth(track, kernel).values[track.known])


@given(track=either, width=st.integers(2, 30), data=st.data())
def test_an_exponential_is_causal(track, width, data):
    now = data.draw(st.integers(0, track.n_frames))
    changed = np.where(np.arange(track.n_frames)[:, None] < now, track.values, track.values + 1)
    kernel = Filter(kind="exponential", width=width)
    result = smooth(Track.of("video1", changed, track.known), kernel).values
    np.testing.assert_array_equal(result[:now], smooth(track, kernel).values[:now])


@given(track=either, width=ODD.filter(lambda width: width > 4), order=ORDERS, data=st.data())
def test_savitzky_golay_reproduces_polynomials_of_its_order(track, width, order, data):
    coefficients = data.draw(st.lists(ratings, min_size=order + 1, max_size=order + 1))
    trace = np.polyval(coefficients, np.linspace(-1, 1, track.n_frames))
    values = np.column_stack([trace, -trace])
    result = smooth(
        Track.of("video1", values, track.known), Filter(kind="savgol", width=width, order=order)
    )
    np.testing.assert_allclose(result.values[track.known], values[track.known], atol=1e-10)


@pytest.mark.parametrize("kind", FILTERS)
def test_keeps_the_listed_frames(kind):
    listed = np.array([True, False, True])
    track = Track.of("video1", [[0.0], [1.0], [2.0]], listed=listed)
    kernel = of_width(kind, 1 if kind == "none" else 3)
    np.testing.assert_array_equal(smooth(track, kernel).listed, listed)


def test_savitzky_golay_keeps_a_frame_whose_window_knows_too_few():
    assert smoothed("savgol:5", 1.0, 5.0, math.nan, math.nan, math.nan, 2.0)[:2] == [1.0, 5.0]


@pytest.mark.parametrize("kind", ["box", "median", "gaussian"])
def test_windows_shrink_at_the_ends(kind):
    result = smooth(one_output(5.0, 6.0, 7.0, 8.0), of_width(kind, 101)).values
    # Padded with zeros, or with either end, it would be far from the middle.
    np.testing.assert_allclose(result, 6.5, rtol=0, atol=0.05)


def test_a_box_of_3_is_the_mean_of_the_known_neighbours():
    assert smoothed("box:3", 0.0, 3.0, math.nan, 6.0, 9.0)[0::3] == [1.5, 7.5]


def test_an_exponential_ages_by_real_frames():
    assert smoothed("exponential:3", 0.0, math.nan, math.nan, 1.0)[3] == pytest.approx(8 / 9)


@pytest.mark.parametrize("kind", FILTERS)
def test_a_video_without_frames_stays_empty(kind):
    assert smooth(Track.of("video1", np.empty((0, 2))), of_width(kind, 1)).n_frames == 0


@pytest.mark.parametrize("kind", [kind for kind in FILTERS if kind != "none"])
def test_a_width_beyond_the_video_is_the_whole_video(kind):
    track = one_output(0.1, 0.5, 0.2)
    assert np.isfinite(smooth(track, of_width(kind, 99_999_999)).values).all()


@pytest.mark.parametrize("text", TEXTS)
def test_text_gives_itself_back(text):
    assert str(Filter.parse(text)) == text


@given(kernel=filters() | st.just(Filter.parse("none")))
def test_every_filter_reads_its_own_text(kernel):
    assert Filter.parse(str(kernel)) == kernel


def test_an_order_of_2_need_not_be_written():
    assert Filter.parse("savgol:15:2") == Filter.parse("savgol:15")


@pytest.mark.parametrize(
    "text", ["", "box", "box:", "box:ten", "box:5:2", "box: 5", "mean:5", "none:1"]
)
def test_refuses_text_of_another_form(text):
    with pytest.raises(UsageError, match=r"cannot be read; .* savgol:WIDTH:ORDER, .* box:101$"):
        Filter.parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("box:100", "box:100: expected an odd width; the nearest to 100 are 99 and 101"),
        ("median:0", "at least 1 frame, found 0"),
        ("exponential:-3", "at least 1 frame, found -3"),
        ("savgol:5:5", "savgol:5:5: expected an order of at least 0 and less than the width"),
        ("savgol:5:-1", "found -1"),
        ("savgol:1", "savgol:1: expected an order of at least 0 and less than the width, found 2"),
    ],
)
def test_refuses_a_width_or_an_order_that_does_not_fit(text, message):
    with pytest.raises(UsageError, match=message):
        Filter.parse(text)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "mean", "width": 5}, "mean:5: unknown kind; there are none, box, median"),
        ({"kind": "none", "width": 5}, "none: it takes no width, found 5"),
        ({"kind": "box", "width": 5, "order": 3}, "only savgol takes an order, found 3"),
    ],
)
def test_refuses_fields_that_no_text_can_give(fields, message):
    with pytest.raises(UsageError, match=message):
        Filter(**fields)
