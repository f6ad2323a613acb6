"""A sink that keeps every fault that it is told."""

import numpy as np


class Sink:
    """Lines of each code, and what was said of the first."""

    def __init__(self):
        self.told = {}
        self.said = {}

    def add(self, path, line, found, *, code):
        """Keep one."""
        self.tally(path, np.array([line]), found, code=code)

    def tally(self, path, lines, found, *, code):
        """Keep many, which come with their lines in order."""
        assert path.name == "1.txt"
        assert len(lines)
        assert all(np.diff(lines) > 0)
        self.told.setdefault(code, []).extend(lines.tolist())
        self.said.setdefault(code, found)
