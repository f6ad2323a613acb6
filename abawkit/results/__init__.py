"""What has been published: scores of baselines and of entries, edition by edition."""

from abawkit.results.table import RESULTS, SPLITS, Result, published

__all__ = ["RESULTS", "SPLITS", "Result", "published"]
