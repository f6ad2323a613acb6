"""Scoring predictions under a challenge's protocol."""

from abawkit.evaluation.evaluate import Report, counted, evaluate
from abawkit.evaluation.files import score_files
from abawkit.evaluation.signature import signature

__all__ = ["Report", "counted", "evaluate", "score_files", "signature"]
