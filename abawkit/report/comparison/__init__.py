"""A comparison of systems as text, Markdown and LaTeX for people, JSON and CSV for programs."""

from abawkit.report.comparison.markup import as_latex, as_markdown, as_text
from abawkit.report.comparison.records import as_csv, as_json

__all__ = ["as_csv", "as_json", "as_latex", "as_markdown", "as_text"]
