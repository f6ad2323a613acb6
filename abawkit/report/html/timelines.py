"""Timelines of every video: truth, predictions, frames without a face, and what is wrong.

Conventions: the data of a video has two kinds of channels, packed as in `packing.py` beside this.
The values are all columns of continuous targets, first the truth's, then each entry's. The labels
are, where anything tells of faces, whether a face was found, 1 or 0, and then all other columns
in the same order. Of the truth only what counts is kept.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from abawkit.evaluation.diagnosis import diagnose
from abawkit.evaluation.evaluate import counted
from abawkit.evaluation.influence import influence
from abawkit.frames import natural
from abawkit.protocol import Categorical, Continuous, blocks
from abawkit.report.html.blocks import Script, Section
from abawkit.report.html.figures.panels import style
from abawkit.report.html.packing import SCALE, indices, pack, quantised, thinned
from abawkit.report.numbers import signed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from abawkit.evaluation.influence import Influence
    from abawkit.protocol import Challenge, Target
    from abawkit.report.html.entry import Entry, Page
    from abawkit.track import Track

BUDGET = 8_000_000
"""How many characters the frames of a page may take before their values are thinned out."""
LEAD = (
    "One video at a time, from the one that pulls the score down most. Beside each prediction "
    "stands what is wrong with it. The buttons zoom in and out; with a mouse, drag over a plot to "
    "zoom in, and double-click to see all again."
)


def timelines(page: Page, *, budget: int = BUDGET) -> Section | None:
    """Draw every video of a page over time.

    Parameters
    ----------
    page : Page
        What the page shows.
    budget : int
        How many characters the packed frames may take. Above it, continuous values are thinned
        out: the smallest and the largest of 4, 8, … frames are kept, and the caption says so.
        Labels are not, and leave values at least half of it.

    Returns
    -------
    Section or None
        The section, with one script; None where a row is a whole clip and there is no time.
    """
    if page.challenge.protocol.annotation.whole_clips:
        return None
    names = sorted(page.truth, key=natural)
    packed, every = _packed(page, names, budget)
    changes = [{found.video: found for found in influence(entry.report)} for entry in page.entries]
    videos = [
        _video(page, name, changes) | {"kept": kept, "data": text}
        for name, (text, kept) in zip(names, packed, strict=True)
    ]
    data = {
        "scale": SCALE,
        "every": every,
        "faces": _has_faces(page.entries),
        "image": _image(page.challenge),
        "targets": [_target(target) for target in page.challenge.targets],
        "entries": [entry.name for entry in page.entries],
        "styles": [
            {"colour": looks.colour, "dash": looks.dash}
            for looks in map(style, range(len(page.entries)))
        ],
        "videos": videos,
    }
    script = Script(
        id="timelines-all",
        kind="timelines",
        caption=_caption(page, every),
        summary=_summary(page, videos),
        data=data,
    )
    return Section(id="timelines", title="Timelines", lead=LEAD, blocks=(script,), wide=True)


# ---- what the script is told of the challenge ----


def _target(target: Target) -> dict[str, Any]:
    told: dict[str, Any] = {"name": target.name, "names": list(target.names)}
    if isinstance(target, Continuous):
        return {**told, "kind": "values", "low": target.low, "high": target.high}
    return {**told, "kind": "classes" if isinstance(target, Categorical) else "units"}


def _image(challenge: Challenge) -> dict[str, Any]:
    # Keys of annotated frames that are no files, such as bare numbers, leave no name to show.
    key = challenge.protocol.annotation.key
    pattern, first = ("{frame:05d}.jpg", 1) if key is None else (key.pattern, key.first)
    name = pattern.rpartition("/")[2]
    digits = 5 if "{frame:05d}" in name else 1
    before, _, after = name.replace("{frame:05d}", "{frame}").partition("{frame}")
    return {"first": first, "digits": digits, "before": before, "after": after}


def _has_faces(entries: Sequence[Entry]) -> bool:
    return any(entry.faces is not None for entry in entries)


# ---- the frames ----


def _packed(page: Page, names: Sequence[str], budget: int) -> tuple[list[tuple[str, int]], int]:
    channels = [_channels(page, page.truth[name]) for name in names]
    packed = [_pack(*both) for both in channels]
    size = sum(len(text) for text, _ in packed)
    if size <= budget or not _is_continuous(page.challenge).any():
        return packed, 1
    every = _thinning([values for values, _ in channels], budget - size, budget // 2)
    return [_pack(thinned(values, every), labels) for values, labels in channels], every


def _thinning(values: Sequence[NDArray[np.float64]], spare: int, least: int) -> int:
    # How many frames two values must stand for. What is to spare is negative. Each round goes as
    # far as the one before says that it must at least.
    size, every = _size(values), 2
    room = max(size + spare, least, 1)
    longest = max(map(len, values))
    most = 1 << math.ceil(math.log2(longest))
    while size > room and every < most:
        every = max(4, min(1 << math.ceil(math.log2(every * size / room)), most))
        size = _size([thinned(one, every) for one in values])
    return every if every > 2 else 1  # noqa: PLR2004 - two values of two frames are all


def _size(values: Sequence[NDArray[np.float64]]) -> int:
    return sum(len(_pack(one, np.empty((0, 0), np.int8))[0]) for one in values)


def _pack(values: NDArray[np.float64], labels: NDArray[np.int8]) -> tuple[str, int]:
    return pack(quantised(values).T, labels.T), len(values)


def _channels(page: Page, truth: Track) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    # All values and all labels, each of shape (n_frames, n_channels).
    masked = np.where(counted(page.challenge, truth), truth.values, np.nan)
    rows = [masked, *(_predicted(entry, truth) for entry in page.entries)]
    real = _is_continuous(page.challenge)
    labels = indices(np.hstack([_faces(page, truth), *(row[:, ~real] for row in rows)]))
    return np.hstack([row[:, real] for row in rows]), labels


def _is_continuous(challenge: Challenge) -> NDArray[np.bool_]:
    real = np.zeros(challenge.protocol.columns, bool)
    for target, columns in blocks(challenge.targets):
        real[columns] = isinstance(target, Continuous)
    return real


def _predicted(entry: Entry, truth: Track) -> NDArray[np.float64]:
    values = np.full(truth.values.shape, np.nan)
    track = entry.prediction.get(truth.video)
    if track is not None:
        shared = min(truth.n_frames, track.n_frames)
        values[:shared] = track.values[:shared]
    return values


def _faces(page: Page, truth: Track) -> NDArray[np.float64]:
    # A face counts as found if each entry that tells has found it.
    found = np.full((truth.n_frames, int(_has_faces(page.entries))), np.nan)
    for entry in page.entries:
        faces = (entry.faces or {}).get(truth.video)
        if faces is not None:
            shared = min(truth.n_frames, len(faces))
            found[:shared, 0] = np.fmin(found[:shared, 0], faces[:shared])
            found[shared:, 0] = 0.0
    return found


# ---- what is said of a video ----


def _video(page: Page, name: str, changes: Sequence[Mapping[str, Influence]]) -> dict[str, Any]:
    truth = page.truth[name]
    return {
        "name": name,
        "frames": truth.n_frames,
        "counted": int(counted(page.challenge, truth).any(axis=1).sum()),
        "faceless": int((_faces(page, truth) == 0).sum()),
        "entries": [
            _judged(page.challenge, entry, truth, found[name])
            for entry, found in zip(page.entries, changes, strict=True)
        ],
    }


def _judged(challenge: Challenge, entry: Entry, truth: Track, found: Influence) -> dict[str, Any]:
    faces = (entry.faces or {}).get(truth.video)
    return {
        "score": _number(found.score),
        "change": _number(found.change),
        "why": diagnose(challenge, truth, entry.prediction.get(truth.video), faces),
    }


def _number(value: float) -> float | None:
    # Which JSON has no NaN for.
    return None if math.isnan(value) else round(value, 6)


def _summary(page: Page, videos: Sequence[dict[str, Any]]) -> str:
    name = page.entries[0].name
    moving = [video for video in videos if video["entries"][0]["change"] is not None]
    if not moving:
        return f"{len(videos)} videos; which of them moves the score of {name} is undefined."
    worst = min(moving, key=lambda video: video["entries"][0]["change"])
    change = worst["entries"][0]["change"]
    does = (
        "pulls the score of {} down most"
        if round(change, 4) < 0
        else "lifts the score of {} least"
    )
    return f"{worst['name']} {does.format(name)} ({signed(change, 4)})."


def _caption(page: Page, every: int) -> str:
    said = ["Each video over time."]
    if _is_continuous(page.challenge).any():
        said.append("Values are kept to three decimals.")
    if every > 1:
        said.append(
            f"To keep the page small, each pair of points is the range of {every} frames, "
            "smallest and largest."
        )
    said.append(
        "What is drawn is reduced to the width of the window, and all there is to see when "
        "zoomed in: lines keep the smallest and the largest value of each step, labels and "
        "shading show what most of its frames are."
    )
    if _has_faces(page.entries):
        said.append("No face: a frame in which not every prediction had one.")
    return " ".join(said)
