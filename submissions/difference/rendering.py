"""What changed between two submissions, as text and as JSON."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import few
from abawkit.report.render import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from submissions.difference.difference import Difference, Drift, Flips
    from submissions.difference.videos import VideoChange

TOP = 10
"""How many videos, and how many pairs of classes, are shown to people."""
_CHANGE = (
    "change of a video: the rmse by the width of the range, or the share of labels that differ; "
    "the mean of both where there are both"
)


def as_text(difference: Difference, *, top: int = TOP) -> str:
    """Show people what changed.

    Parameters
    ----------
    difference : Difference
        What changed.
    top : int
        How many videos to name, and how many pairs of classes, the largest change first.

    Returns
    -------
    str
        Several lines: drift, flips and videos as far as anything changed, then the sum and what
        just one of the two has.
    """
    parts = []
    moved = _moved(difference)
    if moved:
        parts += [_drifts(difference)] if difference.drifts else []
        if top:
            parts += [_flips(flips, top) for flips in difference.flips if flips.n_changed]
        parts += [_units(difference)] if any(u.n_changed for u in difference.units) else []
        parts += [_videos(difference, top)] if top else []
    share = difference.n_changed / difference.n_frames
    what, also = "", ""
    if difference.n_probabilities_changed is not None:
        share_of_p = difference.n_probabilities_changed / difference.n_frames
        what = " their labels"
        also = f", {difference.n_probabilities_changed} their probabilities ({share_of_p:.1%})"
    lines = [
        (
            f"{difference.challenge.name}: {difference.n_changed} of {difference.n_frames} "
            f"frames changed{what} ({share:.1%}){also}, in {len(moved)} of "
            f"{len(difference.videos)} videos"
        ),
        *_only("A", difference.only_a),
        *_only("B", difference.only_b),
    ]
    if moved and top:
        without = "; probabilities do not count in it" if also else ""
        lines.append(f"{_CHANGE}{without}")
    return "\n\n".join([*parts, "\n".join(lines)])


def as_json(difference: Difference) -> str:
    """Give what changed as one JSON object, undefined correlations as ``null``.

    Parameters
    ----------
    difference : Difference
        What changed.

    Returns
    -------
    str
        The object, indented; all videos are in it.
    """
    content = {
        "challenge": difference.challenge.name,
        "n_frames": difference.n_frames,
        "n_changed": difference.n_changed,
        "n_probabilities_changed": difference.n_probabilities_changed,
        "drift": {drift.name: _without_nan(drift) for drift in difference.drifts},
        "flips": {
            flips.name: {
                "classes": flips.classes,
                "table": flips.table.tolist(),
                "n_values": flips.n_values,
                "n_changed": flips.n_changed,
            }
            for flips in difference.flips
        },
        "units": {
            unit.name: {
                "0->1": int(unit.table[0, 1]),
                "1->0": int(unit.table[1, 0]),
                "n_values": unit.n_values,
                "n_changed": unit.n_changed,
            }
            for unit in difference.units
        },
        "videos": [asdict(video) for video in difference.videos],
        "only_a": dict(difference.only_a),
        "only_b": dict(difference.only_b),
    }
    return json.dumps(content, indent=2, allow_nan=False)


def _without_nan(drift: Drift) -> dict[str, object]:
    fields = asdict(drift)
    fields["correlation"] = None if math.isnan(drift.correlation) else drift.correlation
    return fields


def _drifts(difference: Difference) -> str:
    rows = [["", "mean of B - A", "rmse", "largest", "at", "correlation"]]
    for drift in difference.drifts:
        undefined = math.isnan(drift.correlation)
        rows.append([
            drift.name,
            f"{drift.mean:+z.6f}",
            f"{drift.rmse:.6f}",
            f"{drift.largest:+z.6f}",
            f"{drift.video} frame {drift.frame}",
            "undefined" if undefined else f"{drift.correlation:z.4f}",
        ])
    return table(rows)


def _flips(flips: Flips, top: int) -> str:
    """Show how often which class became which.

    Parameters
    ----------
    flips : Flips
        Labels of one target, some of which changed.
    top : int
        How many pairs of classes to show.

    Returns
    -------
    str
        A row a pair, the most frequent first.
    """
    moved = flips.table.copy()
    np.fill_diagonal(moved, 0)
    order = np.argsort(-moved, axis=None, kind="stable")[: np.count_nonzero(moved)]
    rows = [[f"{flips.name} in A", "in B", "frames", "of those in A"]]
    for pair in order[:top].tolist():
        first, second = divmod(pair, len(flips.classes))
        share = moved[first, second] / flips.table[first].sum()
        count = str(moved[first, second])
        rows.append([flips.classes[first], flips.classes[second], count, f"{share:.1%}"])
    rest = [f"and {len(order) - top} more pairs of classes"] if len(order) > top else []
    return "\n".join([table(rows), *rest])


def _units(difference: Difference) -> str:
    rows = [["", "0 to 1", "1 to 0", "of all"]]
    for unit in difference.units:
        share = unit.n_changed / unit.n_values
        rows.append([unit.name, f"{unit.table[0, 1]}", f"{unit.table[1, 0]}", f"{share:.1%}"])
    return table(rows)


def _videos(difference: Difference, top: int) -> str:
    shown = _moved(difference)
    first = shown[0]
    drift = [f"mean {name}" for name in first.drift]
    flips = [f"{name} labels" for name in first.flips]
    told = difference.n_probabilities_changed is not None
    extra = ["probabilities"] if told else []
    rows = [["video", "frames", "changed", *extra, *drift, *flips, "change"]]
    for video in shown[:top]:
        means = [f"{mean:+z.4f}" for mean in video.drift.values()]
        counts = [str(count) for count in video.flips.values()]
        numbers = [str(video.n_frames), str(video.n_changed)]
        numbers += [str(video.n_probabilities_changed)] if told else []
        rows.append([video.video, *numbers, *means, *counts, f"{video.change:.4f}"])
    rest = [f"and {len(shown) - top} more videos"] if len(shown) > top else []
    return "\n".join([table(rows), *rest])


def _moved(difference: Difference) -> list[VideoChange]:
    return [v for v in difference.videos if v.n_changed or v.n_probabilities_changed]


def _only(side: str, frames: Mapping[str, int]) -> Iterator[str]:
    if frames:
        named = few(f"{video} ({count})" for video, count in frames.items())
        yield f"only in {side}: {sum(frames.values())} frames of {len(frames)} videos: {named}"
