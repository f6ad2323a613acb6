"""Rows that are another frame's or another person's, told by another submission.

Conventions: values that differ by no more than a unit of the last decimal that is asked for are
equal. Rows are compared from the first that differs on, for a row that was dropped shifts only
those after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abawkit.frames import other_people
from abawkit.protocol import Continuous, blocks
from submissions.validation.collecting import finding
from submissions.validation.findings import PLACES
from submissions.validation.stacking import place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from abawkit.protocol import Target
    from abawkit.track import Track
    from submissions.validation.findings import Finding, Place, VideoRows

    Values = NDArray[np.float64]

MIN_ROWS = 10
"""With fewer rows than these, what seems telling may be chance."""
MIN_LABELS = 3
"""Fewer labels that differ are no shift: a border between two labels may lie a frame off."""
LAGS = (1, -1)


def find_shifted(
    videos: Sequence[VideoRows],
    targets: Sequence[Target],
    against: Mapping[str, Track],
    *,
    places: int = PLACES,
) -> Iterator[Finding]:
    """Find videos whose rows fit the frame before or after much better than their own.

    Parameters
    ----------
    videos : sequence of VideoRows
        The submission.
    targets : sequence of Target
        What the columns hold.
    against : mapping of str to Track
        Labels of another submission, by video.
    places : int
        How many places to name.

    Yields
    ------
    Finding
        One ``shifted`` for all videos that are; a place is the first row that differs.
    """
    said: list[str] = []
    at: list[Place] = []
    for video in videos:
        other = against.get(video.video)
        if other is None or len(video.frames) < MIN_ROWS:
            continue
        same = _taken(other, video.frames)
        for lag in LAGS:
            row = _first_row(targets, video.values, same, _taken(other, video.frames + lag))
            if row is None:
                continue
            frame = int(video.frames[row])
            said.append(
                f"{video.video}: from frame {frame} on, frame {frame} is frame {frame + lag} of "
                f"the other submission (lag {lag:+d}), expected the same frame"
            )
            at.append(place(video, row))
            break
    if said:
        yield finding("shifted", said[0], count=len(said), at=at[:places])


def find_swapped(
    videos: Sequence[VideoRows],
    targets: Sequence[Target],
    against: Mapping[str, Track],
    *,
    places: int = PLACES,
) -> Iterator[Finding]:
    """Find videos whose rows fit the other person of the video much better than their own.

    Parameters
    ----------
    videos : sequence of VideoRows
        The submission.
    targets : sequence of Target
        What the columns hold.
    against : mapping of str to Track
        Labels of another submission, by video.
    places : int
        How many places to name.

    Yields
    ------
    Finding
        One ``swapped-people`` for all videos that are; a place is the first row that differs.
    """
    said: list[str] = []
    at: list[Place] = []
    for video in videos:
        if video.video not in against or len(video.frames) < MIN_ROWS:
            continue
        same = _taken(against[video.video], video.frames)
        for name in other_people(video.video):
            if name not in against:
                continue
            row = _first_row(targets, video.values, same, _taken(against[name], video.frames))
            if row is None:
                continue
            said.append(f"{video.video} has the rows of {name} of the other submission")
            at.append(place(video, row))
            break
    if said:
        yield finding("swapped-people", said[0], count=len(said), at=at[:places])


def _taken(track: Track, frames: NDArray[np.intp]) -> Values:
    # The values of some frames, from 1; NaN beyond the video.
    first, last = int(frames[0]), int(frames[-1])
    if last - first == len(frames) - 1 and first >= 1 and last <= track.n_frames:
        return track.values[first - 1 : last]
    inside = (frames >= 1) & (frames <= track.n_frames)
    values = np.full((len(frames), track.values.shape[1]), np.nan)
    values[inside] = track.values[frames[inside] - 1]
    return values


def _first_row(targets: Sequence[Target], ours: Values, same: Values, other: Values) -> int | None:
    """Tell whether values are much closer to others than to those they should be like.

    Parameters
    ----------
    targets : sequence of Target
        What the columns hold.
    ours, same, other : numpy.ndarray of float64, shape (n_rows, columns)
        The submission's values, those of the same frames and person, and those of others; NaN
        where there is none.

    Returns
    -------
    int or None
        The first row that differs from `same`, if `other` is closer from there on in every
        target that differs: less than half the root mean squared error, or half the labels
        that differ.
    """
    straight = _differences(targets, ours, same)
    changed = np.flatnonzero((straight > 0).any(axis=1))
    if not len(changed):
        return None
    start = int(changed[0])
    known = ~np.isnan(ours[start:] + same[start:] + other[start:]).any(axis=1)
    if known.sum() < MIN_ROWS:
        return None
    near = _differences(targets, ours[start:][known], other[start:][known])
    far = straight[start:][known]
    closer = []
    for target, columns in blocks(targets):
        # Sums of squares of continuous values; numbers of labels that differ.
        limit, least = (0.25, 0) if isinstance(target, Continuous) else (0.5, MIN_LABELS - 1)
        error = float(far[:, columns].sum())
        if error > least:
            closer.append(float(near[:, columns].sum()) < limit * error)
    return start if closer and all(closer) else None


def _differences(targets: Sequence[Target], ours: Values, theirs: Values) -> Values:
    # Squared for continuous values, 0 or 1 for labels; NaN where one is not known.
    found = np.abs(ours - theirs)
    for target, columns in blocks(targets):
        part = found[:, columns]
        if isinstance(target, Continuous):
            part[part <= 1.5 * 10.0**-target.decimals] = 0.0
            part *= part
        else:
            part[part > 0] = 1.0
    return found
