"""How a table of the paper is written down: columns, rows, and the heads that they are of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from baselines.heads import Source

_SOURCES = {"embedding": "embeddings", "scores": "scores", "both": "embeddings + scores"}
_VARIANTS = {
    "": "",
    "oracle": ", different AU thresholds",
    "validated": ", AU thresholds cross-validated",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a head of the grid is trained on, and how it is made.

    ``network`` is one of `NETWORKS`, ``source`` what the head takes, ``hidden`` the size of its
    hidden layer, 0 for none.
    """

    task: str
    network: str
    source: Source
    hidden: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A number of each row: its ``title``, and the ``measure`` that it is."""

    title: str
    measure: str
    printed: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row: a head on the features of a network, or the baseline, which has no ``source``.

    ``variant`` tells how the thresholds of action units are chosen, where not .5.
    """

    network: str
    source: Source | None
    hidden: int = 0
    variant: Literal["", "oracle", "validated"] = ""
    paper: str
    code: str = ""
    notes: tuple[str, ...] = ()

    @property
    def method(self) -> str:
        """The row's name below its network's, as the paper has it."""
        if self.source is None:
            return "baseline"
        layer = ", 1 hidden layer" if self.hidden else ""
        return f"{_SOURCES[self.source]}{layer}{_VARIANTS[self.variant]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of the paper; Table 2 is turned, its one row being the head it is about."""

    name: str
    task: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    @property
    def setups(self) -> tuple[Setup, ...]:
        """The heads that have to be trained, each once."""
        found = (self.setup(row) for row in self.rows)
        return tuple(dict.fromkeys(setup for setup in found if setup is not None))

    def setup(self, row: Row) -> Setup | None:
        """Tell which head a row is of.

        Parameters
        ----------
        row : Row
            A row of this table.

        Returns
        -------
        Setup or None
            The head; None for the baseline, which is quoted only.
        """
        if row.source is None:
            return None
        return Setup(task=self.task, network=row.network, source=row.source, hidden=row.hidden)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """How many annotated frames the paper has with a face, and how many without."""

    train: tuple[int, int]
    valid: tuple[int, int]


def numbers(text: str, columns: int) -> tuple[str | None, ...]:
    """Split the numbers of a row.

    Parameters
    ----------
    text : str
        Numbers as they are printed, ``-`` for none; empty if there are none at all.
    columns : int
        How many the table has.

    Returns
    -------
    tuple of str or None
        One for each column.
    """
    found = text.split() or ["-"] * columns
    return tuple(None if number == "-" else number for number in found)
