"""A report as text and as JSON."""

from __future__ import annotations

import json
import math
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Protocol

from abawkit.evaluation import signature
from abawkit.evaluation.evaluate import components
from abawkit.protocol import Continuous
from abawkit.report.confidence import how_drawn, interval_json, interval_text
from abawkit.report.numbers import number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from abawkit.evaluation import Report
    from abawkit.evaluation.bootstrap import Intervals


class Finding(Protocol):
    """More that a report can say: lines for people, and an entry of the JSON object."""

    @property
    def key(self) -> str:
        """The name of the entry in the JSON object."""

    def as_text(self, *, decimals: int) -> str:
        """Say it to people.

        Parameters
        ----------
        decimals : int
            How many decimals scores have.

        Returns
        -------
        str
            One line or several.
        """

    def as_json(self) -> Any:  # noqa: ANN401 - any JSON value
        """Say it to programs.

        Returns
        -------
        object
            What JSON can hold; NaN becomes ``null``.
        """


def table(rows: Sequence[Sequence[str]], *, left: int = 1) -> str:
    """Lay out rows of text in columns: the first ones to the left, the others to the right.

    Parameters
    ----------
    rows : sequence of sequence of str
        Rows of equal length.
    left : int
        How many columns go to the left.

    Returns
    -------
    str
        One line a row.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        sized = list(zip(row, widths, strict=True))
        cells = [cell.ljust(width) for cell, width in sized[:left]]
        cells += [cell.rjust(width) for cell, width in sized[left:]]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def as_text(  # noqa: PLR0913 - one parameter a thing to show
    report: Report,
    *,
    decimals: int = 4,
    by_video: bool = False,
    processing: Mapping[str, str] | None = None,
    intervals: Intervals | None = None,
    findings: Sequence[Finding] = (),
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
    intervals : Intervals, optional
        How sure each score is, beside it.
    findings : sequence of Finding
        What else to say, between the score and its signature.

    Returns
    -------
    str
        Several lines.
    """
    blocks = [_by_video(report, decimals)] if by_video else []
    blocks.append(table(_rows(report, intervals, decimals)))
    if intervals is not None:
        blocks.append(how_drawn(intervals, decimals))
    blocks += [finding.as_text(decimals=decimals) for finding in findings]
    return "\n\n".join([*blocks, _computed_on(report, processing, intervals)])


def _by_video(report: Report, decimals: int) -> str:
    rows = [["video", "frames", *report.components, "score"]]
    for name, video in report.videos.items():
        values = components(report.challenge, video.summary).values()
        scores = [number(value, decimals) for value in (*values, video.summary.score)]
        rows.append([name, f"{video.n_frames}", *scores])
    scores = [number(value, decimals) for value in (*report.components.values(), report.score)]
    rows.append(["total", f"{report.total.n_frames}", *scores])
    return table(rows)


def _rows(report: Report, intervals: Intervals | None, decimals: int) -> list[list[str]]:
    # A continuous output is a component already.
    classes = {
        name: report.per_class[name]
        for target in report.challenge.targets
        if not isinstance(target, Continuous)
        for name in target.names
    }
    score = f"{report.challenge.name} score"
    # By place, for a class may have the name of a component.
    values = [*classes.items(), *report.components.items(), (score, report.score)]
    rows = [[name, number(value, decimals)] for name, value in values]
    if intervals is None:
        return rows
    beside = [
        *(intervals.per_class[name] for name in classes),
        *(intervals.components[name] for name in report.components),
        intervals.score,
    ]
    return [
        [*row, interval_text(interval, decimals)]
        for row, interval in zip(rows, beside, strict=True)
    ]


def _computed_on(
    report: Report, processing: Mapping[str, str] | None, intervals: Intervals | None
) -> str:
    total = report.total
    lines = [
        report.challenge.protocol.score,
        (
            f"{len(report.videos)} videos, {total.n_frames} frames scored, "
            f"{total.n_masked} masked, {total.n_missing} missing, coverage {report.coverage:.2%}"
        ),
    ]
    if report.unused:
        lines.append(f"{len(report.unused)} predicted videos are not annotated and do not count")
    lines.append(_signature(report, processing, intervals))
    return "\n".join(lines)


def _signature(
    report: Report, processing: Mapping[str, str] | None, intervals: Intervals | None
) -> str:
    bootstrap = None if intervals is None else intervals.bootstrap
    return str(signature(report, processing, bootstrap))


def as_json(
    report: Report,
    *,
    processing: Mapping[str, str] | None = None,
    intervals: Intervals | None = None,
    findings: Sequence[Finding] = (),
) -> str:
    """Give a report as one JSON object, undefined values as ``null``.

    Parameters
    ----------
    report : Report
        The report.
    processing : mapping of str to str, optional
        How the predictions were made, for the signature.
    intervals : Intervals, optional
        How sure each score is, under ``interval`` and ``intervals``.
    findings : sequence of Finding
        What else to say, each under its key.

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
        **({} if intervals is None else interval_json(intervals)),
        **{finding.key: finding.as_json() for finding in findings},
        "signature": _signature(report, processing, intervals),
        "version": version("abawkit"),
    }
    return json.dumps(null_undefined(content), indent=2, allow_nan=False)


def null_undefined(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Make of a value what JSON can hold.

    Parameters
    ----------
    value : object
        Numbers, texts, and lists and dicts of them.

    Returns
    -------
    object
        The same, with ``None`` for each NaN in it.
    """
    if isinstance(value, dict):
        return {key: null_undefined(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [null_undefined(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
