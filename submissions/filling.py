"""Filling what a submission lacks: between outputs there is a line, between labels nothing.

Conventions: with ``linear`` a value takes the line between its neighbours, and so does a
probability; a label takes the nearer one, the earlier one of two as near.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from abawkit.errors import UsageError
from abawkit.protocol import Continuous, blocks
from abawkit.temporal import fill
from abawkit.track import Track
from submissions.decide import decide, output_blocks, prior

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from abawkit.protocol import Challenge, Target

Filling = Literal["linear", "nearest", "previous", "constant"]
FILLINGS: tuple[Filling, ...] = get_args(Filling)


def as_filling(text: str | None) -> Filling | None:
    """Read how gaps are to be filled, as a user gives it.

    Parameters
    ----------
    text : str, optional
        One of `FILLINGS`.

    Returns
    -------
    str or None
        The same.

    Raises
    ------
    UsageError
        If there is no such way.
    """
    for name in FILLINGS:
        if text == name:
            return name
    if text is None:
        return None
    msg = f"--fill {text}: expected one of {', '.join(FILLINGS)}, for every row needs a value"
    raise UsageError(msg)


def fill_labels(track: Track, challenge: Challenge, method: Filling) -> Track:
    """Fill what is not known of a video's labels.

    Parameters
    ----------
    track : Track
        Labels of shape ``(n_frames, columns)``; with any method but ``constant`` each column is
        known somewhere.
    challenge : Challenge
        What they are for.
    method : {"linear", "nearest", "previous", "constant"}
        As `abawkit.temporal.fill` takes it; the constant is that of a video without a face.

    Returns
    -------
    Track
        Known everywhere, with the same frames listed.
    """
    raw = Track.of(track.video, prior(challenge)[None])
    constant = decide(challenge, raw).values[0]
    if method == "constant":
        values = np.where(track.known, track.values, constant)
        return Track.of(track.video, values, listed=track.listed)
    graded = np.zeros(len(constant), bool)
    for target, columns in blocks(challenge.targets):
        graded[columns] = isinstance(target, Continuous)
    return _filled(track, method, graded, constant)


def fill_outputs(track: Track, challenge: Challenge, method: Filling) -> Track:
    """Fill what is not known of a video's outputs.

    Parameters
    ----------
    track : Track
        Outputs of shape ``(n_frames, n_outputs)``. Those of a target are taken for its labels if
        each that is known is 0 or 1.
    challenge : Challenge
        What they are for.
    method : {"linear", "nearest", "previous", "constant"}
        As `abawkit.temporal.fill` takes it; the constant is that of a video without a face.

    Returns
    -------
    Track
        Known everywhere, with the same frames listed; decided, it is what `fill_labels` makes of
        the labels.
    """
    constant = prior(challenge)
    graded = np.zeros(len(constant), bool)
    for target, columns in output_blocks(challenge.targets):
        graded[columns] = _is_graded(target, track.values[:, columns])
    return _filled(track, method, graded, constant)


def _is_graded(target: Target, outputs: NDArray[np.float64]) -> bool:
    if isinstance(target, Continuous):
        return True
    return not np.isin(outputs[~np.isnan(outputs)], (0.0, 1.0)).all()


def _filled(
    track: Track, method: Filling, graded: NDArray[np.bool_], constant: NDArray[np.float64]
) -> Track:
    if method != "linear":
        return fill(track, method, prior=constant)
    values = track.values.copy()
    ways: dict[Filling, NDArray[np.bool_]] = {"linear": graded, "nearest": ~graded}
    for way, columns in ways.items():
        if columns.any():
            block = Track.of(track.video, track.values[:, columns], track.known[:, columns])
            values[:, columns] = fill(block, way, prior=constant[columns]).values
    return Track.of(track.video, values, listed=track.listed)


__all__ = ["FILLINGS", "Filling", "as_filling", "fill_labels", "fill_outputs"]
