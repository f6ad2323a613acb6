"""Reading a submission back, as the organisers will."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abawkit.errors import AnnotationError, SubmissionError, few
from abawkit.labels import read_labels

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from abawkit.protocol import Challenge


def check_submission(challenge: Challenge, path: Path, n_rows: Mapping[str, int]) -> int:
    """Check that a submission has the videos and rows it should, each with a label.

    Parameters
    ----------
    challenge : Challenge
        What it is for.
    path : Path
        The run folder, or the file.
    n_rows : mapping of str to int
        How many frames of each video have a row.

    Returns
    -------
    int
        Number of rows.

    Raises
    ------
    SubmissionError
        If a file is not valid, or videos or rows are missing or too many.
    """
    try:
        tracks = read_labels(path, challenge)
    except AnnotationError as error:
        raise SubmissionError(str(error)) from error
    found = {
        video: int(track.known.all(axis=1).sum())
        if track.listed is None
        else int(track.listed.sum())
        for video, track in tracks.items()
    }
    wrong = [
        f"{video}: expected {n_rows.get(video, 0)} rows, found {found.get(video, 0)}"
        for video in dict.fromkeys([*n_rows, *found])
        if n_rows.get(video, 0) != found.get(video, 0)
    ]
    if wrong:
        msg = f"{path}: {len(wrong)} videos have not the rows they should: {few(wrong)}"
        raise SubmissionError(msg)
    return sum(found.values())
