"""Scoring files: what ``abawkit score`` does."""

from __future__ import annotations

import json
import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Unpack

from abawkit.errors import AlignmentError, DataError, UndefinedMetricWarning
from abawkit.evaluation.evaluate import Report, evaluate
from abawkit.evaluation.signature import NONE
from abawkit.labels import detect_challenge, read_labels
from abawkit.protocol import CHALLENGES, canonical, find_challenge

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from abawkit.evaluation.rules import Rules
    from abawkit.track import Track

MANIFEST = "manifest.json"
_SETTINGS = ("fill", "smooth", "thresholds", "offsets")
REFINING = "refining"
"""What marks the manifest of a run whose labels are being made anew: the settings they get."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Scored:
    """A score of files, and what it was made of.

    ``processing`` tells how the predictions were made, from the manifest of the run if there is
    one; ``truth`` and ``prediction`` are the labels of the files, by video.
    """

    report: Report
    processing: Mapping[str, str]
    truth: Mapping[str, Track]
    prediction: Mapping[str, Track]


def score_files(
    predictions: Path,
    annotations: Path,
    *,
    task: str | None = None,
    edition: int | None = None,
    allow_missing: bool = False,
    **rules: Unpack[Rules],
) -> Scored:
    """Score label files against annotation files.

    Parameters
    ----------
    predictions : Path
        A run folder, a folder of label files or one file.
    annotations : Path
        A folder of label files or one file.
    task : str, optional
        The task, or a whole challenge such as ``abaw3-va``; by default read from the headers.
    edition : int, optional
        The edition; by default the 3rd if its headers fit, else the newest whose do.
    allow_missing : bool
        Leave annotated frames without a prediction out of the score.
    **rules : str or None
        ``va_mask``, ``au_mask`` and ``absent``, as `evaluate` takes them.

    Returns
    -------
    Scored
        The score, and what it was made of.

    Raises
    ------
    AlignmentError
        If the headers tell that the two are of different tasks.
    DataError
        If the predictions are a run that was stopped while its labels were written.

    Warns
    -----
    UndefinedMetricWarning
        If the score is undefined.
    """
    processing = read_processing(predictions)
    if task is None:
        challenge = detect_challenge(annotations, edition=edition)
        other = detect_challenge(predictions, edition=None)
        if other.protocol.task != challenge.protocol.task:
            msg = (
                f"the predictions in {predictions} are for {other.protocol.task}, "
                f"the annotations in {annotations} for {challenge.protocol.task}"
            )
            raise AlignmentError(msg)
    else:
        # Given both, headers need not tell: those of another edition of the task fit as well.
        told = edition is not None or canonical(task) in CHALLENGES
        challenge = (
            find_challenge(task, edition) if told else detect_challenge(annotations, task=task)
        )
    truth, prediction = (
        read_labels(annotations, challenge),
        read_labels(predictions, challenge),
    )
    report = evaluate(challenge, truth, prediction, allow_missing=allow_missing, **rules)
    undefined = [name for name, value in report.components.items() if math.isnan(value)]
    if undefined:
        warnings.warn(
            f"the score is undefined: {', '.join(undefined)} is 0/0",
            UndefinedMetricWarning,
            stacklevel=2,
        )
    return Scored(report=report, processing=processing, truth=truth, prediction=prediction)


def read_challenge(run: Path) -> str | None:
    """Read from a run's manifest which challenge its labels are for.

    Parameters
    ----------
    run : Path
        A run folder, or anything else.

    Returns
    -------
    str or None
        Its name; None where there is no manifest to read.
    """
    try:
        challenge = json.loads((run / MANIFEST).read_text("utf-8"))["challenge"]
    except (OSError, ValueError, LookupError, TypeError):  # None, or another tool's.
        return None
    return challenge if isinstance(challenge, str) else None


def read_processing(run: Path) -> dict[str, str]:
    """Read from a run's manifest how its labels were made.

    Parameters
    ----------
    run : Path
        A run folder, or anything else.

    Returns
    -------
    dict of str to str
        ``fill``, ``smooth``, ``thresholds`` and ``offsets`` as the manifest has them, the last two
        ``none`` where they are the defaults; empty where there is no manifest to read.

    Raises
    ------
    DataError
        If the run was stopped while its labels were written: they may be of two settings.
    """
    try:
        manifest = json.loads((run / MANIFEST).read_text("utf-8"))
        labels = manifest["labels"]
        processing = {name: str(labels[name]) for name in _SETTINGS if name in labels}
        stopped = REFINING in manifest or ("planned" in manifest and "videos" not in manifest)
    except (OSError, ValueError, LookupError, TypeError):  # None, or another tool's.
        return {}
    if stopped:
        msg = (
            f"{run}: this run was stopped while its labels were written; give the command that "
            "made it again, and it will go on"
        )
        raise DataError(msg)
    # The manifest of a run with the default thresholds and offsets does not mention them.
    return {"thresholds": NONE, "offsets": NONE} | processing if processing else {}
