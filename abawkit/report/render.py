"""A report as text and as JSON."""

from __future__ import annotations

import json
import math
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from abawkit.evaluation import signature
from abawkit.evaluation.evaluate import components
from abawkit.protocol import Continuous

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from abawkit.evaluation import Report


def table(rows: Sequence[Sequence[str]]) -> str:
    """Lay out rows of text in columns: the first to the left, the others to the right.

    Parameters
    ----------
    rows : sequence of sequence of str
        Rows of equal length.

    Returns
    -------
    str
        One line a row.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def as_text(
    report: Report,
    *,
    decimals: int = 4,
    by_video: bool = False,
    processing: Mapping[str, str] | None = None,
) -> str:
    """Show a report to people: its parts, the total last, and what it was computed on.

    Parameters
    ----------
    report : Report
        The report.
    decimals : int
        How many decimals scores have.
    by_video : bool
        Whether to show the score of each video.
    processing : mapping of str to str, optional
        How the predictions were made, for the signature.

    Returns
    -------
    str
        Several lines.
    """

    def number(value: float) -> str:
        return "undefined" if math.isnan(value) else f"{value:z.{decimals}f}"

    total = report.total
    parts = []
    if by_video:
        names = list(report.components)
        rows = [["video", "frames", *names, "score"]]
        for name, video in report.videos.items():
            values = components(report.challenge, video.summary).values()
            scores = [number(value) for value in (*values, video.summary.score)]
            rows.append([name, f"{video.n_frames}", *scores])
        scores = [number(value) for value in (*report.components.values(), report.score)]
        rows.append(["total", f"{total.n_frames}", *scores])
        parts.append(table(rows))
    # A continuous output is a component already.
    classes = {
        name
        for target in report.challenge.targets
        if not isinstance(target, Continuous)
        for name in target.names
    }
    rows = [[name, number(value)] for name, value in report.per_class.items() if name in classes]
    rows += [[name, number(value)] for name, value in report.components.items()]
    rows += [[f"{report.challenge.name} score", number(report.score)]]
    parts.append(table(rows))
    lines = [
        report.challenge.protocol.score,
        (
            f"{len(report.videos)} videos, {total.n_frames} frames scored, "
            f"{total.n_masked} masked, {total.n_missing} missing, coverage {report.coverage:.2%}"
        ),
    ]
    if report.unused:
        lines.append(f"{len(report.unused)} predicted videos are not annotated and do not count")
    lines.append(signature(report, processing))
    return "\n\n".join([*parts, "\n".join(lines)])


def as_json(report: Report, *, processing: Mapping[str, str] | None = None) -> str:
    """Give a report as one JSON object, undefined values as ``null``.

    Parameters
    ----------
    report : Report
        The report.
    processing : mapping of str to str, optional
        How the predictions were made, for the signature.

    Returns
    -------
    str
        The object, indented.
    """
    total = report.total
    content = {
        "challenge": report.challenge.name,
        "score": report.score,
        "components": report.components,
        "per_class": report.per_class,
        "per_video": {
            name: {"score": video.summary.score, "n_frames": video.n_frames}
            for name, video in report.videos.items()
        },
        "n_videos": len(report.videos),
        "n_frames": total.n_frames,
        "n_masked": total.n_masked,
        "n_missing": total.n_missing,
        "coverage": report.coverage,
        "unused_videos": len(report.unused),
        "signature": signature(report, processing),
        "version": version("abawkit"),
    }
    return json.dumps(_null_undefined(content), indent=2, allow_nan=False)


def _null_undefined(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {key: _null_undefined(item) for key, item in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value
