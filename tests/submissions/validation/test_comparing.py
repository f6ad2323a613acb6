"""Rows are compared with those of the sample as by hand, one after the other."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit.labels import Rows
from abawkit.protocol import CHALLENGES
from submissions.template import Template
from submissions.validation.collecting import Collector
from submissions.validation.comparing import (
    Match,
    compare_rows,
    compare_videos,
    note_beyond,
    note_missing_videos,
    note_uncounted,
)
from submissions.validation.rows import SubmittedRows, row_name

LAYOUT = CHALLENGES["abaw5-va"].protocol.submission
FILE = Path("a.txt")
rows_drawn = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 4)), max_size=12)


def found_of(pairs, layout=LAYOUT):
    rows = Rows.of(pairs)
    n = len(rows)
    return SubmittedRows(
        layout=layout,
        paths=(FILE,),
        videos=rows.videos,
        video=rows.video,
        frame=rows.frame,
        file=np.zeros(n, np.intp),
        line=np.arange(2, n + 2),
        lines=(range(2, n + 2),),
        values=np.zeros((n, 2)),
    )


def compare(found, wanted):
    faults = Collector()
    match = Match.of(found, wanted)
    missing = compare_videos(found, wanted.videos, set(), faults)
    note_missing_videos(missing, found, match, FILE, faults)
    compare_rows(found, match, ordered=True, faults=faults)
    return {one.code: one for one in faults.findings(places=99)}


@given(rows_drawn, rows_drawn)
def test_missing_and_extra_rows_are_those_a_count_tells(wanted, given_rows):
    told = compare(found_of(given_rows), Rows.of(wanted))
    videos = {video for video, _ in given_rows} & {video for video, _ in wanted}
    missing = Counter(wanted) - Counter(given_rows)
    lost = sum(n for (video, _), n in missing.items() if video in videos)
    extra = [row for row in dict.fromkeys(given_rows) if row not in wanted and row[0] in videos]
    assert lost == (told["row-missing"].count if "row-missing" in told else 0)
    lines = [2 + given_rows.index(row) for row in extra]
    assert lines == [place.line for place in told["row-extra"].places] if extra else True
    assert ("row-extra" in told) == bool(extra)


@given(rows_drawn, st.randoms())
def test_the_order_is_wrong_where_sorting_would_change_it(wanted, random):
    wanted = list(dict.fromkeys(wanted))
    shuffled = random.sample(wanted, len(wanted))
    told = compare(found_of(shuffled), Rows.of(wanted))
    wrong = [i for i, row in enumerate(shuffled) if row != wanted[i]]
    assert told.keys() == {"row-order"} if wrong else not told
    if wrong:
        starts = [i + 2 for i in wrong if i - 1 not in wrong]
        assert [place.line for place in told["row-order"].places] == starts
        assert told["row-order"].count == len(wrong)


@given(rows_drawn.filter(bool), st.data())
def test_a_row_that_is_dropped_is_told_where_it_should_stand(wanted, data):
    wanted = list(dict.fromkeys(wanted))
    at = data.draw(st.integers(0, len(wanted) - 1))
    rest = [row for row in wanted if row != wanted[at]]
    (one,) = compare(found_of(rest), Rows.of(wanted)).values() if rest else [None]
    if one is not None:
        assert [place.line for place in one.places] == [at + 2]
        assert one.count == 1


def test_rows_missing_at_one_place_are_named_once_and_all_counted():
    wanted = [("a", frame) for frame in range(1, 10)]
    told = compare(found_of([*wanted[:2], *wanted[5:]]), Rows.of(wanted))["row-missing"]
    assert (told.count, [place.line for place in told.places]) == (3, [4])
    assert told.message == "expected a/00003.jpg, found a/00006.jpg"


def test_what_is_cut_off_is_missing_at_the_end():
    wanted = [("a", 1), ("a", 2)]
    told = compare(found_of(wanted[:1]), Rows.of(wanted))["row-missing"]
    assert told.message == "expected a/00002.jpg, found the end of the file"


@pytest.mark.parametrize(
    ("videos", "given_videos", "code", "said"),
    [
        (["v_left"], ["v_right"], "video-person", "found v_right, expected v_left"),
        (["v"], ["v_right"], "video-person", "found v_right, expected v"),
        (["v_left"], ["v"], "video-person", "found v, expected v_left"),
        (["v_left", "w"], ["v_left", "w", "v"], "video-unknown", "found v, which is none of"),
        (["a.b+c(1)"], ["a.b+c(1)", "aXb+c(1)"], "video-unknown", "found aXb+c(1)"),
        (["video5", "w"], ["vidoe5", "w"], "video-unknown", "did you mean video5?"),
    ],
)
def test_a_strange_video_is_told_from_another_person(videos, given_videos, code, said):
    wanted = Rows.whole(dict.fromkeys(videos, 2))
    told = compare(found_of(Rows.whole(dict.fromkeys(given_videos, 2))), wanted)
    assert said in told[code].message
    assert told[code].count == 1
    assert "row-missing" not in told


def test_a_video_without_rows_is_told_once_where_it_should_stand():
    wanted = Rows.whole({"a": 2, "b": 2, "c": 2})
    told = compare(found_of([("a", 1), ("a", 2), ("c", 1), ("c", 2)]), wanted)
    assert told.keys() == {"video-missing"}
    assert [place.line for place in told["video-missing"].places] == [4]


def test_videos_missing_at_one_place_are_all_counted():
    wanted = Rows.whole({"a": 1, "b": 2, "c": 2})
    told = compare(found_of([("a", 1)]), wanted)["video-missing"]
    assert (told.count, [place.line for place in told.places]) == (2, [3])


def test_the_first_row_of_a_file_is_missing_at_its_top():
    found = of_files([("b", 1), ("b", 2), ("a", 2), ("a", 3)])
    (told,) = compare(found, Rows.whole({"b": 2, "a": 3})).values()
    assert [(place.file, place.line) for place in told.places] == [("a.csv", 2)]
    assert told.message == "expected frame 1 of a, found frame 2 of a"


def template(name, **fields):
    layout = CHALLENGES[name].protocol.submission
    given_fields = {"rows": None, "n_frames": {}, "videos": ("a", "b"), **fields}
    return Template(source="x", layout=layout, **given_fields)


def test_the_rows_to_expect_are_those_that_can_be_known():
    rows = Rows.of([("a", 2)])
    assert template("abaw5-va", rows=rows).expected() is rows
    assert template("abaw3-va").expected() is None
    assert template("abaw7-mtl", n_frames={"a": 3}).expected() is None
    assert list(template("abaw3-va", n_frames={"b": 2}).expected()) == [("b", 1), ("b", 2)]
    assert list(template("abaw6-emi").expected()) == [("a", 1), ("b", 1)]


@pytest.mark.parametrize(
    ("name", "fields", "count"),
    [
        ("abaw3-va", {}, 2),
        ("abaw3-va", {"n_frames": {"a": 2}}, 1),
        ("abaw3-va", {"n_frames": {"a": 2, "b": 1}}, 0),
        ("abaw7-mtl", {}, 2),
        ("abaw7-mtl", {"n_frames": {"a": 2, "b": 1}}, 0),
        ("abaw5-va", {"rows": Rows.of([("a", 2)])}, 0),
        ("abaw6-emi", {}, 0),
    ],
)
def test_videos_of_which_nobody_tells_the_number_of_rows_are_counted(name, fields, count):
    faults = Collector()
    note_uncounted(template(name, **fields), faults)
    assert [one.count for one in faults.findings()] == [count] * bool(count)


@given(rows_drawn, st.dictionaries(st.sampled_from("abc"), st.integers(1, 4)))
def test_rows_beyond_the_last_frame_are_extra(pairs, n_frames):
    faults = Collector()
    note_beyond(found_of(pairs), n_frames, faults)
    lines = [i for i, (video, frame) in enumerate(pairs, 2) if frame > n_frames.get(video, 9)]
    assert [place.line for one in faults.findings(places=99) for place in one.places] == lines
    assert faults.codes() == ["row-extra"] * bool(lines)


def test_rows_are_named_as_their_files_do():
    keys = {
        "abaw5-va": "v/00002.jpg",
        "abaw3-va": "frame 2 of v",
        "abaw8-ah": "v/frame-1.jpg",
        "abaw10-vd": "frame 2 of v",
    }
    for name, key in keys.items():
        assert row_name(CHALLENGES[name].protocol.submission, "v", 2) == key


def of_files(pairs):
    """Give rows of two files of two rows each."""
    return replace(
        found_of(pairs, CHALLENGES["abaw10-vd"].protocol.submission),
        paths=(Path("b.csv"), Path("a.csv")),
        file=np.array([0, 0, 1, 1]),
        line=np.array([2, 3, 2, 3]),
        lines=(range(2, 4), range(2, 4)),
    )


def test_a_layout_of_files_has_an_order_in_each_file_only():
    found = of_files([("b", 1), ("b", 2), ("a", 2), ("a", 1)])
    (told,) = compare(found, Rows.whole({"a": 2, "b": 2})).values()
    assert [(place.file, place.line) for place in told.places] == [("a.csv", 2)]
    assert told.count == 2


def test_misplaced_rows_of_all_files_count():
    found = of_files([("b", 2), ("b", 1), ("a", 2), ("a", 1)])
    (told,) = compare(found, Rows.whole({"a": 2, "b": 2})).values()
    assert told.count == 4
    assert [(place.file, place.line) for place in told.places] == [("b.csv", 2), ("a.csv", 2)]
