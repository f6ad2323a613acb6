"""What can be told of rows without a sample: repeats, odd order, gaps, and their number."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit.labels import Rows
from abawkit.protocol import CHALLENGES, Split
from submissions.validation.collecting import Collector
from submissions.validation.repeats import occurrences
from submissions.validation.rows import SubmittedRows
from submissions.validation.unaided import note_count, note_gaps, note_order, note_repeats

VA = CHALLENGES["abaw5-va"]


def found_of(pairs, values=None, challenge=VA, probabilities=None):
    rows = Rows.of(pairs)
    n = len(rows)
    return SubmittedRows(
        layout=challenge.protocol.submission,
        paths=(Path("a.txt"),),
        videos=rows.videos,
        video=rows.video,
        frame=rows.frame,
        file=np.zeros(n, np.intp),
        line=np.arange(2, n + 2),
        lines=(range(2, n + 2),),
        values=np.zeros((n, 2)) if values is None else np.array(values, float),
        probabilities=probabilities,
    )


def told(note, *arguments):
    faults = Collector()
    note(*arguments, faults)
    return {
        one.code: (one.count, [place.line for place in one.places], one.message)
        for one in faults.findings(places=99)
    }


@given(st.lists(st.integers(0, 5)))
def test_occurrences_count_what_stood_before(numbers):
    slow = [numbers[:i].count(number) for i, number in enumerate(numbers)]
    assert occurrences(np.array(numbers, np.intp)).tolist() == slow


@pytest.mark.parametrize(
    ("other", "wanted", "code"),
    [
        ([0, 0], None, "row-repeated"),
        ([0, 1], None, "row-duplicate"),
        ([0, 0], [True, False], "row-duplicate"),
        ([0, 0], [True, True], None),
        ([0, 1], [True, True], "row-duplicate"),
        ([np.nan, 0], None, "row-duplicate"),
    ],
)
def test_a_repeated_row_is_an_error_where_it_differs_or_the_sample_has_one(other, wanted, code):
    found = found_of([("a", 1), ("a", 1)], [[0, 0], other])
    faults = told(note_repeats, found, None if wanted is None else np.array(wanted))
    assert list(faults) == ([] if code is None else [code])
    if code:
        how = "the same" if other == [0, 0] else "other"
        assert faults[code] == (1, [3], f"a/00001.jpg repeats line 2 with {how} values")


def test_what_cannot_be_read_in_both_rows_is_the_same():
    found = found_of([("a", 1), ("a", 1)], [[np.nan, 0], [np.nan, 0]])
    assert list(told(note_repeats, found, None)) == ["row-repeated"]


@pytest.mark.parametrize(("other", "code"), [(0.7, "row-repeated"), (0.9, "row-duplicate")])
def test_rows_with_other_probabilities_are_others(other, code):
    share = np.array([[0.7, 1 - 0.7], [other, 1 - other]])
    found = found_of([("a", 1), ("a", 1)], probabilities=share)
    assert list(told(note_repeats, found, None)) == [code]


@pytest.mark.parametrize(
    ("pairs", "lines"),
    [
        ([("a", 1), ("a", 2), ("b", 1)], []),
        ([("a", 2), ("a", 1)], [3]),
        ([("a", 1), ("b", 1), ("a", 2)], [4]),
        ([("a", 3), ("b", 1), ("b", 2)], []),
        ([("a", 1), ("b", 1), ("a", 2), ("a", 1), ("b", 2)], [4, 5, 6]),
        ([("a", 1)], []),
    ],
)
def test_frames_that_go_back_and_videos_taken_up_again_are_odd(pairs, lines):
    faults = told(note_order, found_of(pairs))
    assert [line for _, where, _ in faults.values() for line in where] == lines


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 9)), min_size=1))
def test_gaps_are_the_frames_below_the_last_that_are_not_there(pairs):
    last = {video: max(frame for name, frame in pairs if name == video) for video, _ in pairs}
    wanted = {(video, frame) for video, n in last.items() for frame in range(1, n + 1)}
    count, lines, message = told(note_gaps, found_of(pairs)).get("row-gap", (0, [], ""))
    assert count == len(wanted - set(pairs))
    if lines:
        video, frame = pairs[lines[0] - 2]
        assert message.endswith(f"found {video}/{frame:05d}.jpg")


def test_no_gap_is_told_where_frames_are_selected_or_rows_are_clips():
    for name in ("abaw7-mtl", "abaw6-emi"):
        assert not told(note_gaps, found_of([("a", 3)], challenge=CHALLENGES[name]))


@pytest.mark.parametrize(("rows", "told_codes"), [(3, []), (4, ["row-count"]), (None, [])])
def test_the_number_of_rows_is_compared_with_the_test_sets_of_as_many_videos(rows, told_codes):
    splits = (
        Split(name="validation", videos=2, rows=9, source="paper"),
        Split(name="test", videos=2, rows=rows, source="paper"),
    )
    challenge = replace(VA, protocol=replace(VA.protocol, splits=splits))
    assert (
        list(told(note_count, found_of([("a", 1), ("a", 2), ("b", 1)]), challenge)) == told_codes
    )
    assert not told(note_count, found_of([("a", 1)]), challenge)
