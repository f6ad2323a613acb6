"""The rules of scoring where teams differ: a challenge with other rules than its row has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypedDict, get_args

from abawkit.errors import UsageError
from abawkit.metrics import Absent
from abawkit.protocol import Categorical, Masking

if TYPE_CHECKING:
    from collections.abc import Callable

    from abawkit.protocol import Challenge, Target


class Rules(TypedDict, total=False):
    """The rules that can be chosen, None for the challenge's own.

    ``va_mask`` and ``au_mask`` tell whether an unannotated value hides its frame's others of the
    target (``frame``) or only itself (``value``); ``absent`` whether a class in neither truth nor
    prediction counts 0 (``zero``) or is left out (``skip``).
    """

    va_mask: Masking | None
    au_mask: Masking | None
    absent: Absent | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    field: str
    choices: tuple[str, ...]
    applies: Callable[[Target], bool]
    wanted: str


_RULES = {
    "va_mask": _Rule(
        field="masking",
        choices=get_args(Masking),
        applies=lambda target: target.name == "va",
        wanted="valence and arousal",
    ),
    "au_mask": _Rule(
        field="masking",
        choices=get_args(Masking),
        applies=lambda target: target.name == "au",
        wanted="action units",
    ),
    "absent": _Rule(
        field="absent",
        choices=get_args(Absent),
        applies=lambda target: isinstance(target, Categorical),
        wanted="classes",
    ),
}


def with_rules(challenge: Challenge, rules: Rules) -> Challenge:
    """Choose other rules for a challenge.

    Parameters
    ----------
    challenge : Challenge
        A row of the table.
    rules : Rules
        The choices; what is None stays as the row says.

    Returns
    -------
    Challenge
        The row itself where nothing is chosen, otherwise a changed copy.

    Raises
    ------
    UsageError
        If there is no such choice, or the challenge has no target to which it applies.
    """
    targets = challenge.targets
    for name, choice in rules.items():
        if choice is None:
            continue
        rule, option = _RULES[name], "--" + name.replace("_", "-")
        if choice not in rule.choices:
            msg = f"{option}: expected {' or '.join(rule.choices)}, found {choice!r}"
            raise UsageError(msg)
        if not any(map(rule.applies, targets)):
            held = ", ".join(target.name for target in targets)
            msg = (
                f"{option} does not apply to {challenge.name}: it is for {rule.wanted}, "
                f"found {held}"
            )
            raise UsageError(msg)
        changed: dict[str, Any] = {rule.field: choice}
        targets = tuple(
            replace(target, **changed) if rule.applies(target) else target for target in targets
        )
    if targets is challenge.targets:
        return challenge
    return replace(challenge, protocol=replace(challenge.protocol, targets=targets))
