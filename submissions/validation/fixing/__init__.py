"""Repairing submissions where there is one right answer."""

from submissions.validation.fixing.fix import Fixed, fix

__all__ = ["Fixed", "fix"]
