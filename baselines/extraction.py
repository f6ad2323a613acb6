"""From a folder of cropped frames to a cache of features: what ``abawkit extract`` does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import DataError, few
from baselines.cache import FeatureCache, Origin, VideoFeatures, half
from baselines.videos import predict_images

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL import Image

    from abawkit.frames import FrameFolder
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


def extract(
    frames: FrameFolder,
    backbone: Backbone,
    *,
    out: Path,
    strict: bool = False,
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
    """
    try:
        return _extract(frames, backbone, out=out, strict=strict, note=note)
    except OSError as error:
        msg = f"{out}: the features could not be written: {error}"
        raise DataError(msg) from error


def _extract(
    frames: FrameFolder,
    backbone: Backbone,
    *,
    out: Path,
    strict: bool,
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
    todo = [
        (video, video.frames)
        for video in videos
        if not _is_done(cache, video.name, video.fingerprint, strict=strict)
    ]
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


def _is_done(cache: FeatureCache, video: str, source: str, *, strict: bool) -> bool:
    return cache.is_done(video, source) and not (strict and cache.load(video).broken.size)


def _tell(cache: FeatureCache, videos: tuple[str, ...]) -> Extraction:
    features = [cache.load(video) for video in videos]
    return Extraction(
        folder=cache.folder,
        n_videos=len(features),
        n_frames=sum(len(one.frames) for one in features),
        n_bytes=sum(
            file.stat().st_size for one in videos for file in (cache.folder / one).iterdir()
        ),
        broken=tuple(
            f"{one.video}/{frame:05d}.jpg" for one in features for frame in one.broken.tolist()
        ),
    )
