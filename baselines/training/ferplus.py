"""FER+ as training data: FER2013's grey faces with the votes of ten taggers.

E. Barsoum, C. Zhang, C. Canton Ferrer and Z. Zhang, "Training Deep Networks for Facial Expression
Recognition with Crowd-Sourced Label Distribution", ICMI 2016. The reading is the paper's: a
single vote is an outlier and is dropped; an image whose majority is ``unknown`` or ``not_a_face``
is left out; the target is the distribution of the remaining votes over the eight emotions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import DataError
from baselines.card import EMOTIONS_8

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_REJECTED = ("unknown", "not_a_face")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LabelledFaces:
    """Face images and the distribution of labels that people gave to each.

    ``images`` is uint8 ``(n, height, width)``, grey; ``targets`` is float32 ``(n, classes)``,
    each row summing to 1; ``classes`` names the columns.
    """

    images: NDArray[np.uint8]
    targets: NDArray[np.float32]
    classes: tuple[str, ...]

    @property
    def labels(self) -> NDArray[np.intp]:
        """The class with most votes, the first one on a tie, shape ``(n,)``."""
        labels: NDArray[np.intp] = self.targets.argmax(axis=1)
        return labels


def read_ferplus(path: Path) -> LabelledFaces:
    """Read images and votes.

    Parameters
    ----------
    path : Path
        An ``.npz`` with ``images`` ``(n, height, width)`` uint8, ``votes`` ``(n, columns)`` and
        ``columns``, the names of the votes' columns.

    Returns
    -------
    LabelledFaces
        The images that have a majority for an emotion, classes in AffectNet's order.

    Raises
    ------
    DataError
        If the file is missing, is no such archive, or lacks an array or a column.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            images, votes = arrays["images"], arrays["votes"].astype(np.float32)
            columns = [str(column) for column in arrays["columns"]]
    except Exception as error:  # a corrupt archive raises almost anything
        msg = f"{path}: expected an .npz with images, votes and columns: {error}"
        raise DataError(msg) from error
    if images.ndim != 3 or votes.shape != (len(images), len(columns)):  # noqa: PLR2004
        msg = (
            f"{path}: expected images (n, height, width) and votes (n, {len(columns)}), "
            f"found {images.shape} and {votes.shape}"
        )
        raise DataError(msg)
    lacking = {name.lower() for name in EMOTIONS_8}.union(_REJECTED).difference(columns)
    if lacking:
        msg = f"{path}: no column of votes for {', '.join(sorted(lacking))}"
        raise DataError(msg)
    votes[votes <= 1] = 0
    majority = np.array(columns)[votes.argmax(axis=1)]
    emotions = votes[:, [columns.index(name.lower()) for name in EMOTIONS_8]]
    kept = ~np.isin(majority, _REJECTED) & (emotions.sum(axis=1) > 0)
    targets = emotions[kept] / emotions[kept].sum(axis=1, keepdims=True)
    return LabelledFaces(images=images[kept], targets=targets, classes=EMOTIONS_8)
