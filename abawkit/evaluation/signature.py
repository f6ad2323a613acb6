"""The line that says what a score was computed on, and by which rules."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from abawkit.protocol import Categorical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from abawkit.evaluation.evaluate import Report


def signature(report: Report, processing: Mapping[str, str] | None = None) -> str:
    """Describe a score so that it can be computed again.

    Parameters
    ----------
    report : Report
        The score.
    processing : mapping of str to str, optional
        How the predictions were made, such as ``fill`` and ``smooth`` of the run's manifest.

    Returns
    -------
    str
        ``|``-separated; the challenge first, the version of abawkit last.
    """
    total = report.total
    fields = {
        "videos": len(report.videos),
        "frames": total.n_frames,
        "masked": total.n_masked,
        **_rules(report),
        "missing": "allowed" if report.allow_missing else "refused",
        "coverage": f"{report.coverage:.4f}",
        "fill": (processing or {}).get("fill", "?"),
        "smooth": (processing or {}).get("smooth", "?"),
        "abawkit": version("abawkit"),
    }
    return "|".join([
        report.challenge.name,
        *(f"{name}:{value}" for name, value in fields.items()),
    ])


def _rules(report: Report) -> dict[str, str]:
    """Name the rules by which a score was computed, as far as its targets have them.

    Parameters
    ----------
    report : Report
        The score.

    Returns
    -------
    dict of str to str
        What was pooled; then ``mask``, ``moments`` and ``absent`` of each target, such as
        ``va:frame+au:value``.
    """
    challenge = report.challenge
    rules: dict[str, list[str]] = {"mask": [], "moments": [], "absent": []}
    for target, part in zip(challenge.targets, report.total.summary.parts, strict=True):
        masking = {} if isinstance(target, Categorical) else {"mask": target.masking}
        for rule, choice in {**masking, **part.conventions}.items():
            rules[rule].append(f"{target.name}:{choice}")
    pool = {"pool": "clips" if challenge.protocol.annotation.whole_clips else "frames"}
    return pool | {rule: "+".join(choices) for rule, choices in rules.items() if choices}
