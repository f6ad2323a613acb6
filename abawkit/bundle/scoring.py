"""The scoring program of a bundle: a submission in, ``scores.json`` and a page out.

Conventions: the annotations may be hidden, so no message quotes them, says which of their frames
are annotated, or where files lie; what entrants read is about their own files and the names of
the videos to submit. The output is written last and whole, or not at all.
"""

from __future__ import annotations

import json
import math
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from abawkit.bundle.columns import scores_of, title_of
from abawkit.errors import (
    AbawkitError,
    AlignmentError,
    DataError,
    MissingDependencyError,
    ModelError,
    SubmissionError,
    few,
)
from abawkit.evaluation import evaluate, signature
from abawkit.evaluation.bootstrap import confidence
from abawkit.files import put, staged
from abawkit.labels import read_labels
from abawkit.protocol import find_challenge
from abawkit.report.html.entry import Entry, Page
from abawkit.report.html.page import render_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from abawkit.protocol import Challenge
    from abawkit.track import Track

SCORES = "scores.json"
DETAILS = "detailed_results.html"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Outcome:
    """What a submission gets: numbers by the key of their column, and a page, or None."""

    scores: Mapping[str, float]
    page: str | None


def main(input_folder: str, output_folder: str, *, challenge: str, details: bool = False) -> int:
    """Score the submission in ``res`` against the annotations in ``ref``.

    Parameters
    ----------
    input_folder : str
        Where ``res`` and ``ref`` are.
    output_folder : str
        Where ``scores.json`` and ``detailed_results.html`` will be, both or neither.
    challenge : str
        The name of the challenge, such as ``abaw6-va``.
    details : bool
        Whether the page shows the score of each video.

    Returns
    -------
    int
        The exit code: 0, or another one after a message on the error stream.
    """
    try:
        with warnings.catch_warnings():
            # Warnings count annotations, and name places in this program.
            warnings.simplefilter("ignore")
            outcome = score_submission(Path(input_folder), challenge, details=details)
        _write(outcome, Path(output_folder))
    except AbawkitError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - a traceback could quote the annotations
        kind = type(error).__name__
        msg = f"error: the scoring program failed ({kind}), nothing is scored: tell the organisers"
        print(msg, file=sys.stderr)  # noqa: T201
        return ModelError.exit_code
    if outcome.page is None:
        print("there is no page of details, for jinja2 is not installed")  # noqa: T201
    print(f"score {outcome.scores['score']:.4f}")  # noqa: T201
    return 0


def score_submission(folder: Path, name: str, *, details: bool = False) -> Outcome:
    """Score what is in a folder, and write nothing.

    Parameters
    ----------
    folder : Path
        Where ``res`` and ``ref`` are.
    name : str
        The name of the challenge.
    details : bool
        Whether the page shows the score of each video.

    Returns
    -------
    Outcome
        What the submission gets.

    Raises
    ------
    SubmissionError
        If the submission cannot be read, lacks videos or rows, or its score is undefined.
    DataError
        If the annotations cannot be read.
    """
    challenge = find_challenge(name)
    truth = _read_truth(folder / "ref", challenge)
    prediction = _read_submission(folder / "res", challenge)
    try:
        report = evaluate(challenge, truth, prediction)
    except AlignmentError:
        raise SubmissionError(_misfit(challenge, truth, prediction)) from None
    if math.isnan(report.score):
        undefined = [part for part, value in report.components.items() if math.isnan(value)]
        msg = (
            f"the score is undefined: {few(undefined)} is 0/0, as it is where all values of a "
            "column are the same"
        )
        raise SubmissionError(msg)
    try:
        intervals = confidence(report)
    except DataError:  # One video alone: the score stands, without an interval.
        return Outcome(scores=scores_of(report), page=None)
    entry = Entry(
        name="submission",
        report=report,
        intervals=intervals,
        signature=str(signature(report, bootstrap=intervals.bootstrap)),
        prediction=prediction,
    )
    page = Page(title=title_of(challenge), challenge=challenge, truth=truth, entries=(entry,))
    return Outcome(scores=scores_of(report, intervals), page=_render(page, by_video=details))


def _read_truth(folder: Path, challenge: Challenge) -> dict[str, Track]:
    try:
        return read_labels(folder, challenge)
    except (AbawkitError, OSError):
        msg = "the annotations cannot be read, no fault of the submission: tell the organisers"
        raise DataError(msg) from None


def _read_submission(folder: Path, challenge: Challenge) -> dict[str, Track]:
    try:
        return read_labels(folder, challenge)
    except (AbawkitError, OSError) as error:
        told = str(error).replace(f"{folder}/", "").replace(str(folder), "the submission")
        raise SubmissionError(told) from None


def _misfit(
    challenge: Challenge, truth: Mapping[str, Track], prediction: Mapping[str, Track]
) -> str:
    """Say which videos lack, or have other rows, without telling which rows are annotated.

    Parameters
    ----------
    challenge : Challenge
        Whose rules apply.
    truth, prediction : mapping of str to Track
        Labels by video, which do not fit each other.

    Returns
    -------
    str
        What to tell the entrant.
    """
    lacking = [video for video in truth if video not in prediction]
    if lacking:
        return f"{len(lacking)} of {len(truth)} videos have no prediction: {few(lacking)}"
    wrong = [video for video in truth if not _fits(challenge, truth[video], prediction[video])]
    return (
        f"the rows of {len(wrong)} of {len(truth)} videos do not fit: {few(wrong)}; expected a "
        "label for each row of the official sample, and no other rows"
    )


def _fits(challenge: Challenge, truth: Track, prediction: Track) -> bool:
    try:
        evaluate(challenge, [truth], [prediction])
    except AlignmentError:
        return False
    return True


def _render(page: Page, *, by_video: bool) -> str | None:
    try:
        return render_page(page, interactive=False, by_video=by_video)
    except MissingDependencyError:
        return None


def _write(outcome: Outcome, folder: Path) -> None:
    with staged(folder / SCORES) as stage:
        (stage / SCORES).write_text(json.dumps(outcome.scores, indent=2, allow_nan=False), "utf-8")
        if outcome.page is not None:
            (stage / DETAILS).write_text(outcome.page, "utf-8")
            put(stage / DETAILS, folder / DETAILS)
        try:
            put(stage / SCORES, folder / SCORES)
        except OSError:
            (folder / DETAILS).unlink(missing_ok=True)
            raise
