"""What is wrong with files: told to whoever collects it, by code, file and lines.

Conventions: a code is the word for a kind of fault, such as ``range``. A reader tells everything
that it sees; what is read nevertheless, such as spaces after commas, is in `READ_ANYWAY`.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Protocol

from abawkit.errors import AnnotationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_SAID = 100
"""How many faults of a kind are described one by one, of those that are told together."""
READ_ANYWAY = frozenset({
    "spaces",
    "number-format",
    "number-notation",
    "probability",
    "label-probability",
})
"""Codes of rows that are not to the letter, but can be read."""


class FaultSink(Protocol):
    """Takes up what a reader finds wrong."""

    def add(self, path: Path, line: int, found: str, *, code: str) -> None:
        """Note one fault.

        Parameters
        ----------
        path : Path
            The file.
        line : int
            Its line, from 1.
        found : str
            What was found there and what was expected.
        code : str
            What kind of fault it is.
        """
        ...

    def tally(self, path: Path, lines: NDArray[np.intp], found: str, *, code: str) -> None:
        """Note one fault of many lines.

        Parameters
        ----------
        path : Path
            The file.
        lines : numpy.ndarray of int, shape (n_lines,)
            Its lines, from 1, ascending; at least one.
        found : str
            What was found in the first of them, and what was expected.
        code : str
            What kind of fault it is.
        """
        ...


@dataclass(slots=True)
class Faults:
    """What makes some files unreadable, up to a limit; the rest is counted.

    What is only not to the letter, `READ_ANYWAY`, is not noted.
    """

    limit: int = 20
    count: int = 0
    _files: dict[Path, int] = field(default_factory=dict)
    _noted: list[tuple[tuple[int, int], str]] = field(default_factory=list)

    def add(self, path: Path, line: int, found: str, *, code: str) -> None:
        """Note one fault.

        Parameters
        ----------
        path : Path
            The file.
        line : int
            Its line, from 1.
        found : str
            What was found there and what was expected.
        code : str
            What kind of fault it is.
        """
        if code not in READ_ANYWAY:
            self.count += 1
            self._note(path, line, found)

    def tally(self, path: Path, lines: NDArray[np.intp], found: str, *, code: str) -> None:
        """Note one fault of many lines.

        Parameters
        ----------
        path : Path
            The file.
        lines : numpy.ndarray of int, shape (n_lines,)
            Its lines, from 1, ascending.
        found : str
            What was found in the first of them, and what was expected.
        code : str
            What kind of fault it is.
        """
        if code not in READ_ANYWAY:
            self.count += len(lines)
            for line in lines[: self.limit].tolist():
                self._note(path, line, found)

    def _note(self, path: Path, line: int, found: str) -> None:
        file = self._files.setdefault(path, len(self._files))
        self._noted.append(((file, line), f"{path}, line {line}: {found}"))
        if len(self._noted) > 2 * self.limit + 100:
            self._noted = heapq.nsmallest(self.limit, self._noted, key=itemgetter(0))

    @property
    def messages(self) -> list[str]:
        """The first faults, in the order of files and lines."""
        return [message for _, message in sorted(self._noted, key=itemgetter(0))[: self.limit]]

    def check(self) -> None:
        """Give up if there are faults.

        Raises
        ------
        AnnotationError
            With the first faults, a line each, and the number of the others.
        """
        if self.count:
            messages = self.messages
            rest = self.count - len(messages)
            more = [f"and {rest} more faults"] if rest else []
            raise AnnotationError("\n".join(messages + more))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Teller:
    """Tells a sink of faults in some lines of a file, the first of which is `first_line`."""

    path: Path
    first_line: int
    data: NDArray[np.uint8]
    faults: FaultSink

    def tell(
        self,
        rows: NDArray[np.intp],
        span: tuple[NDArray[np.intp], NDArray[np.intp]],
        say: Callable[[str], str],
        *,
        code: str,
    ) -> None:
        """Tell of a fault of some rows: of the first ones each, of the rest at once.

        Parameters
        ----------
        rows : numpy.ndarray of int, shape (n_faults,)
            The rows, ascending.
        span : tuple of numpy.ndarray of int, each of shape (n_faults,)
            Where the faulty texts begin and end.
        say : callable
            Takes such a text, and says what is wrong with it.
        code : str
            What kind of fault it is.
        """
        lines = rows + self.first_line
        for line, begin, end in zip(lines[:_SAID].tolist(), *span, strict=False):
            self.faults.add(self.path, line, say(self._text(begin, end)), code=code)
        if len(lines) > _SAID:
            found = say(self._text(span[0][_SAID], span[1][_SAID])) + " and the like"
            self.faults.tally(self.path, lines[_SAID:], found, code=code)

    def _text(self, begin: int, end: int) -> str:
        return self.data[begin:end].tobytes().decode("utf-8", "backslashreplace")
