"""Reading the organisers' samples: which rows they ask for, and how these are laid out.

A sample is followed to the letter: its header, its key column and its order win over the table.
The values in it are dummies, if there are any, and are not looked at.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import DataError, SampleWarning
from abawkit.labels.keys import key_pattern, read_keys
from abawkit.labels.rows import Rows
from abawkit.labels.text import is_text, quoted, read_text
from abawkit.protocol import KEY_COLUMNS, Key
from submissions.headers import follow_header, is_foreign

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from abawkit.protocol import Challenge, FileFormat

_IMAGE = re.compile(r"[^,]+/[0-9]{1,6}\.[A-Za-z]{1,5}")
_FRAME = re.compile(r"\{frame[^}]*\}")
_NUMBER = re.compile(r"[+-]?[0-9.]+([eE][+-]?[0-9]+)?")
_LISTED = re.compile(r"[^,/]+(,\s*[1-9][0-9]{0,6})?")
_SHOWN = 5


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sample:
    """What one sample file says.

    ``rows`` is None where the file has no key column; ``n_rows`` counts its rows all the same.
    ``probabilities`` tells whether its rows have them.
    """

    layout: FileFormat
    rows: Rows | None
    n_rows: int
    probabilities: bool = False


def read_sample(path: Path, challenge: Challenge) -> Sample | None:
    """Read one sample file.

    Parameters
    ----------
    path : Path
        The file of all videos, or of one where each has its own.
    challenge : Challenge
        What is to be submitted.

    Returns
    -------
    Sample or None
        What it asks for; None if its lines are no rows of the challenge, but perhaps a list.

    Raises
    ------
    DataError
        If it has no rows, or has another challenge's header, or some of its lines are rows and
        some are not.
    """
    text = read_text(path)
    if not text:
        msg = f"{path}: this sample is empty; expected rows of {challenge.name}"
        raise DataError(msg)
    layout = challenge.protocol.submission
    header = _header(text, layout)
    if header is not None and not is_text(text):
        msg = f"{path}: this is no text file, it starts with {quoted(header[:16])}"
        raise DataError(msg)
    body = text if header is None else text.partition(b"\n")[2]
    first = body.split(b"\n", 1)[0].decode("utf-8", "backslashreplace")
    if _is_list(first, header, challenge) or not _holds_rows(first, header, layout):
        return None
    if header is not None or "," in first:
        # A list without header and values tells the rows and nothing else.
        layout = follow_header(path, header, layout, challenge)
    if not first and not layout.per_video:
        msg = f"{path}: this sample has no rows; expected those of {challenge.name}"
        raise DataError(msg)
    n_values = len(first.rstrip().rstrip(",").split(",")) - 1
    layout, probable = _follow_values(path, n_values, layout, challenge)
    if layout.key is None:
        return Sample(layout=layout, rows=None, n_rows=len(body.split(b"\n")) if body else 0)
    layout, rows = _follow_keys(path, body, layout, first_line=1 if header is None else 2)
    return Sample(layout=layout, rows=rows, n_rows=len(rows), probabilities=probable)


def refuse_others(samples: Mapping[Path, Sample]) -> FileFormat:
    """Make sure that the samples of all videos are laid out alike.

    Parameters
    ----------
    samples : mapping of Path to Sample
        At least one.

    Returns
    -------
    FileFormat
        The layout of all.

    Raises
    ------
    DataError
        If one differs from the first.
    """
    (first, sample), *rest = samples.items()
    for file, other in rest:
        if other.layout != sample.layout:
            msg = (
                f"{file}: expected a sample as {first.name} is, with {_described(sample.layout)}; "
                f"found {_described(other.layout)}"
            )
            raise DataError(msg)
    return sample.layout


def _described(layout: FileFormat) -> str:
    key = layout.key
    rows = "" if key is None else f" and rows of {key.pattern} from {key.first} on"
    return f"the header {layout.header!r}{rows}"


def _header(text: bytes, layout: FileFormat) -> str | None:
    """Give the first line if it is a header, to the letter.

    Parameters
    ----------
    text : bytes
        From `read_text`.
    layout : FileFormat
        What the file should look like.

    Returns
    -------
    str or None
        The line; None if it is a row already.
    """
    line = text.split(b"\n", 1)[0].decode("utf-8", "backslashreplace").rstrip()
    name, *values = (part.strip() for part in line.split(","))
    if layout.whole_clips:
        return line if name in KEY_COLUMNS or _is_worded(values) else None
    if name == "video":  # That of a list.
        return None
    if layout.key is None:
        return line if _is_worded(values) and name not in KEY_COLUMNS else None
    is_header = name in KEY_COLUMNS or (_is_worded(values) and not _is_key(name, layout.key))
    return line if is_header else None


def _is_worded(values: Sequence[str]) -> bool:
    return any(value and not _NUMBER.fullmatch(value) for value in values)


def _is_key(text: str, key: Key) -> bool:
    patterns = key_pattern(key), _sampled_pattern(key), _IMAGE
    return any(pattern.fullmatch(text) for pattern in patterns)


def _is_list(line: str, header: str | None, challenge: Challenge) -> bool:
    # Of videos and their numbers of frames, with names for these two.
    layout = challenge.protocol.submission
    if header is None or layout.key is not None:
        return False
    return is_foreign(header, layout, challenge) and bool(_LISTED.fullmatch(line.strip()))


def _holds_rows(line: str, header: str | None, layout: FileFormat) -> bool:
    if layout.per_video and header is None:
        # Names and numbers could be anything, and are most likely a list.
        return False
    name = line.partition(",")[0].strip()
    return layout.key is None or not line or layout.whole_clips or _is_key(name, layout.key)


def _follow_values(
    path: Path, n_values: int, layout: FileFormat, challenge: Challenge
) -> tuple[FileFormat, bool]:
    """Tell by the first row whether rows have probabilities, where they may.

    Parameters
    ----------
    path : Path
        The sample, for the message.
    n_values : int
        How many values the row has, 0 for none.
    layout : FileFormat
        The layout.
    challenge : Challenge
        Whose it is.

    Returns
    -------
    FileFormat
        Without probabilities if the row has just the label.
    bool
        Whether the row has them.

    Raises
    ------
    DataError
        If there are values, but neither so many nor so many.
    """
    if layout.header is not None or n_values == 0:
        return layout, False
    full = len(challenge.targets[0].names) + challenge.protocol.columns
    allowed = {challenge.protocol.columns, *([full] if layout.probabilities else [])}
    if n_values not in allowed:
        wanted = " or ".join(str(count) for count in sorted(allowed))
        msg = (
            f"{path}: expected {wanted} values in a row of {challenge.name}, or none; "
            f"found {n_values}"
        )
        raise DataError(msg)
    probable = n_values == full and layout.probabilities
    return replace(layout, probabilities=probable), probable


def _follow_keys(
    path: Path, body: bytes, layout: FileFormat, *, first_line: int
) -> tuple[FileFormat, Rows]:
    if layout.key is None or not body:
        return layout, Rows.of(())
    keys = read_keys(body, layout.key, stem=path.stem)
    if (keys.video < 0).any():
        other = _sampled_key(body, layout.key)
        found = keys if other is None else read_keys(body, other, stem=path.stem)
        if other is None or (found.video < 0).any():
            raise DataError(_describe_wrong(path, body, keys.video, layout.key, first_line))
        msg = (
            f"{path}: the table has rows of {layout.key.pattern} from {layout.key.first} on, the "
            f"sample of {other.pattern} from {other.first} on; the sample is followed"
        )
        warnings.warn(msg, SampleWarning, stacklevel=4)
        layout, keys = replace(layout, key=other), found
    return layout, Rows(videos=keys.videos, video=keys.video, frame=keys.frame)


def _sampled_key(body: bytes, key: Key) -> Key | None:
    """Find how a sample names its rows, if it is not as the table says.

    Parameters
    ----------
    body : bytes
        The rows.
    key : Key
        What the table says.

    Returns
    -------
    Key or None
        With the sample's digits, suffix and first number; None if there is no one way.
    """
    pattern = _sampled_pattern(key)
    names = [line.partition(b",")[0].strip() for line in body.split(b"\n")]
    found = [pattern.fullmatch(name.decode("utf-8", "backslashreplace")) for name in names]
    matches = [match.groupdict() for match in found if match]
    suffixes = {match["suffix"] for match in matches if "suffix" in match}
    if len(matches) < len(names) or len(suffixes) > 1:
        return None
    frames = [match["frame"] for match in matches if "frame" in match]
    width = min(map(len, frames), default=1)
    if any(len(digits) > width and digits.startswith("0") for digits in frames):
        return None
    first = 0 if any(int(digits) == 0 for digits in frames) else key.first
    digits = f"{{frame:0{width}d}}" if width > 1 else "{frame}"
    stem, suffix = _suffix_of(key)
    named = _FRAME.sub(digits, stem) + (f".{suffixes.pop()}" if suffix else "")
    return Key(column=key.column, pattern=named, first=first)


def _sampled_pattern(key: Key) -> re.Pattern[str]:
    # Frames with any number of digits, and any suffix where there is one.
    stem, suffix = _suffix_of(key)
    names = re.escape(_FRAME.sub("{frame}", stem))
    names = names.replace(re.escape("{video}"), "[^,]+")
    names = names.replace(re.escape("{frame}"), "(?P<frame>[0-9]{1,6})")
    return re.compile(names + (r"\.(?P<suffix>[A-Za-z]{1,5})" if suffix else ""))


def _suffix_of(key: Key) -> tuple[str, str]:
    stem, dot, suffix = key.pattern.rpartition(".")
    return (stem, suffix) if dot else (key.pattern, "")


def _describe_wrong(
    path: Path, body: bytes, video: NDArray[np.intp], key: Key, first_line: int
) -> str:
    lines = body.split(b"\n")
    wrong = np.flatnonzero(video < 0)
    shown = [
        f"{path}, line {first_line + row}: expected a row of "
        f"{key.pattern.format(video='<video>', frame=key.first)}, "
        f"found {quoted(lines[row].decode('utf-8', 'backslashreplace'))}"
        for row in wrong[:_SHOWN].tolist()
    ]
    rest = len(wrong) - len(shown)
    return "\n".join([*shown, *([f"and {rest} more such lines"] if rest else [])])
