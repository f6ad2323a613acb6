"""A score with all that was asked for beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from abawkit.evaluation.bootstrap import confidence
from abawkit.evaluation.coverage import compare_coverage, find_faces
from abawkit.report.coverage import Faces
from abawkit.report.influence import movers_and_gains
from abawkit.report.render import as_json, as_text
from abawkit.report.standing import standing

if TYPE_CHECKING:
    from pathlib import Path

    from abawkit.evaluation import Scored
    from abawkit.evaluation.bootstrap import Bootstrap, Intervals
    from abawkit.report.render import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What to show of a score.

    ``bootstrap`` asks for intervals; ``influence`` for the videos that move the score; ``faces``
    for the score of the frames with a face, which the run tells, or ``data``, a folder of cropped
    frames; ``published`` for its place among the published scores of ``split``.
    """

    bootstrap: Bootstrap | None = None
    influence: bool = False
    faces: bool = False
    data: Path | None = None
    published: bool = False
    split: str | None = None


def show(  # noqa: PLR0913 - one parameter a way of showing
    scored: Scored,
    predictions: Path,
    asked: Asked,
    *,
    json: bool = False,
    decimals: int = 4,
    by_video: bool = False,
) -> str:
    """Show a score and what was asked for.

    Parameters
    ----------
    scored : Scored
        The score.
    predictions : Path
        What was scored.
    asked : Asked
        What to show beside the score.
    json : bool
        Whether to give one JSON object instead of text.
    decimals : int
        How many decimals scores have in text.
    by_video : bool
        Whether the text has the score of each video.

    Returns
    -------
    str
        Several lines.
    """
    report = scored.report
    intervals = None if asked.bootstrap is None else confidence(report, asked.bootstrap)
    findings = _findings(scored, predictions, asked, intervals)
    if json:
        return as_json(
            report, processing=scored.processing, intervals=intervals, findings=findings
        )
    return as_text(
        report,
        decimals=decimals,
        by_video=by_video,
        processing=scored.processing,
        intervals=intervals,
        findings=findings,
    )


def _findings(
    scored: Scored, predictions: Path, asked: Asked, intervals: Intervals | None
) -> list[Finding]:
    report, truth = scored.report, scored.truth
    findings: list[Finding] = []
    if asked.influence:
        findings += movers_and_gains(report)
    if asked.faces:
        faces = find_faces(report.challenge, predictions, truth, data=asked.data)
        findings.append(Faces(compare_coverage(report, truth, scored.prediction, faces)))
    if asked.published:
        interval = None if intervals is None else intervals.score
        findings.append(standing(report, split=asked.split, interval=interval))
    return findings
