"""What a comparison of systems says: every system with its interval, every pair with its tests.

Conventions: the difference of a pair is the score of its ``first`` less that of its ``second``;
what is 0/0 is NaN. How ``p`` values come about is told in `abawkit.evaluation.comparing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from abawkit.evaluation.bootstrap import Bootstrap, Intervals
    from abawkit.evaluation.corrections import Correction
    from abawkit.evaluation.evaluate import Report
    from abawkit.evaluation.interval import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class PValue:
    """How likely a difference so large is by chance: of itself, and ``corrected`` for the pairs.

    ``undefined`` is the number of resamples or swaps that are 0/0 and left out.
    """

    value: float
    corrected: float
    undefined: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """By how much the first of two systems is above the second in one number.

    ``interval`` is that of the difference, by the paired bootstrap.
    """

    difference: float
    interval: Interval
    bootstrap: PValue
    randomisation: PValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two systems: the gap of their scores, and of each component by name.

    ``same`` tells that nothing differs in what was counted of any video.
    """

    first: str
    second: str
    score: Gap
    components: Mapping[str, Gap]
    same: bool


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class System:
    """One of the systems: its score, how sure it is, and the long form of its signature."""

    report: Report
    intervals: Intervals
    signature: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Comparison:
    """Systems beside each other, on the same videos.

    Attributes
    ----------
    systems : mapping of str to System
        By name, in the order given.
    pairs : tuple of Pair
        Every pair, its first one being the earlier of the two; or, where there is a baseline,
        each other system first and the baseline second.
    bootstrap : Bootstrap
        How resamples and swaps were drawn: ``level`` is also that of the tests.
    n_units : int
        How many videos or persons were drawn from.
    correction : {"holm", "bonferroni", "bh", "none"}
        How ``p`` values were corrected, over the pairs, for each test and number by itself.
    baseline : str or None
        The system that the others are compared with.
    """

    systems: Mapping[str, System]
    pairs: tuple[Pair, ...]
    bootstrap: Bootstrap
    n_units: int
    correction: Correction
    baseline: str | None

    @property
    def alpha(self) -> float:
        """What a corrected ``p`` must not exceed: one less the level."""
        return round(1.0 - self.bootstrap.level, 12)

    def beaten(self, name: str) -> tuple[str, ...]:
        """Name the systems that one beats significantly, by approximate randomisation.

        Parameters
        ----------
        name : str
            Of a system.

        Returns
        -------
        tuple of str
            Those below it with a corrected ``p`` of at most `alpha`.
        """
        worse = []
        for pair in self.pairs:
            gap = pair.score
            if gap.randomisation.corrected <= self.alpha:
                if pair.first == name and gap.difference > 0:
                    worse.append(pair.second)
                elif pair.second == name and gap.difference < 0:
                    worse.append(pair.first)
        return tuple(worse)
