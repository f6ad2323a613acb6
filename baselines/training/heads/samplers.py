"""The order in which samples are learned from, the same on every machine for a seed and an epoch.

Reading rows here and there is slow on any disk, and learning from consecutive frames, which are
almost the same, is bad for any network. So an order is drawn in two steps: blocks of consecutive
rows are shuffled, then the rows of as many blocks as fill a buffer are mixed among themselves.
A batch of 256 out of a buffer of 65,536 holds a quarter of a row of a block of 64 on average,
so its rows come from some 225 places of the data, and a reader that takes a buffer's rows in
the order of the disk reads 64 of them at a stretch. What fits into one buffer is shuffled evenly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from torch.utils.data import Sampler

from abawkit.errors import UsageError
from abawkit.protocol import Categorical, MultiLabel, blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    from baselines.labelled import LabelledRows

BLOCK = 64
BUFFER = 65_536


class ShuffledSampler(Sampler[int]):
    """Every sample once, in an order drawn anew for each epoch.

    Parameters
    ----------
    n : int
        Number of samples.
    seed : int
        What the orders are drawn from.
    block : int
        Consecutive samples that stay in one buffer.
    buffer : int
        Samples that are mixed, at most; all buffers are about equally large.
    """

    def __init__(self, n: int, *, seed: int, block: int = BLOCK, buffer: int = BUFFER) -> None:
        self.n, self.seed, self.block, self.buffer = n, seed, block, buffer
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order is given next.

        Parameters
        ----------
        epoch : int
            From 0.
        """
        self.epoch = epoch

    def order(self) -> NDArray[np.int64]:
        """Give the order of the epoch.

        Returns
        -------
        numpy.ndarray of int64, shape (n,)
            A permutation of the samples.
        """
        return _shuffled(self.n, _generator(self.seed, self.epoch), self.block, self.buffer)

    def __len__(self) -> int:
        return self.n

    def __iter__(self) -> Iterator[int]:
        yield from self.order().tolist()


class BalancedSampler(ShuffledSampler):
    """Samples as often as their weights say, drawn anew for each epoch.

    A sample of share ``s`` of all weights comes ``n_draws * s`` times, rounded up or down at
    random so that this is its mean over the epochs: one offset, then steps of equal length
    through the cumulated weights. What is drawn is then shuffled, neighbours in blocks.

    Parameters
    ----------
    weights : array_like of float, shape (n,)
        From 0; only their ratios matter.
    n_draws : int
        Samples of an epoch.
    seed : int
        What the orders are drawn from.
    block, buffer : int
        As in `ShuffledSampler`.

    Raises
    ------
    ValueError
        If there is no weight above 0, or one that is below or not finite.
    """

    def __init__(
        self,
        weights: ArrayLike,
        n_draws: int,
        *,
        seed: int,
        block: int = BLOCK,
        buffer: int = BUFFER,
    ) -> None:
        super().__init__(n_draws, seed=seed, block=block, buffer=buffer)
        self.weights = np.asarray(weights, np.float64)
        if not (np.isfinite(self.weights).all() and (self.weights >= 0).all()):
            msg = "expected weights that are finite and not below 0"
            raise ValueError(msg)
        if not self.weights.any():
            msg = f"expected a weight above 0, found none in {len(self.weights)}"
            raise ValueError(msg)

    def order(self) -> NDArray[np.int64]:
        """Give the order of the epoch.

        Returns
        -------
        numpy.ndarray of int64, shape (n_draws,)
            Samples, some of them several times, some never.
        """
        offset = _generator(self.seed, self.epoch, 1).random()
        upto = np.cumsum(self.weights)
        steps = (np.arange(self.n) + offset) / self.n * upto[-1]
        # A step that is rounded up to the very end belongs to the last sample that has a weight.
        last = np.flatnonzero(self.weights)[-1]
        drawn = np.minimum(np.searchsorted(upto, steps, side="right"), last)
        order: NDArray[np.int64] = drawn[super().order()]
        return order


def balanced_weights(rows: LabelledRows) -> NDArray[np.float64]:
    """Weigh rows so that rare classes and rare action units are seen as often as others.

    A row weighs as the rarest of what it shows: ``1 / n``, with ``n`` the number of rows that
    show the same class, or on which the same unit is; rows that show nothing are one kind more.
    So classes are equally likely, and the rows of each unit weigh 1 together at least, those of
    the rarest no more: of U units, each is on in at least one draw of U + 1.

    Parameters
    ----------
    rows : LabelledRows
        The labels; values that are not known show nothing.

    Returns
    -------
    numpy.ndarray of float64, shape (len(rows),)
        Weights for `BalancedSampler`.

    Raises
    ------
    UsageError
        If the task has neither classes nor units, so that nothing is rare.
    """
    shown = [np.empty((len(rows), 0), bool)]
    for target, columns in blocks(rows.challenge.targets):
        labels, known = rows.labels[:, columns], rows.known[:, columns]
        if isinstance(target, Categorical):
            shown.append(known & (labels == np.arange(len(target.names))))
        elif isinstance(target, MultiLabel):
            shown.append(known & (labels > 0))
    kinds = np.concatenate(shown, axis=1)
    if not kinds.shape[1]:
        msg = (
            f"{rows.challenge.name} has neither classes nor action units to balance; "
            "choose the shuffled sampler"
        )
        raise UsageError(msg)
    kinds = np.column_stack([kinds, ~kinds.any(axis=1)])
    weights: NDArray[np.float64] = (kinds / np.maximum(kinds.sum(axis=0), 1)).max(axis=1)
    return weights


def _generator(*seed: int) -> np.random.Generator:
    # Not default_rng, whose generator a later numpy may choose anew.
    return np.random.Generator(np.random.PCG64(seed))


def _shuffled(
    n: int, generator: np.random.Generator, block: int, buffer: int
) -> NDArray[np.int64]:
    first = generator.permutation(-(-n // block)) * block
    order = (first[:, None] + np.arange(block)).ravel()
    order = order[order < n]
    # Equal parts, lest the last be of a few blocks only.
    for part in np.array_split(order, max(1, -(-n // buffer))):
        generator.shuffle(part)
    return order
