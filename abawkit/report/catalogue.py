"""The protocol table, shown."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from abawkit.errors import UnknownChallengeError
from abawkit.protocol import CHALLENGES, EDITIONS
from abawkit.report.render import table

if TYPE_CHECKING:
    from abawkit.protocol import Challenge


def challenges_as_text(edition: int | None = None) -> str:
    """List the challenges for people.

    Parameters
    ----------
    edition : int, optional
        This edition only.

    Returns
    -------
    str
        A heading, then one line a challenge.
    """
    rows = [["challenge", "venue", "task", "outputs", "score"]]
    for challenge in _challenges(edition):
        outputs = " + ".join(str(len(target.names)) for target in challenge.targets)
        protocol = challenge.protocol
        venue = challenge.edition.venue
        rows.append([challenge.name, venue, protocol.title, outputs, protocol.score])
    return table(rows, left=len(rows[0]))


def challenges_as_json(edition: int | None = None) -> str:
    """List the challenges for programs: each row of the table, whole.

    Parameters
    ----------
    edition : int, optional
        This edition only.

    Returns
    -------
    str
        A JSON list of objects.
    """
    return json.dumps([_row(challenge) for challenge in _challenges(edition)], indent=2)


def _challenges(edition: int | None) -> list[Challenge]:
    picked = [row for row in CHALLENGES.values() if edition in {None, row.edition.number}]
    if not picked:
        known = ", ".join(str(row.number) for row in EDITIONS)
        msg = f"no edition {edition}; there are {known}"
        raise UnknownChallengeError(msg)
    return picked


def _row(challenge: Challenge) -> dict[str, Any]:
    row = asdict(challenge.protocol)
    for target, written in zip(challenge.targets, row["targets"], strict=True):
        written.pop("summarise", None)
        written.pop("confusion", None)
        written["kind"] = type(target).__name__
    edition = challenge.edition
    return {
        "challenge": challenge.name,
        "edition": edition.number,
        "venue": edition.venue,
        "reference": edition.reference,
        **row,
        "unconfirmed": [*row["unconfirmed"], *edition.unconfirmed],
    }
