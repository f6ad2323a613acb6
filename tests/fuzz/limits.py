"""What an input may cost: so many seconds and so much memory, whatever is in it."""

import mmap
import resource
import signal
import sys
from contextlib import contextmanager
from pathlib import Path

SECONDS = 5.0
MEBIBYTES = 1024


class TooSlowError(BaseException):
    """An input took too long; no handler of the code under test takes it for its own."""


@contextmanager
def bounded(seconds=SECONDS, mebibytes=MEBIBYTES):
    """Stop what takes longer, and refuse memory beyond what the process has and so much more."""

    def stop(*_):
        raise TooSlowError

    before = signal.signal(signal.SIGALRM, stop)
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if sys.platform == "linux":
        size = int(Path("/proc/self/statm").read_text().split()[0]) * mmap.PAGESIZE
        resource.setrlimit(resource.RLIMIT_AS, (size + (mebibytes << 20), hard))
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        signal.signal(signal.SIGALRM, before)
