"""The line that says what a score was computed on, and by which rules.

A signature is the challenge's name and fields ``name:value``, separated by ``|``, the version of
abawkit last: ``abaw3-va|videos:71|frames:344714|list:9f3c21ab04d1|...|abawkit:0.1.0``. In the
short form each field has a short name. In values, ``|``, ``%`` and what is no visible ASCII
character are written as ``%`` and two hexadecimal digits a byte of UTF-8. A field that does not
apply is left out, and ``?`` says that nothing told it. Which values were scored, ``list``, and
what they are annotated with, ``labels``, are hashes as `abawkit.evaluation.fingerprint` says.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.metadata import version
from typing import TYPE_CHECKING, Self
from urllib.parse import quote, unquote

from abawkit.errors import UsageError
from abawkit.protocol import Categorical, MultiLabel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from abawkit.evaluation.bootstrap import Bootstrap
    from abawkit.evaluation.evaluate import Report

UNKNOWN = "?"
"""The value of a field that nothing told."""
NONE = "none"
"""The value of thresholds and offsets that are the defaults."""

_CHALLENGE = re.compile(r"[a-z]+[0-9]+-[a-z0-9-]+")
_NAME = re.compile(r"[A-Za-z#][A-Za-z0-9_-]*")
_VISIBLE = "".join(sorted(set(string.punctuation) - set("|%")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What a field of a signature says.

    ``short`` is its name in the short form, ``meaning`` says in words what it tells, and
    ``decides`` whether two scores that differ in it cannot be compared.
    """

    name: str
    short: str
    meaning: str
    decides: bool = False


FIELDS = (
    Field(name="videos", short="#", meaning="annotated videos"),
    Field(name="frames", short="f", meaning="frames or clips that were scored", decides=True),
    Field(name="list", short="l", meaning="which values were scored", decides=True),
    Field(name="labels", short="y", meaning="what they are annotated with", decides=True),
    Field(name="masked", short="n", meaning="rows without any annotation"),
    Field(name="mask", short="m", meaning="what an unannotated value hides", decides=True),
    Field(name="ddof", short="d", meaning="what is taken from n in variances", decides=True),
    Field(name="absent", short="a", meaning="how a class counts that nothing has", decides=True),
    Field(name="pool", short="p", meaning="what is pooled before the score is read", decides=True),
    Field(name="missing", short="x", meaning="whether predictions were allowed to be missing"),
    Field(name="coverage", short="c", meaning="share of the annotated frames that are predicted"),
    Field(name="fill", short="i", meaning="how frames without a face got their outputs"),
    Field(name="smooth", short="s", meaning="filter over time, with its width in frames"),
    Field(name="thresholds", short="t", meaning="from where on action units count as there"),
    Field(name="offsets", short="o", meaning="what was added to the outputs"),
    Field(name="bootstrap", short="bs", meaning="resamples of the intervals"),
    Field(name="level", short="lv", meaning="share of the resamples within an interval"),
    Field(name="unit", short="u", meaning="what a resample draws"),
    Field(name="seed", short="rs", meaning="seed of the resamples"),
    Field(name="abawkit", short="v", meaning="version of abawkit"),
)
"""Every field, in the order in which it stands.

What is scored and by which rules decides whether scores can be compared; ``list`` tells more than
the counts beside it, and what was allowed to be missing. Fill, smoothing, thresholds, offsets and
coverage tell of the system, the last five of the intervals and the tool.
"""
_LONG_NAMES = {known.short: known.name for known in FIELDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a score was computed on: the name of the challenge, and fields by their long names."""

    challenge: str
    fields: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.long

    @property
    def long(self) -> str:
        """The signature with the fields' full names."""
        return self._joined({})

    @property
    def short(self) -> str:
        """The signature with the fields' short names."""
        return self._joined({known.name: known.short for known in FIELDS})

    def _joined(self, names: Mapping[str, str]) -> str:
        fields = (f"{names.get(name, name)}:{_escape(text)}" for name, text in self.fields.items())
        return "|".join([_escape(self.challenge), *fields])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a signature in its long or short form, of this version or another one.

        Parameters
        ----------
        text : str
            The signature; fields that this version does not know are kept as they are. It has no
            spaces of its own, so those that the lines of a paper put into it do not matter.

        Returns
        -------
        Signature
            With the fields that it tells, in its order.

        Raises
        ------
        UsageError
            If it is no signature; with the place.
        """
        challenge, *parts = "".join(text.split()).split("|")
        if _CHALLENGE.fullmatch(challenge) is None:
            msg = (
                f"signature {text!r}: expected the name of a challenge first, such as abaw3-va, "
                f"found {challenge!r}"
            )
            raise UsageError(msg)
        fields: dict[str, str] = {}
        for place, part in enumerate(parts, start=2):
            short, colon, value = part.partition(":")
            name = _LONG_NAMES.get(short, short)
            fault = None
            if not colon or _NAME.fullmatch(short) is None:
                fault = f"expected name:value, found {part!r}"
            elif name in fields or name == "challenge":
                fault = f"{name} is told twice"
            if fault:
                msg = f"signature {text!r}, part {place}: {fault}"
                raise UsageError(msg)
            fields[name] = _unescape(value)
        return cls(challenge=challenge, fields=fields)


def _escape(text: str) -> str:
    # A manifest of JSON can hold what is no text.
    return quote(text, safe=_VISIBLE, errors="surrogatepass")


def _unescape(text: str) -> str:
    try:
        return unquote(text, errors="surrogatepass")
    except UnicodeDecodeError as error:
        msg = f"signature: expected UTF-8 behind the % of {text!r}: {error}"
        raise UsageError(msg) from error


def signature(
    report: Report,
    processing: Mapping[str, str] | None = None,
    bootstrap: Bootstrap | None = None,
) -> Signature:
    """Describe a score so that it can be computed again.

    Parameters
    ----------
    report : Report
        The score.
    processing : mapping of str to str, optional
        How the predictions were made, as `abawkit.evaluation.files.read_processing` gives it:
        ``fill``, ``smooth``, ``thresholds`` and ``offsets``, as far as they are known. Of the last
        two the signature tells the first 8 hexadecimal digits of the SHA-256 of their text.
    bootstrap : Bootstrap, optional
        How the intervals beside the score were drawn, if there are any.

    Returns
    -------
    Signature
        Its text, long or short, can be parsed back.
    """
    total = report.total
    fields = {
        "videos": f"{len(report.videos)}",
        "frames": f"{total.n_frames}",
        "list": total.fingerprint.list,
        "labels": total.fingerprint.labels,
        "masked": f"{total.n_masked}",
        **_rules(report),
        "missing": "allowed" if report.allow_missing else "refused",
        "coverage": f"{report.coverage:.4f}",
        **_made(report, processing or {}),
    }
    if bootstrap is not None:
        fields |= {
            "bootstrap": f"{bootstrap.resamples}",
            "level": f"{bootstrap.level!r}",
            "unit": bootstrap.unit,
            "seed": f"{bootstrap.seed}",
        }
    fields["abawkit"] = version("abawkit")
    return Signature(challenge=report.challenge.name, fields=fields)


def _rules(report: Report) -> dict[str, str]:
    # As far as its targets have them, such as ``mask:va:frame+au:value``.
    challenge = report.challenge
    rules: dict[str, list[str]] = {"mask": [], "ddof": [], "absent": []}
    for target, part in zip(challenge.targets, report.total.summary.parts, strict=True):
        masking = {} if isinstance(target, Categorical) else {"mask": target.masking}
        for rule, choice in {**masking, **part.conventions}.items():
            # Nobody can choose a ddof, and no challenge has two targets with one.
            rules[rule].append(choice if rule == "ddof" else f"{target.name}:{choice}")
    told = {rule: "+".join(choices) for rule, choices in rules.items() if choices}
    return told | {"pool": "clips" if challenge.protocol.annotation.whole_clips else "frames"}


def _made(report: Report, processing: Mapping[str, str]) -> dict[str, str]:
    targets = report.challenge.targets
    units = [isinstance(target, MultiLabel) for target in targets]
    hashed = {"thresholds": any(units), "offsets": not all(units)}
    made = {name: processing.get(name, UNKNOWN) for name in ("fill", "smooth")}
    return made | {
        name: _short_hash(processing.get(name, UNKNOWN))
        for name, applies in hashed.items()
        if applies
    }


def _short_hash(text: str) -> str:
    if text in {UNKNOWN, NONE}:
        return text
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
