"""The scoring bundle for organisers: the same code, where entrants cannot see the labels."""
