"""The first column of a file that names its rows: which text it allows."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from abawkit.protocol import Key

_VIDEO = r"(?P<video>[^,\x00-\x1f\x7f\ud800-\udfff]+)"
"""Any text without commas, control characters and bytes that are no UTF-8."""


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
    for literal, name, spec, _ in string.Formatter().parse(key.pattern):
        parts.append(re.escape(literal))
        if name == "video":
            parts.append(_VIDEO)
        elif name == "frame":
            width = int(spec[:-1]) if spec else 1
            parts.append(rf"(?P<frame>[0-9]{{{width}}}|[1-9][0-9]{{{width},6}})")
    return re.compile("".join(parts))
