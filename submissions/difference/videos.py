"""What changed by video.

Conventions: a video's ``change`` is the mean over the targets of how far its labels are apart,
from 0 to 1: the root mean squared error by the width of the range for continuous values, the
share that differs for labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from abawkit.protocol import Categorical, Continuous, blocks, column_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from abawkit.protocol import Target
    from submissions.difference.aligning import Aligned


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoChange:
    """How one video changed.

    ``drift`` is the mean change of each continuous output, ``flips`` the number of labels that
    changed of each other target. Where both have the probabilities of classes, ``drift`` has the
    last one's too, and ``n_probabilities_changed`` counts the frames whose probabilities differ;
    ``change`` is of the labels alone.
    """

    video: str
    n_frames: int
    n_changed: int
    n_probabilities_changed: int
    change: float
    drift: Mapping[str, float]
    flips: Mapping[str, int]


def probability_name(targets: Sequence[Target]) -> str:
    """Name the probability that is compared.

    Parameters
    ----------
    targets : sequence of Target
        What the columns hold, classes among them.

    Returns
    -------
    str
        That of the last class, such as ``p(A/H)``.
    """
    return next(f"p({target.names[-1]})" for target in targets if isinstance(target, Categorical))


def by_video(
    targets: Sequence[Target], aligned: Aligned, changed: NDArray[np.bool_]
) -> tuple[VideoChange, ...]:
    """Sum up what changed in each video.

    Parameters
    ----------
    targets : sequence of Target
        What the columns hold.
    aligned : Aligned
        The labels of both.
    changed : numpy.ndarray of bool, shape (n_rows, columns)
        Which of the values differ.

    Returns
    -------
    tuple of VideoChange
        One a video, the one that changed most first; of those alike, the one whose
        probabilities did.
    """

    def totals(values: NDArray[np.bool_ | np.float64]) -> NDArray[np.float64]:
        return np.add.reduceat(values, aligned.starts, axis=0, dtype=np.float64)

    known = totals(~np.isnan(aligned.first))
    apart = np.nan_to_num(aligned.second - aligned.first)
    sums, squares, flips = totals(apart), totals(apart**2), totals(changed)
    change = np.zeros(len(aligned.videos))
    drift_of: dict[str, NDArray[np.float64]] = {}
    flips_of: dict[str, NDArray[np.float64]] = {}
    for target, columns in blocks(targets):
        n_values = np.maximum(known[:, columns].sum(axis=1), 1)
        if isinstance(target, Continuous):
            means = sums[:, columns] / np.maximum(known[:, columns], 1)
            drift_of |= zip(column_names([target]), means.T, strict=True)
            rmse = np.sqrt(squares[:, columns].sum(axis=1) / n_values)
            change += rmse / (target.high - target.low) / len(targets)
        else:
            flips_of[target.name] = flips[:, columns].sum(axis=1)
            change += flips_of[target.name] / n_values / len(targets)
    distance = np.zeros(len(aligned.videos))
    if aligned.has_probabilities:
        shift = aligned.second_probabilities[:, -1:] - aligned.first_probabilities[:, -1:]
        n_values = np.maximum(totals(~np.isnan(shift)), 1)
        shift = np.nan_to_num(shift)
        drift_of[probability_name(targets)] = (totals(shift) / n_values)[:, 0]
        distance = (totals(shift**2) / n_values)[:, 0]
    n_moved = totals(aligned.moved)
    n_changed = totals(np.asarray(changed.any(axis=1)))
    n_frames = np.diff(aligned.starts, append=len(aligned.frames))
    order = np.lexsort((-n_moved, -distance, -n_changed, -change))
    return tuple(
        VideoChange(
            video=aligned.videos[row],
            n_frames=int(n_frames[row]),
            n_changed=int(n_changed[row]),
            n_probabilities_changed=int(n_moved[row]),
            change=float(change[row]),
            drift={name: float(means[row]) for name, means in drift_of.items()},
            flips={name: int(counts[row]) for name, counts in flips_of.items()},
        )
        for row in order.tolist()
    )
