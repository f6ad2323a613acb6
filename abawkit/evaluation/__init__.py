"""Scoring predictions under a challenge's protocol."""

from abawkit.evaluation.evaluate import Report, counted, evaluate
from abawkit.evaluation.files import Scored, score_files
from abawkit.evaluation.signature import signature

__all__ = ["Report", "Scored", "counted", "evaluate", "score_files", "signature"]
