"""What ``abawkit reproduce`` does: find the tables, run them, show them."""

from __future__ import annotations

import json
import os
from importlib.metadata import version
from typing import TYPE_CHECKING

import torch

from abawkit.errors import UsageError
from baselines.reproduction.rendering import as_json, as_text
from baselines.reproduction.running import Settings, reproduce
from baselines.reproduction.tables import find_tables
from baselines.training.heads.device import find_device

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def run(
    names: Iterable[str],
    settings: Settings,
    *,
    whole: bool = False,
    threads: int = 0,
    note: Callable[[str], None],
) -> Iterator[str]:
    """Run some tables and show them.

    Parameters
    ----------
    names : iterable of str
        Names of tables, or ``all``.
    settings : Settings
        Where the data is, and how to train.
    whole : bool
        Give one JSON object of all tables instead of text.
    threads : int
        Threads of torch, 0 for all cores; never more than there are cores.
    note : callable
        Told of each head that is trained.

    Yields
    ------
    str
        Each table as it is finished; the JSON at the end.

    Raises
    ------
    UsageError
        If the number of threads is negative.
    """
    if threads < 0:
        msg = f"--threads {threads}: expected a number of threads, or 0 for all cores"
        raise UsageError(msg)
    chosen = find_tables(names)
    find_device(settings.device)
    if threads:
        # Far more of them than cores can end the process in the middle of a computation.
        torch.set_num_threads(min(threads, os.cpu_count() or 1))
    outcomes = reproduce(chosen, settings, note=note)
    if whole:
        shown = [as_json(outcome) for outcome in outcomes]
        content = {"tables": shown, "version": version("abawkit")}
        yield json.dumps(content, indent=2, allow_nan=False)
    else:
        for outcome in outcomes:
            yield as_text(outcome) + "\n"
