"""The paper's tables, run again on a user's data."""
