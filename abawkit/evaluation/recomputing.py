"""From a signature back to a score: the settings that it tells, and the files scored by them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from abawkit.errors import UsageError
from abawkit.evaluation.bootstrap import Bootstrap, Unit
from abawkit.evaluation.files import read_challenge, score_files
from abawkit.evaluation.rules import Rules, with_rules
from abawkit.evaluation.signature import UNKNOWN, signature
from abawkit.protocol import Categorical, find_challenge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from abawkit.evaluation.evaluate import Report
    from abawkit.evaluation.signature import Signature
    from abawkit.protocol import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a score is computed; ``rules`` holds those alone that are not the challenge's own."""

    challenge: str
    allow_missing: bool
    rules: Rules
    bootstrap: Bootstrap | None

    @property
    def command(self) -> str:
        """The command that computes the score, of predictions ``PREDS`` and annotations ``GT``."""
        words = ["abawkit", "score", "PREDS", "GT", "--task", self.challenge]
        words += ["--allow-missing"] if self.allow_missing else []
        for rule, choice in self.rules.items():
            words += [f"--{rule.replace('_', '-')}", str(choice)]
        if self.bootstrap is not None:
            drawn = self.bootstrap
            words += ["--confidence", "--resamples", f"{drawn.resamples}"]
            words += ["--level", f"{drawn.level!r}", "--unit", drawn.unit]
            words += ["--seed", f"{drawn.seed}"]
        return shlex.join(words)


def settings_of(told: Signature) -> Settings:
    """Read how a score was computed from its signature; what that does not tell is by default.

    Parameters
    ----------
    told : Signature
        The signature.

    Returns
    -------
    Settings
        What scores in the same way.

    Raises
    ------
    UsageError
        If this version has no such challenge, rule or setting.
    """
    challenge = find_challenge(told.challenge)
    rules: Any = {}
    for rule, target, choice in _choices(told):
        own = {one.name: one for one in challenge.targets}.get(target)
        if own is None:
            msg = f"{rule}:{target}:{choice}: {challenge.name} has no target {target!r}"
            raise UsageError(msg)
        if choice == _own_choice(own, rule):
            continue
        option = "absent" if rule == "absent" else f"{target}_mask"
        if option not in Rules.__annotations__ or not _can_be_chosen(own, rule):
            msg = f"{rule}:{target}:{choice}: {challenge.name} cannot be scored like this"
            raise UsageError(msg)
        rules[option] = choice
    with_rules(challenge, rules)
    return Settings(
        challenge=challenge.name,
        allow_missing=_one_of(told.fields, "missing", ("refused", "allowed")) == "allowed",
        rules=rules,
        bootstrap=_bootstrap(told.fields),
    )


def _choices(told: Signature) -> Iterator[tuple[str, str, str]]:
    for rule in ("mask", "absent"):
        for part in filter(None, told.fields.get(rule, "").split("+")):
            target, _, choice = part.partition(":")
            yield rule, target, choice


def _own_choice(target: Target, rule: str) -> str | None:
    if rule == "absent":
        # Units have no choice: one that never occurs counts 0.
        return target.absent if isinstance(target, Categorical) else "zero"
    return None if isinstance(target, Categorical) else target.masking


def _can_be_chosen(target: Target, rule: str) -> bool:
    return isinstance(target, Categorical) == (rule == "absent")


def _one_of(fields: Mapping[str, str], name: str, choices: Sequence[str]) -> str:
    text = fields.get(name, choices[0])
    if text not in choices:
        msg = f"signature, {name}: expected {' or '.join(choices)}, found {text!r}"
        raise UsageError(msg)
    return text


def _bootstrap(fields: Mapping[str, str]) -> Bootstrap | None:
    if "bootstrap" not in fields:
        return None
    usual = Bootstrap()
    unit: Any = _one_of(fields, "unit", get_args(Unit))
    return Bootstrap(
        resamples=int(_number(fields, "bootstrap", usual.resamples)),
        level=_number(fields, "level", usual.level),
        unit=unit,
        seed=int(_number(fields, "seed", usual.seed)),
    )


def _number(fields: Mapping[str, str], name: str, usual: float) -> float:
    text = fields.get(name, f"{usual}")
    try:
        return type(usual)(text)
    except ValueError as error:
        msg = f"signature, {name}: expected a number such as {usual}, found {text!r}"
        raise UsageError(msg) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One field of a signature beside what files say; ``same`` is None where one cannot tell."""

    field: str
    told: str | None
    found: str | None

    @property
    def same(self) -> bool | None:
        """Whether both say the same."""
        return None if {self.told, self.found} & {None, UNKNOWN} else self.told == self.found


def check_files(
    told: Signature, predictions: Path, annotations: Path
) -> tuple[Report, tuple[Checked, ...]]:
    """Score files as a signature says, and hold it against theirs.

    Parameters
    ----------
    told : Signature
        What a score is said to be computed on.
    predictions, annotations : Path
        As `score_files` takes them.

    Returns
    -------
    tuple of Report and tuple of Checked
        The score of the files; then the challenge, which only a run tells, and every field that
        either of the two signatures has.
    """
    settings = settings_of(told)
    scored = score_files(
        predictions,
        annotations,
        task=settings.challenge,
        allow_missing=settings.allow_missing,
        **settings.rules,
    )
    found = signature(scored.report, scored.processing, settings.bootstrap)
    checked = [
        Checked(field=name, told=told.fields.get(name), found=found.fields.get(name))
        for name in dict.fromkeys([*found.fields, *told.fields])
    ]
    # Files of several editions look alike: only a run tells which challenge it is of.
    run = read_challenge(predictions) or UNKNOWN
    return scored.report, (Checked(field="challenge", told=told.challenge, found=run), *checked)
