"""Settings between outputs and labels, searched with cross-validation by recording."""

from submissions.tuning.crossvalidation import tune
from submissions.tuning.grid import Grid
from submissions.tuning.result import TargetTuning, Tuning
from submissions.tuning.trials import Settings

__all__ = ["Grid", "Settings", "TargetTuning", "Tuning", "tune"]
