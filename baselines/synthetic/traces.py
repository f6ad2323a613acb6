"""Random traces over time of which the distribution is known in closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def chain(
    rng: np.random.Generator, shares: Sequence[float], n_frames: int, *, dwell: int
) -> NDArray[np.intp]:
    """Draw states that last for a while, each exactly as frequent as it should be.

    Parameters
    ----------
    rng : numpy.random.Generator
        Where chance comes from.
    shares : sequence of float
        How frequent each state is, in any unit.
    n_frames : int
        Length of the trace.
    dwell : int
        Mean number of frames of one stay; two stays in the same state may follow each other.

    Returns
    -------
    numpy.ndarray of int, shape (n_frames,)
        Indices of states. Each occurs in its share of the frames, to within as many frames as
        there are states, and at least once if there are that many frames.
    """
    states, lengths = [np.empty(0, np.intp)], [np.empty(0, np.intp)]
    for state, count in enumerate(_counts(shares, n_frames)):
        stays = min(count, max(1, round(count / dwell)))
        if stays:
            # Gamma-distributed stays of shape 2: few are very short.
            parts = rng.dirichlet(np.full(stays, 2.0))
            lengths.append(1 + rng.multinomial(count - stays, parts))
            states.append(np.full(stays, state))
    order = rng.permutation(sum(map(len, states)))
    return np.repeat(np.concatenate(states)[order], np.concatenate(lengths)[order])


def _counts(shares: Sequence[float], n_frames: int) -> list[int]:
    # One frame each where there are enough; the rest goes by the shares, its remainder to those
    # that lack most.
    one = int(n_frames >= len(shares))
    wanted = np.asarray(shares, np.float64) / sum(shares) * (n_frames - one * len(shares))
    counts = np.floor(wanted).astype(int)
    left = n_frames - one * len(shares) - counts.sum()
    counts[np.argsort(counts - wanted, kind="stable")[:left]] += 1
    return [one + int(count) for count in counts]


def waves(
    rng: np.random.Generator, n_frames: int, columns: int, *, span: int
) -> NDArray[np.float64]:
    """Draw smooth traces: moving averages of white noise.

    Parameters
    ----------
    rng : numpy.random.Generator
        Where chance comes from.
    n_frames, columns : int
        Shape of the traces, which are independent of each other.
    span : int
        Frames in the average; 1 for white noise.

    Returns
    -------
    numpy.ndarray of float64, shape (n_frames, columns)
        Each value is of the standard normal distribution; the correlation of two that are ``d``
        frames apart is ``max(0, 1 - d / span)``.
    """
    noise = rng.standard_normal((n_frames + span - 1, columns))
    sums = np.cumsum(np.vstack([np.zeros((1, columns)), noise]), axis=0)
    return np.asarray((sums[span:] - sums[:-span]) / np.sqrt(span), np.float64)
