"""Reading settings as users give them: filters and numbers, by target or by output."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from abawkit.errors import UsageError
from abawkit.protocol import MultiLabel, find_challenge
from abawkit.temporal import Filter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from abawkit.protocol import Challenge, Target
    from submissions.tuned import Tuned


def default_filter(target: Target) -> Filter:
    """Choose the filter that published ablations found best for a kind of target.

    On the 3rd edition's validation set the code of the paper gives EXPR .381 -> .426 and VA
    .490 -> .550 (5th edition) with a box of half-width 50, AU .537 -> .548 with a median of
    half-width 7.

    Parameters
    ----------
    target : Target
        What is smoothed.

    Returns
    -------
    Filter
        ``box:101`` for values and classes, ``median:15`` for independent labels.
    """
    return Filter.parse("median:15" if isinstance(target, MultiLabel) else "box:101")


def by_target(challenge: Challenge, text: str, *, option: str) -> dict[str, str]:
    """Split ``va=...,expr=...``; commas within a value are kept.

    Parameters
    ----------
    challenge : Challenge
        Whose targets may be named.
    text : str
        One value for all targets; or ``target=value`` parts, separated by ``,`` or ``;``.
    option : str
        What to call it in messages.

    Returns
    -------
    dict of str to str
        The value of each target that is named, or of all.

    Raises
    ------
    UsageError
        If the challenge has no such target, or one is named twice.
    """
    if "=" not in text:
        return {target.name: text for target in challenge.targets}
    values: dict[str, str] = {}
    last = None
    for part in text.replace(";", ",").split(","):
        name, equals, value = part.partition("=")
        if not equals and last is not None:
            values[last] += f",{part}"
            continue
        last = name.strip()
        check_target(challenge, last, where=f"{option} {part}")
        if last in values:
            msg = f"{option} {text}: {last} is given twice"
            raise UsageError(msg)
        values[last] = value
    return values


def check_target(challenge: Challenge, name: str, *, where: str) -> None:
    """Check that a challenge has a target.

    Parameters
    ----------
    challenge : Challenge
        The challenge.
    name : str
        The target's name.
    where : str
        Where it was found, for the message.

    Raises
    ------
    UsageError
        If it has not.
    """
    known = [target.name for target in challenge.targets]
    if name not in known:
        only = ", ".join(known)
        msg = f"{where}: {challenge.name} has no target {name!r}, only {only}"
        raise UsageError(msg)


def numbers(text: str, *, option: str) -> tuple[float, ...]:
    """Read numbers separated by commas.

    Parameters
    ----------
    text : str
        Such as ``.5,.3``.
    option : str
        What to call it in messages.

    Returns
    -------
    tuple of float
        The numbers.

    Raises
    ------
    UsageError
        If something else is among them.
    """
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = (math.nan,)
    if not all(map(math.isfinite, values)):
        msg = f"{option} {text!r}: expected numbers separated by commas, such as .5,.3"
        raise UsageError(msg)
    return values


def as_text(values: Iterable[float]) -> str:
    """Write numbers so that `numbers` reads the same ones.

    Parameters
    ----------
    values : iterable of float
        The numbers.

    Returns
    -------
    str
        Separated by commas, as short as they can be told exactly.
    """
    return ",".join(
        short if float(short := f"{value:g}") == value else repr(float(value)) for value in values
    )


def unit_names(challenge: Challenge) -> tuple[str, ...]:
    """Name the action units of a challenge.

    Parameters
    ----------
    challenge : Challenge
        The challenge.

    Returns
    -------
    tuple of str
        The outputs that have a threshold; empty where there is none.
    """
    return tuple(
        name
        for target in challenge.targets
        if isinstance(target, MultiLabel)
        for name in target.names
    )


def check_thresholds(
    challenge: Challenge, thresholds: Sequence[float], *, where: str
) -> tuple[float, ...]:
    """Check that thresholds are a probability a unit; one is taken for all units.

    Parameters
    ----------
    challenge : Challenge
        The challenge.
    thresholds : sequence of float
        None at all, one, or one a unit.
    where : str
        Where they were found, for the message.

    Returns
    -------
    tuple of float
        None at all, or one a unit.

    Raises
    ------
    UsageError
        If it is another number of them, or one is no probability.
    """
    names = unit_names(challenge)
    if thresholds and not names:
        msg = f"{where}: {challenge.name} has no action units, which thresholds are for"
        raise UsageError(msg)
    if len(thresholds) not in {0, 1, len(names)}:
        msg = (
            f"{where}: expected one threshold, or {len(names)}, one for each of "
            f"{', '.join(names)}; found {len(thresholds)}"
        )
        raise UsageError(msg)
    wrong = [value for value in thresholds if not 0 <= value <= 1]
    if wrong:
        msg = f"{where}: expected thresholds from 0 to 1, found {wrong[0]:g}"
        raise UsageError(msg)
    return tuple(thresholds) * (len(names) if len(thresholds) == 1 else 1)


def check_offsets(
    challenge: Challenge, offsets: Sequence[float], *, where: str
) -> tuple[float, ...]:
    """Check that offsets are one an output, and 0 for action units.

    Parameters
    ----------
    challenge : Challenge
        The challenge.
    offsets : sequence of float
        None at all, or one a raw output.
    where : str
        Where they were found, for the message.

    Returns
    -------
    tuple of float
        The offsets.

    Raises
    ------
    UsageError
        If it is another number of them, or a unit has one.
    """
    names = [name for target in challenge.targets for name in target.names]
    if len(offsets) not in {0, len(names)}:
        msg = (
            f"{where}: expected {len(names)} offsets, one for each of {', '.join(names)}; "
            f"found {len(offsets)}"
        )
        raise UsageError(msg)
    units = set(unit_names(challenge))
    for name, offset in zip(names, offsets, strict=False):
        if name in units and offset:
            msg = f"{where}: {name} has the offset {offset:g}; an action unit has a threshold only"
            raise UsageError(msg)
    return tuple(offsets)


def check_tuned(challenge: Challenge, tuned: Tuned) -> Mapping[str, Filter]:
    """Check that tuned settings can be used for a challenge.

    Those of another edition can, if the targets and their outputs have the same names.

    Parameters
    ----------
    challenge : Challenge
        What is processed.
    tuned : Tuned
        The settings.

    Returns
    -------
    mapping of str to Filter
        The filters that are tuned, by target.

    Raises
    ------
    UsageError
        If they are of other outputs, or a target or a filter is none.
    """
    other = find_challenge(tuned.challenge)
    found, expected = (
        {target.name: target.names for target in row.targets} for row in (other, challenge)
    )
    if found != expected:
        msg = (
            f"the tuned settings are of {tuned.challenge} ({_outputs(found)}); expected those of "
            f"{challenge.name} ({_outputs(expected)}); abawkit tune makes them"
        )
        raise UsageError(msg)
    for name in tuned.smooth:
        check_target(challenge, name, where="the tuned settings")
    check_thresholds(challenge, tuned.thresholds, where="the tuned settings")
    check_offsets(challenge, tuned.offsets, where="the tuned settings")
    return {name: Filter.parse(text) for name, text in tuned.smooth.items()}


def _outputs(targets: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{name}: {len(names)} outputs" for name, names in targets.items())
