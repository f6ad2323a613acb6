"""The first line of a file: whether it is the header that it should be, or a row."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from abawkit.errors import few
from abawkit.labels.cells import value_names
from abawkit.labels.keys import names_row
from abawkit.labels.text import bare_header, header_of, is_text, quoted
from abawkit.protocol import owners_of

if TYPE_CHECKING:
    from pathlib import Path

    from abawkit.protocol import Challenge, FileFormat
    from submissions.validation.collecting import Collector

_NAME = re.compile(r"[^\W\d][\w\s\ufffd/()-]*")
_NO_NAMES = {"nan", "inf", "infinity"}


def has_header(
    path: Path, text: bytes, challenge: Challenge, layout: FileFormat, faults: Collector
) -> bool | None:
    """Check the first line of a file.

    Parameters
    ----------
    path : Path
        The file's name, for messages.
    text : bytes
        Its text.
    challenge : Challenge
        What the file is for.
    layout : FileFormat
        The layout that it should have.
    faults : Collector
        Takes up a header that is wrong, or missing, or one too many.

    Returns
    -------
    bool or None
        Whether the first line is a header, right or wrong; None if the rows cannot be those of
        this challenge, for the header is another's or the file is no text.
    """
    expected = f"the header {quoted(layout.header)}" if layout.header else "no header"
    if not text:
        faults.add(path, 0, f"this file is empty; expected {expected} and rows", code="file-empty")
        return False
    if not is_text(text) and (b"," not in text or b"\0" in text.split(b"\n", 1)[0]):
        start = quoted(header_of(text)[:16])
        faults.add(path, 1, f"this is no text file, it starts with {start}", code="encoding")
        return None
    first = text.split(b"\n", 1)[0].decode("utf-8", "replace")
    if first == layout.header:
        return True
    if header_of(text) == layout.header:
        faults.add(path, 1, f"expected {expected}, found {quoted(first)}", code="spaces")
        return True
    if _is_row(first, layout):
        if layout.header is not None:
            found = f"expected {expected}, found a row: {quoted(first)}"
            faults.add(path, 1, found, code="header")
        return False
    owners = [row.name for row in owners_of(bare_header(text))]
    own = bare_header(text) == challenge.protocol.submission.header
    others = [] if own else owners
    faults.add(
        path, 1, f"expected {expected}, found {_described(first, layout, others)}", code="header"
    )
    return None if others and not _as_wide(text, challenge, layout) else True


def _described(first: str, layout: FileFormat, owners: list[str]) -> str:
    found, wanted = _names(first), _names(layout.header or "")
    if owners:
        return f"that of {few(owners)}: {quoted(first)}"
    if found != wanted and sorted(found) == sorted(wanted):
        return f"the same names in another order, and so perhaps the values: {quoted(first)}"
    return quoted(first)


def _names(header: str) -> list[str]:
    return [name.strip().strip('"').lower() for name in header.split(",")]


def _is_row(line: str, layout: FileFormat) -> bool:
    # A header has names, perhaps in quotes, a row has numbers, or what was to be one.
    parts = [part.strip().strip('"').strip() for part in line.split(",")]
    if layout.key is not None and names_row(parts[0], layout.key):
        return True
    values = [part for part in parts[layout.key is not None :] if part]
    if not values:
        return not _is_name(parts[0])
    return not all(map(_is_name, values))


def _is_name(text: str) -> bool:
    return bool(_NAME.fullmatch(text)) and text.lower() not in _NO_NAMES


def _as_wide(text: bytes, challenge: Challenge, layout: FileFormat) -> bool:
    rows = text.split(b"\n", 2)[1:2]
    width = len(value_names(layout, challenge.targets)) + (layout.key is not None)
    return bool(rows) and rows[0].count(b",") + 1 == width
