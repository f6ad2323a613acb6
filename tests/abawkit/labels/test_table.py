"""Every kind of fault in a table is told by its code and lines; the rest is read."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from abawkit.labels import lines as module
from abawkit.labels.cells import Terms
from abawkit.labels.parsing import parse_table
from abawkit.protocol import CHALLENGES, find_challenge
from tests.abawkit.labels.sinks import Sink

AH = find_challenge("abaw10-ah")
VA = find_challenge("abaw5-va")
AU_ROW = ",".join("0" * 11)


def parse(body, challenge=VA, layout=None):
    """Parse rows of a submission; give the table and what was told."""
    challenge = CHALLENGES.get(challenge, challenge)
    layout = layout or challenge.protocol.submission
    head = "" if layout.header is None else layout.header + "\n"
    sink = Sink()
    table = parse_table(Path("1.txt"), (head + body).encode(), layout, challenge.targets, sink)
    return table, sink


@pytest.mark.parametrize(
    ("name", "row", "codes"),
    [
        ("abaw5-va", "1/00001.jpg,0.5,-5", []),
        ("abaw5-va", "1/00001.jpg,.5,1.", []),
        ("abaw5-va", "1/00001.jpg,0.123456789012345678,-0", []),
        ("abaw5-va", "", ["blank-line"]),
        ("abaw5-va", "1/00001.jpg,0.5", ["columns"]),
        ("abaw5-va", "1/00001.jpg,0.5,0,0", ["columns"]),
        ("abaw5-va", "1/00001.jpg,0.5,0,,", ["columns"]),
        ("abaw5-va", "1/00001.jpg,0.5,0,", ["trailing-comma"]),
        ("abaw5-va", "1/00001.jpg,0.5,,", ["empty-value", "trailing-comma"]),
        ("abaw5-va", "1/00001.jpg,,0", ["empty-value"]),
        ("abaw5-va", "1/00001.jpg,x,0", ["text"]),
        ("abaw5-va", "1/00001.jpg,1 2,0", ["text"]),
        ("abaw5-va", "1/00001.jpg,1_0,0", ["text"]),
        ("abaw5-va", "1/00001.jpg,NaN,0", ["nan"]),
        ("abaw5-va", "1/00001.jpg,-Inf,+infinity", ["nan"]),
        ("abaw5-va", "1/00001.jpg,1e999,0", ["number-notation", "range"]),
        ("abaw5-va", "1/00001.jpg,1.5,-4", ["range"]),
        ("abaw5-va", "1/00001.jpg,5e-1,0", ["number-notation"]),
        ("abaw5-va", "1/00001.jpg,+0.5,0", ["number-notation"]),
        ("abaw5-va", "1/00001.jpg, 0.5,0", ["spaces"]),
        ("abaw5-va", "1/1.jpg,0,0", ["key"]),
        ("abaw5-va", "1/1.jpg,0", ["columns"]),
        ("abaw5-expr", "1/00001.jpg,1.0", ["number-format"]),
        ("abaw5-expr", "1/00001.jpg,1e0", ["number-format"]),
        ("abaw5-expr", "1/00001.jpg,+1", ["number-format"]),
        ("abaw5-expr", "1/00001.jpg,01", ["number-format"]),
        ("abaw5-expr", "1/00001.jpg,-0", ["number-format"]),
        ("abaw5-expr", "1/00001.jpg,-1", []),
        ("abaw5-expr", "1/00001.jpg,2.5", ["range"]),
        ("abaw5-expr", "1/00001.jpg,8.0", ["number-format", "range"]),
        ("abaw5-au", f"1/00001.jpg,{AU_ROW},2", ["range"]),
        ("abaw3-expr", "", ["blank-line"]),
        ("abaw3-expr", "3,", ["trailing-comma"]),
        ("abaw10-ah", "a,0.4,0.6,1", []),
        ("abaw10-ah", "a,0.4,0.61,1", ["probability"]),
        ("abaw10-ah", "a,0.4,0.6,0", ["label-probability"]),
        ("abaw10-ah", "a,0.5,0.5,0", []),
        ("abaw10-ah", "a,5e-1,+.5,1", ["number-notation", "number-notation"]),
        ("abaw10-ah", "a,-0.1,1.1,1", ["range"]),
        ("abaw10-ah", "a,,1,1", ["empty-value"]),
        ("abaw10-ah", "a,0.4,0.6,-1", []),
        ("abaw10-ah", "a,0.4,0.6,2", ["range"]),
    ],
)
def test_each_fault_is_told_by_its_code(name, row, codes):
    good = {"abaw5-va": "1/00001.jpg,0,0", "abaw3-expr": "0", "abaw10-ah": "a,0.5,0.5,1"}
    first = good.get(name, row)
    _, sink = parse(f"{first}\n{first}\n{row}\n", name)
    line = 3 + (CHALLENGES[name].protocol.submission.header is not None)
    assert {code for code, lines in sink.told.items() if line in lines} == set(codes)
    assert set(sink.told) == set(codes)


def test_a_row_keeps_its_place_and_its_key_whatever_is_wrong_with_it():
    body = "1/00001.jpg,0,0\n\n1/00002.jpg,9\n1/3.jpg,0.5,0\n2/00001.jpg,0.1,9,\n1/00004.jpg,x,1"
    table, sink = parse(body)
    assert table.first_line == 2
    np.testing.assert_array_equal(
        table.values,
        [[0, 0], [np.nan] * 2, [np.nan] * 2, [0.5, 0], [0.1, np.nan], [np.nan, 1]],
    )
    assert table.videos == ("1", "2")
    assert table.video.tolist() == [0, -1, 0, -1, 1, 0]
    assert table.frame.tolist() == [1, 0, 2, 0, 1, 4]
    lines = {"blank-line": 3, "columns": 4, "key": 5, "trailing-comma": 6, "range": 6, "text": 7}
    assert sink.told == {code: [line] for code, line in lines.items()}


@pytest.mark.parametrize("size", [1, 100, 1 << 19])
def test_every_line_of_a_common_fault_is_told(size, monkeypatch):
    monkeypatch.setattr(module, "_PIECE", size)
    rows = [f"1/{n:05d}.jpg, 0.5,{'' if n % 2 else 7}" for n in range(1, 1001)]
    _, sink = parse("\n".join(rows))
    assert sink.told == {
        "spaces": [*range(2, 1002)],
        "empty-value": [*range(2, 1002, 2)],
        "range": [*range(3, 1002, 2)],
    }
    assert sink.said["range"].endswith(
        "arousal: expected -1 to 1, or -5 if not annotated, found 7"
    )


def test_more_faults_than_are_told_one_by_one_are_told_with_the_first_of_them():
    _, sink = parse("\n".join(f"1/{n:05d}.jpg,0,{n + 1}" for n in range(1, 151)))
    assert sink.told["range"] == [*range(2, 152)]


def test_of_a_header_nothing_is_told():
    sink = Sink()
    text = b"image_location, valence,arousal\n1/00001.jpg,0,0"
    table = parse_table(Path("1.txt"), text, VA.protocol.submission, VA.targets, sink)
    assert sink.told == {}
    assert table.values.tolist() == [[0, 0]]


@pytest.mark.parametrize("headed", [False, True])
def test_the_first_line_is_what_the_caller_says(headed):
    sink = Sink()
    text = b"1/00001.jpg,0,0\n1/00002.jpg, 1,1"
    layout = VA.protocol.submission
    table = parse_table(Path("1.txt"), text, layout, VA.targets, sink, headed=headed)
    assert table.first_line == 1 + headed
    assert table.values.tolist() == [[0, 0], [1, 1]][headed:]
    assert sink.told == {"spaces": [2]}


def test_without_keys_rows_are_frames_and_blank_lines_are_none():
    sink = Sink()
    layout = find_challenge("abaw3-va").protocol.submission
    text = b"valence,arousal\n0,0\n\n7\n1,1"
    table = parse_table(Path("1.txt"), text, layout, VA.targets, sink)
    assert (table.videos, table.keyed) == (("1",), False)
    assert table.video.tolist() == [0, -1, 0, 0]
    assert table.frame.tolist() == [1, 0, 2, 3]
    assert table.rows.tolist() == [0, 2, 3]


def test_on_other_terms_sentinels_are_told_and_what_overshoots_is_not():
    sink = Sink()
    text = b"image_location,valence,arousal\n1/00001.jpg,-5,1.5\n1/00002.jpg,-1.6,0"
    terms = Terms(sentinels=False, overshoot=0.25)
    table = parse_table(Path("1.txt"), text, VA.protocol.submission, VA.targets, sink, terms=terms)
    np.testing.assert_array_equal(table.values, [[-5, 1.5], [np.nan, 0]])
    assert sink.told == {"sentinel": [2], "range": [3]}
    assert sink.said["range"].endswith("valence: expected -1 to 1, found -1.6")
    expected = "valence: -5 marks what is not annotated; expected -1 to 1"
    assert sink.said["sentinel"].endswith(expected)


def test_columns_in_another_order_are_put_into_the_tasks():
    layout = replace(VA.protocol.submission, order=(1, 0))
    table, sink = parse("1/00001.jpg,0.1,0.2\n1/00002.jpg,0.1,9", layout=layout)
    np.testing.assert_array_equal(table.values, [[0.2, 0.1], [np.nan, 0.1]])
    assert sink.said["range"].startswith("valence: ")


def test_an_order_of_many_columns_is_undone():
    order = (*range(3, 12), 2, 0, 1)
    challenge = find_challenge("abaw5-au")
    layout = replace(challenge.protocol.submission, order=order)
    row = np.arange(12) % 2
    table, _ = parse("1/00001.jpg," + ",".join(map(str, row[[*order]])), challenge, layout)
    np.testing.assert_array_equal(table.values, [row])


def test_probabilities_are_read_where_most_rows_have_them():
    table, sink = parse("a,0.25,0.75,1\nb,1\nc,1.5,0.5,0", AH)
    np.testing.assert_array_equal(table.probabilities, [[0.25, 0.75], [np.nan] * 2, [np.nan, 0.5]])
    assert sink.told == {"columns": [2], "range": [3]}
    table, sink = parse("a,1\nb,0\nc,0.5,0.5,0", AH)
    assert table.probabilities is None
    np.testing.assert_array_equal(table.values, [[1], [0], [np.nan]])
    assert sink.told == {"columns": [3]}


def test_rows_that_tell_nothing_may_have_probabilities():
    assert parse("", AH)[0].probabilities.shape == (0, 2)
    assert parse("a,1\nb,0.5,0.5,1", AH)[0].probabilities is not None


@pytest.mark.parametrize("body", ["", "\n"])
def test_no_rows_are_a_table_of_none(body):
    table, _ = parse(body)
    assert table.values.shape == (body.count("\n"), 2)
    assert table.videos == ()
