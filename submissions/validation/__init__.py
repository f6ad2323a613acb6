"""Checking submissions as strictly as anybody could, and naming every fault at once."""
