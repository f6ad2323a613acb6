"""Finding a signature in what a user gives: the signature itself, or an output that holds it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from abawkit.errors import DataError, UsageError, few
from abawkit.evaluation.signature import Signature

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINE = re.compile(r"[a-z]+[0-9]+-[a-z0-9-]+(\|[^\s|:]+:[^\s|]*)+")
_KEY = "signature"


def read_signature(source: str) -> Signature:
    """Read a signature.

    Parameters
    ----------
    source : str
        A signature, long or short; or a file that holds one, ``-`` for the standard input: JSON
        with the key ``signature``, or text with a signature as a line, as ``abawkit score`` and
        ``abawkit pack`` give them.

    Returns
    -------
    Signature
        The signature.

    Raises
    ------
    UsageError
        If it is none, or the file holds none, or several that differ.
    DataError
        If the file cannot be read.
    """
    if source != "-" and (_LINE.fullmatch(source.strip()) or not _is_file(source)):
        if "|" not in source:
            msg = f"{source!r} is neither a signature, such as abaw3-va|videos:71, nor a file"
            raise UsageError(msg)
        return Signature.parse(source)
    where = "the standard input" if source == "-" else source
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{where}: cannot read this; expected text or JSON with a signature: {error}"
        raise DataError(msg) from error
    found = list(dict.fromkeys(_signatures(text)))
    if len(found) != 1:
        how_many = f"found {len(found)} that differ: {few(found)}" if found else "found none"
        msg = f"{where}: expected one signature, {how_many}"
        raise UsageError(msg)
    return Signature.parse(found[0])


def _is_file(source: str) -> bool:
    try:
        return Path(source).is_file()
    except (OSError, ValueError):  # too long for a name, or none
        return False


def _signatures(text: str) -> Iterator[str]:
    try:
        waiting = [json.loads(text)]
    except (ValueError, RecursionError):
        yield from (line.strip() for line in text.splitlines() if _LINE.fullmatch(line.strip()))
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            waiting += value.values()
            if isinstance(value.get(_KEY), str):
                yield value[_KEY]
