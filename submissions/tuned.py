"""The small file that ``abawkit tune`` writes: settings found on annotated videos."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Self

from abawkit.errors import DataError
from abawkit.files import write_whole
from abawkit.protocol import CHALLENGES
from abawkit.temporal import FILLS, Fill

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """Settings found by a search, for one run or for several that are averaged.

    Attributes
    ----------
    challenge : str
        Name of the challenge they were found for.
    fill : str, optional
        What frames without a face took when they were found, one of `abawkit.temporal.FILLS`.
    smooth : mapping of str to str
        A filter by target, as ``--smooth`` takes it; a target without one keeps what it has.
    thresholds : tuple of float
        One a unit, or none.
    offsets : tuple of float
        One a raw output, or none.
    weights : mapping of str to tuple of float
        By target one weight a run, where several runs were tuned together.
    members : tuple of str
        What the runs were, `submissions.Run.name`, in the order of the weights.
    evidence : mapping
        What the search saw: scores, folds, seed. No command acts on it.
    """

    challenge: str
    fill: Fill | None = None
    smooth: Mapping[str, str] = field(default_factory=dict)
    thresholds: tuple[float, ...] = ()
    offsets: tuple[float, ...] = ()
    weights: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    members: tuple[str, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Write the settings as JSON.

        Parameters
        ----------
        path : Path
            The file; an older one is replaced.
        """
        content = {"abawkit_tuned": VERSION, **asdict(self)}
        write_whole(path, json.dumps(content, indent=2) + "\n")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read settings back.

        Parameters
        ----------
        path : Path
            What `save` wrote.

        Returns
        -------
        Tuned
            The settings.

        Raises
        ------
        DataError
            If there is no such file, or it is another one; the message tells what is wrong.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            msg = f"{path}: cannot read this; expected a file of abawkit tune: {error}"
            raise DataError(msg) from error
        fault = _fault(content)
        if fault:
            msg = f"{path}: {fault}; expected a file that abawkit tune wrote"
            raise DataError(msg)
        return cls(
            challenge=content["challenge"],
            fill=content.get("fill"),
            smooth=content.get("smooth", {}),
            thresholds=_numbers(content.get("thresholds", [])),
            offsets=_numbers(content.get("offsets", [])),
            weights={name: _numbers(row) for name, row in content.get("weights", {}).items()},
            members=tuple(content.get("members", [])),
            evidence=content.get("evidence", {}),
        )


def _numbers(row: list[float]) -> tuple[float, ...]:
    return tuple(float(value) for value in row)


def _fault(content: object) -> str | None:
    if not isinstance(content, dict) or "abawkit_tuned" not in content:
        return "these are no tuned settings"
    if content["abawkit_tuned"] != VERSION:
        return f"found version {content['abawkit_tuned']!r} of the file, this reads {VERSION}"
    if content.get("challenge") not in list(CHALLENGES):
        return f"no challenge {content.get('challenge')!r}"
    smooth, weights = content.get("smooth", {}), content.get("weights", {})
    members = content.get("members", [])
    checks = {
        "fill": content.get("fill") in [None, *FILLS],
        "smooth": isinstance(smooth, dict) and _all_text(smooth.values()),
        "thresholds": _are_numbers(content.get("thresholds", [])),
        "offsets": _are_numbers(content.get("offsets", [])),
        "members": isinstance(members, list) and _all_text(members),
        "weights": isinstance(weights, dict)
        and all(map(_are_weights, weights.values()))
        and weights.keys() <= {target.name for target in CHALLENGES[content["challenge"]].targets}
        and {len(row) for row in weights.values()} <= {len(members)},
        "evidence": isinstance(content.get("evidence", {}), dict),
    }
    wrong = [name for name, fits in checks.items() if not fits]
    return f"cannot understand {wrong[0]}: {content[wrong[0]]!r}" if wrong else None


def _all_text(values: Any) -> bool:  # noqa: ANN401 - of a file, so anything
    return all(isinstance(value, str) for value in values)


def _are_numbers(row: object) -> bool:
    return isinstance(row, list) and all(
        type(value) in {int, float} and abs(value) <= sys.float_info.max for value in row
    )


def _are_weights(row: object) -> bool:
    return isinstance(row, list) and _are_numbers(row) and all(value >= 0 for value in row)
