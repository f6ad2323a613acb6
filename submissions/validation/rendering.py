"""A verdict as text, a line a finding, and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from abawkit.errors import counted, few
from submissions.validation.findings import CODES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from submissions.validation.findings import Finding, Verdict
    from submissions.validation.fixing import Fixed

NOTHING = "compared with nothing: give the official sample with --like, or --frames"

_ALIKE = 2
_JOINED = {"row-missing", "row-gap", "row-count-unknown", "video-missing"}


def as_text(verdict: Verdict, *, fixed: Fixed | None = None, strict: bool = False) -> str:
    """Show a verdict to people.

    Parameters
    ----------
    verdict : Verdict
        The verdict.
    fixed : Fixed, optional
        What was repaired before.
    strict : bool
        Whether warnings count as errors.

    Returns
    -------
    str
        A finding after the other, then what it was compared with, and a summary.
    """
    findings = [*verdict.errors, *verdict.warnings]
    blocks = [finding_text(finding) for finding in findings]
    compared = NOTHING if verdict.compared is None else f"compared with {verdict.compared}"
    repaired = [] if fixed is None else [_repaired(fixed)]
    return "\n".join([*repaired, *blocks, compared, _summary(verdict, strict=strict)])


def finding_text(finding: Finding) -> str:
    """Show one finding.

    Parameters
    ----------
    finding : Finding
        The finding.

    Returns
    -------
    str
        Three lines: what it is, where, what to do.
    """
    unit = CODES[finding.code].unit
    lines = [
        f"{finding.severity} {finding.code}: {counted(finding.count, unit)}: {finding.message}"
    ]
    if finding.places:
        lines.append(f"  at {_places(finding)}")
    return "\n".join([*lines, f"  hint: {finding.hint}"])


def as_json(
    verdict: Verdict, *, fixed: Fixed | None = None, strict: bool = False, refused: bool = False
) -> str:
    """Give a verdict as one JSON object.

    Parameters
    ----------
    verdict : Verdict
        The verdict.
    fixed : Fixed, optional
        What was repaired before.
    strict : bool
        Whether warnings count as errors.
    refused : bool
        Whether it was to be repaired and is not.

    Returns
    -------
    str
        The object, indented.
    """
    content: dict[str, Any] = {
        "challenge": verdict.challenge,
        "ok": passes(verdict, strict=strict),
        "compared": verdict.compared,
        "n_videos": verdict.n_videos,
        "n_rows": verdict.n_rows,
        "errors": [asdict(finding) for finding in verdict.errors],
        "warnings": [asdict(finding) for finding in verdict.warnings],
    }
    if refused:
        content["fixed"] = None
    if fixed is not None:
        content["fixed"] = {
            "out": str(fixed.out),
            "log": str(fixed.log),
            "n_changes": fixed.n_changes,
            "by_code": dict(fixed.by_code),
        }
    return json.dumps(content, indent=2)


def passes(verdict: Verdict, *, strict: bool = False) -> bool:
    """Tell whether a submission passes.

    Parameters
    ----------
    verdict : Verdict
        The verdict.
    strict : bool
        Whether warnings count as errors.

    Returns
    -------
    bool
        Whether there is no error, and with `strict` no warning.
    """
    return verdict.ok and not (strict and verdict.warnings)


def _places(finding: Finding) -> str:
    shown: list[str] = []
    last = None
    for place in finding.places:
        line = "" if place.line is None else f"{place.line}"
        name = "" if place.file == last else place.file
        shown.append(f"{name}:{line}" if line and name else name or f"{line}")
        last = place.file
    # Of rows that are not there, several would stand at one place.
    rest = 0 if finding.code in _JOINED else finding.count - len(finding.places)
    return ", ".join(shown) + (f" and {rest:,} more" if rest > 0 else "")


def _repaired(fixed: Fixed) -> str:
    kinds = ", ".join(f"{code} {number:,}" for code, number in fixed.by_code.items())
    changes = counted(fixed.n_changes, "change") + (f" ({kinds})" if kinds else "")
    return f"wrote {fixed.out}: {changes}, each in {fixed.log}"


def _summary(verdict: Verdict, *, strict: bool) -> str:
    size = f"{counted(verdict.n_videos, 'video')}, {counted(verdict.n_rows, 'row')}"
    kinds = [_kinds(verdict.errors, "error"), _kinds(verdict.warnings, "warning")]
    told = ", ".join(kind for kind in kinds if kind)
    name = verdict.challenge
    if verdict.alike:
        name = f"{name} (as {few(verdict.alike, limit=_ALIKE)})"
    if passes(verdict, strict=strict):
        return f"valid: {name}, {size}" + (f"; {told}" if told else "")
    how = "not valid with --strict" if verdict.ok else "not valid"
    return f"{how}: {name}, {size}; {told}"


def _kinds(findings: Sequence[Finding], word: str) -> str:
    return counted(len(findings), word) if findings else ""
