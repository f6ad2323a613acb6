"""Label tables, annotations and predictions alike, in any edition's layout."""

from abawkit.labels.reading import detect_challenge, read_labels
from abawkit.labels.rows import Rows
from abawkit.labels.writing import format_labels, write_labels

__all__ = ["Rows", "detect_challenge", "format_labels", "read_labels", "write_labels"]
