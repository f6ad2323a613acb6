"""Keys are read in bulk as their pattern reads them one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit.labels import lines as module
from abawkit.labels.keys import key_pattern, read_keys
from abawkit.protocol import CHALLENGES, Key

KEYS = {
    row.protocol.submission.key
    for row in CHALLENGES.values()
    if row.protocol.submission.key is not None
} | {Key(column="x", pattern="{video}/{frame:06d}.png")}
EVERY_KEY = pytest.mark.parametrize("key", KEYS, ids=lambda key: f"{key.column}-{key.pattern}")
NAMES = [
    *("a", "b", "12345678", "12345679", "video10_1_left", "video10_1_righ", "a/b", "1/00001.jpg"),
    *("é", " ", "x" * 300, "x" * 299 + "y", "\u00a0a", "", "a\t", "a\x7f", "frame-1", "0", "."),
]
FRAMES = [
    "0",
    "1",
    "2",
    "00001",
    "00002",
    "000012",
    "123456",
    "1234567",
    "12345678",
    "-1",
    "x",
    "",
]


@st.composite
def texts_of(draw, key):
    """Keys, right and wrong, some of them again and again."""
    literal = [part.partition("}")[2] for part in key.pattern.split("{")]
    parts = st.tuples(st.sampled_from(NAMES), st.sampled_from([*literal, "/", ".png"]))
    names = draw(st.lists(parts.map("".join), min_size=1, max_size=3))
    end = st.sampled_from([literal[-1], ".png", ""])
    text = st.tuples(st.sampled_from(names), st.sampled_from(FRAMES), end).map("".join)
    valid = st.builds(
        key.pattern.format, video=st.sampled_from(NAMES), frame=st.integers(0, 10**7)
    )
    return [line.encode() for line in draw(st.lists(st.one_of(text, valid, valid), max_size=12))]


def literally(lines, key, stem):
    """Read keys one by one."""
    index, rows = {}, []
    for line in lines:
        text = line.decode("utf-8", "surrogateescape").strip(" \t\r\v\f")
        match = key_pattern(key).fullmatch(text) if text == text.strip() else None
        parts = match.groupdict() if match else {}
        frame = int(parts.get("frame", key.first)) - key.first + 1
        good = match is not None and frame > 0
        name = parts.get("video", stem)
        rows.append((index.setdefault(name, len(index)), frame) if good else (-1, 0))
    return tuple(index), rows


@EVERY_KEY
@given(data=st.data())
def test_keys_are_read_as_one_by_one(key, data):
    lines = data.draw(texts_of(key))
    text = b"".join(
        line + data.draw(st.sampled_from([b"", b",0", b" ,0,0"])) + b"\n" for line in lines
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_PIECE", data.draw(st.sampled_from([1, 30, 1000])))
        found = read_keys(text, key, stem="own")
    videos, rows = literally(lines, key, "own")
    assert found.videos == videos
    assert [*zip(found.video.tolist(), found.frame.tolist(), strict=True)] == rows


@EVERY_KEY
def test_bytes_that_are_no_utf_8_are_no_key(key):
    text = key.pattern.format(video="a", frame=1).encode()
    found = read_keys(text + b"\n\xff" + text + b"\n", key, stem="own")
    assert found.video.tolist() == [0, -1]
    assert found.frame[1] == 0


def test_a_long_name_and_its_neighbours_are_told_apart():
    key = Key(column="x", pattern="{video}/{frame:05d}.jpg")
    names = ["a" * size + end for size in range(1, 280, 7) for end in "xyy"]
    text = "".join(f"{name}/00001.jpg\n" for name in names).encode()
    found = read_keys(text, key, stem="")
    assert [found.videos[video] for video in found.video] == names


def test_no_text_has_no_keys():
    found = read_keys(b"", Key(column="x", pattern="{video}"), stem="")
    assert found.videos == ()
    np.testing.assert_array_equal(found.video, np.empty(0))
