"""From a folder of cropped frames to a cache of features: what ``abawkit extract`` does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import DataError, UsageError, few
from baselines.cache import FILES, FeatureCache, Origin, VideoFeatures, half
from baselines.videos import predict_images

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL import Image

    from abawkit.frames import FrameFolder, VideoFrames
    from baselines.decoding import Mode
    from baselines.model import Backbone


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """What was extracted; ``broken`` names the images that could not be read."""

    folder: Path
    n_videos: int
    n_frames: int
    n_bytes: int
    broken: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"{self.n_videos} videos, {self.n_frames} frames, {self.n_bytes / 1e6:.1f} MB"]
        if self.broken:
            lines.append(f"{len(self.broken)} images could not be read: {few(self.broken)}")
        lines.append(f"features in {self.folder}/")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Describer:
    """A backbone alone, as a `baselines.model.Predictor`: embedding and scores side by side."""

    backbone: Backbone

    @property
    def identity(self) -> Mapping[str, str]:
        """Name and hash of the network, and what computes it."""
        backbone = self.backbone
        return {
            "model": backbone.card.name,
            "model_sha256": backbone.digest,
            "provider": backbone.provider,
        }

    @property
    def mode(self) -> Mode:
        """The backbone's."""
        return self.backbone.mode

    @property
    def n_embedding(self) -> int:
        """Values of an embedding, asked of the network where its file leaves that open."""
        known = self.backbone.n_embedding
        if known is not None:
            return known
        size = self.backbone.card.preprocessing.size
        embedding, _ = self.backbone(np.zeros((1, 3, size, size), np.float32))
        return int(embedding.shape[1])

    def __str__(self) -> str:
        return f"{self.backbone.card.name} ({self.backbone.provider})"

    def prepare(self, image: Image.Image) -> NDArray[np.uint8]:
        """Resize one image.

        Parameters
        ----------
        image : PIL.Image.Image
            A face crop.

        Returns
        -------
        numpy.ndarray of uint8, shape (channels, size, size)
            What `predict` takes.
        """
        return self.backbone.card.preprocessing.pixels(image)

    def predict(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Describe a batch.

        Parameters
        ----------
        batch : numpy.ndarray of uint8, shape (n, channels, size, size)
            Stacked results of `prepare`.

        Returns
        -------
        numpy.ndarray of float32, shape (n, n_embedding + n_scores)
            Embedding and scores.
        """
        return np.concatenate(self.backbone(self.backbone.normalised(batch)), axis=1)


def extract(  # noqa: PLR0913 - one parameter an option
    frames: FrameFolder,
    backbone: Backbone,
    *,
    out: Path,
    strict: bool = False,
    force: bool = False,
    note: Callable[[str], None] = lambda _: None,
) -> Extraction:
    """Run a backbone over every image of some videos; what is there and up to date stays.

    Parameters
    ----------
    frames : FrameFolder
        The videos.
    backbone : Backbone
        The network.
    out : Path
        The folder of caches; the features go to the one of this backbone.
    strict : bool
        Stop at an image that cannot be read.
    force : bool
        Replace features of other images.
    note : callable
        Takes what a user should know on the way.

    Returns
    -------
    Extraction
        What is there now.

    Raises
    ------
    DataError
        If an image cannot be read and `strict` is set, or the cache cannot be written.
    UsageError
        If a video has features of other images, and `force` is not set.
    """
    try:
        return _extract(frames, backbone, out=out, strict=strict, force=force, note=note)
    except OSError as error:
        msg = f"{out}: the features could not be written: {error}"
        raise DataError(msg) from error


def _extract(  # noqa: PLR0913 - as above
    frames: FrameFolder,
    backbone: Backbone,
    *,
    out: Path,
    strict: bool,
    force: bool,
    note: Callable[[str], None],
) -> Extraction:
    describer = Describer(backbone=backbone)
    n_embedding = describer.n_embedding
    origin = Origin(
        card=backbone.card,
        model_sha256=backbone.digest,
        provider=backbone.provider,
        n_embedding=n_embedding,
    )
    cache = FeatureCache.create(out, origin)
    videos = frames.videos.values()
    todo = [(v, v.frames) for v in _not_done(cache, videos, strict=strict, force=force)]
    if len(todo) < len(videos):
        note(f"{len(videos) - len(todo)} of {len(videos)} videos are done already")
    width = n_embedding + len(backbone.card.outputs)
    described = predict_images(describer, todo, width=width, strict=strict, purpose="extract")
    for (video, _), said in zip(todo, described, strict=True):
        embedding, scores = np.split(said.outputs, [n_embedding], axis=1)
        cache.save(
            VideoFeatures(
                video=video.name,
                frames=said.frames,
                embedding=half(embedding, what=f"{describer}, {video.name}"),
                scores=np.ascontiguousarray(scores),
                broken=said.broken,
                source=video.fingerprint,
            )
        )
    return _tell(cache, tuple(frames.videos))


def _not_done(
    cache: FeatureCache, videos: Collection[VideoFrames], *, strict: bool, force: bool
) -> list[VideoFrames]:
    there = {video.name: cache.find(video.name) for video in videos}
    other = [
        video.name
        for video in videos
        if (found := there[video.name]) is not None and found.source != video.fingerprint
    ]
    if other and not force:
        msg = (
            f"{cache.folder}: {len(other)} of {len(videos)} videos have features of other images: "
            f"{few(other)}; --force to replace them, or another --out"
        )
        raise UsageError(msg)
    todo = []
    for video in videos:
        found = there[video.name]
        if found is None or video.name in other or (strict and found.broken.size):
            todo.append(video)
    return todo


def _tell(cache: FeatureCache, videos: tuple[str, ...]) -> Extraction:
    found = {video: cache.describe(video) for video in videos}
    return Extraction(
        folder=cache.folder,
        n_videos=len(found),
        n_frames=sum(len(index.frames) for index in found.values()),
        n_bytes=sum(
            (cache.folder / video / file).stat().st_size for video in videos for file in FILES
        ),
        broken=tuple(
            f"{video}/{frame:05d}.jpg"
            for video, index in found.items()
            for frame in index.broken.tolist()
        ),
    )
