"""What a head is worth on the validation set, and that it can be told."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import DataError, TrainingWarning, few
from abawkit.evaluation import counted
from abawkit.protocol import blocks
from baselines.inference import check_videos, predict_features
from submissions.decide import Processing
from submissions.scoring import score_outputs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from abawkit.evaluation import Report
    from abawkit.protocol import Challenge
    from abawkit.track import Track
    from baselines.cache import FeatureCache
    from baselines.heads import Head


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Validation:
    """Annotated videos by which the best epoch is chosen.

    Attributes
    ----------
    challenge : Challenge
        By whose official score.
    cache : FeatureCache
        Their features.
    truth : mapping of str to Track
        Their annotations.
    allow_missing : bool
        Take a video without features as one without a face.

    Raises
    ------
    DataError
        If a video has no features, or a target no label, so that there is no score.
    """

    challenge: Challenge
    cache: FeatureCache
    truth: Mapping[str, Track]
    allow_missing: bool = False

    def __post_init__(self) -> None:
        check_videos(self.cache, self.truth, allow_missing=self.allow_missing)
        counts = [counted(self.challenge, track).any(axis=0) for track in self.truth.values()]
        labelled = np.any([np.zeros(self.challenge.protocol.columns, bool), *counts], axis=0)
        for target, columns in blocks(self.challenge.targets):
            if not labelled[columns].any():
                msg = (
                    f"there is no label of {target.name} that counts in {len(self.truth)} "
                    "validation videos, so no epoch is better than another; expected annotations"
                )
                raise DataError(msg)

    def outputs(self, head: Head) -> dict[str, Track]:
        """Give the raw outputs of a head, with a warning where one is the same on all frames.

        Parameters
        ----------
        head : Head
            The head.

        Returns
        -------
        dict of str to Track
            See `baselines.inference.predict_features`.
        """
        raw = predict_features(head, self.cache, self.truth, allow_missing=self.allow_missing)
        values = np.concatenate([track.values[track.known.any(axis=1)] for track in raw.values()])
        if len(values) > 1:
            constant = np.ptp(values, axis=0) == 0
            names = [name for name, same in zip(head.outputs, constant, strict=True) if same]
            if names:
                msg = (
                    f"the head says the same on all {len(values)} validation frames with a face: "
                    f"{few(names)}; it has learned nothing of it. Try a lower --rate, and "
                    "--standardise"
                )
                warnings.warn(msg, TrainingWarning, stacklevel=2)
        return raw

    def score(self, raw: Mapping[str, Track], *, faces_only: bool = False) -> Report:
        """Score outputs, filled but not smoothed, thresholds at one half.

        Parameters
        ----------
        raw : mapping of str to Track
            What `outputs` gives.
        faces_only : bool
            Leave out annotated frames without a face, as the paper did; the official score has
            all, those without a face filled.

        Returns
        -------
        Report
            The official score.
        """
        processing = Processing.parse(self.challenge, smooth="none")
        return score_outputs(self.challenge, self.truth, raw, processing, faces_only=faces_only)
