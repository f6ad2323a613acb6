"""What is not repaired, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from abawkit.errors import SubmissionError
from submissions.validation.collecting import ordered
from submissions.validation.rendering import finding_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from submissions.validation.findings import Finding, Verdict

_HINTS = {
    "blank-line": "see whether a row is lost there, and remove the line if not",
    "range": "see which value is meant; it is too far out to be clipped",
    "probability": "write probabilities that add up to 1",
    "row-duplicate": "keep the one that is meant",
    "row-extra": "see which rows these are, and name or number them as the sample does",
}
"""What to do about what ``--fix`` repairs elsewhere."""

_FILLED = dict.fromkeys(
    ("empty-value", "nan", "sentinel", "row-missing"),
    "predict the rows; the fill that is asked for does not tell what belongs here",
)
"""The same where it is told how to fill."""


class NotFixedError(SubmissionError):
    """A submission is not repaired, for something would have to be guessed.

    Parameters
    ----------
    path : Path
        Where it is.
    refused : iterable of Finding
        What cannot be repaired.
    filling : bool
        Whether it is told how to fill what is not there.

    Attributes
    ----------
    findings : tuple of Finding
        What cannot be repaired, in the order of the codes, with hints to do it by hand.
    verdict : Verdict or None
        What else there is to say of the submission, once it has been checked.
    """

    def __init__(self, path: Path, refused: Iterable[Finding], *, filling: bool = False) -> None:
        hints = _HINTS | (_FILLED if filling else {})
        self.findings = tuple(
            replace(found, hint=hints.get(found.code, found.hint)) for found in ordered(refused)
        )
        self.verdict: Verdict | None = None
        head = f"{path}: not repaired, and nothing written, for this has no one right answer:"
        super().__init__("\n".join([head, *map(finding_text, self.findings)]))
