"""How often a network is right, on images prepared as the predictor does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from baselines.training.prefetch import read_ahead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from baselines.preprocessing import Preprocessing
    from baselines.training.images import Images, LabelledImages

BATCH_SIZE = 64


def prepared(
    images: Images, preprocessing: Preprocessing, indices: NDArray[np.intp] | None = None
) -> Iterator[NDArray[np.float32]]:
    """Prepare images as the predictor does.

    Parameters
    ----------
    images : Images
        The images.
    preprocessing : Preprocessing
        What the network is given.
    indices : numpy.ndarray of int, optional
        Which images; all by default.

    Yields
    ------
    numpy.ndarray of float32, shape (n, 3, size, size)
        What the network takes, a batch of up to `BATCH_SIZE` images at a time.
    """
    order = range(len(images)) if indices is None else indices.tolist()
    batches = (order[at : at + BATCH_SIZE] for at in range(0, len(order), BATCH_SIZE))
    for pixels in read_ahead(lambda index: images.prepared(index, preprocessing), batches):
        yield preprocessing.normalise(np.stack(pixels))


def measure(
    scores: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    faces: LabelledImages,
    preprocessing: Preprocessing,
) -> tuple[float, dict[str, float]]:
    """Measure how often the best score is the label that most people gave.

    Parameters
    ----------
    scores : callable
        From a batch of prepared images to scores ``(n, classes)``.
    faces : LabelledImages
        Images with labels.
    preprocessing : Preprocessing
        What the network is given.

    Returns
    -------
    accuracy : float
        Over all images.
    recalls : dict of str to float
        Over the images of each class that occurs.
    """
    batches = prepared(faces.images, preprocessing)
    labels, n_classes = faces.labels, len(faces.classes)
    hit = np.concatenate([scores(batch).argmax(axis=1) for batch in batches]) == labels
    counts = np.bincount(labels, minlength=n_classes)
    hits = np.bincount(labels[hit], minlength=n_classes)
    recalls = {
        name: float(right / count)
        for name, right, count in zip(faces.classes, hits, counts, strict=True)
        if count
    }
    return float(hit.mean()), recalls
