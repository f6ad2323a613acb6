"""From tracks of truth and prediction to a report.

Conventions: every frame that is annotated counts, whether or not a face was found in it. All
frames of all videos are pooled before a score is read; per-video scores are shown beside it.
Each target is masked on its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import AlignmentError, DataError, few
from abawkit.evaluation.fingerprint import Fingerprint
from abawkit.evaluation.rules import with_rules
from abawkit.labels.values import expectation, shown, wrong_values
from abawkit.metrics import WeightedSum
from abawkit.protocol import Categorical, Continuous, blocks, find_challenge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from abawkit.metrics import Absent
    from abawkit.protocol import Challenge, Masking
    from abawkit.track import Track


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Video:
    """What was scored of one video.

    ``summary`` holds one part a target; ``n_frames`` of its frames count, ``n_masked`` rows have
    no annotation at all, and ``n_missing`` are annotated but not predicted, in full or in part.
    ``fingerprint`` tells which values count, and what they are annotated with.
    """

    summary: WeightedSum
    n_frames: int
    n_masked: int
    n_missing: int
    fingerprint: Fingerprint

    def __add__(self, other: Video) -> Video:
        return Video(
            summary=self.summary + other.summary,
            n_frames=self.n_frames + other.n_frames,
            n_masked=self.n_masked + other.n_masked,
            n_missing=self.n_missing + other.n_missing,
            fingerprint=self.fingerprint + other.fingerprint,
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Report:
    """The score of every video, and of all of them pooled.

    ``challenge`` has the rules that were chosen, if others than its row's; ``unused`` names the
    videos that are predicted but not annotated; ``allow_missing`` tells whether annotated frames
    were allowed to lack a prediction.
    """

    challenge: Challenge
    videos: Mapping[str, Video]
    unused: tuple[str, ...]
    allow_missing: bool

    @property
    def total(self) -> Video:
        """All videos pooled."""
        return reduce(add, self.videos.values())

    @property
    def score(self) -> float:
        """The ranking score over all frames of all videos, NaN if it is undefined."""
        return self.total.summary.score

    @property
    def components(self) -> dict[str, float]:
        """The parts of the score by name, such as ``ccc_valence`` or ``f1_expr``."""
        return components(self.challenge, self.total.summary)

    @property
    def per_class(self) -> dict[str, float]:
        """The score of each output, class or action unit by its name."""
        return {
            name: value
            for target, part in zip(self.challenge.targets, self.total.summary.parts, strict=True)
            for name, value in zip(target.names, part.per_output, strict=True)
        }

    @property
    def coverage(self) -> float:
        """Share of the annotated frames that are predicted, 1 if none is annotated."""
        total = self.total
        annotated = total.n_frames + total.n_missing
        return total.n_frames / annotated if annotated else 1.0


def components(challenge: Challenge, summary: WeightedSum) -> dict[str, float]:
    """Name the parts of a score.

    Parameters
    ----------
    challenge : Challenge
        Whose score it is.
    summary : WeightedSum
        One part a target.

    Returns
    -------
    dict of str to float
        ``<metric>_<output>`` for continuous outputs, ``<metric>_<target>`` for labels.
    """
    named: dict[str, float] = {}
    for target, part in zip(challenge.targets, summary.parts, strict=True):
        if isinstance(target, Continuous):
            (metric,) = part.components
            outputs = zip(target.names, part.per_output, strict=True)
            named |= {f"{metric}_{name}": value for name, value in outputs}
        else:
            named |= {f"{name}_{target.name}": value for name, value in part.components.items()}
    return named


def evaluate(  # noqa: PLR0913 - one parameter a rule
    challenge: Challenge | str,
    truth: Mapping[str, Track] | Iterable[Track],
    prediction: Mapping[str, Track] | Iterable[Track],
    *,
    allow_missing: bool = False,
    va_mask: Masking | None = None,
    au_mask: Masking | None = None,
    absent: Absent | None = None,
) -> Report:
    """Score predictions against annotations.

    Parameters
    ----------
    challenge : Challenge or str
        Whose protocol applies: a row of the table or its name, such as ``abaw3-va``.
    truth, prediction : iterable of Track, or mapping from video to Track
        Labels, one track a video, matched by the video's name; row ``i`` is frame ``i + 1`` in
        both.
    allow_missing : bool
        Leave annotated frames without a prediction out of the score instead of refusing: videos
        without any, rows that are not listed, and values that are not known.
    va_mask, au_mask : {"frame", "value"}, optional
        Whether an unannotated value hides its frame's others of that target, or only itself.
    absent : {"zero", "skip"}, optional
        Whether a class in neither truth nor prediction counts 0 or is left out. All three are
        as the challenge's row says by default, and the signature names them.

    Returns
    -------
    Report
        Per-video and pooled scores over the annotated frames.

    Raises
    ------
    UnknownChallengeError
        If there is no challenge of this name.
    UsageError
        If a rule has no such choice, or does not apply to the challenge.
    DataError
        If a known value is no label of its target, such as a sentinel that was left in.
    AlignmentError
        If nothing is annotated, or an annotated video or frame has no prediction, or a video
        has another number of rows than its annotation or is there twice.

    Examples
    --------
    >>> from abawkit import Track, evaluate
    >>> truth = [Track.of("video1", [[0.1, 0.2], [0.3, 0.1], [-5, -5]], [True, True, False])]
    >>> prediction = [Track.of("video1", [[0.1, 0.2], [0.3, 0.1], [0.9, 0.9]])]
    >>> evaluate("abaw3-va", truth, prediction).components
    {'ccc_valence': 1.0, 'ccc_arousal': 1.0}
    """
    if isinstance(challenge, str):
        challenge = find_challenge(challenge)
    challenge = with_rules(challenge, {"va_mask": va_mask, "au_mask": au_mask, "absent": absent})
    true, pred = _by_video(truth), _by_video(prediction)
    if not true:
        msg = "there is no annotated video"
        raise AlignmentError(msg)
    _check_alignment(challenge, true, pred, allow_missing=allow_missing)
    return Report(
        challenge=challenge,
        videos={
            video: _score_video(challenge, track, pred.get(video)) for video, track in true.items()
        },
        unused=tuple(video for video in pred if video not in true),
        allow_missing=allow_missing,
    )


def _by_video(tracks: Mapping[str, Track] | Iterable[Track]) -> Mapping[str, Track]:
    if isinstance(tracks, Mapping):
        return tracks
    named: dict[str, Track] = {}
    for track in tracks:
        if track.video in named:
            msg = f"there are two tracks of {track.video}; expected one a video"
            raise AlignmentError(msg)
        named[track.video] = track
    return named


def _check_alignment(
    challenge: Challenge,
    truth: Mapping[str, Track],
    prediction: Mapping[str, Track],
    *,
    allow_missing: bool,
) -> None:
    for tracks in (truth, prediction):
        for video, track in tracks.items():
            if track.values.shape[1] != challenge.protocol.columns:
                msg = (
                    f"{video}: expected {challenge.protocol.columns} columns for "
                    f"{challenge.name}, found {track.values.shape[1]}"
                )
                raise AlignmentError(msg)
            _check_values(challenge, track)
    _check_lengths(truth, prediction)
    if allow_missing:
        return
    videos = [video for video in truth if video not in prediction]
    if videos:
        msg = (
            f"{len(videos)} of {len(truth)} annotated videos have no prediction: {few(videos)}. "
            "To score the others, allow missing ones (--allow-missing)"
        )
        raise AlignmentError(msg)
    _check_frames(challenge, truth, prediction)


def _check_values(challenge: Challenge, track: Track) -> None:
    wrong = next(wrong_values(challenge.targets, track.values, track.known), None)
    if wrong is not None:
        msg = (
            f"{track.video}, frame {wrong.row + 1}: {wrong.name}: expected "
            f"{expectation(wrong.target)}, found {shown(wrong.value)}; mask what is not annotated"
        )
        raise DataError(msg)


def _check_lengths(truth: Mapping[str, Track], prediction: Mapping[str, Track]) -> None:
    others: dict[bool, list[str]] = {True: [], False: []}
    for video, track in truth.items():
        if video not in prediction or track.listed is not None:
            continue
        found, numbered = prediction[video].n_frames, prediction[video].listed is None
        if found > track.n_frames or (numbered and found < track.n_frames):
            others[numbered].append(f"{video} ({found} rows, annotated {track.n_frames})")
    if others[True]:
        msg = (
            f"{len(others[True])} videos have another number of rows than their annotation: "
            f"{few(others[True])}; row i is frame i, so one row dropped or added shifts all "
            "after it: expected a row for every frame, also where there is no face"
        )
        raise AlignmentError(msg)
    if others[False]:
        msg = (
            f"{len(others[False])} videos have rows beyond the end of their annotation: "
            f"{few(others[False])}"
        )
        raise AlignmentError(msg)


def _check_frames(
    challenge: Challenge, truth: Mapping[str, Track], prediction: Mapping[str, Track]
) -> None:
    first: list[str] = []
    frames = videos = 0
    for video, track in truth.items():
        missing = np.flatnonzero(_missing(challenge, track, prediction[video]))
        frames, videos = frames + len(missing), videos + bool(len(missing))
        first += [f"{video} frame {frame + 1}" for frame in missing[: 5 - len(first)]]
    if frames:
        msg = (
            f"{frames} annotated frames of {videos} videos have no prediction: "
            f"{few(first, rest=frames - len(first))}. "
            "To score the others, allow missing ones (--allow-missing)"
        )
        raise AlignmentError(msg)


def counted(challenge: Challenge, truth: Track) -> NDArray[np.bool_]:
    """Tell which annotated values count, by the masking of each target.

    Parameters
    ----------
    challenge : Challenge
        Whose rules apply.
    truth : Track
        Annotations, of shape ``(n_frames, columns)``.

    Returns
    -------
    numpy.ndarray of bool, shape (n_frames, columns)
        Known, and not hidden by an unannotated value of the same frame and target.
    """
    counts = truth.known.copy()
    for target, columns in blocks(challenge.targets):
        if not isinstance(target, Categorical) and target.masking == "frame":
            counts[:, columns] &= truth.known[:, columns].all(axis=1, keepdims=True)
    return counts


def _missing(challenge: Challenge, truth: Track, prediction: Track) -> NDArray[np.bool_]:
    lacking = counted(challenge, truth)
    shared = min(truth.n_frames, prediction.n_frames)
    lacking[:shared] &= ~prediction.known[:shared]
    return np.asarray(lacking.any(axis=1))


def _score_video(challenge: Challenge, truth: Track, prediction: Track | None) -> Video:
    counts = counted(challenge, truth)
    values = np.full(truth.values.shape, np.nan)
    known = np.zeros(truth.values.shape, bool)
    if prediction is not None:
        shared = min(truth.n_frames, prediction.n_frames)
        values[:shared], known[:shared] = prediction.values[:shared], prediction.known[:shared]
    predicted = (known | ~counts).all(axis=1, keepdims=True)
    annotated = counts.any(axis=1, keepdims=True)
    counts &= predicted
    parts = tuple(
        target.summarise(truth.values[:, columns], values[:, columns], known=counts[:, columns])
        for target, columns in blocks(challenge.targets)
    )
    listed = truth.n_frames if truth.listed is None else int(truth.listed.sum())
    return Video(
        summary=WeightedSum(parts, (1.0,) * len(parts)),
        n_frames=int((annotated & predicted).sum()),
        n_masked=listed - int(annotated.sum()),
        n_missing=int((annotated & ~predicted).sum()),
        fingerprint=Fingerprint.of(truth.video, truth.values, counts),
    )
