"""From raw outputs to files that count: fill, smooth, decide, write, check."""

from submissions.combining import combine
from submissions.decide import Processing, decide, process
from submissions.ensembling import ensemble
from submissions.refining import refine
from submissions.run import RawVideo, Run, load_run
from submissions.tuned import Tuned

__all__ = [
    "Processing",
    "RawVideo",
    "Run",
    "Tuned",
    "combine",
    "decide",
    "ensemble",
    "load_run",
    "process",
    "refine",
]
