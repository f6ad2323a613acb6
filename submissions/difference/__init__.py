"""What changed between two submissions."""

from submissions.difference.difference import Difference, Drift, Flips, compare
from submissions.difference.videos import VideoChange

__all__ = ["Difference", "Drift", "Flips", "VideoChange", "compare"]
