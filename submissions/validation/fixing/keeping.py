"""What is right stays as it was written: rows are mended in their own text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abawkit.files import write_whole
from abawkit.labels.text import read_text
from abawkit.labels.values import allowed
from abawkit.protocol import Continuous, blocks
from submissions.validation.fixing.sides import origins
from submissions.validation.rows import by_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from abawkit.protocol import Challenge
    from submissions.validation.fixing.sides import Side
    from submissions.validation.rows import Mask

_SPACES = b" \t\v\f\r"


def keep_right(old: Side, new: Side, challenge: Challenge) -> None:
    """Give rows that were written the text that they were given with, but for their faults.

    Parameters
    ----------
    old : Side
        What was given.
    new : Side
        What was written, as the writer of the challenge does; its files are written again.
    challenge : Challenge
        What they are for.
    """
    origin = origins(old, new)
    whole, fields = _right(old, challenge)
    given: dict[int, list[bytes]] = {}
    for number, rows in by_number(new.rows.file):
        path = new.rows.paths[number]
        lines = read_text(path).split(b"\n")
        kept = rows[origin[rows] >= 0]
        source = origin[kept]
        for file in np.unique(old.rows.file[source]).tolist():
            if file not in given:
                given[file] = read_text(old.rows.paths[file]).split(b"\n")
        for row, line, file, own in zip(
            source.tolist(),
            (new.rows.line[kept] - 1).tolist(),
            old.rows.file[source].tolist(),
            (old.rows.line[source] - 1).tolist(),
            strict=True,
        ):
            text = given[file][own]
            lines[line] = text if whole[row] else _mended(text, lines[line], fields[row].tolist())
        write_whole(path, b"\n".join([*lines, b""]))


def _right(old: Side, challenge: Challenge) -> tuple[Mask, Mask]:
    """Tell what of the rows that were given is right.

    Parameters
    ----------
    old : Side
        What was given.
    challenge : Challenge
        What it is for.

    Returns
    -------
    whole : numpy.ndarray of bool, shape (n_rows,)
        The rows that are right as they stand.
    fields : numpy.ndarray of bool, shape (n_rows, n_fields)
        The fields, but for the key, that stay in a row that is not. An integer can be written
        in one way only.
    """
    rows = old.rows
    legal, real = np.zeros(rows.values.shape, bool), np.zeros(rows.values.shape[1], bool)
    for target, columns in blocks(challenge.targets):
        legal[:, columns] = allowed(target, rows.values[:, columns])
        real[columns] = isinstance(target, Continuous)
    whole = ~old.noted("spaces", "trailing-comma", "number-format") & legal.all(axis=1)
    order = rows.layout.order or range(len(real))
    fields = (legal & real)[:, order]
    if rows.probabilities is not None:
        exact = rows.probabilities.sum(axis=1) == 1
        whole &= exact
        fields = np.hstack([
            np.repeat(exact[:, None], rows.probabilities.shape[1], axis=1),
            fields,
        ])
    return whole, fields


def _mended(given: bytes, written: bytes, right: Sequence[bool]) -> bytes:
    before, after = given.split(b","), written.split(b",")
    start = len(after) - len(right)
    for place, stays in enumerate(right, start):
        if stays:
            after[place] = before[place].strip(_SPACES)
    return b",".join(after)


__all__ = ["keep_right"]
