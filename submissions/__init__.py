"""From raw outputs to files that count: fill, smooth, decide, write, check."""

from submissions.decide import Processing, decide, process
from submissions.run import RawVideo, Run, load_run

__all__ = ["Processing", "RawVideo", "Run", "decide", "load_run", "process"]
