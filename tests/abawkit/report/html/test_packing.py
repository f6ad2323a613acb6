"""Packed frames, read back number by number as the conventions say."""

import base64
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from abawkit.report.html.packing import indices, pack, quantised, thinned

shapes = array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=12)
values = arrays("float64", shapes, elements=st.floats(-2, 2) | st.just(np.nan))


def unpack(text, n_values, kept, n_labels, frames):
    """Read a block without numpy: one number after the other, added up."""
    data = zlib.decompress(base64.b64decode(text))
    numbers = struct.unpack(f"<{n_values * kept}h{n_labels * frames}b", data)

    def channel(start, length, bits):
        total, found = 0, []
        for step in numbers[start : start + length]:
            total = (total + step + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)
            found.append(total)
        return found

    labels = n_values * kept
    return (
        [channel(i * kept, kept, 16) for i in range(n_values)],
        [channel(labels + i * frames, frames, 8) for i in range(n_labels)],
    )


@given(arrays("int16", shapes), arrays("int8", shapes))
def test_what_is_packed_is_read_back(numbers, labels):
    text = pack(numbers, labels)
    assert unpack(text, *numbers.shape, *labels.shape) == (numbers.tolist(), labels.tolist())


@given(values)
def test_values_are_rounded_to_three_decimals_and_unknown_ones_are_told(drawn):
    steps = quantised(drawn)
    unknown = np.isnan(drawn)
    assert (steps[unknown] == -32768).all()
    assert np.abs(steps / 1000 - drawn)[~unknown].max(initial=0) <= 0.0005 + 1e-12


def test_a_value_too_large_to_keep_is_the_largest():
    assert quantised(np.array([1e9, -1e9])).tolist() == [32767, -32767]


def test_labels_are_kept_as_they_are():
    assert indices(np.array([0.0, 7.0, np.nan, 127.0])).tolist() == [0, 7, -1, 127]


def literal(channel, every):
    kept = []
    for start in range(0, len(channel), every):
        part = channel[start : start + every]
        known = [value for value in part if not np.isnan(value)]
        if not known:
            kept += [np.nan, np.nan]
            continue
        low, high = min(known), max(known)
        first_low, first_high = list(part).index(low), list(part).index(high)
        kept += [low, high] if first_low <= first_high else [high, low]
    return kept


@given(values, st.sampled_from([4, 8]))
def test_bins_keep_their_smallest_and_largest_value_in_order(drawn, every):
    found = thinned(drawn, every)
    for column, channel in enumerate(drawn.T):
        np.testing.assert_array_equal(found[:, column], literal(channel, every))


@pytest.mark.parametrize("every", [1, 2])
def test_two_values_of_two_frames_are_all_there_is(every):
    drawn = np.arange(6.0).reshape(3, 2)
    np.testing.assert_array_equal(thinned(drawn, every), drawn)


def test_a_smooth_trace_takes_little_more_than_a_byte_a_frame():
    trace = np.sin(np.arange(50_000) / 200)[None]
    assert len(pack(quantised(trace), indices(np.zeros((1, 50_000))))) < 60_000
