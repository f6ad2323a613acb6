"""What a search found, as text and as JSON."""

from __future__ import annotations

import json
import math
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from abawkit.report.render import table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from submissions.tuning.result import TargetTuning, Tuning
    from submissions.tuning.trials import Settings


def as_text(tuning: Tuning, *, decimals: int = 4) -> str:
    """Show what was found to people.

    Parameters
    ----------
    tuning : Tuning
        What was found.
    decimals : int
        How many decimals scores have.

    Returns
    -------
    str
        Several lines: scores by target and in all, settings with those of the folds, and what to
        make of them.
    """

    def row(name: str, scores: Mapping[str, float]) -> list[str]:
        return [name, *(_number(value, decimals) for value in scores.values())]

    rows = [["", *tuning.scores]]
    if len(tuning.targets) > 1:
        rows += [row(name, found.scores) for name, found in tuning.targets.items()]
    rows += [row(f"{tuning.challenge.name} score", tuning.scores)]
    settings = [["", "chosen", "kept", "by the folds"]]
    for name, found in tuning.targets.items():
        settings += _settings(name, found)
    n_folds = len(tuning.held_out)
    lines = [
        (
            "raw: no smoothing; untuned: what the run has; optimistic: chosen and scored on the "
            "same videos; honest: chosen on others"
        ),
        (
            f"{n_folds} folds of {tuning.n_groups} recordings or groups: {len(tuning.n_frames)} "
            f"videos, {sum(tuning.n_frames.values())} annotated frames"
        ),
        *_verdict(tuning, decimals),
    ]
    return "\n\n".join([table(rows), table(settings), "\n".join(lines)])


def as_json(tuning: Tuning) -> str:
    """Give what was found as one JSON object, undefined scores as ``null``.

    Parameters
    ----------
    tuning : Tuning
        What was found.

    Returns
    -------
    str
        The object, indented.
    """
    tuned = tuning.tuned
    content = {
        "challenge": tuned.challenge,
        "fill": tuned.fill,
        "smooth": dict(tuned.smooth),
        "thresholds": tuned.thresholds,
        "offsets": tuned.offsets,
        "weights": dict(tuned.weights),
        "members": tuned.members,
        **tuned.evidence,
    }
    return json.dumps(content, indent=2, allow_nan=False)


def _settings(name: str, found: TargetTuning) -> Iterator[list[str]]:
    # A row a setting: what was chosen on all videos, what is written, and what the folds chose.
    for label, text in _readings(name, found):
        counts = Counter(map(text, found.folds)).most_common()
        folds = ", ".join(f"{value} x{count}" for value, count in counts)
        yield [label, text(found.chosen), text(found.kept), folds]


def _readings(name: str, found: TargetTuning) -> Iterator[tuple[str, Callable[[Settings], str]]]:
    outputs = found.target.names
    yield name, lambda settings: str(settings.smooth)
    if len(found.chosen.weights) > 1:
        yield f"{name} weights", _weights
    if found.chosen.thresholds:
        for index, unit in enumerate(outputs):
            yield unit, partial(_threshold, index=index)
    if any(settings.offsets for settings in (found.chosen, found.baseline, *found.folds)):
        for index, output in enumerate(outputs):
            yield f"{output} offset", partial(_offset, index=index)


def _threshold(settings: Settings, *, index: int) -> str:
    return f"{settings.thresholds[index]:g}"


def _offset(settings: Settings, *, index: int) -> str:
    return f"{settings.offsets[index] if settings.offsets else 0.0:g}"


def _weights(settings: Settings) -> str:
    return ",".join(f"{weight:.3g}" for weight in settings.weights)


def _verdict(tuning: Tuning, decimals: int) -> Iterator[str]:
    for name, found in tuning.targets.items():
        if not found.better:
            yield (
                f"{name} keeps what the run has: the honest value, "
                f"{_number(found.honest, decimals)}, is not above the untuned one, "
                f"{_number(found.untuned, decimals)}{_hint(found)}"
            )
    yield (
        f"the settings that are kept score {_number(tuning.here, decimals)} on these videos; "
        f"expect {_number(tuning.elsewhere, decimals)} on others"
    )


def _hint(found: TargetTuning) -> str:
    return "; try it without --offsets" if any(each.offsets for each in found.folds) else ""


def _number(value: float, decimals: int) -> str:
    return "undefined" if math.isnan(value) else f"{value:z.{decimals}f}"
