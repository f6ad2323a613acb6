"""Taking up faults, one by one or a million at a time, and making findings of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np

from submissions.validation.findings import CODES, PLACES, Finding, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

    Lines = NDArray[np.intp]


class Collector:
    """The faults of some files, by code: of each, the lines, and what is said of the first.

    A sink as `abawkit.labels` fills it, without a limit.
    """

    def __init__(self) -> None:
        self._lines: defaultdict[str, defaultdict[Path, list[Lines]]]
        self._lines = defaultdict(lambda: defaultdict(list))
        self._said: dict[tuple[str, Path], tuple[int, str]] = {}
        self._more: Counter[str] = Counter()
        self._hints: dict[str, str] = {}

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
            Its kind, of `CODES`.
        """
        self.tally(path, [line], found, code=code)

    def tally(self, path: Path, lines: ArrayLike, found: str, *, code: str, more: int = 0) -> None:
        """Note the same fault on many lines.

        Parameters
        ----------
        path : Path
            The file.
        lines : array_like of int
            Its lines, from 1, in any order; 0 for the file as a whole. There may be none.
        found : str
            What was found on the first of them and what was expected.
        code : str
            Its kind, of `CODES`.
        more : int
            How many more of them there are than lines, such as rows that are not there.
        """
        where = np.atleast_1d(np.asarray(lines, np.intp))
        if not len(where):
            return
        self._lines[code][path].append(where)
        self._more[code] += more
        first = int(where.min())
        if first < self._said.get((code, path), (first + 1, ""))[0]:
            self._said[code, path] = (first, found)

    def advise(self, code: str, hint: str) -> None:
        """Say what to do about a kind of fault, where the hint of its kind would be wrong.

        Parameters
        ----------
        code : str
            Its kind, of `CODES`.
        hint : str
            What to do.
        """
        self._hints[code] = hint

    def lines(self, code: str) -> Mapping[Path, Lines]:
        """Give the lines that have a fault.

        Parameters
        ----------
        code : str
            Its kind, of `CODES`.

        Returns
        -------
        mapping of Path to numpy.ndarray of int
            By file, in the order in which they were noted; each line once, ascending.
        """
        files: Mapping[Path, list[Lines]] = self._lines.get(code, {})
        return {path: _distinct(np.concatenate(parts)) for path, parts in files.items()}

    def codes(self) -> list[str]:
        """List the kinds of faults there are.

        Returns
        -------
        list of str
            In the order of `CODES`.
        """
        return [code for code in CODES if code in self._lines]

    def findings(self, *, places: int = PLACES) -> list[Finding]:
        """Sum the faults up.

        Parameters
        ----------
        places : int
            How many places of each kind to name.

        Returns
        -------
        list of Finding
            One a kind, in the order of `CODES`.
        """
        found = []
        for code in self.codes():
            files = self.lines(code)
            path = next(iter(files))
            _, said = self._said[code, path]
            found.append(
                finding(
                    code,
                    said,
                    count=sum(map(len, files.values())) + self._more[code],
                    at=first_places(files, places),
                    hint=self._hints.get(code),
                )
            )
        return found


def _distinct(lines: Lines) -> Lines:
    # Lines of one file are few numbers, each of which may be there a dozen times.
    noted = np.zeros(int(lines.max()) + 1, bool)
    noted[lines] = True
    return np.flatnonzero(noted)


def first_places(files: Mapping[Path, Lines], limit: int) -> list[Place]:
    """Name the first lines of some files.

    Parameters
    ----------
    files : mapping of Path to numpy.ndarray of int
        Lines by file, in order.
    limit : int
        How many at most.

    Returns
    -------
    list of Place
        The places.
    """
    places: list[Place] = []
    for path, lines in files.items():
        rest = limit - len(places)
        places += [Place(file=str(path), line=line or None) for line in lines[:rest].tolist()]
    return places


def finding(
    code: str, message: str, *, count: int, at: Iterable[Place], hint: str | None = None
) -> Finding:
    """Make a finding.

    Parameters
    ----------
    code : str
        Its kind, of `CODES`.
    message : str
        What was found and what was expected.
    count : int
        How often.
    at : iterable of Place
        Where first.
    hint : str, optional
        What to do; by default that of its kind.

    Returns
    -------
    Finding
        The finding.
    """
    return Finding(
        code=code,
        message=message,
        count=count,
        places=tuple(at),
        hint=CODES[code].hint if hint is None else hint,
    )


def ordered(findings: Iterable[Finding]) -> Sequence[Finding]:
    """Sort findings as the table of codes has them.

    Parameters
    ----------
    findings : iterable of Finding
        In any order.

    Returns
    -------
    sequence of Finding
        In the order of `CODES`; those of one kind stay as they are.
    """
    order = {code: number for number, code in enumerate(CODES)}
    return sorted(findings, key=lambda found: order[found.code])
