"""What a backbone says of every face crop, on disk: made once, read by training and prediction.

    ROOT/<name>-<digest>/cache.json             what made the features: an `Origin`
    ROOT/<name>-<digest>/<video>/frames.npy     int32, which frames there are
    ROOT/<name>-<digest>/<video>/embedding.npy  float16
    ROOT/<name>-<digest>/<video>/scores.npy     float32
    ROOT/<name>-<digest>/<video>/video.json     written last: the video is complete

Another network, card or provider has another digest, hence another folder. Every file is written
whole or not at all, and nothing is read of a video that is not complete.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from abawkit.errors import DataError, ModelError, UsageError, few
from abawkit.files import write_whole
from abawkit.frames import natural
from baselines.card import Card

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

LAYOUT = 1
"""Version of the files; another one means other folders."""
CACHE = "cache.json"
VIDEO = "video.json"
FILES = ("frames.npy", "embedding.npy", "scores.npy", VIDEO)
"""The files of a video, in the order in which they are written."""
_HINT = "extract this video again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What features depend on, beside the image.

    Attributes
    ----------
    card : Card
        Of the backbone; its outputs name the columns of scores.
    model_sha256 : str
        Of the ONNX file: weights, graph and card.
    provider : str
        The execution provider that ran it.
    n_embedding : int
        Values of an embedding.
    """

    card: Card
    model_sha256: str
    provider: str
    n_embedding: int

    @property
    def digest(self) -> str:
        """A hash of all of this, and of the version of the cache's files."""
        content = json.dumps({"layout": LAYOUT, **asdict(self)}, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def folder(self) -> str:
        """The name of the folder that features of this origin go to."""
        # A name is any text; a folder's is not.
        name = re.sub(r"[^\w.+-]", "_", self.card.name)
        return f"{name}-{self.digest[:12]}"

    def to_json(self) -> str:
        """Write the origin as ``cache.json`` holds it.

        Returns
        -------
        str
            A JSON object.
        """
        return json.dumps({"abawkit_features": LAYOUT, **asdict(self)}, indent=2) + "\n"

    @classmethod
    def of(cls, text: str) -> Self:
        """Read what `to_json` gave.

        Parameters
        ----------
        text : str
            The content of ``cache.json``.

        Returns
        -------
        Origin
            The origin.

        Raises
        ------
        ValueError
            If it is no origin, or one of another version.
        """
        values: Any = json.loads(text)
        layout = values.pop("abawkit_features", None) if isinstance(values, dict) else None
        if layout != LAYOUT:
            msg = f"expected features of layout {LAYOUT}, found {layout}; extract them again"
            raise ValueError(msg)
        names = ("card", "model_sha256", "provider", "n_embedding")
        if set(values) != set(names):
            msg = f"expected {', '.join(names)}; found {', '.join(values)}"
            raise ValueError(msg)
        kinds = {"model_sha256": str, "provider": str, "n_embedding": int}
        wrong = [name for name, kind in kinds.items() if type(values[name]) is not kind]
        if wrong:
            msg = f"expected two texts and a whole number, found another {', '.join(wrong)}"
            raise ValueError(msg)
        return cls(**{**values, "card": Card.of(json.dumps(values["card"]))})


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class VideoIndex:
    """What features of a video there are, without them: nothing of it stays open.

    Attributes
    ----------
    frames : numpy.ndarray of int32, shape (n,)
        The frames with a readable face crop, from 1, ascending.
    broken : numpy.ndarray of int32, shape (n_broken,)
        Frames whose image could not be read.
    source : str
        The fingerprint of the images that they were made from.
    """

    frames: NDArray[np.int32]
    broken: NDArray[np.int32]
    source: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class VideoFeatures:
    """The features of one video; those that were loaded hold two files open.

    Attributes
    ----------
    video : str
        Its name.
    frames : numpy.ndarray of int32, shape (n,)
        The frames with a readable face crop, from 1, ascending.
    embedding : numpy.ndarray of float16, shape (n, n_embedding)
        Memory-mapped and read-only when loaded.
    scores : numpy.ndarray of float32, shape (n, len(card.outputs))
        As the backbone gives them; memory-mapped likewise.
    broken : numpy.ndarray of int32, shape (n_broken,)
        Frames whose image could not be read.
    source : str
        The fingerprint of the images that they were made from.
    """

    video: str
    frames: NDArray[np.int32]
    embedding: NDArray[np.float16]
    scores: NDArray[np.float32]
    broken: NDArray[np.int32]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureCache:
    """A folder with the features that one backbone gave of some videos."""

    folder: Path
    origin: Origin

    @classmethod
    def create(cls, root: Path, origin: Origin) -> Self:
        """Make the cache of an origin, or take up the one that is there.

        Parameters
        ----------
        root : Path
            The folder of caches.
        origin : Origin
            What makes the features.

        Returns
        -------
        FeatureCache
            The cache, empty or not.

        Raises
        ------
        DataError
            If the folder is there and is of something else.
        """
        folder = root / origin.folder
        if not (folder / CACHE).exists():
            # Another process may do so too; it writes the same.
            write_whole(folder / CACHE, origin.to_json())
        return cls._read(folder)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a cache that is there.

        Parameters
        ----------
        path : Path
            Its folder, with or without the digest at the end of its name; or one that holds it
            and no other cache.

        Returns
        -------
        FeatureCache
            The cache.

        Raises
        ------
        DataError
            If there is none, or it cannot be read.
        UsageError
            If there are several.
        """
        if (path / CACHE).exists():
            return cls._read(path)
        root = path if path.is_dir() else path.parent
        names = _cache_names(root)
        if root is not path:
            names = [name for name in names if name.rpartition("-")[0] == path.name]
        if len(names) > 1:
            msg = f"{path}: there are {len(names)} caches: {few(names)}; name one of the folders"
            raise UsageError(msg)
        if not names:
            what = "no features in this folder" if path.is_dir() else "no such folder"
            msg = (
                f"{path}: {what}; expected what 'abawkit extract' wrote, a folder with {CACHE} "
                "or one that holds it"
            )
            raise DataError(msg)
        return cls._read(root / names[0])

    @classmethod
    def _read(cls, folder: Path) -> Self:
        try:
            found = cls(folder=folder, origin=Origin.of((folder / CACHE).read_text()))
        except (OSError, ValueError, RecursionError) as error:
            msg = f"{folder / CACHE}: cannot read this: {error}"
            raise DataError(msg) from error
        name = folder.resolve().name
        if name != found.origin.folder:
            msg = (
                f"{folder}: features of another model under this name; expected those of {name}, "
                f"found those of {found.origin.folder}; give the folder its name, or extract again"
            )
            raise DataError(msg)
        return found

    @property
    def videos(self) -> tuple[str, ...]:
        """The videos that are complete, in natural order."""
        names = (path.parent.name for path in self.folder.glob(f"*/{VIDEO}"))
        return tuple(sorted(names, key=natural))

    def require(self, videos: Collection[str], *, faceless: Collection[str] = ()) -> None:
        """Check that videos have features.

        Parameters
        ----------
        videos : collection of str
            Their names.
        faceless : collection of str
            Those that may be lacking, as no face was found in them.

        Raises
        ------
        DataError
            If one has none.
        """
        there = {*self.videos, *faceless}
        lacking = [name for name in videos if name not in there]
        if lacking:
            msg = (
                f"{self.folder}: {len(lacking)} of {len(videos)} videos have no features: "
                f"{few(lacking)}. Extract them too; if no face was found in them and their "
                "length is known, allow it (--allow-missing)"
            )
            raise DataError(msg)

    def find(self, video: str) -> VideoIndex | None:
        """Look whether the features of a video are there and whole.

        Parameters
        ----------
        video : str
            Its name.

        Returns
        -------
        VideoIndex or None
            None if they have to be extracted.
        """
        try:
            found = self.load(video)
        except DataError:
            return None
        return VideoIndex(frames=found.frames, broken=found.broken, source=found.source)

    def describe(self, video: str) -> VideoIndex:
        """Tell what features of a video there are, without opening them.

        Parameters
        ----------
        video : str
            Its name.

        Returns
        -------
        VideoIndex
            Its frames and where they come from.

        Raises
        ------
        DataError
            If it is not there or not complete, or a file is damaged.
        """
        text = self._told(video)
        with self._reading(video, text):
            told = json.loads(text)
            index = VideoIndex(
                frames=np.load(self.folder / video / "frames.npy"),
                broken=np.array([_whole_number(frame) for frame in told["broken"]], np.int32),
                source=str(told["source"]),
            )
            n_rows = _whole_number(told["n_rows"])
        self._check(video, frames=index.frames, n_rows=n_rows)
        return index

    def load(self, video: str) -> VideoFeatures:
        """Open the features of a video; they are read from the disk as they are used.

        Parameters
        ----------
        video : str
            Its name.

        Returns
        -------
        VideoFeatures
            Its features.

        Raises
        ------
        DataError
            If it is not there or not complete, or a file is damaged.
        """
        folder = self.folder / video
        text = self._told(video)
        index = self.describe(video)
        with self._reading(video, text):
            features = VideoFeatures(
                video=video,
                frames=index.frames,
                embedding=np.load(folder / "embedding.npy", mmap_mode="r"),
                scores=np.load(folder / "scores.npy", mmap_mode="r"),
                broken=index.broken,
                source=index.source,
            )
        self._check_all(features)
        return features

    def save(self, features: VideoFeatures) -> None:
        """Write the features of a video; until all of it is there, there is none.

        Parameters
        ----------
        features : VideoFeatures
            What the backbone said; the same content gives the same bytes.
        """
        self._check_all(features)
        folder = self.folder / features.video
        content = {
            "source": features.source,
            "n_rows": len(features.frames),
            "broken": features.broken.tolist(),
        }
        told = json.dumps(content) + "\n"
        if self._told(features.video) != told.encode():
            # Before anything else, so that no new file stands beside an old one in a whole video.
            # Of the same images, another process may just have written the same bytes.
            (folder / VIDEO).unlink(missing_ok=True)
        for name in ("frames", "embedding", "scores"):
            buffer = io.BytesIO()
            np.save(buffer, getattr(features, name), allow_pickle=False)
            write_whole(folder / f"{name}.npy", buffer.getvalue())
        write_whole(folder / VIDEO, told)

    def _told(self, video: str) -> bytes:
        # What the last file of a whole video holds; nothing if there is none.
        try:
            return (self.folder / video / VIDEO).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return b""

    @contextmanager
    def _reading(self, video: str, told: bytes) -> Iterator[None]:
        # Damage is told from a system that refuses, say to open one file more: that passes.
        where = self.folder / video
        if not told:
            msg = f"{where}: no features of this video, or not all of them; {_HINT}"
            raise DataError(msg)
        try:
            yield
        except Exception as error:  # a damaged array raises almost anything
            if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
                raise
            msg = f"{where}: these features are damaged ({error}); {_HINT}"
            raise DataError(msg) from error
        if self._told(video) != told:
            msg = f"{where}: these features were written again while they were read; try again"
            raise DataError(msg)

    def _check_all(self, features: VideoFeatures) -> None:
        self._check(
            features.video,
            n_rows=len(features.frames),
            frames=features.frames,
            embedding=features.embedding,
            scores=features.scores,
        )

    def _check(self, video: str, *, n_rows: int, **arrays: NDArray[Any]) -> None:
        expected = {
            "frames": (np.int32, (n_rows,)),
            "embedding": (np.float16, (n_rows, self.origin.n_embedding)),
            "scores": (np.float32, (n_rows, len(self.origin.card.outputs))),
        }
        where = self.folder / video
        for name, found in arrays.items():
            kind, shape = expected[name]
            if found.dtype != kind or found.shape != shape:
                msg = (
                    f"{where}: expected {name} to be {np.dtype(kind)} of shape {shape}, found "
                    f"{found.dtype} of shape {found.shape}; {_HINT}"
                )
                raise DataError(msg)
        if (np.diff(arrays["frames"], prepend=0) <= 0).any():
            msg = f"{where}: expected frames to ascend from 1, found others; {_HINT}"
            raise DataError(msg)


def find_caches(root: Path) -> list[FeatureCache]:
    """Find the caches under a folder.

    Parameters
    ----------
    root : Path
        The folder that ``abawkit extract`` wrote to.

    Returns
    -------
    list of FeatureCache
        One a model, by name; none if there is no such folder.
    """
    return [FeatureCache.open(root / name) for name in _cache_names(root)]


def half(values: NDArray[np.float32], *, what: str) -> NDArray[np.float16]:
    """Round embeddings to 16 bits.

    Parameters
    ----------
    values : numpy.ndarray of float32
        Finite numbers.
    what : str
        Whose they are, for the message.

    Returns
    -------
    numpy.ndarray of float16, of that shape
        The nearest ones.

    Raises
    ------
    ModelError
        If one is not finite, or too large for 16 bits, which end at 65504.
    """
    if not np.isfinite(values).all():
        msg = f"{what}: the embedding holds a value that is not finite; use another network"
        raise ModelError(msg)
    with np.errstate(over="ignore"):
        rounded = values.astype(np.float16)
    if not np.isfinite(rounded).all():
        msg = (
            f"{what}: the embedding holds {np.abs(values).max():g}; features are kept in 16 bits, "
            "which end at 65504. Give the network an embedding of smaller values"
        )
        raise ModelError(msg)
    return rounded


def _whole_number(value: object) -> int:
    if type(value) is not int:
        msg = f"expected a whole number, found {value!r}"
        raise ValueError(msg)
    return value


def _cache_names(root: Path) -> list[str]:
    return sorted(path.parent.name for path in root.glob(f"*/{CACHE}"))
