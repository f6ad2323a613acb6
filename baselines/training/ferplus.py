"""FER+ as training data: FER2013's grey faces with the votes of ten taggers.

E. Barsoum, C. Zhang, C. Canton Ferrer and Z. Zhang, "Training Deep Networks for Facial Expression
Recognition with Crowd-Sourced Label Distribution", ICMI 2016. The reading is the paper's: a
single vote is an outlier and is dropped; an image whose majority is ``unknown`` or ``not_a_face``
is left out; the target is the distribution of the remaining votes over the eight emotions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import DataError
from baselines.card import EMOTIONS_8
from baselines.training.images import GreyImages, LabelledImages

if TYPE_CHECKING:
    from pathlib import Path

DATASET = "FER+"
_REJECTED = ("unknown", "not_a_face")


def read_ferplus(path: Path) -> LabelledImages:
    """Read images and votes.

    Parameters
    ----------
    path : Path
        An ``.npz`` with ``images`` ``(n, height, width)`` uint8, ``votes`` ``(n, columns)`` and
        ``columns``, the names of the votes' columns.

    Returns
    -------
    LabelledImages
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
    return LabelledImages(
        images=GreyImages(pixels=images[kept]),
        targets=targets,
        classes=EMOTIONS_8,
        dataset=DATASET,
    )
