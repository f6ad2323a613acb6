"""A comparison for programs: one JSON object, or one CSV table, with all digits."""

from __future__ import annotations

import csv
import io
import json
import math
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from abawkit.report.confidence import interval_record

if TYPE_CHECKING:
    from abawkit.evaluation.comparison import Comparison, Gap, PValue
    from abawkit.evaluation.interval import Interval

_HEADER = (
    *("system", "other", "number", "value", "low", "high", "mean"),
    *("p_bootstrap", "p_bootstrap_corrected"),
    *("p_randomisation", "p_randomisation_corrected", "significant"),
)


def as_json(comparison: Comparison) -> str:
    """Give a comparison as one JSON object, undefined values as ``null``.

    Parameters
    ----------
    comparison : Comparison
        The systems.

    Returns
    -------
    str
        The object, indented: ``systems`` and ``pairs`` in their order, and how they were tested.
    """
    drawn = comparison.bootstrap
    one = next(iter(comparison.systems.values())).report
    content = {
        "challenge": one.challenge.name,
        "systems": [
            {
                "name": name,
                "score": _value(system.report.score),
                "interval": interval_record(system.intervals.score),
                "components": {
                    component: {
                        "value": _value(value),
                        "interval": interval_record(system.intervals.components[component]),
                    }
                    for component, value in system.report.components.items()
                },
                "above": comparison.beaten(name),
                "signature": system.signature,
            }
            for name, system in comparison.systems.items()
        ],
        "pairs": [
            {
                "first": pair.first,
                "second": pair.second,
                "same": pair.same,
                "score": _gap(pair.score),
                "components": {name: _gap(gap) for name, gap in pair.components.items()},
            }
            for pair in comparison.pairs
        ],
        "baseline": comparison.baseline,
        "correction": comparison.correction,
        "alpha": comparison.alpha,
        "bootstrap": {
            "n": drawn.resamples,
            "level": drawn.level,
            "unit": drawn.unit,
            "n_units": comparison.n_units,
            "seed": drawn.seed,
        },
        "version": version("abawkit"),
    }
    return json.dumps(content, indent=2, allow_nan=False)


def as_csv(comparison: Comparison) -> str:
    """Give a comparison as one CSV table.

    Parameters
    ----------
    comparison : Comparison
        The systems.

    Returns
    -------
    str
        A header; then the score and each component of each system, ``other`` being empty; then
        their differences of each pair, ``system`` less ``other``. Undefined values are empty.
    """
    rows: list[list[object]] = []
    for name, system in comparison.systems.items():
        values = {"score": system.report.score, **system.report.components}
        intervals = {"score": system.intervals.score, **system.intervals.components}
        rows += [
            [name, "", number, *_written(value, intervals[number]), *[""] * 5]
            for number, value in values.items()
        ]
    for pair in comparison.pairs:
        for number, gap in (("score", pair.score), *pair.components.items()):
            tests = [*_both(gap.bootstrap).values(), *_both(gap.randomisation).values()]
            significant = gap.randomisation.corrected <= comparison.alpha
            rows.append([
                *(pair.first, pair.second, number),
                *_written(gap.difference, gap.interval),
                *("" if p is None else repr(p) for p in tests),
                str(significant).lower(),
            ])
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_HEADER, *rows])
    return text.getvalue().removesuffix("\n")


def _value(value: float) -> float | None:
    return None if math.isnan(value) else value


def _both(tested: PValue) -> dict[str, float | None]:
    return {"p": _value(tested.value), "corrected": _value(tested.corrected)}


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "difference": _value(gap.difference),
        "interval": interval_record(gap.interval),
        "bootstrap": {**_both(gap.bootstrap), "undefined": gap.bootstrap.undefined},
        "randomisation": {**_both(gap.randomisation), "undefined": gap.randomisation.undefined},
    }


def _written(value: float, interval: Interval) -> list[str]:
    numbers = (value, interval.low, interval.high, interval.mean)
    return ["" if math.isnan(each) else repr(each) for each in numbers]
