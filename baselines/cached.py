"""Prediction from features that were extracted before, instead of images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from abawkit.errors import DataError, UsageError, few
from baselines.cache import LAYOUT
from baselines.heads import check_thresholds
from baselines.inference import video_outputs
from baselines.model import load_head, load_predictor
from baselines.progress import progress_bar
from baselines.videos import VideoOutputs
from baselines.zero_shot import zero_shot_head

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from abawkit.frames import VideoFrames
    from abawkit.protocol import Challenge
    from baselines.cache import FeatureCache
    from baselines.heads import Head
    from baselines.model import Predictor


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FeaturePredictor:
    """A head on the features of a cache: what a backbone with that head says of the images.

    It is the same but for the rounding of the embeddings to 16 bits, hence another model to a
    run.
    """

    cache: FeatureCache
    head: Head

    @classmethod
    def load(
        cls,
        challenge: Challenge,
        cache: FeatureCache,
        *,
        head: Path | None = None,
        model: str | None = None,
        provider: str | None = None,
    ) -> Self:
        """Find the head that a user names.

        Parameters
        ----------
        challenge : Challenge
            What it is to predict.
        cache : FeatureCache
            The features.
        head : Path, optional
            A trained head, or the folder of the run that trained it; by default the zero-shot
            one of the task.
        model, provider : str, optional
            None: what made the features is in the cache.

        Returns
        -------
        FeaturePredictor
            Ready to predict.

        Raises
        ------
        UsageError
            If a model or a provider is named, or no head is where the backbone has one merged in.
        """
        card = cache.origin.card
        if model is not None:
            msg = f"--model {model}: the features are those of {card.name}; leave --model out"
            raise UsageError(msg)
        if provider is not None:
            msg = (
                f"--provider {provider}: the features are those of {cache.origin.provider}, and "
                "no network is run on them; leave --provider out"
            )
            raise UsageError(msg)
        if head is None and card.head is not None:
            msg = (
                f"{card.name} has a head merged in, of which the features know nothing; "
                "give one with --head, or predict from images"
            )
            raise UsageError(msg)
        chosen = (
            zero_shot_head(challenge, card)
            if head is None
            else load_head(challenge, head, card, n_embedding=cache.origin.n_embedding)
        )
        check_thresholds("the head", chosen.thresholds, challenge)
        return cls(cache=cache, head=chosen)

    @property
    def identity(self) -> Mapping[str, str]:
        """That of the backbone with the head, and that the embeddings were rounded."""
        origin = self.cache.origin
        return {
            "model": origin.card.name,
            "model_sha256": origin.model_sha256,
            "provider": origin.provider,
            "features": f"float16, layout {LAYOUT}",
            "head": self.head.reference,
            "head_sha256": self.head.digest,
        }

    @property
    def thresholds(self) -> Sequence[float]:
        """The head's."""
        return self.head.thresholds

    def __str__(self) -> str:
        origin = self.cache.origin
        return f"{origin.card.name} (features, {origin.provider}), head {self.head.reference}"

    def predict_videos(
        self,
        videos: Sequence[tuple[VideoFrames, NDArray[np.int32]]],
        *,
        strict: bool,
        purpose: str,
    ) -> Iterator[VideoOutputs]:
        """Predict frames of videos, as `baselines.videos.predict_images` does from images.

        Parameters
        ----------
        videos : sequence of (VideoFrames, numpy.ndarray of int32)
            The videos, and which frames of each.
        strict : bool
            Stop at a frame whose image could not be read.
        purpose : str
            What for, such as the challenge, for the progress bar.

        Yields
        ------
        VideoOutputs
            One a video, in their order.

        Raises
        ------
        DataError
            If features are damaged, or an image could not be read and `strict` is set.
        ModelError
            If the head gives what is not finite.
        """
        with progress_bar(purpose, sum(len(frames) for _, frames in videos), "frames") as advance:
            for video, frames in videos:
                yield self._predict(video.name, frames, strict=strict)
                advance(len(frames))

    def _predict(self, video: str, frames: NDArray[np.int32], *, strict: bool) -> VideoOutputs:
        if not frames.size:  # A video without a face need not be in the cache.
            width = len(self.head.outputs)
            nothing = np.empty((0, width), np.float32)
            return VideoOutputs(video=video, frames=frames, outputs=nothing, broken=frames)
        features = self.cache.load(video)
        broken = np.intersect1d(features.broken, frames)
        if strict and broken.size:
            names = few(f"{video}/{frame:05d}.jpg" for frame in broken.tolist())
            msg = f"{names}: could not be read when the features were extracted"
            raise DataError(msg)
        wanted = np.isin(features.frames, frames)
        outputs = video_outputs(self.head, self.cache.origin.card, features)[wanted]
        return VideoOutputs(
            video=video, frames=features.frames[wanted], outputs=outputs, broken=broken
        )


def find_predictor(
    challenge: Challenge,
    cache: FeatureCache | None,
    *,
    model: str | None,
    head: Path | None,
    provider: str | None,
) -> Predictor | FeaturePredictor:
    """Find the model that a user names, for images or for features.

    Parameters
    ----------
    challenge : Challenge
        What it is to predict.
    cache : FeatureCache, optional
        The features, where there are to be no images.
    model, head, provider
        See `baselines.model.load_predictor`; of features `FeaturePredictor.load`. A provider of
        None is the CPU.

    Returns
    -------
    Predictor or FeaturePredictor
        Ready to predict.
    """
    if cache is None:
        return load_predictor(challenge, model=model, head=head, provider=provider or "cpu")
    return FeaturePredictor.load(challenge, cache, model=model, head=head, provider=provider)
