"""Runs on a page: what the command ``report`` shows."""
