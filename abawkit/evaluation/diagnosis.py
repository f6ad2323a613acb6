"""What is wrong with one video's prediction, in words.

Conventions: only values that count are looked at, as the score does: annotated, not hidden by
the masking of their target, and predicted. Frames are numbered from 1.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from abawkit.evaluation.evaluate import counted
from abawkit.metrics import Confusion, DetectionCounts, PairedMoments
from abawkit.protocol import Categorical, Continuous, blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from abawkit.protocol import Challenge, MultiLabel
    from abawkit.track import Track

MOST = 3
"""How many classes or units are named of one target."""
WORTH = 0.05
"""How large a bias, or a loss of CCC by one flaw, is worth a word."""
OFTEN = 0.1
"""From which share of a class on it is often taken for another one, and not sometimes."""


def diagnose(
    challenge: Challenge,
    truth: Track,
    prediction: Track | None,
    faces: NDArray[np.bool_] | None = None,
) -> list[str]:
    """Say what is wrong with the prediction of one video.

    Parameters
    ----------
    challenge : Challenge
        Whose rules apply.
    truth : Track
        Annotations, of shape ``(n_frames, columns)``.
    prediction : Track or None
        Labels of the same frames; None where the video is not predicted.
    faces : numpy.ndarray of bool, shape (n_frames,), optional
        In which frames a face was found.

    Returns
    -------
    list of str
        Sentences, one a line: for each continuous output its concordance, bias, spread and
        correlation, and which of them costs most; for classes those with most wrong frames, for
        action units those with most wrong frames times the F1 that is lost; then what frames
        without a face have to do with it. Of a whole clip, which is one row, what was predicted
        of it and what is annotated.

    Examples
    --------
    >>> from abawkit import Track, find_challenge
    >>> truth = Track.of("video1", [[0], [1], [1], [1]])
    >>> prediction = Track.of("video1", [[0], [0], [1], [0]])
    >>> diagnose(find_challenge("abaw3-expr"), truth, prediction)
    ['right in 2 of 4 frames (50 %)', 'Anger mostly taken for Neutral: 2 of its 3 frames']
    """
    counts = counted(challenge, truth)
    if not counts.any():
        return ["nothing here is annotated: this video does not move the score"]
    if prediction is None:
        return ["not predicted: this video is left out of the score"]
    values, known = np.full(truth.values.shape, np.nan), np.zeros(truth.values.shape, bool)
    shared = min(truth.n_frames, prediction.n_frames)
    values[:shared], known[:shared] = prediction.values[:shared], prediction.known[:shared]
    complete = (known | ~counts).all(axis=1, keepdims=True)
    lacking = int((counts & ~complete).any(axis=1).sum())
    counts &= complete
    describe = _clip if challenge.protocol.annotation.whole_clips else _describe
    said = []
    for target, columns in blocks(challenge.targets):
        part = truth.values[:, columns], values[:, columns], counts[:, columns]
        if counts[:, columns].any():
            said += describe(target, *part)
    if lacking:
        said.append(f"{lacking:,} annotated frames are not predicted and left out")
    if faces is not None:
        said += _faces(challenge, truth.values, values, counts, faces)
    return said


def _describe(
    target: Continuous | Categorical | MultiLabel,
    true: NDArray[np.float64],
    pred: NDArray[np.float64],
    counts: NDArray[np.bool_],
) -> list[str]:
    if isinstance(target, Continuous):
        return [
            _trace(name, true[:, column], pred[:, column], counts[:, column])
            for column, name in enumerate(target.names)
            if counts[:, column].any()
        ]
    if isinstance(target, Categorical):
        return _classes(target, true, pred, counts)
    return _units(target, true, pred, counts)


# ---- whole clips ----


def _clip(
    target: Continuous | Categorical | MultiLabel,
    true: NDArray[np.float64],
    pred: NDArray[np.float64],
    counts: NDArray[np.bool_],
) -> list[str]:
    names: tuple[str, ...] = target.names
    if isinstance(target, Categorical):
        wanted, found = names[int(true[0, 0])], names[int(pred[0, 0])]
        if found == wanted:
            return [f"{found} predicted, as annotated"]
        return [f"{found} predicted, {wanted} annotated"]
    gaps = np.where(counts, np.abs(pred - true), 0.0)[0]
    return [
        f"{names[column]}: {pred[0, column]:z.2f} predicted, {true[0, column]:z.2f} annotated"
        for column in np.argsort(-gaps, kind="stable")[:MOST].tolist()
        if gaps[column] > 0
    ] or ["predicted as it is annotated"]


# ---- continuous outputs ----


def _trace(
    name: str, true: NDArray[np.float64], pred: NDArray[np.float64], counts: NDArray[np.bool_]
) -> str:
    moments = PairedMoments.of(true, pred, known=counts)
    bias = moments.mean_pred - moments.mean_true
    where = f" (predicted too {'high' if bias > 0 else 'low'})" if abs(bias) > WORTH else ""
    said = [f"bias {bias:+z.2f}{where}"]
    if moments.square_true == 0.0:
        said.append("the truth is constant")
    elif moments.square_pred == 0.0:
        said.append("the prediction is constant")
    else:
        said += [
            f"spread {_spread(moments):.2f} of the truth's",
            f"correlation {moments.pearson:z.2f}",
            *_main_cause(moments),
        ]
    return f"CCC {name} {_number(moments.ccc)}: {', '.join(said)}"


def _spread(moments: PairedMoments) -> float:
    return math.sqrt(moments.square_pred / moments.square_true)


def _main_cause(moments: PairedMoments) -> list[str]:
    # What the CCC would be without each flaw; the bias is in units of the truth's deviation.
    spread, correlation = _spread(moments), moments.pearson
    shift = moments.count * (moments.mean_pred - moments.mean_true) ** 2 / moments.square_true
    flaws = {
        "the bias (CCC {:.2f} without it)": _concordance(correlation, spread, 0.0),
        "the spread (CCC {:.2f} with the truth's)": _concordance(correlation, 1.0, shift),
        "not following the truth (CCC {:.2f} if it did)": _concordance(1.0, spread, shift),
    }
    flaw, without = max(flaws.items(), key=lambda item: item[1])
    worth = without - moments.ccc > WORTH
    return [f"most is lost by {flaw.format(without)}"] if worth else []


def _concordance(correlation: float, spread: float, shift: float) -> float:
    return 2 * correlation * spread / (1 + spread * spread + shift)


def _number(value: float) -> str:
    return "undefined" if math.isnan(value) else f"{value:z.2f}"


# ---- classes ----


def _classes(
    target: Categorical,
    true: NDArray[np.float64],
    pred: NDArray[np.float64],
    counts: NDArray[np.bool_],
) -> list[str]:
    matrix = Confusion.of(true, pred, known=counts, classes=len(target.names)).matrix
    frames, right = matrix.sum(), np.trace(matrix)
    said = [f"right in {right:,} of {frames:,} frames ({_percent(right / frames)})"]
    wrong = matrix.sum(axis=1) - matrix.diagonal()
    for index in _largest(wrong):
        row = matrix[index].copy()
        row[index] = 0
        other = int(row.argmax())
        of_all = matrix[index].sum()
        said.append(
            f"{target.names[index]} {_how_often(row[other], of_all)} taken for "
            f"{target.names[other]}: "
            f"{row[other]:,} of its {of_all:,} frames"
        )
    return said


def _how_often(frames: int, of_all: int) -> str:
    share = frames / of_all
    if share == 1:
        return "always"
    if frames == 1:
        return "once"
    return "mostly" if share > 0.5 else "often" if share >= OFTEN else "sometimes"  # noqa: PLR2004 - a half


def _largest(wrong: NDArray[np.int64] | NDArray[np.float64]) -> list[int]:
    return [int(place) for place in np.argsort(-wrong, kind="stable")[:MOST] if wrong[place]]


# ---- action units ----


def _units(
    target: MultiLabel,
    true: NDArray[np.float64],
    pred: NDArray[np.float64],
    counts: NDArray[np.bool_],
) -> list[str]:
    hits, false, missed, absent = DetectionCounts.of(true, pred, known=counts).counts
    right, total = (hits + absent).sum(), counts.sum()
    said = [f"{_percent(right / total)} of the {total:,} labels of units are right"]
    wrong = false + missed
    lost = wrong / np.maximum(2 * hits + wrong, 1)
    # A mean over units weighs rare ones like the others, so wrong frames alone would mislead.
    for unit in _largest(wrong * lost):
        name, there, f1 = target.names[unit], hits[unit] + missed[unit], 1 - lost[unit]
        if not there:
            said.append(f"{name} is never there, and predicted in {false[unit]:,} frames")
        else:
            said.append(
                f"{name}, F1 {f1:.2f}: missed in {missed[unit]:,} of its {there:,} frames, "
                f"and predicted in {false[unit]:,} without it"
            )
    return said


# ---- frames without a face ----


def _faces(
    challenge: Challenge,
    true: NDArray[np.float64],
    pred: NDArray[np.float64],
    counts: NDArray[np.bool_],
    faces: NDArray[np.bool_],
) -> list[str]:
    found = np.zeros(len(true), bool)
    shared = min(len(true), len(faces))
    found[:shared] = faces[:shared]
    rows = counts.any(axis=1)
    without = rows & ~found
    if not without.any():
        return []
    said = f"{_percent(without.sum() / rows.sum())} of the frames that count have no face"
    if not (rows & found).any():
        return [said]
    compared = _compared(challenge, np.abs(true - pred), counts, found)
    return [f"{said}: {'; '.join(compared)}" if compared else said]


def _compared(
    challenge: Challenge,
    distance: NDArray[np.float64],
    counts: NDArray[np.bool_],
    found: NDArray[np.bool_],
) -> list[str]:
    # How wrong it is in frames without a face, and in the others, for each target.
    said = []
    for target, columns in blocks(challenge.targets):
        mask, far = counts[:, columns], distance[:, columns]
        bare, seen = far[mask & ~found[:, None]], far[mask & found[:, None]]
        if not (len(bare) and len(seen)):
            continue
        of = "" if len(challenge.targets) == 1 else f"{target.name} "
        if isinstance(target, Continuous):
            said.append(f"{of}off by {bare.mean():.2f} there, by {seen.mean():.2f} elsewhere")
        else:
            wrong = (_percent((errors != 0).mean()) for errors in (bare, seen))
            said.append("{}wrong in {} there, in {} elsewhere".format(of, *wrong))
    return said


def _percent(share: float) -> str:
    # Neither 0 nor 100 % stands for almost.
    if 0 < share < 0.01:  # noqa: PLR2004 - one percent
        return "under 1 %"
    if 0.99 < share < 1:  # noqa: PLR2004 - 99 percent
        return "over 99 %"
    return f"{share:.0%}".replace("%", " %")
