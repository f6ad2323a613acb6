"""Telling which validation scores of trials are no two scores of the same frames."""

from __future__ import annotations

import warnings
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from abawkit.errors import ComparisonWarning, UsageError
from abawkit.evaluation import Signature, comparable, differences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from submissions.trials.trial import Trial


def warn_incomparable(trials: Sequence[Trial]) -> None:
    """Warn of validation scores that were computed on other frames, or by other rules.

    Parameters
    ----------
    trials : sequence of Trial
        Those of a challenge one after the other; each is held against the one scored before it.

    Warns
    -----
    ComparisonWarning
        With the fields in which the two signatures differ.
    """
    for challenge, own in groupby(trials, key=lambda trial: trial.challenge):
        for before, trial in pairwise(row for row in own if row.validation is not None):
            found = _differences(before, trial)
            if found:
                msg = (
                    f"{challenge}: the validation scores of trials {before.number} and "
                    f"{trial.number} cannot be compared: {'; '.join(found)}"
                )
                warnings.warn(msg, ComparisonWarning, stacklevel=3)


def _differences(before: Trial, trial: Trial) -> list[str]:
    try:
        a, b = (Signature.parse(row.signature or "") for row in (before, trial))
    except UsageError:  # None, or damaged: nothing tells.
        return []
    if comparable(a, b) is not False:
        return []
    return [str(found) for found in differences(a, b) if found.decides]
