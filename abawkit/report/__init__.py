"""Showing a report: text for people, JSON for programs."""

from abawkit.report.render import as_json, as_text, table

__all__ = ["as_json", "as_text", "table"]
