"""Scoring predictions under a challenge's protocol."""

from abawkit.evaluation.bootstrap import Bootstrap, Intervals, confidence
from abawkit.evaluation.comparability import Difference, comparable, differences
from abawkit.evaluation.comparing import compare
from abawkit.evaluation.comparison import Comparison
from abawkit.evaluation.evaluate import Report, counted, evaluate
from abawkit.evaluation.files import Scored, score_files
from abawkit.evaluation.signature import Signature, signature

__all__ = [
    "Bootstrap",
    "Comparison",
    "Difference",
    "Intervals",
    "Report",
    "Scored",
    "Signature",
    "comparable",
    "compare",
    "confidence",
    "counted",
    "differences",
    "evaluate",
    "score_files",
    "signature",
]
