"""Training: the only commands that need torch."""
