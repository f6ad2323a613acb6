"""In what two signatures differ, and whether the scores that they stand for can be compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from abawkit.evaluation.signature import FIELDS, Field

if TYPE_CHECKING:
    from collections.abc import Collection

    from abawkit.evaluation.signature import Signature

_CHALLENGE = Field(name="challenge", short="", meaning="what was scored, and how", decides=True)
_BY_NAME = {known.name: known for known in (_CHALLENGE, *FIELDS)}
_NEEDED = {"list", "labels"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A field in which two signatures differ, None where one of them does not tell it.

    ``meaning`` says what the field tells, and ``decides`` whether scores that differ in it cannot
    be compared; a field that this version does not know decides.
    """

    field: str
    a: str | None
    b: str | None
    meaning: str
    decides: bool

    def __str__(self) -> str:
        a, b = ("not told" if value is None else value for value in (self.a, self.b))
        return f"{self.field} ({self.meaning}): {a} and {b}"


def differences(
    a: Signature, b: Signature, *, ignore: Collection[str] = ()
) -> tuple[Difference, ...]:
    """Name the fields in which two signatures differ.

    Parameters
    ----------
    a, b : Signature
        The signatures.
    ignore : collection of str
        Long names of fields to leave out.

    Returns
    -------
    tuple of Difference
        In the order in which fields stand, those that this version does not know last; empty if
        both say the same.
    """
    told = [{_CHALLENGE.name: one.challenge, **one.fields} for one in (a, b)]
    found = []
    for name in dict.fromkeys([*_BY_NAME, *told[0], *told[1]]):
        mine, other = (fields.get(name) for fields in told)
        if mine != other and name not in ignore:
            known = _BY_NAME.get(name)
            meaning = known.meaning if known else "not known to this version of abawkit"
            decides = known is None or known.decides
            found.append(Difference(field=name, a=mine, b=other, meaning=meaning, decides=decides))
    return tuple(found)


def comparable(a: Signature, b: Signature) -> bool | None:
    """Tell whether two scores are of the same values, by the same rules.

    Parameters
    ----------
    a, b : Signature
        Their signatures.

    Returns
    -------
    bool or None
        None if one of the two does not tell enough to say so.
    """
    deciding = [found for found in differences(a, b) if found.decides]
    if any(found.a is not None and found.b is not None for found in deciding):
        return False
    return None if deciding or not a.fields.keys() & b.fields.keys() >= _NEEDED else True
