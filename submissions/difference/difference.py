"""What changed between two submissions: which frames, which labels, in which videos.

Conventions: a change is the second minus the first. Values that agree to the decimals that are
asked for are the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from abawkit.metrics.continuous import PairedMoments
from abawkit.protocol import Categorical, Continuous, blocks, column_names
from submissions.difference.aligning import Aligned
from submissions.difference.videos import by_video, probability_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from abawkit.protocol import Challenge, Target
    from abawkit.track import Track
    from submissions.difference.videos import VideoChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How a continuous output, or the probability of a class, changed.

    ``largest`` is the change with the largest size, at ``frame`` (from 1) of ``video``;
    ``correlation`` is Pearson's, NaN if a trace is constant.
    """

    name: str
    n_values: int
    mean: float
    rmse: float
    largest: float
    video: str
    frame: int
    correlation: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Flips:
    """How labels changed: ``table[i, j]`` frames went from class ``i`` to class ``j``.

    An action unit is of the classes ``0`` and ``1``.
    """

    name: str
    classes: tuple[str, ...]
    table: NDArray[np.intp]

    @property
    def n_values(self) -> int:
        """How many labels both have."""
        return int(self.table.sum())

    @property
    def n_changed(self) -> int:
        """How many of them differ."""
        return self.n_values - int(self.table.trace())


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Difference:
    """What changed between two submissions, A and B.

    ``videos`` are those with frames in both, the one that changed most first; ``only_a`` and
    ``only_b`` count the frames that just one of them has, by video. An output that has no value
    in both is left out.

    ``n_changed`` counts the frames whose labels differ. Where both have the probabilities of
    classes, ``n_probabilities_changed`` counts those whose probabilities differ at all, and the
    last of ``drifts`` is that of the last class; otherwise it is None.
    """

    challenge: Challenge
    n_frames: int
    n_changed: int
    n_probabilities_changed: int | None
    drifts: tuple[Drift, ...]
    flips: tuple[Flips, ...]
    units: tuple[Flips, ...]
    videos: tuple[VideoChange, ...]
    only_a: Mapping[str, int]
    only_b: Mapping[str, int]


def compare(a: Mapping[str, Track], b: Mapping[str, Track], challenge: Challenge) -> Difference:
    """Compare the labels of two submissions, and the probabilities that both have.

    Parameters
    ----------
    a, b : mapping of str to Track
        Labels by video, matched by the video's name; row ``i`` is frame ``i + 1`` in both.
    challenge : Challenge
        What they are labels of.

    Returns
    -------
    Difference
        What changed from `a` to `b` in the frames that both have.

    Raises
    ------
    AlignmentError
        If no frame is in both, or a track has another number of columns.
    DataError
        If a value is no label.
    """
    aligned = Aligned.of(a, b, challenge)
    targets = challenge.targets
    changed = _changed(targets, aligned)
    names = column_names(targets)
    drifts: list[Drift] = []
    flips: list[Flips] = []
    units: list[Flips] = []
    for target, columns in blocks(targets):
        for column in range(columns.start, columns.stop):
            name = names[column]
            if np.isnan(aligned.first[:, column]).all():
                continue
            if isinstance(target, Continuous):
                sides = aligned.first[:, column], aligned.second[:, column]
                drifts.append(_drift(aligned, name, *sides))
            elif isinstance(target, Categorical):
                flips.append(_flips(aligned, column, name, target.names))
            else:
                units.append(_flips(aligned, column, name, ("0", "1")))
    if aligned.has_probabilities:
        sides = aligned.first_probabilities[:, -1], aligned.second_probabilities[:, -1]
        drifts.append(_drift(aligned, probability_name(targets), *sides))
    return Difference(
        challenge=challenge,
        n_frames=len(aligned.frames),
        n_changed=int(changed.any(axis=1).sum()),
        n_probabilities_changed=int(aligned.moved.sum()) if aligned.has_probabilities else None,
        drifts=tuple(drifts),
        flips=tuple(flips),
        units=tuple(units),
        videos=by_video(targets, aligned, changed),
        only_a=aligned.only_first,
        only_b=aligned.only_second,
    )


def _changed(targets: tuple[Target, ...], aligned: Aligned) -> NDArray[np.bool_]:
    # Which values differ, shape (n_rows, columns); NaN does not.
    apart = np.abs(aligned.second - aligned.first)
    changed = apart > 0
    for target, columns in blocks(targets):
        if isinstance(target, Continuous):
            changed[:, columns] = apart[:, columns] > 0.5 * 10.0**-target.decimals
    return changed


def _drift(
    aligned: Aligned, name: str, first: NDArray[np.float64], second: NDArray[np.float64]
) -> Drift:
    known = ~np.isnan(first)
    rows = np.flatnonzero(known)
    apart = second[rows] - first[rows]
    top = int(np.argmax(np.abs(apart)))
    video, frame = aligned.where(int(rows[top]))
    return Drift(
        name=name,
        n_values=len(rows),
        mean=float(apart.mean()),
        rmse=math.sqrt(float(np.mean(apart**2))),
        largest=float(apart[top]),
        video=video,
        frame=frame,
        correlation=PairedMoments.of(first, second, known=known).pearson,
    )


def _flips(aligned: Aligned, column: int, name: str, classes: tuple[str, ...]) -> Flips:
    known = ~np.isnan(aligned.first[:, column])
    first, second = (
        side[known, column].astype(np.intp) for side in (aligned.first, aligned.second)
    )
    n_classes = len(classes)
    pairs = np.bincount(first * n_classes + second, minlength=n_classes**2)
    return Flips(name=name, classes=classes, table=pairs.reshape(n_classes, n_classes))
