"""Labelled features and labelled images as torch data sets.

Both only adapt what `LabelledRows` and the core's readers know, and work with a plain DataLoader,
with worker processes too: what is open is not sent to them, each opens its own. Embeddings stay
on the disk, mapped into memory and read as they are used; scores are a few numbers a frame and
are read whole when they are first asked for.
"""

from __future__ import annotations

import sys
from mmap import PAGESIZE, mmap
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from abawkit.errors import DataError, few
from baselines.decoding import read_image

if sys.platform != "win32":
    from mmap import MADV_WILLNEED

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from PIL.Image import Image

    from abawkit.frames import FrameFolder
    from baselines.cache import FeatureCache, VideoFeatures
    from baselines.decoding import Mode
    from baselines.heads import Source
    from baselines.labelled import LabelledRows
    from baselines.preprocessing import Preprocessing

Sample = tuple[Tensor, Tensor, Tensor]

# Each map holds a file open, and some systems allow a process no more than 256.
_MOST_OPEN = 100
# Rows that are read for nothing rather than asked for apart.
_GAP = 16


class FeatureDataset(Dataset[Sample]):
    """Cached features with their labels; sample ``i`` is row ``i`` of the labels.

    A sample is ``(x, labels, known)``: float32 ``(n_inputs,)``, float32 ``(columns,)`` and bool
    ``(columns,)``, the input of a head as prediction makes it.

    Parameters
    ----------
    cache : FeatureCache
        The features.
    rows : LabelledRows
        The labels of its frames.
    source : str
        What a head takes of them, one of `baselines.heads.SOURCES`.

    Attributes
    ----------
    n_inputs : int
        Values of an input.
    """

    def __init__(self, cache: FeatureCache, rows: LabelledRows, *, source: Source) -> None:
        self.cache, self.rows, self.source = cache, rows, source
        n_scores = 0 if source == "embedding" else len(cache.origin.card.outputs)
        n_embedding = cache.origin.n_embedding if source in {"embedding", "both"} else 0
        self.n_embedding, self.n_inputs = n_embedding, n_embedding + n_scores
        self._embeddings: dict[int, NDArray[np.float16]] = {}
        self._scores: NDArray[np.float32] | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """What `gather` gives: float16 for embeddings alone, as they are stored, else float32."""
        return np.dtype(np.float16 if self.source == "embedding" else np.float32)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Sample:
        x = self.gather(np.array([index]))[0].astype(np.float32)
        return torch.from_numpy(x), *_labels(self.rows, index)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_embeddings": {}, "_scores": None}

    def gather(
        self, indices: NDArray[np.int64], *, out: NDArray[Any] | None = None
    ) -> NDArray[Any]:
        """Read the inputs of many samples, in the order in which they lie on the disk.

        Parameters
        ----------
        indices : numpy.ndarray of int64, shape (k,)
            Which samples, from 0; one may come several times.
        out : numpy.ndarray of `dtype`, shape (k, n_inputs), optional
            Where to put them.

        Returns
        -------
        numpy.ndarray of `dtype`, shape (k, n_inputs)
            A row for each of `indices`, in their order.
        """
        if out is None:
            out = np.empty((len(indices), self.n_inputs), self.dtype)
        if self.n_embedding:
            self._gather_embeddings(indices, out[:, : self.n_embedding])
        if self.source != "embedding":
            if self._scores is None:
                self._scores = self._read_scores()
            out[:, self.n_embedding :] = self._scores[indices]
        return out

    def _gather_embeddings(self, indices: NDArray[np.int64], out: NDArray[Any]) -> None:
        ascending = np.argsort(indices, kind="stable")
        video = self.rows.video[indices[ascending]]
        firsts = np.flatnonzero(np.diff(video, prepend=-1))
        parts = np.split(ascending, firsts[1:])
        for start in range(0, len(firsts), _MOST_OPEN):
            some = slice(start, start + _MOST_OPEN)
            embeddings = self._open_embeddings(video[firsts[some]].tolist())
            rows = [self.rows.row[indices[part]] for part in parts[some]]
            for embedding, wanted in zip(embeddings, rows, strict=True):
                _announce(embedding, wanted)
            for part, embedding, wanted in zip(parts[some], embeddings, rows, strict=True):
                out[part] = embedding[wanted]
            embeddings.clear()  # lest they stay open while the next ones are opened

    def _open_embeddings(self, videos: list[int]) -> list[NDArray[np.float16]]:
        if len(self._embeddings.keys() | videos) > _MOST_OPEN:
            self._embeddings.clear()
        for video in videos:
            if video not in self._embeddings:
                self._embeddings[video] = self._open(video).embedding
        return [self._embeddings[video] for video in videos]

    def _read_scores(self) -> NDArray[np.float32]:
        card = self.cache.origin.card
        scores = np.empty((len(self), len(card.outputs)), np.float32)
        for video in np.unique(self.rows.video).tolist():
            of_video = self._of_video(video)
            scores[of_video] = self._open(video).scores[self.rows.row[of_video]]
        return card.probabilities(scores) if self.source == "probabilities" else scores

    def _open(self, video: int) -> VideoFeatures:
        features = self.cache.load(self.rows.videos[video])
        of_video = self._of_video(video)
        row, frame = self.rows.row[of_video], self.rows.frame[of_video]
        if row.max() >= len(features.frames) or (features.frames[row] != frame).any():
            msg = (
                f"{self.cache.folder / features.video}: other frames than when the labels were "
                "matched with them; begin again, and leave the features alone meanwhile"
            )
            raise DataError(msg)
        return features

    def _of_video(self, video: int) -> slice:
        first, last = np.searchsorted(self.rows.video, [video, video + 1])
        return slice(int(first), int(last))


def _announce(array: NDArray[Any], rows: NDArray[np.int64]) -> None:
    # Tell the system which rows of a map will be read, so that the disk is asked for all of them
    # at once and for little else; left to guess, it reads far around each, or too little.
    if sys.platform == "win32" or not isinstance(array.base, mmap):
        return
    cuts = np.flatnonzero(np.diff(rows) > _GAP) + 1
    header = len(array.base) - array.nbytes
    first = rows[np.concatenate([[0], cuts])] * array.strides[0] + header
    last = (rows[np.concatenate([cuts - 1, [-1]])] + 1) * array.strides[0] + header
    for begin, end in zip((first // PAGESIZE * PAGESIZE).tolist(), last.tolist(), strict=True):
        array.base.madvise(MADV_WILLNEED, begin, end - begin)


class FrameDataset(Dataset[Sample]):
    """Face crops with their labels, to train whole networks; sample ``i`` is row ``i``.

    A sample is ``(image, labels, known)``: float32 ``(3, size, size)``, float32 ``(columns,)``
    and bool ``(columns,)``. The image is, to the bit, what the network is given in prediction.

    Parameters
    ----------
    folder : FrameFolder
        The images.
    rows : LabelledRows
        The labels of its frames.
    preprocessing : Preprocessing
        That of the network's card.
    transform : callable, optional
        Changes the decoded image, of Pillow, before it is resized and normalised.

    Raises
    ------
    DataError
        If a labelled video is not in the folder.
    """

    def __init__(
        self,
        folder: FrameFolder,
        rows: LabelledRows,
        *,
        preprocessing: Preprocessing,
        transform: Callable[[Image], Image] | None = None,
    ) -> None:
        self.folder, self.rows = folder, rows
        self.preprocessing, self.transform = preprocessing, transform
        self._mode: Mode = "L" if preprocessing.colour == "grey" else "RGB"
        names = [rows.videos[video] for video in np.unique(rows.video).tolist()]
        lacking = [name for name in names if name not in folder.videos]
        if lacking:
            msg = f"{folder.root}: {len(lacking)} labelled videos are not here: {few(lacking)}"
            raise DataError(msg)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Sample:
        video = self.folder.videos[self.rows.videos[self.rows.video[index]]]
        path = video.path(int(self.rows.frame[index]))
        try:
            image = read_image(path, self._mode)
        except OSError as error:
            msg = (
                f"{path}: cannot read this image: {error}; put it right, or delete it and begin "
                "again without it"
            )
            raise DataError(msg) from error
        if self.transform is not None:
            image = self.transform(image)
        pixels = self.preprocessing.normalise(self.preprocessing.pixels(image))
        return torch.from_numpy(pixels), *_labels(self.rows, index)


def _labels(rows: LabelledRows, index: int) -> tuple[Tensor, Tensor]:
    # Copies: a sample belongs to whoever asked for it.
    return torch.from_numpy(rows.labels[index].copy()), torch.from_numpy(rows.known[index].copy())
