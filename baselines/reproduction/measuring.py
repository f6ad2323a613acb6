"""What is measured of a head: all that the paper's tables show, counted in two ways.

Conventions: ``official`` counts every annotated frame, frames without a face being filled from
the nearest ones with a face. ``faces`` counts as the paper does: annotated frames with a face,
and of action units only frames with all of them annotated. Nothing is smoothed.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from abawkit.evaluation.rules import with_rules
from abawkit.metrics.categorical import Accuracy, Confusion
from abawkit.protocol import Categorical, MultiLabel, blocks
from submissions.decide import Processing, output_blocks
from submissions.scoring import score_outputs, with_faces
from submissions.tuning import Grid, tune
from submissions.tuning.grid import THRESHOLDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from abawkit.evaluation import Report
    from abawkit.protocol import Challenge
    from abawkit.track import Track

Counting = Literal["official", "faces"]
Measures = dict[str, float]
VARIANTS = ("oracle", "validated")


def measure(
    challenge: Challenge, truth: Mapping[str, Track], outputs: Mapping[str, Track]
) -> dict[Counting, Measures]:
    """Measure the raw outputs of a head in both ways.

    Parameters
    ----------
    challenge : Challenge
        What the outputs are for.
    truth : mapping of str to Track
        Annotations by video.
    outputs : mapping of str to Track
        Raw outputs by video, known where there is a face.

    Returns
    -------
    dict of str to dict of str to float
        By way of counting and name: each target's score by its name and each output's by its
        own, ``accuracy`` of classes, the sum of several targets by the task's name. With action
        units also ``au_oracle`` and ``au_validated``, and such a sum, with thresholds chosen on
        the frames that are scored, and by cross-validation by video.
    """
    faces = with_faces(truth, {name: outputs[name] for name in truth if name in outputs})
    return {
        "official": _measure(challenge, truth, outputs),
        "faces": _measure(as_paper(challenge), faces, outputs),
    }


def as_paper(challenge: Challenge) -> Challenge:
    """Take the paper's rule: a frame with an action unit that is not annotated has none.

    Parameters
    ----------
    challenge : Challenge
        A row of the table.

    Returns
    -------
    Challenge
        The same where it has no action units.
    """
    has_units = any(isinstance(target, MultiLabel) for target in challenge.targets)
    return with_rules(challenge, {"au_mask": "frame"}) if has_units else challenge


def names_of(challenge: Challenge) -> frozenset[str]:
    """Name all that `measure` measures.

    Parameters
    ----------
    challenge : Challenge
        What the outputs are for.

    Returns
    -------
    frozenset of str
        The names, the same in both ways of counting.
    """
    targets = challenge.targets
    varied = [target.name for target in targets if isinstance(target, MultiLabel)]
    names = {name for target in targets for name in (target.name, *target.names)}
    if any(isinstance(target, Categorical) for target in targets):
        names.add("accuracy")
    if len(targets) > 1:
        names.add(challenge.protocol.task)
        varied += [challenge.protocol.task] if varied else []
    return frozenset(names | {f"{name}_{variant}" for name in varied for variant in VARIANTS})


def _measure(
    challenge: Challenge, truth: Mapping[str, Track], outputs: Mapping[str, Track]
) -> Measures:
    plain = Processing.parse(challenge, fill="linear", smooth="none")
    measures = _read(score_outputs(challenge, truth, outputs, plain))
    units = [row.name for row in challenge.targets if isinstance(row, MultiLabel)]
    if not units:
        return measures
    (name,) = units
    for variant, score in zip(VARIANTS, _tuned(challenge, name, truth, outputs), strict=True):
        measures[f"{name}_{variant}"] = score
        if len(challenge.targets) > 1:
            task = challenge.protocol.task
            measures[f"{task}_{variant}"] = measures[task] - measures[name] + score
    return measures


def _tuned(
    challenge: Challenge, name: str, truth: Mapping[str, Track], outputs: Mapping[str, Track]
) -> tuple[float, float]:
    # The score of one target alone, with thresholds chosen in each of both ways.
    columns = next(own for target, own in blocks(challenge.targets) if target.name == name)
    target, own = next(pair for pair in output_blocks(challenge.targets) if pair[0].name == name)
    part = replace(challenge, protocol=replace(challenge.protocol, targets=(target,)))
    grid = Grid.parse(part, smooth="none", thresholds=THRESHOLDS)
    found = tune(part, _sliced(truth, columns), [_sliced(outputs, own)], grid=grid).targets[name]
    return found.optimistic, found.honest


def _sliced(tracks: Mapping[str, Track], columns: slice) -> dict[str, Track]:
    return {
        video: replace(track, values=track.values[:, columns], known=track.known[:, columns])
        for video, track in tracks.items()
    }


def _read(report: Report) -> Measures:
    challenge = report.challenge
    measures: Measures = {}
    for target, part in zip(challenge.targets, report.total.summary.parts, strict=True):
        measures[target.name] = part.score
        measures |= dict(zip(target.names, part.per_output, strict=True))
        if isinstance(part, Confusion):
            measures["accuracy"] = Accuracy(part.matrix).score
    if len(challenge.targets) > 1:
        measures[challenge.protocol.task] = report.score
    return measures


def defined(measures: Measures) -> dict[str, float | None]:
    """Put None in the place of what is undefined, as JSON needs it.

    Parameters
    ----------
    measures : dict of str to float
        From `measure`.

    Returns
    -------
    dict of str to float or None
        The same.
    """
    return {name: None if math.isnan(value) else value for name, value in measures.items()}
