"""Whether a model may enter a challenge, given the data it was trained on.

Rules are what participants have copied from the organisers' pages; precedents are what ranked
teams used. Where neither is known the answer is "not confirmed": ask the organisers.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from abawkit.protocol import CHALLENGES
from baselines.card import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Answer = Literal["forbidden", "allowed", "used by a ranked team", "not confirmed"]
ANSWERS: tuple[Answer, ...] = ("forbidden", "allowed", "used by a ranked team", "not confirmed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Any pre-trained model may enter, unless it has seen one of the forbidden data sets."""

    challenge: str
    forbidden: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Precedent:
    """A ranked team used models that were trained on these data sets."""

    challenges: tuple[str, ...]
    trained_on: tuple[str, ...]
    team: str
    source: str


_MAVEN = "github.com/Vrushank-Ahire/MAVEN_8th_ABAW, README.md, Dataset Rules"
_PAGE_11 = (
    "github.com/bakinalexey/abaw-11-mtl-bah-recognition, Description of the competition: "
    "the text of the organisers' page"
)
RULES = (
    Rule(challenge="abaw8-va", forbidden=("Aff-Wild2",), source=_MAVEN),
    Rule(challenge="abaw11-mtl", forbidden=("Aff-Wild2",), source=_PAGE_11),
    Rule(challenge="abaw11-ah", forbidden=(), source=_PAGE_11),
)

_EMOTIEFFLIB = "github.com/sb-ai-lab/EmotiEffLib, README.md, News"
PRECEDENTS = tuple(
    Precedent(
        challenges=challenges,
        trained_on=("VGGFace2", "AffectNet"),
        team=team,
        source=_EMOTIEFFLIB,
    )
    for team, challenges in (
        ("HSE-NN", ("abaw3-va", "abaw3-expr", "abaw3-au", "abaw3-mtl")),
        ("HSE-NN", ("abaw4-mtl", "abaw4-lsd")),
        ("HSEmotion", ("abaw6-au", "abaw6-ce")),
        ("HSEmotion", ("abaw8-expr", "abaw8-au", "abaw8-emi", "abaw8-ah")),
    )
)


def eligibility(trained_on: Collection[str]) -> Mapping[str, Answer]:
    """Tell for every challenge whether a model may enter.

    A precedent counts for a model that has seen nothing but what the team's models had. A model
    that saw something like Aff-Wild2 by another name, its still images for example, is "not
    confirmed" where Aff-Wild2 is forbidden, and so is one of which nobody says what it saw, or
    not all of it.

    Parameters
    ----------
    trained_on : collection of str
        The data sets that its weights have seen; empty if unknown, with `UNKNOWN` among them if
        a part is.

    Returns
    -------
    mapping of str to str
        By the challenge's name, one of `ANSWERS`.
    """
    seen = {_key(name) for name in trained_on}
    answers: dict[str, Answer] = dict.fromkeys(CHALLENGES, "not confirmed")
    for precedent in PRECEDENTS:
        if (
            seen
            and UNKNOWN not in trained_on
            and seen <= {_key(name) for name in precedent.trained_on}
        ):
            answers.update(dict.fromkeys(precedent.challenges, "used by a ranked team"))
    for rule in RULES:
        answers[rule.challenge] = _answer(
            rule, seen, told=bool(seen) and UNKNOWN not in trained_on
        )
    return MappingProxyType(answers)


def summary(trained_on: Collection[str]) -> str:
    """Say the same in one line.

    Parameters
    ----------
    trained_on : collection of str
        The data sets that its weights have seen; empty if unknown.

    Returns
    -------
    str
        For example ``allowed: abaw8-va; not confirmed: the other 37``.
    """
    answers = eligibility(trained_on)
    parts = []
    for answer in ANSWERS[:-1]:
        names = [name for name, given in answers.items() if given == answer]
        if names:
            parts.append(f"{answer}: {', '.join(names)}")
    rest = sum(given == ANSWERS[-1] for given in answers.values())
    if rest:
        parts.append(f"{ANSWERS[-1]}: {'the other' if parts else 'all'} {rest}")
    return "; ".join(parts)


def _answer(rule: Rule, seen: set[str], *, told: bool) -> Answer:
    forbidden = {_key(name) for name in rule.forbidden}
    if seen & forbidden:
        return "forbidden"
    if not forbidden:
        return "allowed"
    related = any(name in other for name in map(_stem, forbidden) for other in seen)
    return "allowed" if told and not related else "not confirmed"


def _key(name: str) -> str:
    return "".join(filter(str.isalnum, name)).casefold()


def _stem(key: str) -> str:
    return key.rstrip("0123456789")
