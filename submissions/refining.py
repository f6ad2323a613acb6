"""Making the labels of a run again from its raw outputs: what ``abawkit refine`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abawkit.errors import DataError, SubmissionError
from abawkit.evaluation.files import REFINING
from submissions.following import template_of
from submissions.labelling import RunLabels
from submissions.members import check_members
from submissions.run import load_run, write_manifest
from submissions.template import Template
from submissions.writing import finish, settings_of, write_run

if TYPE_CHECKING:
    from pathlib import Path

    from submissions.decide import Processing
    from submissions.run import Run
    from submissions.tuned import Tuned
    from submissions.writing import Outcome


def refine(  # noqa: PLR0913 - one parameter an option
    path: Path,
    *,
    fill: str | None = None,
    smooth: str | None = None,
    thresholds: str | None = None,
    tuned: Tuned | None = None,
    like: Path | None = None,
    out: Path | None = None,
    force: bool = False,
) -> Outcome:
    """Fill, smooth and decide again, without the network; what is not given stays as it was.

    In place, the labels and the manifest are replaced, and nothing is touched if the new labels
    are not valid. A run that was stopped meanwhile is marked: only this command and predict take
    it up, and without options this one goes on with the settings it had.

    Parameters
    ----------
    path : Path
        The run folder.
    fill, smooth, thresholds : str, optional
        As `Processing.revised` takes them.
    tuned : Tuned, optional
        Settings that ``abawkit tune`` found for such runs.
    like : Path, optional
        The organisers' sample, whose rows, order, header and columns the labels will have; by
        default those that they have.
    out : Path, optional
        Folder of a new run, raw outputs and all; the run's own by default.
    force : bool
        Replace the run in `out`, whatever it is of.

    Returns
    -------
    Outcome
        What the run has.

    Raises
    ------
    DataError
        If it is no finished run, or it cannot be written.
    """
    run = load_run(path, refining=True)
    check_members(run, tuned)
    processing = run.processing.revised(
        run.challenge, fill=fill, smooth=smooth, thresholds=thresholds, tuned=tuned
    )
    sample = None if like is None else Template.read(like, run.challenge)
    template = template_of(run, path, sample)
    try:
        if out is None or out.resolve() == path.resolve():
            return _relabel(path, run, processing, template)
        return write_run(out, run, processing, template=template, force=force)
    except OSError as error:
        msg = f"{out or path}: the run could not be written: {error}"
        raise DataError(msg) from error


def _relabel(path: Path, run: Run, processing: Processing, template: Template) -> Outcome:
    settings = settings_of(run, processing, template)
    # Meanwhile the manifest tells of no settings that labels have.
    write_manifest(path, {**settings, "labels": {}, REFINING: settings["labels"]})
    try:
        RunLabels(path, run.challenge, processing, template).write()
    except SubmissionError:  # Nothing has been written then.
        write_manifest(path, run.manifest)
        raise
    return finish(path, settings, template)
