"""The scoring program of a bundle: a submission in, ``scores.json`` and a page out.

Conventions: the annotations may be hidden, so no message quotes them, says which of their frames
are annotated, or where files lie; what entrants read is about their own files and the names of
the videos to submit. Nor does it show in what is refused: each row of the annotations needs a
label, be it annotated or not. The output is written last and whole, or not at all.
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
_NO_JINJA = "there is no page of details, for jinja2 is not installed"
_ONE_VIDEO = "there are no intervals and no page of details, for both need two annotated videos"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Outcome:
    """What a submission gets: numbers by the key of their column, and a page.

    ``page`` is None where there is none, and ``reason`` says why.
    """

    scores: Mapping[str, float]
    page: str | None = None
    reason: str = ""


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
    except (SubmissionError, DataError) as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - a traceback could quote the annotations
        kind = type(error).__name__
        msg = f"error: the scoring program failed ({kind}), nothing is scored: tell the organisers"
        print(msg, file=sys.stderr)  # noqa: T201
        return ModelError.exit_code
    if outcome.page is None:
        print(outcome.reason)  # noqa: T201
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
        If the annotations cannot be read, or there are none.
    """
    challenge = find_challenge(name)
    truth = _read_truth(folder / "ref", challenge)
    prediction = _read_submission(folder / "res", challenge)
    _refuse_misfit(truth, prediction)
    report = evaluate(challenge, truth, prediction)
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
        return Outcome(scores=scores_of(report), reason=_ONE_VIDEO)
    entry = Entry(
        name="submission",
        report=report,
        intervals=intervals,
        signature=str(signature(report, bootstrap=intervals.bootstrap)),
        prediction=prediction,
    )
    page = Page(title=title_of(challenge), challenge=challenge, truth=truth, entries=(entry,))
    scores = scores_of(report, intervals)
    try:
        shown = render_page(page, interactive=False, by_video=details)
    except MissingDependencyError:
        return Outcome(scores=scores, reason=_NO_JINJA)
    return Outcome(scores=scores, page=shown)


def _read_truth(folder: Path, challenge: Challenge) -> dict[str, Track]:
    try:
        truth = read_labels(folder, challenge)
    except (AbawkitError, OSError):
        truth = {}
    if not any(track.known.any() for track in truth.values()):
        msg = "the annotations cannot be read, no fault of the submission: tell the organisers"
        raise DataError(msg)
    return truth


def _read_submission(folder: Path, challenge: Challenge) -> dict[str, Track]:
    # A link could lead to the annotations.
    links = [path for path in sorted(folder.rglob("*")) if path.is_symlink()]
    if links:
        named = few(path.relative_to(folder) for path in links)
        msg = f"{named}: found a link; expected the files themselves"
        raise SubmissionError(msg)
    try:
        return read_labels(folder, challenge)
    except (AbawkitError, OSError) as error:
        told = str(error).replace(f"{folder}/", "").replace(str(folder), "the submission")
        if any(path.is_dir() for path in folder.iterdir()):
            told += "; zip the files themselves, not a folder that they are in"
        raise SubmissionError(told) from None


def _refuse_misfit(truth: Mapping[str, Track], prediction: Mapping[str, Track]) -> None:
    """Refuse a submission that lacks a video or a row, without telling which are annotated.

    Parameters
    ----------
    truth, prediction : mapping of str to Track
        Labels by video.

    Raises
    ------
    SubmissionError
        If they do not fit each other.
    """
    lacking = [video for video in truth if video not in prediction]
    if lacking:
        msg = f"{len(lacking)} of {len(truth)} videos have no prediction: {few(lacking)}"
        raise SubmissionError(msg)
    wrong = [video for video in truth if not _fits(truth[video], prediction[video])]
    if wrong:
        msg = (
            f"the rows of {len(wrong)} of {len(truth)} videos do not fit: {few(wrong)}; expected "
            "a label for each row of the official sample, and no other rows"
        )
        raise SubmissionError(msg)


def _fits(truth: Track, prediction: Track) -> bool:
    """Tell whether each row of the annotations has a label, whatever they say of it.

    Parameters
    ----------
    truth, prediction : Track
        Labels of one video.

    Returns
    -------
    bool
        Not so either where rows are beyond the end of annotations that have every frame.
    """
    surplus = prediction.n_frames - truth.n_frames
    if surplus < 0 or (surplus and truth.listed is None):
        return False
    known = prediction.known[: truth.n_frames]
    return bool((known if truth.listed is None else known[truth.listed]).all())


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
