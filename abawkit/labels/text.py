"""Label files as text: read whole, in one form, and quoted in messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import DataError
from abawkit.labels.lines import distinct

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from abawkit.labels.faults import FaultSink

_BOM = b"\xef\xbb\xbf"
_UTF_16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_UTF_16 = "what looks like UTF-16: save it as UTF-8"
_LONGEST = 80
_ARCHIVES = (b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")


def read_text(path: Path, faults: FaultSink | None = None) -> bytes:
    """Read a text file, with plain line ends and none at its end.

    Parameters
    ----------
    path : Path
        The file.
    faults : FaultSink, optional
        Takes up what is not to the letter: ``encoding``, ``line-ends``, ``blank-line`` for those
        at the end, and ``last-line``.

    Returns
    -------
    bytes
        Its text without byte order mark, carriage returns at the ends of lines, and blank lines
        at the end; where there is no other line end, a carriage return is one.

    Raises
    ------
    DataError
        If it cannot be read, or is a zip or the like; without a sink, if it is UTF-16, too.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        msg = f"{path}: cannot read this file: {error.strerror}"
        raise DataError(msg) from error
    if data.startswith(_ARCHIVES):
        msg = f"{path}: this is an archive; expected text files: unpack it and give the folder"
        raise DataError(msg)
    if faults is None and _is_utf_16(data):
        msg = f"{path}: expected UTF-8, found {_UTF_16}"
        raise DataError(msg)
    text = data.removeprefix(_BOM)
    if b"\r" in text:
        # Without any LF, each CR ends a line.
        text = text.replace(b"\r\n" if b"\n" in text else b"\r", b"\n")
    content = text.rstrip()
    # Spaces at the end of the last row are its own.
    end = text.find(b"\n", len(content)) if content else 0
    if faults is not None:
        _tell_form(path, data, text, len(content), faults)
    return text if end < 0 else text[:end]


def _tell_form(path: Path, data: bytes, text: bytes, size: int, faults: FaultSink) -> None:
    """Tell what of a file is not as it should be, whatever it says.

    Parameters
    ----------
    path : Path
        The file.
    data : bytes
        All of it.
    text : bytes
        The same without byte order mark and with LF line ends.
    size : int
        How much of the text there is before the spaces and newlines at its end.
    faults : FaultSink
        Takes it up.
    """
    if _is_utf_16(data):
        # Its lines are none that can be told of.
        faults.tally(path, np.array([1]), f"expected UTF-8, found {_UTF_16}", code="encoding")
        return
    if data.startswith(_BOM):
        found = "expected UTF-8 without a byte order mark, found one"
        faults.tally(path, np.array([1]), found, code="encoding")
    returns = _lines_with(data if b"\n" in data else data.replace(b"\r", b"\r\n"), b"\r")
    if returns.size:
        found = "expected the line to end in LF, found a carriage return"
        faults.tally(path, returns, found, code="line-ends")
    broken = _lines_of_no_utf_8(text)
    if broken.size:
        faults.tally(path, broken, "expected UTF-8, found other bytes", code="encoding")
    rows = text.count(b"\n", 0, size) + 1 if size else 0
    lines = text.count(b"\n") + (not text.endswith(b"\n")) * bool(text)
    if lines > rows:
        found = "expected no line after the last row, found an empty one"
        faults.tally(path, np.arange(rows, lines) + 1, found, code="blank-line")
    elif text and not text.endswith(b"\n") and b"\0" not in text:
        found = "expected a newline at the end of the last line, found none"
        faults.tally(path, np.array([rows]), found, code="last-line")


def _lines_with(text: bytes, byte: bytes) -> NDArray[np.intp]:
    """Find the lines that have a byte in them.

    Parameters
    ----------
    text : bytes
        A text.
    byte : bytes
        The one byte.

    Returns
    -------
    numpy.ndarray of int
        The lines, from 1, each once.
    """
    if byte not in text:
        return np.empty(0, np.intp)
    data = np.frombuffer(text, np.uint8)
    newlines = np.flatnonzero(data == ord("\n"))
    return distinct(np.searchsorted(newlines, np.flatnonzero(data == ord(byte)))) + 1


def _lines_of_no_utf_8(text: bytes) -> NDArray[np.intp]:
    if _is_utf_8(text):
        return np.empty(0, np.intp)
    lines = text.split(b"\n")
    return np.array([n for n, line in enumerate(lines, 1) if not _is_utf_8(line)], np.intp)


def _is_utf_16(data: bytes) -> bool:
    # Of plain letters and digits every other byte is zero, in the first line at least.
    start = _first_line(data[:_LONGEST])
    halves = [half for half in (start[::2], start[1::2]) if not half.strip(b"\0")]
    return data.startswith(_UTF_16_BOMS) or (len(halves) == 1 and len(start) > 1)


def _is_utf_8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def header_of(text: bytes) -> str:
    """Give the first line, without the spaces after commas.

    Parameters
    ----------
    text : bytes
        From `read_text`.

    Returns
    -------
    str
        The line; bytes that are no UTF-8 are shown escaped.
    """
    line = _first_line(text).decode("utf-8", "backslashreplace")
    return ",".join(name.strip() for name in line.split(","))


def bare_header(text: bytes) -> str:
    """Give the first line as the names that it has, to compare it with a header.

    Parameters
    ----------
    text : bytes
        From `read_text`.

    Returns
    -------
    str
        The line of `header_of` without quotes around names, and without a comma at its end.
    """
    names = [name.strip('"').strip() for name in header_of(text).split(",")]
    return ",".join(names if names[-1] else names[:-1])


def is_text(text: bytes) -> bool:
    """Tell a text file from any other by its first line.

    Parameters
    ----------
    text : bytes
        From `read_text`.

    Returns
    -------
    bool
        Whether the line is UTF-8 without control characters.
    """
    line = _first_line(text).decode("utf-8", "replace")
    return "\ufffd" not in line and line.replace("\t", " ").isprintable()


def _first_line(text: bytes) -> bytes:
    end = text.find(b"\n")
    return text if end < 0 else text[:end]


def quoted(text: str) -> str:
    """Quote what was found, or the start of it.

    Parameters
    ----------
    text : str
        A line or a part of one.

    Returns
    -------
    str
        For a message.
    """
    if not text:
        return "nothing"
    return repr(text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "...")
