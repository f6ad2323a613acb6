"""What can be said of the rows of a submission without any sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from submissions.validation.repeats import Repeats, occurrences
from submissions.validation.rows import by_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from abawkit.protocol import Challenge
    from submissions.validation.collecting import Collector
    from submissions.validation.rows import SubmittedRows

    Ints = NDArray[np.intp]
    Bools = NDArray[np.bool_]


def note_repeats(found: SubmittedRows, wanted: Bools | None, faults: Collector) -> None:
    """Note rows that are there more than once.

    Parameters
    ----------
    found : SubmittedRows
        The rows of the submission.
    wanted : numpy.ndarray of bool, shape (n_rows,), or None
        Which rows the sample asks for, where there is one: those it has twice are right.
    faults : Collector
        Takes up the others: as errors where the sample has them once or the values differ.
    """
    repeats = Repeats.of(found)
    rows, before, differs = repeats.rows, repeats.original, repeats.differs
    if wanted is None:
        wrong, same = differs, ~differs
    else:
        wrong, same = differs | ~wanted[rows], np.zeros(len(rows), bool)
    for picked, code_word in ((wrong, "row-duplicate"), (same, "row-repeated")):
        if picked.any():
            at = int(np.argmax(picked))
            how = "other" if differs[at] else "the same"
            said = f"{found.key(rows[at])} repeats line {found.line[before[at]]} with {how} values"
            found.report(rows[picked], said, code=code_word, faults=faults)


def note_order(found: SubmittedRows, faults: Collector) -> None:
    """Note frames that do not ascend, and videos that are taken up again.

    Parameters
    ----------
    found : SubmittedRows
        The rows of the submission.
    faults : Collector
        Takes them up.
    """
    if len(found) < 2:  # noqa: PLR2004 - one row is in order
        return
    turns = np.flatnonzero(np.diff(found.video)) + 1
    again = turns[occurrences(found.video[np.append(0, turns)])[1:] > 0]
    same = np.diff(found.video) == 0
    back = np.flatnonzero(same & (np.diff(found.frame) < 0)) + 1
    rows = np.union1d(again, back)
    if len(rows):
        said = f"found {found.key(rows[0])} after {found.key(rows[0] - 1)}"
        found.report(rows, said, code="row-order-unusual", faults=faults)


def note_gaps(found: SubmittedRows, faults: Collector) -> None:
    """Note frames that are left out within a video.

    Parameters
    ----------
    found : SubmittedRows
        The rows of the submission.
    faults : Collector
        Takes them up, where they should stand.
    """
    if found.layout.selected or found.layout.whole_clips or not len(found):
        return
    order = np.lexsort((found.frame, found.video))
    video, frame = found.video[order], found.frame[order]
    before = np.where(np.diff(video, prepend=-1) == 0, np.roll(frame, 1), 0)
    gaps = np.flatnonzero(frame > before + 1)
    if len(gaps):
        rows, sizes = order[gaps], (frame - before - 1)[gaps]
        at = int(np.argmin(rows))
        first = int(before[gaps[at]]) + 1
        name = found.videos[int(found.video[rows[at]])]
        said = f"frame {first} of {name} is not there, found {found.key(rows[at])}"
        for file, own in by_number(found.file[rows]):
            faults.tally(
                found.paths[file],
                found.line[rows[own]],
                said,
                code="row-gap",
                more=int((sizes[own] - 1).sum()),
            )


def note_count(found: SubmittedRows, challenge: Challenge, faults: Collector) -> None:
    """Note a number of rows that is not that of the test set whose videos are there.

    Parameters
    ----------
    found : SubmittedRows
        The rows of the submission.
    challenge : Challenge
        What it is for.
    faults : Collector
        Takes it up.
    """
    for split in challenge.protocol.splits:
        if split.name != "test" or not split.rows:
            continue
        if split.videos == len(found.videos) and split.rows != len(found):
            said = (
                f"found {len(found)} rows of {len(found.videos)} videos; the test set of "
                f"as many videos has {split.rows} ({split.source})"
            )
            faults.add(found.paths[0], 0, said, code="row-count")
