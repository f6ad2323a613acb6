"""Reading in threads, ahead of what is being learnt."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future

T = TypeVar("T")

_AHEAD = 3


def read_ahead(
    read: Callable[[int], T], batches: Iterable[Sequence[int]], *, threads: int = 0
) -> Iterator[list[T]]:
    """Read batches in threads, a few of them ahead of the one that is asked for.

    Parameters
    ----------
    read : callable
        Reads what has an index.
    batches : iterable of sequence of int
        The indices of each batch.
    threads : int
        Threads that read; 0 for as many as there are cores, and no more than eight.

    Yields
    ------
    list
        What was read for each batch, in order.
    """
    pool = ThreadPoolExecutor(threads or min(8, os.cpu_count() or 1), thread_name_prefix="read")
    waiting: deque[list[Future[T]]] = deque()
    try:
        for batch in batches:
            waiting.append([pool.submit(read, index) for index in batch])
            if len(waiting) == _AHEAD:
                yield [future.result() for future in waiting.popleft()]
        for futures in waiting:
            yield [future.result() for future in futures]
    finally:
        pool.shutdown(cancel_futures=True)
