"""Scores on plain arrays: no videos, no files, no challenges.

Conventions: the truth comes first; arrays have one row a frame; values are in float64. Every
score is also a `Summary`, frozen statistics of one sample that pool with ``+``, so that the score
of a corpus, of a video and of a resample are the same few additions.
"""

from abawkit.metrics.categorical import Absent, Accuracy, Confusion, accuracy, f1_macro
from abawkit.metrics.composite import WeightedSum, p_mtl
from abawkit.metrics.continuous import (
    MeanCCC,
    MeanPearson,
    PairedMoments,
    ccc,
    mean_ccc,
    pearson,
)
from abawkit.metrics.multilabel import CellAccuracy, DetectionCounts, f1_mean
from abawkit.metrics.summary import Scores, Summary

__all__ = [
    "Absent",
    "Accuracy",
    "CellAccuracy",
    "Confusion",
    "DetectionCounts",
    "MeanCCC",
    "MeanPearson",
    "PairedMoments",
    "Scores",
    "Summary",
    "WeightedSum",
    "accuracy",
    "ccc",
    "f1_macro",
    "f1_mean",
    "mean_ccc",
    "p_mtl",
    "pearson",
]
