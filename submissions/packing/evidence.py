"""What the score of a submission on its validation set was, if it is of the same model."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

from abawkit.errors import AbawkitWarning
from abawkit.evaluation import signature
from abawkit.evaluation.files import score_files
from submissions.identify import read_own_manifest
from submissions.packing.manifest import run_settings
from submissions.run import read_manifest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from abawkit.protocol import Challenge


def settings_of(path: Path) -> dict[str, Any] | None:
    """Tell how a submission was made.

    Parameters
    ----------
    path : Path
        A run folder, or label files of any origin.

    Returns
    -------
    dict or None
        `run_settings`; None if no manifest tells.
    """
    if read_own_manifest(path) is None:
        return None
    manifest = read_manifest(path)
    return None if manifest is None else run_settings(manifest)


def score_validation(
    validation: Path,
    annotations: Path,
    challenge: Challenge,
    settings: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Score the predictions of the validation set that stand for a submission.

    Parameters
    ----------
    validation : Path
        A run folder, or label files.
    annotations : Path
        The annotations of the validation set.
    challenge : Challenge
        The challenge.
    settings : mapping, optional
        How the submission was made, from `settings_of`.

    Returns
    -------
    dict
        ``score``, None if it is undefined, and its ``signature``.

    Warns
    -----
    AbawkitWarning
        If these predictions were made in another way than the submission.
    """
    own = settings_of(validation)
    if settings is not None:
        compared = settings.keys() - {"identity", "abawkit"}
        differing = sorted(name for name in compared if (own or {}).get(name) != settings[name])
        if differing:
            what = "made with other settings" if own else "no run, so that nothing tells how made"
            msg = f"--validation {validation} is {what}: {', '.join(differing)}"
            warnings.warn(msg, AbawkitWarning, stacklevel=2)
    scored = score_files(validation, annotations, task=challenge.name)
    score = None if math.isnan(scored.report.score) else scored.report.score
    return {"score": score, "signature": str(signature(scored.report, scored.processing))}
