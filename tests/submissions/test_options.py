"""Numbers are written so that the same ones are read."""

from hypothesis import given
from hypothesis import strategies as st

from submissions.options import as_text, numbers


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_are_read_as_they_were_written(values):
    assert numbers(as_text(values), option="--weights") == tuple(values)
