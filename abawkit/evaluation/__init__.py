"""Scoring predictions under a challenge's protocol."""

from abawkit.evaluation.evaluate import Report, evaluate
from abawkit.evaluation.files import score_files
from abawkit.evaluation.signature import signature

__all__ = ["Report", "evaluate", "score_files", "signature"]
