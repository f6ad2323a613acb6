"""A track holds what is known of one video, and NaN elsewhere."""

import math
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit.track import Track
from tests.strategies import masks, traces, tracks


@given(traces(), st.data())
def test_a_mask_by_frame_holds_for_all_its_values(values, data):
    known = data.draw(masks(len(values)))
    by_value = Track.of("1", values, np.column_stack([known, known]))
    track = Track.of("1", values, known)
    np.testing.assert_array_equal(track.known, by_value.known)
    np.testing.assert_array_equal(track.values, by_value.values)


@given(traces(), st.data())
def test_known_values_are_kept_and_all_others_are_nan(values, data):
    known = data.draw(masks(values.shape))
    track = Track.of("1", values, known)
    np.testing.assert_array_equal(track.values, np.where(known, values, math.nan))
    np.testing.assert_array_equal(track.known, known)


@given(traces(), st.data())
def test_without_a_mask_values_are_known_unless_they_are_nan(values, data):
    known = data.draw(masks(values.shape))
    track = Track.of("1", np.where(known, values, math.nan))
    np.testing.assert_array_equal(track.known, known)


@given(tracks(3))
def test_a_track_made_again_of_its_values_is_the_same(track):
    again = Track.of(track.video, track.values)
    np.testing.assert_array_equal(again.values, track.values)
    np.testing.assert_array_equal(again.known, track.known)


@given(tracks(2))
def test_values_are_known_exactly_where_they_are_numbers(track):
    np.testing.assert_array_equal(track.known, np.isfinite(track.values))


@given(traces(), st.data())
def test_the_arguments_are_neither_modified_nor_shared(values, data):
    known = data.draw(masks(values.shape))
    before = values.copy(), known.copy()
    track = Track.of("1", values, known)
    track.values[:], track.known[:] = 9, True
    np.testing.assert_array_equal(values, before[0])
    np.testing.assert_array_equal(known, before[1])


@given(traces())
def test_there_are_as_many_frames_as_rows(values):
    assert Track.of("1", values).n_frames == len(values)


@pytest.mark.parametrize("filler", [math.nan, math.inf, -5.0])
def test_an_unknown_value_may_be_anything(filler):
    track = Track.of("1", [[0.5, filler]], [[True, False]])
    np.testing.assert_array_equal(track.values, [[0.5, math.nan]])


def test_values_are_read_as_float64():
    assert Track.of("1", [[1], [0]]).values.dtype == np.float64


def test_a_track_without_frames_keeps_its_outputs():
    assert Track.of("1", np.empty((0, 12)), []).values.shape == (0, 12)


def test_a_track_is_frozen():
    with pytest.raises(FrozenInstanceError):
        Track.of("1", [[0.1]]).video = "2"


PAIR = [[0.1, 0.2], [0.3, 0.4]]
ERRORS = {
    "flat": ([0.1, 0.2], None, r"clip: expected values of shape .*, found \(2,\)"),
    "short-mask": (PAIR, [True], r"clip: expected a mask of shape \(2, 2\), found \(1,\)"),
    "wide-mask": (PAIR, np.ones((2, 3)), r"a mask of shape \(2, 2\), found \(2, 3\)"),
    "known-nan": ([[0.1, math.nan]], [True], "clip: frame 1, output 1 is nan"),
    "infinite": ([[0.1], [math.inf]], None, "clip: frame 2, output 0 is inf"),
}


@pytest.mark.parametrize(("values", "known", "message"), ERRORS.values(), ids=ERRORS)
def test_what_does_not_fit_is_refused_with_the_videos_name(values, known, message):
    with pytest.raises(ValueError, match=message):
        Track.of("clip", values, known)
