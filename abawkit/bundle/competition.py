"""What the platform is told of a competition: ``competition.yaml``, and the logo it asks for."""

from __future__ import annotations

import json
import struct
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from abawkit.bundle.columns import class_keys, leaderboard, title_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from abawkit.protocol import Challenge

PROGRAM = "scoring_program"
REFERENCE = "reference_data"
_START = datetime(2100, 1, 1, tzinfo=UTC)
_COLOUR = bytes((38, 84, 124))
_SIDE = 256


def competition(challenge: Challenge, image: str) -> dict[str, Any]:
    """Describe the competition to the platform.

    Parameters
    ----------
    challenge : Challenge
        What is scored.
    image : str
        The Docker image to score in.

    Returns
    -------
    dict of str to object
        The content of ``competition.yaml``.
    """
    title, protocol = title_of(challenge), challenge.protocol
    classes = class_keys(challenge).values()
    columns = [
        {
            "title": heading,
            "key": key,
            "index": index,
            "sorting": "desc",
            "precision": 4,
            "hidden": key.removesuffix("_low").removesuffix("_high") in classes,
        }
        for index, (key, heading) in enumerate(leaderboard(challenge).items())
    ]
    return {
        "version": 2,
        "title": title,
        "description": f"{challenge.edition.venue}. {protocol.score}",
        "image": "logo.png",
        "terms": "terms.md",
        "docker_image": image,
        "registration_auto_approve": False,
        "enable_detailed_results": True,
        "show_detailed_results_in_submission_panel": True,
        "show_detailed_results_in_leaderboard": False,
        "pages": [
            {"title": "Overview", "file": "overview.md"},
            {"title": "Evaluation", "file": "evaluation.md"},
        ],
        "tasks": [
            {
                "index": 0,
                "name": title,
                "description": protocol.score,
                "scoring_program": f"{PROGRAM}/",
                "reference_data": f"{REFERENCE}/",
            }
        ],
        "phases": [
            {
                "index": 0,
                "name": "Test",
                "description": f"At most {protocol.trials} submissions of a team",
                "start": _START,
                "max_submissions": protocol.trials,
                "accepts_only_result_submissions": True,
                "tasks": [0],
            }
        ],
        "leaderboards": [
            {
                "title": "Results",
                "key": "main",
                "submission_rule": "Force_Best",
                "columns": columns,
            }
        ],
    }


def as_yaml(value: dict[str, Any], indent: str = "") -> Iterator[str]:
    """Write a mapping as YAML, its texts as JSON, which is YAML as well.

    Parameters
    ----------
    value : dict of str to object
        Of numbers, texts, dates, and lists of numbers or of such mappings.
    indent : str
        What each line begins with.

    Yields
    ------
    str
        The lines.
    """
    for key, item in value.items():
        if isinstance(item, list) and item and isinstance(item[0], dict):
            yield f"{indent}{key}:"
            for row in item:
                first, *rest = as_yaml(row, f"{indent}    ")
                yield f"{indent}  - {first.strip()}"
                yield from rest
        elif isinstance(item, datetime):
            yield f"{indent}{key}: {item:%Y-%m-%d %H:%M:%S}"
        else:
            yield f"{indent}{key}: {json.dumps(item, ensure_ascii=False)}"


def draw_logo() -> bytes:
    """Draw the logo that the platform asks for: a plain square, to be replaced.

    Returns
    -------
    bytes
        A PNG.
    """

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    rows = (b"\0" + _COLOUR * _SIDE) * _SIDE
    chunks = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks
