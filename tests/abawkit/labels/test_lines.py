"""Lines and fields are found where they are, however a text is cut into pieces."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit.labels import lines as module
from abawkit.labels.lines import scan, squeeze

TEXTS = st.lists(st.text("ab, \t\r\n\v\f", max_size=12)).map("".join)
PIECES = st.sampled_from([1, 3, 8, 1000])


def split(text):
    """Split a text as its convention says: what ends in a newline has no line after it."""
    return text.removesuffix("\n").split("\n") if text else []


@given(TEXTS, PIECES)
def test_every_line_is_found_once(text, size):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_PIECE", size)
        pieces = list(scan(text.encode()))
    found = [piece.text(line).decode() for piece in pieces for line in range(len(piece))]
    assert found == split(text)
    assert [n for piece in pieces for n in piece.n_fields] == [
        line.count(",") + 1 for line in split(text)
    ]


@given(TEXTS, PIECES, st.integers(1, 3))
def test_the_first_fields_of_a_line_are_found(text, size, n_fields):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_PIECE", size)
        pieces = list(scan(text.encode()))
    found = []
    for piece in pieces:
        start, stop = piece.fields(piece.n_fields >= n_fields, n_fields)
        for begins, ends in zip(start.tolist(), stop.tolist(), strict=True):
            spans = zip(begins, ends, strict=True)
            found.append([piece.data[a:b].tobytes().decode() for a, b in spans])
    wanted = [line.split(",")[:n_fields] for line in split(text)]
    assert found == [fields for fields in wanted if len(fields) == n_fields]


@given(TEXTS, PIECES)
def test_outer_spaces_are_taken_out_and_their_lines_told(text, size):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_PIECE", size)
        squeezed, lines = squeeze(text.encode())
    clean = [
        ",".join(field.strip(" \t\r\v\f") for field in line.split(",")) for line in split(text)
    ]
    assert squeezed.decode() == "\n".join(clean) + "\n" * text.endswith("\n")
    told = [n for n, line in enumerate(split(text)) if line != clean[n]]
    np.testing.assert_array_equal(lines, told)


def test_a_text_is_scanned_from_where_it_is_said():
    (piece,) = scan(b"head,er\n1,2\n", 8)
    assert [piece.text(line) for line in range(len(piece))] == [b"1,2"]
    assert list(scan(b"header", 6)) == list(scan(b"header\n", 7)) == []
