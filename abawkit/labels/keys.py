"""The first column of a file that names its rows: which text it allows, and what it names."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from abawkit.labels.lines import WORD, scan, squeeze

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from abawkit.labels.lines import Bytes, Lines, Positions
    from abawkit.protocol import Key

_VIDEO = r"(?P<video>[^,\x00-\x1f\x7f\ud800-\udfff]+)"
"""Any text without commas, control characters and bytes that are no UTF-8."""
_MOST_DIGITS = 7
"""How many digits a frame may have."""
_ZERO, _TEN = np.uint8(ord("0")), np.uint8(10)
_FIRST_BYTES = np.array([256**count - 1 for count in range(WORD + 1)], np.uint64)
"""What keeps the first so many bytes of a word."""
_LONGEST = 256
"""Keys with a longer text before the frame are read one by one."""


def key_pattern(key: Key) -> re.Pattern[str]:
    """Give the pattern of the keys that a layout allows.

    A frame has as many digits as it is padded to, or more without a leading zero, and no more
    than seven. A video's name may hold any character that can stand in the column, slashes too.

    Parameters
    ----------
    key : Key
        The key column.

    Returns
    -------
    re.Pattern
        With the groups ``video`` and ``frame``, as far as the key has them.

    Examples
    --------
    >>> from abawkit.protocol import find_challenge
    >>> pattern = key_pattern(find_challenge("abaw5-va").protocol.submission.key)
    >>> pattern.fullmatch("video10_1_left/00318.jpg").groups()
    ('video10_1_left', '00318')
    >>> pattern.fullmatch("video10_1_left/0318.jpg")
    """
    parts = []
    for literal, name, _, _ in string.Formatter().parse(key.pattern):
        parts.append(re.escape(literal))
        if name == "video":
            parts.append(_VIDEO)
        elif name == "frame":
            width = _frame_width(key)
            most = _MOST_DIGITS - 1
            parts.append(rf"(?P<frame>[0-9]{{{width}}}|[1-9][0-9]{{{width},{most}}})")
    return re.compile("".join(parts))


def names_row(text: str, key: Key) -> bool:
    """Tell whether a text can only be the key of a row, and not the name of a column.

    Parameters
    ----------
    text : str
        The first field of a line.
    key : Key
        The key column.

    Returns
    -------
    bool
        Whether it is a key; where a key may be any name at all, none is known to be one.

    Examples
    --------
    >>> from abawkit.protocol import find_challenge
    >>> images = find_challenge("abaw4-lsd").protocol.submission.key
    >>> names_row("0.jpg", images), names_row("image", images)
    (True, False)
    >>> clips = find_challenge("abaw6-emi").protocol.submission.key
    >>> names_row("12345", clips)
    False
    """
    return key.pattern != "{video}" and key_pattern(key).fullmatch(text) is not None


def _frame_width(key: Key) -> int:
    """Tell to how many digits a layout pads frames.

    Parameters
    ----------
    key : Key
        The key column, with a frame.

    Returns
    -------
    int
        1 if it does not.
    """
    specs = [spec for _, name, spec, _ in string.Formatter().parse(key.pattern) if name == "frame"]
    return int(specs[0][:-1]) if specs and specs[0] else 1


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Keys:
    """What the first column of a file names, row by row.

    Attributes
    ----------
    videos : tuple of str
        The videos, each once, in the order in which they first appear.
    video : numpy.ndarray of int, shape (n_rows,)
        Index into `videos`; -1 where the text is no key.
    frame : numpy.ndarray of int, shape (n_rows,)
        From 1, whatever the file counts from; 1 where a row is a whole clip, 0 where the text
        is no key.
    """

    videos: tuple[str, ...]
    video: NDArray[np.intp]
    frame: NDArray[np.intp]


def read_keys(text: bytes, key: Key, *, stem: str) -> Keys:
    """Read the first column of every line.

    Parameters
    ----------
    text : bytes
        The lines, without a header; a newline at the end does not begin a line.
    key : Key
        What the keys look like.
    stem : str
        The video of all rows, where keys name frames only.

    Returns
    -------
    Keys
        What each line names; a line without a comma is a key as a whole.
    """
    return keys_of(scan(squeeze(text)[0]), key, stem=stem)


def keys_of(pieces: Iterable[Lines], key: Key, *, stem: str) -> Keys:
    """Read the first column of lines.

    Python looks only at the first of the rows that have the same text before their frame.

    Parameters
    ----------
    pieces : iterable of Lines
        The lines, without outer spaces.
    key : Key
        What the keys look like.
    stem : str
        The video of all rows, where keys name frames only.

    Returns
    -------
    Keys
        What each line names.
    """
    pattern, example = key_pattern(key), key.pattern[len(_head(key)) :].format(frame=key.first)
    index: dict[str, int] = {}
    known: dict[bytes, int] = {}
    videos, frames = [np.empty(0, np.intp)], [np.empty(0, np.intp)]
    for lines in pieces:
        head_stop, frame = _frames(lines, key)
        video = np.full(len(lines), -1)
        good = np.flatnonzero(frame > 0)
        start, stop = lines.start[good], head_stop[good]
        new = ~_as_before(lines.data, start, stop)
        names = []
        for begin, end in zip(start[new].tolist(), stop[new].tolist(), strict=True):
            head = lines.data[begin:end].tobytes()
            if head not in known:
                # What is no UTF-8 becomes surrogates, which no name of a video can hold.
                text = head.decode("utf-8", "surrogateescape") + example
                match = pattern.fullmatch(text) if text == text.strip() else None
                name = match and match.groupdict().get("video", stem)
                known[head] = -1 if name is None else index.setdefault(name, len(index))
            names.append(known[head])
        video[good] = np.array(names, np.intp)[np.cumsum(new) - 1]
        videos.append(video)
        frames.append(np.where(video < 0, 0, frame))
    return Keys(videos=tuple(index), video=np.concatenate(videos), frame=np.concatenate(frames))


def _head(key: Key) -> str:
    return key.pattern.partition("{frame")[0]


def _frames(lines: Lines, key: Key) -> tuple[Positions, NDArray[np.intp]]:
    """Read the frame at the end of each key.

    Parameters
    ----------
    lines : Lines
        The lines.
    key : Key
        What their keys look like.

    Returns
    -------
    stop : numpy.ndarray of int, shape (n_lines,)
        Where the text before the frame ends.
    frame : numpy.ndarray of int, shape (n_lines,)
        From 1; 1 if keys have none, less where it is written otherwise.
    """
    data, start = lines.data, lines.start
    stop = lines.fields(np.ones(len(lines), bool), 1)[1][:, 0]
    if "frame" not in key.fields:
        return stop, np.ones(len(lines), np.intp)
    tail = key.pattern[len(_head(key)) :].partition("}")[2].encode()
    stop = stop - len(tail)
    good = stop > start
    stop = np.maximum(stop, start)
    for offset, byte in enumerate(tail):
        good &= data[stop + offset] == byte
    number, n_digits = np.zeros(len(lines), np.intp), np.zeros(len(lines), np.intp)
    more = good.copy()
    for power in range(_MOST_DIGITS + 1):
        place = stop - 1 - power
        digit = data[np.maximum(place, start)] - _ZERO
        more &= (place >= start) & (digit < _TEN)
        number += more * digit.astype(np.intp) * 10**power
        n_digits += more
    width = _frame_width(key)
    stop -= n_digits
    longer = (n_digits > width) & (n_digits <= _MOST_DIGITS) & (data[stop] != _ZERO)
    good &= (n_digits == width) | longer
    return stop, np.where(good, number - key.first + 1, 0)


def _as_before(data: Bytes, start: Positions, stop: Positions) -> NDArray[np.bool_]:
    """Tell which texts are the same as the one before.

    Parameters
    ----------
    data : numpy.ndarray of uint8
        The bytes.
    start, stop : numpy.ndarray of int, shape (n_texts,)
        Where the texts are.

    Returns
    -------
    numpy.ndarray of bool, shape (n_texts,)
        False for the first one.
    """
    length = stop - start
    same: NDArray[np.bool_] = (length == np.roll(length, 1)) & (length <= _LONGEST)
    same[:1] = False
    # Eight bytes at any place are one number.
    words = np.ndarray(len(data) - WORD + 1, "<u8", data, strides=(1,))
    before = np.roll(start, 1)
    for offset in range(0, int(length[same].max(initial=0)), WORD):
        place = np.minimum(start + offset, len(words) - 1)
        other = np.minimum(before + offset, len(words) - 1)
        rest = _FIRST_BYTES[np.clip(length - offset, 0, WORD)]
        same &= (words[place] ^ words[other]) & rest == 0
    return same
