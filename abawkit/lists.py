"""Official lists and sample files: which videos and rows a submission is to have."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from abawkit.errors import DataError
from abawkit.labels.rows import Rows
from abawkit.protocol import KEY_COLUMNS, owners_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from abawkit.protocol import Challenge

_IMAGE = re.compile(r"(?P<video>[^/]+)/(?P<frame>(?!0{5})[0-9]{5}|[1-9][0-9]{5,6})\.jpg")
_COUNT = re.compile(r"[1-9][0-9]{0,6}")
_NUMBERS = re.compile(r"[^\d,]*(frame|row|count|number|length)[^\d,]*", re.IGNORECASE)
"""What a column of numbers of frames may be called."""
_LIMIT = 20


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class VideoList:
    """What an official list or sample file asks for.

    ``videos`` are in the list's order; ``rows`` is set where it names each row, as video and
    frame from 1; ``n_frames`` holds the number of frames of each video where it tells them: by a
    number, or by naming every row from 1 on. A list with holes does not tell where a video ends.
    ``header`` is its first line, where that is one.
    """

    videos: tuple[str, ...]
    rows: Rows | None
    n_frames: Mapping[str, int]
    header: str | None = None

    def challenges(self) -> list[Challenge]:
        """Tell to which challenges a list with this header belongs.

        Returns
        -------
        list of Challenge
            Those with such a header; empty if the header tells nothing.
        """
        return [] if self.header is None else owners_of(self.header)


def read_video_list(path: Path) -> VideoList:
    """Read an official test list, a sample file, or a list of frame counts.

    Understood are one video a line, ``video,frames`` a line, and one image a line
    (``video/00001.jpg``, whatever follows after a comma), each with or without a header.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    VideoList
        What it asks for.

    Raises
    ------
    DataError
        If it is missing or empty, lines are of several kinds or of none, or a video has two
        numbers of frames; all faults at once, up to a limit.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: cannot read this list: {error}"
        raise DataError(msg) from error
    lines = [line.strip() for line in text.splitlines()]
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line]
    header = None
    if numbered and _is_header(numbered[0][1]):
        header = ",".join(name.strip() for name in numbered.pop(0)[1].split(","))
    if not numbered:
        msg = f"{path}: the list is empty; expected a video a line"
        raise DataError(msg)
    kind = next((kind for _, line in numbered if (kind := _parse(line)[0]) != "other"), "other")
    faults: list[str] = []
    rows: list[tuple[str, int]] = []
    n_frames: dict[str, int] = {}
    for number, line in numbered:
        found, video, frame = _parse(line)
        if found != kind or found == "other":
            faults.append(
                f"{path}, line {number}: expected every line to be a video, 'video,frames' or "
                f"'video/00001.jpg', found another kind: {line!r}"
            )
        elif kind == "frames" and n_frames.get(video, frame) != frame:
            before = n_frames[video]
            faults.append(f"{path}, line {number}: {video} had {before} frames, found {frame}")
        else:
            rows.append((video, frame))
            n_frames.setdefault(video, frame)
    if faults:
        rest = len(faults) - _LIMIT
        more = [f"and {rest} more faults"] if rest > 0 else []
        raise DataError("\n".join(faults[:_LIMIT] + more))
    lengths = {"video": {}, "frames": n_frames, "image": _whole(rows)}[kind]
    return VideoList(
        videos=tuple(n_frames),
        rows=Rows.of(rows) if kind == "image" else None,
        n_frames=lengths,
        header=header,
    )


def read_frame_counts(path: Path) -> Mapping[str, int]:
    """Read the numbers of frames of some videos, ``video,frames`` a line.

    Parameters
    ----------
    path : Path
        The file, with or without a header.

    Returns
    -------
    mapping of str to int
        The number of frames of each video, in the order of the file.

    Raises
    ------
    DataError
        If it cannot be read, or is a list without numbers.
    """
    table = read_video_list(path)
    if not table.n_frames or table.rows is not None:
        msg = f"{path}: expected 'video,frames' a line, found a list without numbers of frames"
        raise DataError(msg)
    return table.n_frames


def _parse(line: str) -> tuple[str, str, int]:
    name, _, rest = (part.strip() for part in line.partition(","))
    if not name.isprintable():
        return "other", name, 0
    if image := _IMAGE.fullmatch(name):
        return "image", image["video"], int(image["frame"])
    if "/" in name or name in {"", ".", ".."}:
        return "other", name, 0
    if _COUNT.fullmatch(rest):
        return "frames", name, int(rest)
    return "other" if "," in line else "video", name, 0


def _whole(rows: list[tuple[str, int]]) -> dict[str, int]:
    # The lengths of the videos of which every frame is listed.
    frames = defaultdict(set)
    for video, frame in rows:
        frames[video].add(frame)
    return {
        video: len(numbers) for video, numbers in frames.items() if max(numbers) == len(numbers)
    }


def _is_header(line: str) -> bool:
    first, _, rest = (part.strip() for part in line.partition(","))
    return first in KEY_COLUMNS or first == "video" or bool(_NUMBERS.fullmatch(rest))
