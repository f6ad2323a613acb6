"""What is tried: filters, thresholds, offsets and weights, and how users write them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any, Self

from abawkit.errors import UsageError
from abawkit.temporal import Filter
from submissions.options import as_text, by_target, default_filter, numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from abawkit.protocol import Challenge, Target

WIDTHS = (3, 5, 11, 15, 31, 51, 101, 151, 201)
"""Full widths of the boxes and medians that are tried by default."""
THRESHOLDS = ".1:.9:.1"
"""The nine values of the published code, both ends among them."""
_FINE, _COARSE = 0.1, 0.25  # steps of weights: of up to three runs, and of more
_FEW_RUNS = 3
_MOST = 2000  # values of one setting
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The values tried for each setting; of values that score the same, the first one is taken.

    Attributes
    ----------
    smooth : mapping of str to tuple of Filter
        The filters, by target.
    thresholds : tuple of float
        Of the probability of an action unit; of two that score the same, the one nearer .5 is
        taken, then the lower one.
    offsets : tuple of float
        Of the log-probability of a class; none to try none. Offsets of values have no grid: where
        this is not empty, the one best shift of each is tried.
    weights : tuple of tuple of float
        Of the runs, one each; none for equal weights.

    Raises
    ------
    UsageError
        If there is nothing to try, or a number is none.
    """

    smooth: Mapping[str, tuple[Filter, ...]]
    thresholds: tuple[float, ...] = (0.5,)
    offsets: tuple[float, ...] = ()
    weights: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self) -> None:
        empty = [name for name, filters in self.smooth.items() if not filters]
        if empty or not self.thresholds:
            msg = f"nothing to try for {empty[0] if empty else 'thresholds'}"
            raise UsageError(msg)
        values = (*self.thresholds, *self.offsets, *(w for row in self.weights for w in row))
        if not all(map(math.isfinite, values)):
            msg = f"expected numbers to try, found {as_text(values)}"
            raise UsageError(msg)

    @classmethod
    def parse(  # noqa: PLR0913 - one parameter a setting
        cls,
        challenge: Challenge,
        *,
        smooth: str | None = None,
        thresholds: str = THRESHOLDS,
        offsets: str = "none",
        weights: float | None = None,
        n_runs: int = 1,
    ) -> Self:
        """Read what to try as a user gives it.

        Parameters
        ----------
        challenge : Challenge
            Whose settings are searched.
        smooth : str, optional
            Filters separated by commas, ``default`` for the target's own; by target if need be,
            ``va=none,box:11;au=median:15``. Those of a target that is not given are ``none``, and
            boxes and medians of `WIDTHS`.
        thresholds : str
            ``start:stop:step``, both ends among them, or numbers separated by commas.
        offsets : str
            Likewise; or ``none``.
        weights : float, optional
            Step of the weights, a part of 1; by default .1 for up to three runs, .25 for more.
        n_runs : int
            How many runs are tuned together.

        Returns
        -------
        Grid
            All values.

        Raises
        ------
        UsageError
            If a text has another form, or there is too much to try.
        """
        given = {} if smooth is None else by_target(challenge, smooth, option="--smooth")
        limits = values_of(thresholds, option="--thresholds")
        wrong = [value for value in limits if not 0 <= value <= 1]
        if wrong:
            msg = f"--thresholds {thresholds}: expected values from 0 to 1, found {wrong[0]:g}"
            raise UsageError(msg)
        step = weights if weights is not None else _FINE if n_runs <= _FEW_RUNS else _COARSE
        return cls(
            smooth={
                target.name: _filters(target, given.get(target.name))
                for target in challenge.targets
            },
            thresholds=limits,
            offsets=() if offsets == "none" else values_of(offsets, option="--offsets"),
            weights=simplex(n_runs, step),
        )

    def describe(self) -> dict[str, Any]:
        """Tell what is tried, for the file of the settings.

        Returns
        -------
        dict
            What JSON can hold: texts by setting, the filters by target, the number of weights.
        """
        return {
            "smooth": {name: ",".join(map(str, row)) for name, row in self.smooth.items()},
            "thresholds": as_text(self.thresholds),
            "offsets": as_text(self.offsets) or "none",
            "n_weights": max(len(self.weights), 1),
        }


def values_of(text: str, *, option: str) -> tuple[float, ...]:
    """Read the values of a setting.

    Parameters
    ----------
    text : str
        ``start:stop:step`` or numbers separated by commas.
    option : str
        What to call it in messages.

    Returns
    -------
    tuple of float
        Each once, in the order given; a range includes its end.

    Raises
    ------
    UsageError
        If it is neither, or more than can be tried.

    Examples
    --------
    >>> values_of(".1:.5:.1", option="--thresholds")
    (0.1, 0.2, 0.3, 0.4, 0.5)
    """
    if ":" not in text:
        return tuple(dict.fromkeys(numbers(text, option=option)))
    try:
        start, stop, step = map(float, text.split(":"))
        count = math.floor((stop - start) / step + _ROUNDING) + 1
    except (ValueError, ArithmeticError):
        count = 0
    if not 1 <= count <= _MOST:
        msg = (
            f"{option} {text!r}: expected start:stop:step, such as {THRESHOLDS}, of at most "
            f"{_MOST} values, or numbers separated by commas"
        )
        raise UsageError(msg)
    return tuple(round(start + step * index, 10) for index in range(count))


def simplex(n_runs: int, step: float) -> tuple[tuple[float, ...], ...]:
    """List the weights of some runs that sum to 1: equal ones first, then all on a grid.

    Parameters
    ----------
    n_runs : int
        How many runs there are.
    step : float
        What the weights are multiples of, a part of 1.

    Returns
    -------
    tuple of tuple of float
        One weight a run.

    Raises
    ------
    UsageError
        If 1 is no multiple of the step, or there are too many weights to try.

    Examples
    --------
    >>> simplex(2, 0.5)
    ((0.5, 0.5), (0.0, 1.0), (1.0, 0.0))
    """
    parts = round(1 / step) if step > 0 and math.isfinite(1 / step) else 0
    if not parts or abs(parts * step - 1) > _ROUNDING:
        msg = f"--weights {step:g}: expected a step that 1 is a multiple of, such as .1"
        raise UsageError(msg)
    count = math.comb(parts + n_runs - 1, n_runs - 1)
    if count > _MOST:
        msg = (
            f"--weights {step:g}: {n_runs} runs have {count} weights of this step; expected at "
            f"most {_MOST}: take a greater step, such as .25, or fewer runs"
        )
        raise UsageError(msg)
    shares = (tuple(each / parts for each in row) for row in _compositions(parts, n_runs))
    return tuple(dict.fromkeys([(1 / n_runs,) * n_runs, *shares]))


def _compositions(total: int, n_parts: int) -> Iterator[tuple[int, ...]]:
    # Bars between stars: all ways to share a total among parts, in lexicographic order.
    last = total + n_parts - 1
    for bars in combinations(range(last), n_parts - 1):
        ends = (-1, *bars, last)
        yield tuple(end - start - 1 for start, end in pairwise(ends))


def _filters(target: Target, text: str | None) -> tuple[Filter, ...]:
    if text is None:
        kinds = (f"{kind}:{width}" for kind in ("box", "median") for width in WIDTHS)
        return (Filter.parse("none"), *map(Filter.parse, kinds))
    chosen = (
        default_filter(target) if part == "default" else Filter.parse(part)
        for part in text.split(",")
    )
    return tuple(dict.fromkeys(chosen))
