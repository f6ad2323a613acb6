"""Evaluation and submission toolkit for the ABAW affect challenges."""

from abawkit.errors import AbawkitError
from abawkit.evaluation import (
    Bootstrap,
    Comparison,
    Intervals,
    Report,
    Signature,
    compare,
    confidence,
    evaluate,
    signature,
)
from abawkit.labels import read_labels
from abawkit.metrics import accuracy, ccc, f1_macro, f1_mean, mean_ccc, p_mtl, pearson
from abawkit.protocol import CHALLENGES, Challenge, find_challenge
from abawkit.track import Track

__all__ = [
    "CHALLENGES",
    "AbawkitError",
    "Bootstrap",
    "Challenge",
    "Comparison",
    "Intervals",
    "Report",
    "Signature",
    "Track",
    "accuracy",
    "ccc",
    "compare",
    "confidence",
    "evaluate",
    "f1_macro",
    "f1_mean",
    "find_challenge",
    "mean_ccc",
    "p_mtl",
    "pearson",
    "read_labels",
    "signature",
]
