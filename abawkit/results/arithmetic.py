"""A challenge's score from its printed parts, by the weights of the protocol table."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np

from abawkit.metrics import WeightedSum
from abawkit.protocol import Continuous

if TYPE_CHECKING:
    from collections.abc import Mapping

    from abawkit.metrics import Summary
    from abawkit.protocol import Challenge, Target


def combined(challenge: Challenge, parts: Mapping[str, float]) -> float | None:
    """Compute a score from its parts, such as ``ccc_valence`` or ``f1_expr``.

    Parameters
    ----------
    challenge : Challenge
        Whose formula applies.
    parts : mapping of str to float
        The components by the names that a report gives them; where only the mean over a
        target's outputs is known, that by the name of the target, such as ``va``. Others are
        of no use and do not count.

    Returns
    -------
    float or None
        The score, None where a part lacks.

    Examples
    --------
    >>> from abawkit.protocol import find_challenge
    >>> parts = {"f1_expr": 0.7633, "accuracy_expr": 0.8069}
    >>> round(combined(find_challenge("abaw2-expr"), parts), 4)
    0.7777
    """
    try:
        return sum(_target_score(target, parts) for target in challenge.targets)
    except KeyError:
        return None


def _target_score(target: Target, parts: Mapping[str, float]) -> float:
    # What a target is scored by, its summary tells; that of no frame at all does as well.
    nothing = np.empty((0, target.columns))
    summary = target.summarise(nothing, nothing)
    if target.name in parts:
        return parts[target.name]
    if isinstance(target, Continuous):
        (metric,) = summary.components
        return fmean(parts[f"{metric}_{name}"] for name in target.names)
    return _labels_score(summary, target.name, parts)


def _labels_score(summary: Summary, name: str, parts: Mapping[str, float]) -> float:
    if isinstance(summary, WeightedSum):
        pairs = zip(summary.weights, summary.parts, strict=True)
        return sum(weight * _labels_score(part, name, parts) for weight, part in pairs)
    (metric,) = summary.components
    return parts[f"{metric}_{name}"]
