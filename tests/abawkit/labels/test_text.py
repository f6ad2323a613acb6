"""What is not as it should be in a file's form is told with its lines, and then forgotten."""

import pytest

from abawkit.errors import DataError
from abawkit.labels.text import bare_header, read_text
from tests.abawkit.labels.sinks import Sink


def told(path, data):
    path.write_bytes(data)
    sink = Sink()
    text = read_text(path, sink)
    assert read_text(path) == text
    return sink.told, text


@pytest.mark.parametrize(
    ("data", "codes", "text"),
    [
        (b"a\nb\n", {}, b"a\nb"),
        (b"a\nb", {"last-line": [2]}, b"a\nb"),
        (b"a", {"last-line": [1]}, b"a"),
        (b"", {}, b""),
        (b"\n", {"blank-line": [1]}, b""),
        (b"a\n\n", {"blank-line": [2]}, b"a"),
        (b"a\n \n\t\n", {"blank-line": [2, 3]}, b"a"),
        (b"a\n  ", {"blank-line": [2]}, b"a"),
        (b"a\n\nb\n", {}, b"a\n\nb"),
        (b"a \nb \n", {}, b"a \nb "),
        (b"a\r\nb\nc\r\n", {"line-ends": [1, 3]}, b"a\nb\nc"),
        (b"a\rb\r\r", {"line-ends": [1, 2, 3], "blank-line": [3]}, b"a\nb"),
        (b"a\rb", {"line-ends": [1], "last-line": [2]}, b"a\nb"),
        (b"a\rb\rc\nd\n", {"line-ends": [1]}, b"a\rb\rc\nd"),
        (b"a\r\n\r\n", {"line-ends": [1, 2], "blank-line": [2]}, b"a"),
        (b"\xef\xbb\xbfa\n", {"encoding": [1]}, b"a"),
        (b"a\n\xffb\nc\xc3\nd\xc3\xa9\n", {"encoding": [2, 3]}, b"a\n\xffb\nc\xc3\nd\xc3\xa9"),
    ],
)
def test_the_form_of_a_file_is_told_and_undone(tmp_path, data, codes, text):
    assert told(tmp_path / "1.txt", data) == (codes, text)


def test_every_finding_says_what_was_expected_and_found(tmp_path):
    (tmp_path / "1.txt").write_bytes(b"\xef\xbb\xbfa\r\n\xff\n\n")
    sink = Sink()
    read_text(tmp_path / "1.txt", sink)
    assert {*sink.said} == {"encoding", "line-ends", "blank-line"}
    assert all("expected " in text and ", found " in text for text in sink.said.values())


def test_an_archive_is_told_by_its_first_bytes(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"PK\x03\x04...")
    with pytest.raises(DataError, match=r"a.txt: this is an archive; .*: unpack it"):
        read_text(path)
    path.write_bytes(b"PKs,image\n")
    assert read_text(path) == b"PKs,image"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_in_utf_16_is_named_and_nothing_else_told_of_it(tmp_path, encoding):
    (tmp_path / "1.txt").write_bytes("a,b\r\n0.1,\u010a\n\n".encode(encoding))
    sink = Sink()
    read_text(tmp_path / "1.txt", sink)
    assert sink.told == {"encoding": [1]}
    assert sink.said == {
        "encoding": "expected UTF-8, found what looks like UTF-16: save it as UTF-8"
    }
    with pytest.raises(DataError, match=r"1.txt: expected UTF-8, found what looks like UTF-16"):
        read_text(tmp_path / "1.txt")


@pytest.mark.parametrize("data", [b"\x89PNG\0\0\0\x01", b"\0\0\0\0", b"\0", b"i\0\0m"])
def test_what_is_no_text_has_no_last_line(tmp_path, data):
    assert "last-line" not in told(tmp_path / "1.txt", data)[0]


@pytest.mark.parametrize(
    "text", [b"a,b c", b'"a","b c"', b"a, b c,", b'"a" , "b c",\n1,2', b"a,b c, "]
)
def test_a_bare_header_has_the_names_and_no_more(text):
    assert bare_header(text) == "a,b c"


def test_of_commas_at_the_end_of_a_header_one_is_left_out():
    assert bare_header(b"a,,") == "a,"
    assert bare_header(b"") == ""
