"""Faults are counted by line, and the first of them speaks for all."""

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from submissions.validation.collecting import Collector, finding, ordered
from submissions.validation.findings import CODES, Place

ONE, TWO = Path("one.txt"), Path("two.txt")


@given(st.lists(st.lists(st.integers(1, 9), max_size=4), min_size=1))
def test_each_line_counts_once_and_the_first_speaks(parts):
    faults = Collector()
    for lines in parts:
        faults.tally(ONE, lines, f"found at {min(lines, default=0)}", code="range")
    every = sorted({line for lines in parts for line in lines})
    assert faults.codes() == ["range"] * bool(every)
    for found in faults.findings(places=3):
        assert (found.count, found.message) == (len(every), f"found at {every[0]}")
        assert [place.line for place in found.places] == every[:3]


def test_places_go_through_the_files_in_order():
    faults = Collector()
    faults.add(TWO, 9, "nine", code="nan")
    faults.tally(ONE, np.array([4, 3]), "three", code="nan")
    found = faults.findings(places=2)[0]
    assert found.places == (Place(file="two.txt", line=9), Place(file="one.txt", line=3))
    assert (found.count, found.message, found.hint) == (3, "nine", CODES["nan"].hint)


def test_a_fault_of_a_whole_file_has_no_line():
    faults = Collector()
    faults.add(ONE, 0, "empty", code="file-empty")
    assert faults.findings()[0].places == (Place(file="one.txt", line=None),)


def test_what_is_not_there_can_be_more_than_the_lines_where_it_should_stand():
    faults = Collector()
    faults.tally(ONE, [3, 7], "gone", code="row-missing", more=40)
    assert faults.findings()[0].count == 42


def test_a_kind_of_fault_can_have_a_hint_of_its_own():
    faults = Collector()
    faults.advise("nan", "ask")
    for code in ("nan", "range"):
        faults.add(ONE, 1, "", code=code)
    assert [one.hint for one in faults.findings()] == ["ask", CODES["range"].hint]


def test_findings_stand_as_in_the_table():
    codes = ["shifted", "range", "file-name", "header"]
    found = ordered(finding(code, "", count=1, at=()) for code in codes)
    assert [one.code for one in found] == ["file-name", "header", "range", "shifted"]
