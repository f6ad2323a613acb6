"""Labelled features and labelled images as torch data sets.

Both only adapt what `LabelledRows` and the core's readers know, and work with a plain DataLoader,
with worker processes too. Embeddings stay on the disk and are read as they are used, one file open
at a time; scores are a few numbers a frame and are read whole when they are first asked for.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, NoReturn

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from abawkit.errors import DataError, few
from baselines.decoding import read_image

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import FileIO
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL.Image import Image

    from abawkit.frames import FrameFolder
    from baselines.cache import FeatureCache, VideoFeatures
    from baselines.decoding import Mode
    from baselines.heads import Source
    from baselines.labelled import LabelledRows
    from baselines.preprocessing import Preprocessing

Sample = tuple[Tensor, Tensor, Tensor]

# Rows that are read for nothing rather than asked for apart.
_GAP = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Where a video's embeddings are: the file, where its rows begin, and what file it was."""

    path: Path
    start: int
    version: tuple[int, ...]


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
        self._found: dict[int, _Rows] = {}
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
        return {**self.__dict__, "_found": {}, "_scores": None}

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
        if not len(indices):
            return
        for part, at in zip(np.split(ascending, firsts[1:]), firsts.tolist(), strict=True):
            out[part] = self._read_embeddings(int(video[at]), self.rows.row[indices[part]])

    def _read_embeddings(self, video: int, wanted: NDArray[np.int64]) -> NDArray[np.float16]:
        # Not mapped into memory: for rows that are read once, mapping costs more than reading.
        if video not in self._found:
            self._found[video] = self._find(video)
        found = self._found[video]
        with found.path.open("rb", buffering=0) as file:
            if _version(file) != found.version:
                self._refuse(video)
            return _read_rows(file, wanted, width=self.n_embedding, start=found.start)

    def _find(self, video: int) -> _Rows:
        embedding = self._open(video).embedding
        path = self.cache.folder / self.rows.videos[video] / "embedding.npy"
        with path.open("rb") as file:
            version = _version(file)
        # The header comes first; whatever the file is, its rows are at the end.
        return _Rows(path=path, start=version[0] - embedding.nbytes, version=version)

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
            self._refuse(video)
        return features

    def _refuse(self, video: int) -> NoReturn:
        msg = (
            f"{self.cache.folder / self.rows.videos[video]}: other frames than when the labels "
            "were matched with them; begin again, and leave the features alone meanwhile"
        )
        raise DataError(msg)

    def _of_video(self, video: int) -> slice:
        first, last = np.searchsorted(self.rows.video, [video, video + 1])
        return slice(int(first), int(last))


def _version(file: IO[bytes]) -> tuple[int, ...]:
    told = os.fstat(file.fileno())
    return told.st_size, told.st_ino, told.st_mtime_ns


def _read_rows(
    file: FileIO, wanted: NDArray[np.int64], *, width: int, start: int
) -> NDArray[np.float16]:
    # Ascending rows, read a stretch at a time.
    cuts = np.flatnonzero(np.diff(wanted) > _GAP) + 1
    firsts, lasts = wanted[np.concatenate([[0], cuts])], wanted[np.concatenate([cuts - 1, [-1]])]
    lengths = lasts - firsts + 1
    places = np.cumsum(lengths) - lengths
    stride = width * np.dtype(np.float16).itemsize
    content = bytearray(int(lengths.sum()) * stride)
    stretches = list(zip(firsts.tolist(), lengths.tolist(), places.tolist(), strict=True))
    if hasattr(os, "posix_fadvise"):
        # So that the disk is asked for all of them at once, and for little else.
        for first, length, _ in stretches:
            begin, size = start + first * stride, length * stride
            os.posix_fadvise(file.fileno(), begin, size, os.POSIX_FADV_WILLNEED)
    view = memoryview(content)
    for first, length, place in stretches:
        file.seek(start + first * stride)
        part = view[place * stride : (place + length) * stride]
        while part:
            n_read = file.readinto(part)
            if not n_read:
                msg = (
                    f"{file.name}: ends before its row {first + length}; extract this video again"
                )
                raise DataError(msg)
            part = part[n_read:]
    rows: NDArray[np.float16] = np.frombuffer(content, np.float16).reshape(-1, width)
    stretch = np.searchsorted(firsts, wanted, side="right") - 1
    taken: NDArray[np.float16] = rows[places[stretch] + wanted - firsts[stretch]]
    return taken


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
