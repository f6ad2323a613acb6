"""The log has every line that was changed, in as few rows as say so."""

import csv
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from submissions.validation.fixing.changes import (
    COLUMNS,
    Change,
    Changes,
    joined,
    stretches,
    write_log,
)


def change(line, before="a", code="nan"):
    return Change(code=code, file="f", first=line, last=line, before=before, after="b")


def lines_of(changes):
    return [(line, row.before) for row in changes for line in range(row.first, row.last + 1)]


@given(st.sets(st.integers(1, 40)))
def test_stretches_are_the_lines_and_as_few_as_can_be(lines):
    found = list(stretches(sorted(lines)))
    assert [line for first, last in found for line in range(first, last + 1)] == sorted(lines)
    assert all(first - 1 not in lines and last + 1 not in lines for first, last in found)


@given(st.lists(st.tuples(st.integers(1, 20), st.sampled_from("xy")), unique_by=lambda p: p[0]))
def test_joining_loses_no_line_and_mixes_nothing(pairs):
    found = [*joined(change(line, before) for line, before in sorted(pairs))]
    assert lines_of(found) == sorted(pairs)
    for one, other in pairwise(found):
        assert one.last + 1 < other.first or one.before != other.before


def test_a_log_is_read_back_whatever_stands_in_it(tmp_path):
    entries = iter([change(3, before='a,"b"\n', code="text")])
    write_log(tmp_path / "log", [Changes(code="text", count=1, entries=entries)])
    with (tmp_path / "log").open(newline="") as file:
        assert list(csv.reader(file)) == [
            list(COLUMNS), ["text", "f", "3", "3", 'a,"b"\n', "b"],
        ]  # fmt: skip
