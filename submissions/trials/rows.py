"""Telling whether a file that was sent has rows of a challenge at all, however faulty it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from abawkit.labels.faults import Faults
from abawkit.labels.parsing import parse_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from abawkit.protocol import Challenge

HEAD = 1 << 16
"""How many bytes of a file are looked at."""


def files_without_rows(heads: Mapping[str, bytes], challenge: Challenge) -> list[str]:
    """Tell which of some files cannot have been sent to a challenge.

    Parameters
    ----------
    heads : mapping of str to bytes
        How each file starts, by its name; `HEAD` bytes of it, or the whole file.
    challenge : Challenge
        The challenge.

    Returns
    -------
    list of str
        Those without a row that it can have; none if that is one of several files of videos.
    """
    lacking = [name for name, head in heads.items() if not _has_row(name, head, challenge)]
    some = challenge.protocol.submission.per_video and len(lacking) < len(heads)
    return [] if some else lacking


def _has_row(name: str, head: bytes, challenge: Challenge) -> bool:
    # Where there is more of it, the last line may be cut.
    text = head if len(head) < HEAD else head.rpartition(b"\n")[0]
    layout, targets = challenge.protocol.submission, challenge.targets
    # A header is one row more that is none.
    table = parse_table(Path(name), text.rstrip(), layout, targets, Faults(), headed=False)
    return bool(np.isfinite(table.values[table.rows]).all(axis=1).any())
