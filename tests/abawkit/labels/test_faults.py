"""Faults are told in the order of files and lines, and what is readable is not one."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit.errors import AnnotationError
from abawkit.labels.faults import READ_ANYWAY, Faults

A, B = Path("b.txt"), Path("a.txt")


def test_files_come_in_the_order_in_which_they_are_read_and_lines_in_theirs():
    faults = Faults()
    for path, line in [(A, 7), (A, 2), (B, 5), (A, 2), (B, 1)]:
        faults.add(path, line, f"fault {faults.count}", code="text")
    assert faults.messages == [
        "b.txt, line 2: fault 1",
        "b.txt, line 2: fault 3",
        "b.txt, line 7: fault 0",
        "a.txt, line 1: fault 4",
        "a.txt, line 5: fault 2",
    ]


@given(st.lists(st.integers(1, 500), max_size=400), st.integers(0, 30))
def test_the_first_lines_are_named_whenever_they_are_told(lines, limit):
    faults = Faults(limit)
    for line in lines:
        faults.add(A, line, "x", code="text")
    assert faults.messages == [f"b.txt, line {line}: x" for line in sorted(lines)[:limit]]
    assert faults.count == len(lines)


def test_a_fault_of_many_lines_is_named_at_each_of_the_first():
    faults = Faults(limit=2)
    faults.tally(A, np.arange(5, 1000), "x", code="range")
    assert faults.messages == ["b.txt, line 5: x", "b.txt, line 6: x"]
    with pytest.raises(AnnotationError, match="and 993 more faults"):
        faults.check()


@pytest.mark.parametrize("code", sorted(READ_ANYWAY))
def test_what_can_be_read_is_no_fault(code):
    faults = Faults()
    faults.add(A, 1, "x", code=code)
    faults.tally(A, np.array([2, 3]), "x", code=code)
    faults.check()
    assert not faults.messages
