"""Numbers are read from bytes to the last bit as Python reads them."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit.labels import numerals
from abawkit.labels.numerals import CODES, NUMBER, read_numerals

SPELLINGS = ["{!r}", "{:.6f}", "{:.3f}", "{:.12f}", "{:.18f}", "{:e}", "{:+.4f}", "{:g}", "{:.0f}"]
FIELD = st.one_of(
    st.builds(
        str.format,
        st.sampled_from(SPELLINGS),
        st.one_of(st.floats(allow_nan=False), st.floats(-2, 2), st.integers(-20, 20).map(float)),
    ),
    st.text("0123456789+-.eE", max_size=20),
    st.text("01xX_ naif\u0661", max_size=8).map(lambda text: text.replace(",", "")),
)


def read(fields):
    """Read some fields, standing in a line of a text."""
    encoded = [field.encode() for field in fields]
    data = np.frombuffer(b"".join(field + b"," for field in encoded) + bytes(8), np.uint8)
    stop = np.cumsum([len(field) + 1 for field in encoded]) - 1
    return read_numerals(data, stop - [len(field) for field in encoded], stop)


def literally(field):
    """Read a field as the documentation says, one by one: kind and value."""
    if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", field):
        return "", float(field)
    if re.fullmatch(r"[+-]*(nan|inf|infinity)", field, re.IGNORECASE):
        return "nan", math.nan
    return "text" if field else "empty-value", math.nan


@given(st.lists(FIELD, min_size=1, max_size=8))
def test_every_field_is_read_as_python_reads_it_or_told(fields):
    found = read(fields)
    kinds, values = zip(*map(literally, fields), strict=True)
    assert [CODES[kind] for kind in found.kind] == list(kinds)
    np.testing.assert_array_equal(found.value, values)
    numbers = found.kind == NUMBER
    np.testing.assert_array_equal(np.signbit(found.value[numbers]), np.signbit(values)[numbers])


@given(st.lists(FIELD, min_size=1, max_size=8))
def test_integers_and_plain_numbers_are_told_from_others(fields):
    found = read(fields)
    for field, kind, plain, integral in zip(
        fields, found.kind, found.plain, found.integral, strict=True
    ):
        if kind == NUMBER and len(field) < 15:
            assert plain == (re.search("[+eE]", field) is None)
            assert integral == (re.fullmatch("0|-?[1-9][0-9]*", field) is not None)


def test_single_digits_are_read_at_once_and_alike():
    found = read(["0", "7", "9"])
    assert found.value.tolist() == [0, 7, 9]
    assert not found.kind.any()
    assert found.integral.all()
    assert found.plain.all()


@pytest.mark.parametrize(
    "field", ["1" * 400, "0." + "3" * 400, "1e999", "-" + "9" * 16, "9.907439150008063"]
)
def test_long_and_large_numbers_are_read(field):
    assert read([field]).value.tolist() == [float(field)]


@pytest.mark.parametrize("odd", ["nan", "1.2.3", "1e", "", "1_000", "12345678901234567x"])
def test_one_field_amiss_leaves_the_long_ones_around_it_alone(odd):
    long = ["0.1234567890123456", "-1e-05", "2.5e-17", "-0.9876543210987654"]
    found = read([*long[:2], odd, *long[2:]])
    assert np.delete(found.value, 2).tolist() == [float(field) for field in long]
    assert np.delete(found.plain, 2).tolist() == [True, False, False, True]
    assert CODES[found.kind[2]] == literally(odd)[0]


@given(st.lists(st.tuples(FIELD, FIELD, FIELD), min_size=1, max_size=6))
def test_columns_of_rows_are_read_like_one_field_after_another(rows):
    fields = [field.encode() for row in rows for field in row]
    data = np.frombuffer(b"key," + b",".join(fields) + b"\n" + bytes(8), np.uint8)
    stop = 3 + np.cumsum([len(field) + 1 for field in fields])
    start = stop - [len(field) for field in fields]
    found = read_numerals(data, start.reshape(-1, 3).T, stop.reshape(-1, 3).T)
    alone = read([field.decode() for field in fields])
    np.testing.assert_array_equal(found.value.T.ravel(), alone.value)
    np.testing.assert_array_equal(found.kind.T.ravel(), alone.kind)
    np.testing.assert_array_equal(found.plain.T.ravel(), alone.plain)
    np.testing.assert_array_equal(found.integral.T.ravel(), alone.integral)


def test_floats_as_python_writes_them_take_no_loop_over_fields(monkeypatch):
    monkeypatch.setattr(numerals, "_read_one", None)
    fields = [str(value) for value in np.random.default_rng(0).normal(0, 1e-3, 10_000).tolist()]
    assert read(fields).value.tolist() == [float(field) for field in fields]


def test_no_fields_are_no_numbers():
    nothing = np.empty((0, 2), np.intp)
    assert read_numerals(np.frombuffer(bytes(8), np.uint8), nothing, nothing).value.shape == (0, 2)
