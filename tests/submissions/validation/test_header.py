"""The first line is the header that it should be, another one, or a row."""

from dataclasses import replace
from pathlib import Path

import pytest

from abawkit.protocol import CHALLENGES
from submissions.validation.collecting import Collector
from submissions.validation.header import has_header

FILE = Path("a.txt")


def look(name, text, header=...):
    challenge = CHALLENGES[name]
    layout = challenge.protocol.submission
    layout = layout if header is ... else replace(layout, header=header)
    faults = Collector()
    headed = has_header(FILE, text, challenge, layout, faults)
    return headed, [(one.code, one.message) for one in faults.findings()]


@pytest.mark.parametrize("name", CHALLENGES)
def test_the_right_header_is_one_and_a_row_without_is_none(name):
    header = CHALLENGES[name].protocol.submission.header
    row = b"v/00001.jpg,0.5,0.5,1"
    head = b"" if header is None else header.encode() + b"\n"
    assert look(name, head + row) == (header is not None, [])


@pytest.mark.parametrize(
    ("name", "text", "headed", "said"),
    [
        ("abaw3-va", b"Valence,arousal\n0,0", True, "found 'Valence,arousal'"),
        ("abaw3-va", b"arousal,valence\n0,0", True, "the same names in another order"),
        ("abaw3-va", b'"valence","arousal"\n0,0', True, """found '"valence","arousal"'"""),
        ("abaw3-va", b'"arousal", "valence"\n0,0', True, "the same names in another order"),
        ("abaw3-va", b"valence,arousal,\n0,0", True, "found 'valence,arousal,'"),
        ("abaw6-emi", b'"Filename","Joy","Empathic Pain"\n1,0', True, '"Empathic Pain"'),
        ("abaw3-expr", b'"valence","arousal",\n0,0', None, "found that of abaw1-va, abaw2-va"),
        ("abaw5-va", b'"v/00001.jpg","0.1","0.2"', False, "found a row: "),
        ("abaw3-va", b"0.1,0.2\n0,0", False, "found a row: '0.1,0.2'"),
        ("abaw3-va", b"nan,0.2\n0,0", False, "found a row: 'nan,0.2'"),
        ("abaw3-va", b"nan,NaN\n0,0", False, "found a row: 'nan,NaN'"),
        ("abaw3-va", b"AU1,AU2\n0,0", True, "found 'AU1,AU2'"),
        ("abaw5-va", b"v/00001.jpg,\n", False, "found a row: 'v/00001.jpg,'"),
        ("abaw5-va", b"v/00001.jpg,high,low\n", False, "found a row: 'v/00001.jpg,high,low'"),
        ("abaw4-lsd", b"0.jpg,anger\n", False, "found a row: '0.jpg,anger'"),
        ("abaw10-vd", b"1,high\n", False, "found a row: '1,high'"),
        ("abaw5-va", b"valence,arousal\n0,0", None, "found that of abaw1-va, abaw2-va"),
        ("abaw3-expr", b"valence,arousal\n0,0", None, "found that of abaw1-va, abaw2-va"),
        ("abaw3-va", b"valence\xff,arousal\n0,0", True, "expected the header 'valence,arousal'"),
        ("abaw11-ah", b"video,p0,p1,label\nx,0,1,1", True, "expected no header, found 'video,p0"),
    ],
)
def test_another_first_line_is_told_with_what_it_is(name, text, headed, said):
    found, ((code, message),) = look(name, text)
    assert (found, code) == (headed, "header")
    assert said in message


@pytest.mark.parametrize(
    ("text", "headed", "code"),
    [
        (b"", False, "file-empty"),
        (b"\x00\x01\x02", None, "encoding"),
        (b"\xff\xfe", None, "encoding"),
    ],
)
def test_what_is_no_text_has_no_rows(text, headed, code):
    found, ((told, _),) = look("abaw3-va", text)
    assert (found, told) == (headed, code)


def test_spaces_in_the_header_are_told_but_for_those_of_the_sample():
    text = b"valence, arousal\n0,0"
    assert look("abaw3-va", text, header="valence, arousal") == (True, [])
    headed, ((code, message),) = look("abaw3-va", text)
    assert (headed, code) == (True, "spaces")
    assert "found 'valence, arousal'" in message


def test_the_header_of_the_sample_is_asked_for_to_the_letter():
    text = b"Frame_Number,Predicted_Label\n1,0"
    assert look("abaw10-vd", text, header="Frame_Number,Predicted_Label") == (True, [])
    assert look("abaw10-vd", text)[1][0][0] == "header"
