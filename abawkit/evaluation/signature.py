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
    total, targets = report.total, report.challenge.targets
    masks = {
        target.name: "frame" if isinstance(target, Categorical) else target.masking
        for target in targets
    }
    fields = {
        "videos": len(report.videos),
        "frames": total.n_frames,
        "masked": total.n_masked,
        "mask": "+".join(f"{name}:{masking}" for name, masking in masks.items()),
        "pool": "frames",
        "moments": "population",
        "absent": "zero",
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
