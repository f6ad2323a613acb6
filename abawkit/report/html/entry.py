"""What a page shows: annotations, and one or several predictions of the same frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from abawkit.evaluation import Report
    from abawkit.evaluation.bootstrap import Intervals
    from abawkit.protocol import Challenge
    from abawkit.track import Track


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Entry:
    """One prediction, scored.

    Attributes
    ----------
    name : str
        What it is called on the page, unique there.
    report : Report
        Its score.
    intervals : Intervals
        How sure the score is.
    signature : str
        The long form.
    prediction : mapping of str to Track
        Labels by video, of shape ``(n_frames, columns)``.
    faces : mapping of str to numpy.ndarray of bool, shape (n_frames,), or None
        In which frames of each video a face was found; None where nothing tells.
    outputs : mapping of str to Track, or None
        What was decided upon: one value a column of each target's ``names``, filled and smoothed,
        of shape ``(n_frames, n_outputs)``; probabilities for classes and action units. None for
        predictions that are no run.
    thresholds : tuple of float
        At what probability each action unit is taken to be there; empty where there are none.
    """

    name: str
    report: Report
    intervals: Intervals
    signature: str
    prediction: Mapping[str, Track]
    faces: Mapping[str, NDArray[np.bool_]] | None = None
    outputs: Mapping[str, Track] | None = None
    thresholds: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Page:
    """Entries of one challenge beside each other, on the same annotations.

    ``challenge`` has the rules that all entries were scored by; ``truth`` has the annotations by
    video, of shape ``(n_frames, columns)``.
    """

    title: str
    challenge: Challenge
    truth: Mapping[str, Track]
    entries: tuple[Entry, ...]
