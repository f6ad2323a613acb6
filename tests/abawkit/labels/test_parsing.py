"""The bytes of a label file become its rows, and whatever is wrong with them is named."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit.errors import AnnotationError, DataError
from abawkit.labels.faults import Faults
from abawkit.labels.keys import key_pattern
from abawkit.labels.parsing import parse_table
from abawkit.labels.text import header_of, quoted, read_text
from abawkit.labels.values import allowed, expectation, shown
from abawkit.protocol import CHALLENGES, blocks, find_challenge
from tests.strategies import traces, values_of

SPELLINGS = st.sampled_from(["{}", "{:.6f}", "{:e}", "{:E}", "{:+}", "{:.12f}"])
ROWS = pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
VA_FILE = Path("42.txt")


def parse(body, name="abaw3-va", faults=None):
    """Parse rows of per-video annotations."""
    challenge = find_challenge(name)
    layout = challenge.protocol.annotation
    text = f"{layout.header}\n{body}".encode()
    return parse_table(VA_FILE, text, layout, challenge.targets, faults or Faults())


def faults_in(body, name="abaw3-va", limit=20):
    faults = Faults(limit)
    parse(body, name, faults)
    return faults.messages


@given(traces(min_size=1), st.data())
def test_the_fast_and_the_slow_way_read_a_clean_file_alike(values, data):
    lines = [",".join(data.draw(SPELLINGS).format(v) for v in row) for row in values.tolist()]
    literal = [[float(text) for text in line.split(",")] for line in lines]
    fast = parse("\n".join(lines))
    slow = parse("\n".join(f"\t{line}" for line in lines))
    np.testing.assert_array_equal(fast.values, literal)
    np.testing.assert_array_equal(slow.values, literal)


def literally(line):
    """Read a row of VA as Python reads numbers; None if it is wrong."""
    try:
        row = [float(text) for text in line.split(",")]
    except ValueError:
        return None
    return row if len(row) == 2 and all(-1 <= v <= 1 or v == -5 for v in row) else None


@given(st.lists(st.text("0123456789+-.eE, ", max_size=12), max_size=4))
def test_a_row_is_read_as_python_reads_it_or_named(lines):
    body = "\n".join(lines).rstrip()
    lines = body.split("\n") if body else []
    faults = Faults(limit=100)
    values = parse(body, faults=faults).values.tolist()
    named = {int(text.split(":")[0].rsplit(" ", 1)[1]) - 2 for text in faults.messages}
    read = [None if row in named else values[row] for row in range(len(lines))]
    assert read == [literally(line) for line in lines]


@pytest.mark.parametrize("text", ["1e5", "1.", ".5", "+1", "-0.0", "0001", "1E-3"])
def test_every_way_to_write_a_number_is_read(text):
    table = parse(f"{text},-5.0")
    assert table.values[0, 1] == -5
    assert np.isnan(table.values[0, 0]) or table.values[0, 0] == float(text)


def test_the_first_row_is_on_the_second_line():
    table = parse("0.1,0.2\n0.3,0.4")
    assert table.first_line == 2
    assert table.videos == ("42",)
    np.testing.assert_array_equal(table.values, [[0.1, 0.2], [0.3, 0.4]])


def test_a_header_alone_is_a_table_without_rows():
    assert parse("").values.shape == (0, 2)


def test_the_message_shows_file_line_what_was_expected_and_what_was_found():
    assert faults_in("0.1,0.2\n0.1,0.2,0.3") == [
        "42.txt, line 3: expected 2 values (valence,arousal), found 3: '0.1,0.2,0.3'"
    ]


def test_a_long_line_is_quoted_in_part():
    (message,) = faults_in("0.1," * 1000)
    assert len(message) < 160
    assert message.endswith("...'")


def test_nothing_is_called_nothing():
    assert quoted("") == "nothing"


def test_a_faulty_value_is_nan_and_leaves_its_neighbour():
    values = parse("0.1,7\nx,0.4").values
    np.testing.assert_array_equal(values, [[0.1, np.nan], [np.nan, 0.4]])


def test_faults_that_cancel_over_lines_are_both_named():
    first, second = faults_in("0.1\n0.2,0.3,0.4")
    assert "line 2: expected 2 values (valence,arousal), found 1: '0.1'" in first
    assert "line 3: expected 2 values (valence,arousal), found 3: '0.2,0.3,0.4'" in second


def test_each_faulty_value_of_a_line_is_named():
    assert [text.split(": ")[1] for text in faults_in("x,y")] == ["valence", "arousal"]


@given(st.integers(1, 30), st.integers(0, 30))
def test_faults_are_named_up_to_the_limit_and_the_rest_is_counted(n_faults, limit):
    faults = Faults(limit)
    parse("\n".join(["9,0"] * n_faults), faults=faults)
    with pytest.raises(AnnotationError) as caught:
        faults.check()
    lines = str(caught.value).split("\n")
    assert len(lines) == min(n_faults, limit) + (n_faults > limit)
    assert (lines[-1] == f"and {n_faults - limit} more faults") == (n_faults > limit)


def test_no_faults_are_no_error():
    Faults().check()


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(DataError, match=r"gone\.txt: cannot read this file: No such file"):
        read_text(tmp_path / "gone.txt")


def test_mark_carriage_returns_and_blank_lines_at_the_end_are_taken_off(tmp_path):
    (tmp_path / "1.txt").write_bytes(b"\xef\xbb\xbfa\r\n\r\nb\r\n \r\n\r\n")
    assert read_text(tmp_path / "1.txt") == b"a\n\nb"


def test_a_header_is_read_without_the_spaces_after_its_commas():
    assert header_of(b"valence, arousal \n0,0") == "valence,arousal"


def test_a_header_that_is_no_utf_8_is_shown_escaped():
    assert header_of(b"val\xffence") == r"val\xffence"


@ROWS
@given(data=st.data())
def test_every_label_of_a_target_is_allowed_and_its_sentinel_is_not(challenge, data):
    for target, _ in blocks(challenge.targets):
        assert allowed(target, data.draw(values_of(target, 3))).all()
        assert not allowed(target, np.array([target.unannotated, np.nan, np.inf, -np.inf])).any()


def test_every_kind_of_target_says_what_it_expects():
    texts = [expectation(target) for target in find_challenge("abaw3-mtl").targets]
    assert texts == ["-1 to 1", "a class, 0 to 7", "0 or 1"]


@given(st.floats(allow_nan=False))
def test_a_value_is_shown_with_all_its_digits(value):
    assert float(shown(value)) == value


@pytest.mark.parametrize(
    ("name", "text", "groups"),
    [
        ("abaw5-va", "video10_1_left/00001.jpg", ("video10_1_left", "00001")),
        ("abaw5-va", "1/123456.jpg", ("1", "123456")),
        ("abaw4-lsd", "0.jpg", ("0",)),
        ("abaw8-ah", "a/b c.mp4/frame-0.jpg", ("a/b c.mp4", "0")),
        ("abaw10-vd", "17", ("17",)),
        ("abaw6-emi", "01234", ("01234",)),
    ],
)
def test_a_key_is_taken_apart(name, text, groups):
    key = find_challenge(name).protocol.submission.key
    assert key_pattern(key).fullmatch(text).groups() == groups


@pytest.mark.parametrize(
    "text",
    [
        "1/0001.jpg",
        "1/000001.jpg",
        "1/12345678.jpg",
        "1/00001.png",
        "1/00001xjpg",
        "1/00001",
        "/00001.jpg",
        "00001.jpg",
        "1/\u0661\u0662\u0663\u0664\u0665.jpg",
        "1\n/00001.jpg",
        "1\udcff/00001.jpg",
        "a,b/00001.jpg",
    ],
)
def test_a_key_of_another_form_does_not_match(text):
    key = find_challenge("abaw5-va").protocol.submission.key
    assert key_pattern(key).fullmatch(text) is None
