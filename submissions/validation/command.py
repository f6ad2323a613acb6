"""What ``abawkit validate`` does: tell the challenge and the sample, then repair and check."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from abawkit.errors import UsageError
from submissions.identify import editions_like, identify, is_told
from submissions.template import choose_template
from submissions.validation.findings import PLACES
from submissions.validation.refusal import NotFixedError
from submissions.validation.validate import validate

if TYPE_CHECKING:
    from pathlib import Path

    from abawkit.protocol import Challenge
    from submissions.template import Template
    from submissions.validation.findings import Verdict
    from submissions.validation.fixing import Fixed


def check(  # noqa: PLR0913 - one parameter an option
    path: Path,
    *,
    task: str | None = None,
    edition: int | None = None,
    like: Path | None = None,
    frames: Path | None = None,
    against: Path | None = None,
    training: Path | None = None,
    places: int = PLACES,
    fix: bool = False,
    out: Path | None = None,
    fill: str | None = None,
) -> tuple[Verdict, Fixed | None]:
    """Check a submission, or repair it and check what comes out.

    Parameters
    ----------
    path : Path
        A run folder, a folder of label files, or one file.
    task : str, optional
        Its task, or a whole challenge such as ``abaw5-va``.
    edition : int, optional
        Its edition.
    like, frames : Path, optional
        The official sample or list, and the numbers of frames.
    against, training : Path, optional
        Another submission, and the training annotations.
    places : int
        How many places of each finding to name.
    fix : bool
        Whether to repair it.
    out : Path, optional
        Where the repaired one goes; beside `path` by default.
    fill : str, optional
        What rows and values take that are not there.

    Returns
    -------
    verdict : Verdict
        What was found, in what was repaired if that was asked for.
    fixed : Fixed or None
        What was repaired.

    Raises
    ------
    UsageError
        If `out` or `fill` is given without `fix`.
    NotFixedError
        If it cannot be repaired; it has the verdict on what was given.
    """
    if not fix and (out is not None or fill is not None):
        msg = "--out and --fill go with --fix, which writes a repaired file"
        raise UsageError(msg)
    challenge = identify(path, task=task, edition=edition, like=like)
    template = choose_template(challenge, like=like, frames=frames)
    try:
        fixed = _fix(path, challenge, template, out=out, fill=fill) if fix else None
    except NotFixedError as error:
        given = validate(path, challenge, template=template, places=places)
        error.verdict = replace(given, errors=error.findings)
        raise
    verdict = validate(
        path if fixed is None else fixed.out,
        challenge,
        template=template,
        against=against,
        training=training,
        places=places,
    )
    if not is_told(path, task=task, edition=edition):
        alike = tuple(row.name for row in editions_like(challenge))
        verdict = replace(verdict, alike=alike)
    return verdict, fixed


def _fix(
    path: Path,
    challenge: Challenge,
    template: Template | None,
    *,
    out: Path | None,
    fill: str | None,
) -> Fixed:
    from submissions.validation.fixing import fix  # noqa: PLC0415 - only where it is asked for

    return fix(path, challenge, out=out, template=template, fill=fill)
