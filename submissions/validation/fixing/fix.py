"""Repairing a submission where there is one right answer, and refusing where there are more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from abawkit.files import put, staged
from abawkit.labels.writing import write_labels
from submissions.filling import as_filling
from submissions.validation.fixing.changes import write_log
from submissions.validation.fixing.destination import destination
from submissions.validation.fixing.difference import differences
from submissions.validation.fixing.keeping import keep_right
from submissions.validation.fixing.repair import repaired
from submissions.validation.fixing.sides import Side
from submissions.validation.fixing.values import OVERSHOOT
from submissions.validation.refusal import NotFixedError
from submissions.validation.submission import read_submission
from submissions.validation.validate import validate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from abawkit.protocol import Challenge
    from submissions.template import Template
    from submissions.validation.fixing.destination import Destination
    from submissions.validation.submission import Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """A submission that was repaired.

    ``out`` is the file or folder that was written, ``log`` the table of all changes beside it;
    ``by_code`` counts the lines that were changed, by the kind of fault, and ``n_changes`` all.
    """

    out: Path
    log: Path
    n_changes: int
    by_code: Mapping[str, int]


def fix(
    path: Path,
    challenge: Challenge,
    *,
    out: Path | None = None,
    template: Template | None = None,
    fill: str | None = None,
) -> Fixed:
    """Repair what has one right answer, into a new file, with a log of each change.

    A row that has no fault stays as it is written, and so do the values of a row that have none;
    what has to be written anew has the decimals of the challenge.

    Parameters
    ----------
    path : Path
        A run folder, a folder of label files, or one file; it stays as it is.
    challenge : Challenge
        What the submission is for.
    out : Path, optional
        Where the result goes; by default as `destination` says.
    template : Template, optional
        The official sample, which tells the rows, their order and the header.
    fill : {"linear", "nearest", "previous", "constant"}, optional
        What a row or a value takes that is not there, as `fill_labels` has it. By default there is
        nothing to fill with, and they are refused.

    Returns
    -------
    Fixed
        What was written, which is valid, and how much was changed.

    Raises
    ------
    UsageError
        If there is no such way to fill, or something is at `out` already.
    DataError
        If there is nothing to read at `path`.
    NotFixedError
        If anything would have to be guessed; the message lists all of it. Nothing is written.
    """
    method = as_filling(fill)
    # What overshoots is read too, so that it can be clipped.
    given = read_submission(path, challenge, template=template, overshoot=OVERSHOOT)
    goal = destination(path, given.layout, out)
    tracks, rows = repaired(given, template=template, fill=method)
    with staged(goal.out) as folder:
        files = write_labels(
            folder / "labels", tracks, targets=challenge.targets, layout=given.layout, rows=rows
        )
        written = _named(files, given, goal)
        old = Side(given)
        keep_right(old, Side(read_submission(written, challenge, template=template)), challenge)
        verdict = validate(written, challenge, template=template)
        if verdict.errors:
            raise NotFixedError(path, verdict.errors, filling=method is not None)
        new = read_submission(written, challenge, template=template)
        changes = differences(old, Side(new), challenge)
        # What may fail comes first, so that no log stands there without a result.
        write_log(folder / "log", changes)
        put(written, goal.out)
        put(folder / "log", goal.log)
    counts = {kind.code: kind.count for kind in changes if kind.count}
    return Fixed(out=goal.out, log=goal.log, n_changes=sum(counts.values()), by_code=counts)


def _named(files: list[Path], given: Submission, goal: Destination) -> Path:
    # A file of all videos keeps its name, unless that is wrong or another is asked for.
    file = files[0]
    if given.layout.per_video:
        return file if goal.is_file else file.parent
    name = file.name if given.faults.lines("file-name") else given.tables[0].path.name
    named = file.rename(file.with_name(goal.out.name if goal.is_file else name))
    return named if goal.is_file else named.parent


__all__ = ["Fixed", "fix"]
