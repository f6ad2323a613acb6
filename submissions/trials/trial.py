"""One submission that was sent, and in what it differs from another."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Self

from abawkit.errors import DataError
from abawkit.protocol import CHALLENGES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# What decides the labels; a run's name tells its model and head, and a hash of what else does.
_DECIDING = ("run", "members", "weights", "fill", "smooth", "thresholds", "offsets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One submission that was sent.

    Attributes
    ----------
    challenge : str
        Name of the challenge.
    number : int
        From 1, in the order in which they were added; 0 before that.
    sent : str
        The date, ``YYYY-MM-DD``.
    file : str
        Where it was.
    content : str
        `submissions.packing.manifest.content_digest` of its label files.
    settings : mapping or None
        `submissions.packing.manifest.run_settings` of the run, None where that is not known.
    validation : float or None
        The score of its validation set, if known.
    signature : str or None
        What that was computed on.
    score : float or None
        The score that came back, once it has.
    note : str
        What the user says of it.
    """

    challenge: str
    number: int = 0
    sent: str
    file: str
    content: str
    settings: Mapping[str, Any] | None = None
    validation: float | None = None
    signature: str | None = None
    score: float | None = None
    note: str = ""

    @classmethod
    def of_row(cls, row: Sequence[Any], *, where: Path) -> Self:
        """Take a row of the ledger.

        Parameters
        ----------
        row : sequence
            One value a column, in the order of the attributes; ``settings`` is JSON.
        where : Path
            The ledger, for the message.

        Returns
        -------
        Trial
            The trial.

        Raises
        ------
        DataError
            If a value is not what its column holds.
        """
        told: dict[str, Any] = dict(zip([field.name for field in fields(cls)], row, strict=True))
        try:
            told["settings"] = json.loads(told["settings"])
        except (ValueError, TypeError, RecursionError):
            told["settings"] = ...  # which does not fit
        checks = {
            "challenge": told["challenge"] in list(CHALLENGES),
            "number": isinstance(told["number"], int),
            **{name: isinstance(told[name], str) for name in ("sent", "file", "content", "note")},
            "settings": isinstance(told["settings"], dict | None),
            "signature": isinstance(told["signature"], str | None),
            **{name: _is_score(told[name]) for name in ("validation", "score")},
        }
        wrong = [name for name, fits in checks.items() if not fits]
        if wrong:
            msg = (
                f"{where}: cannot understand {wrong[0]} of a trial, {told[wrong[0]]!r}; this "
                "ledger is damaged, or a newer abawkit wrote it"
            )
            raise DataError(msg)
        return cls(**told)

    def row(self) -> tuple[Any, ...]:
        """Give a row of the ledger.

        Returns
        -------
        tuple
            What `of_row` takes.
        """
        return tuple({**asdict(self), "settings": json.dumps(self.settings)}.values())

    def changes(self, before: Trial) -> dict[str, tuple[Any, Any]]:
        """Tell what differs from another trial.

        Parameters
        ----------
        before : Trial
            The other one.

        Returns
        -------
        dict of str to (object, object)
            What it was and what it is, by the setting's name; empty also where the settings of
            one of the two are not known.
        """
        if self.settings is None or before.settings is None:
            return {}
        pairs = {name: (before.settings.get(name), self.settings.get(name)) for name in _DECIDING}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _is_score(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isfinite(value))
