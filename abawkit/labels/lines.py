"""The bytes of a table, scanned with arrays: where its lines and fields are.

Conventions: a text has LF line ends; positions are those of bytes. Work is done on a piece of
the text at a time, so that it stays in the processor's cache.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Positions = NDArray[np.intp]

_PIECE = 1 << 19
_SPACES = b" \t\v\f\r"
_COMMA, _NEWLINE = b",\n"
WORD = 8
"""How many bytes of `Lines.data` can be read from wherever a line begins."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Lines:
    """Some lines of a text.

    Attributes
    ----------
    data : numpy.ndarray of uint8
        All bytes of the text, and eight more.
    start, stop : numpy.ndarray of int, shape (n_lines,)
        Where each line begins, and where its newline is.
    n_fields : numpy.ndarray of int, shape (n_lines,)
        One more than it has commas.
    """

    data: Bytes
    start: Positions
    stop: Positions
    n_fields: NDArray[np.intp]
    _marks: Positions

    def __len__(self) -> int:
        return len(self.start)

    def text(self, line: int) -> bytes:
        """Give the text of one line.

        Parameters
        ----------
        line : int
            Which of them, from 0.

        Returns
        -------
        bytes
            Without its newline.
        """
        return self.data[self.start[line] : self.stop[line]].tobytes()

    def fields(self, picked: NDArray[np.bool_], n_fields: int) -> tuple[Positions, Positions]:
        """Give the first fields of some lines that have at least so many.

        Parameters
        ----------
        picked : numpy.ndarray of bool, shape (n_lines,)
            Which lines.
        n_fields : int
            How many fields.

        Returns
        -------
        start, stop : numpy.ndarray of int, shape (n_picked, n_fields)
            Where each begins, and where the comma or newline after it is.
        """
        if len(self._marks) == n_fields * len(self) and picked.all():
            stop = self._marks.reshape(len(self), n_fields)
        else:
            first = (np.cumsum(self.n_fields) - self.n_fields)[picked]
            stop = self._marks[first[:, None] + np.arange(n_fields)]
        start = np.empty_like(stop)
        start[:, 0] = self.start[picked]
        start[:, 1:] = stop[:, :-1] + 1
        return start, stop


def scan(text: bytes, begin: int = 0) -> Iterator[Lines]:
    """Find the lines of a text and the commas in them.

    Parameters
    ----------
    text : bytes
        The text; a newline at its end does not begin a line.
    begin : int
        Where to begin, at the start of a line.

    Yields
    ------
    Lines
        A piece of the text.
    """
    size = len(text) + (begin < len(text) and not text.endswith(b"\n"))
    text += b"\n" + bytes(WORD)
    data = np.frombuffer(text, np.uint8)
    while begin < size:
        end = text.find(b"\n", min(begin + _PIECE, size - 1)) + 1
        piece = data[begin:end]
        marks = np.flatnonzero((piece == _COMMA) | (piece == _NEWLINE)) + begin
        newlines = np.flatnonzero(data[marks] == _NEWLINE)
        stop = marks[newlines]
        yield Lines(
            data=data,
            start=np.concatenate([[begin], stop[:-1] + 1]),
            stop=stop,
            n_fields=np.diff(newlines, prepend=-1),
            _marks=marks,
        )
        begin = end


def squeeze(text: bytes) -> tuple[bytes, NDArray[np.intp]]:
    """Take the spaces around commas and at the ends of lines out of a text.

    Parameters
    ----------
    text : bytes
        The text.

    Returns
    -------
    text : bytes
        Without them.
    lines : numpy.ndarray of int
        Which lines had some, from 0.
    """
    if not any(space in text for space in _SPACES):
        return text, np.empty(0, np.intp)
    kept, lines, n_lines = [], [], 0
    for piece in scan(text):
        begin, end = int(piece.start[0]), int(piece.stop[-1])
        data = piece.data[begin : end + 1]
        dropped = _outer_spaces(data)
        kept.append(data[~dropped].tobytes())
        where = np.searchsorted(piece.stop, np.flatnonzero(dropped) + begin)
        lines.append(distinct(where) + n_lines)
        n_lines += len(piece)
    squeezed = b"".join(kept)
    return squeezed if text.endswith(b"\n") else squeezed[:-1], np.concatenate(lines)


def distinct(ascending: NDArray[np.intp]) -> NDArray[np.intp]:
    """Give each number once.

    Parameters
    ----------
    ascending : numpy.ndarray of int, shape (n,)
        Numbers in order.

    Returns
    -------
    numpy.ndarray of int
        The different ones.
    """
    return ascending[np.diff(ascending, prepend=-1) > 0]


def _outer_spaces(data: Bytes) -> NDArray[np.bool_]:
    """Tell which bytes are spaces next to a comma, a line's end or only such spaces.

    Parameters
    ----------
    data : numpy.ndarray of uint8, shape (n_bytes,)
        Whole lines.

    Returns
    -------
    numpy.ndarray of bool, shape (n_bytes,)
        True for such spaces.
    """
    dropped = np.isin(data, np.frombuffer(_SPACES, np.uint8))
    places = np.flatnonzero(dropped)
    first = np.flatnonzero(np.diff(places, prepend=-2) > 1)
    size = np.diff(first, append=len(places))
    # Before the first byte comes the last one, which is a newline.
    before = places[first] - 1
    after = before + size + 1
    marks = (_COMMA, _NEWLINE)
    outer = np.isin(data[before], marks) | np.isin(data[after], marks)
    dropped[places] = np.repeat(outer, size)
    return dropped
