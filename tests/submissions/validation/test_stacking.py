"""All rows in one table."""

from pathlib import Path

import numpy as np

from submissions.validation.findings import Place
from submissions.validation.stacking import Stack
from tests.submissions.validation.steady import rows

A = rows("a", [[1, 2], [3, 4]], line=2)
B = rows("b", [[5, 6], [7, 8], [9, 0]], line=9, frames=[2, 3, 5])
NONE = rows("none", np.empty((0, 2)))


def test_rows_are_stacked_video_after_video():
    stack = Stack.of([A, NONE, B], 2)
    assert [video.video for video in stack.videos] == ["a", "b"]
    assert stack.starts.tolist() == [0, 2]
    assert stack.lengths.tolist() == [2, 3]
    assert stack.values.tolist() == [[1, 3, 5, 7, 9], [2, 4, 6, 8, 0]]


def test_another_video_and_a_gap_break_the_frames():
    assert Stack.of([A, B], 2).breaks.tolist() == [True, False, True, False, True]
    late = rows("late", [[1, 2]], frames=[3])
    assert Stack.of([A, late], 2).breaks.tolist() == [True, False, True]


def test_a_row_is_found_in_its_file():
    stack = Stack.of([A, B], 2)
    assert stack.video_of(np.array([0, 1, 2, 4])).tolist() == [0, 0, 1, 1]
    places = stack.places(np.array([1, 2, 4]))
    assert [(place.file, place.line) for place in places] == [
        ("predictions.txt", 3),
        ("predictions.txt", 9),
        ("predictions.txt", 11),
    ]


def test_files_are_named_once_and_not_all():
    others = [rows("c", [[1, 2]], file=Path(f"{name}.txt")) for name in "cdd"]
    files = Stack.of([A, B, *others], 2).files(2)
    assert files == (Place(file="predictions.txt"), Place(file="c.txt"))


def test_no_rows_are_a_stack_too():
    stack = Stack.of([NONE], 2)
    assert (stack.n_rows, stack.videos, stack.files(5)) == (0, (), ())
    assert stack.values.shape == (2, 0)
