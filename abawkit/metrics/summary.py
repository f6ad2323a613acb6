"""The shape every score shares: summarise parts, add them, read the score."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from abawkit.errors import UndefinedMetricWarning

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Scores:
    """The scores of many poolings of the same samples, all at once.

    ``score`` and each of ``components`` have shape ``(n_poolings,)``, ``per_output`` has
    ``(n_poolings, n_outputs)``; what is undefined is NaN, as in `Summary`.
    """

    score: NDArray[np.float64]
    components: Mapping[str, NDArray[np.float64]]
    per_output: NDArray[np.float64]


class Summary(Protocol):
    """Sufficient statistics of one score; ``+`` pools two disjoint samples.

    Undefined values are NaN. Nothing here warns: a per-video table may be full of them.
    """

    @property
    def score(self) -> float:
        """The score of everything pooled so far, higher is better."""

    @property
    def components(self) -> Mapping[str, float]:
        """The named parts of which the score is made, for example ``f1`` and ``accuracy``."""

    @property
    def per_output(self) -> tuple[float, ...]:
        """The score of each output or class, in the order of its target."""

    @property
    def conventions(self) -> Mapping[str, str]:
        """What was decided where teams differ, by name, for example ``ddof``."""

    def __add__(self, other: Any, /) -> Summary: ...  # noqa: ANN401 - same class as self

    @classmethod
    def pooled(cls, samples: Sequence[Any], weights: NDArray[np.float64]) -> Scores:
        """Score many poolings of samples, without going back to the samples' frames.

        Parameters
        ----------
        samples : sequence of Summary
            All of this class, one a video.
        weights : numpy.ndarray of float64, shape (n_poolings, n_samples)
            How often each sample is in each pooling: whole numbers, 0 or more.

        Returns
        -------
        Scores
            What adding up each pooling's samples would score.
        """
        ...


def defined(value: float, what: str) -> float:
    """Pass a score on, with a warning if it is undefined.

    Parameters
    ----------
    value : float
        The score.
    what : str
        What is undefined, and why.

    Returns
    -------
    float
        The value.
    """
    if np.isnan(value):
        warnings.warn(f"undefined: {what}", UndefinedMetricWarning, stacklevel=3)
    return value


def paired(
    y_true: ArrayLike, y_pred: ArrayLike, known: ArrayLike | None, *, ndim: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Check that truth, prediction and mask fit each other.

    Parameters
    ----------
    y_true, y_pred : array_like
        Of `ndim` dimensions and one shape.
    known : array_like of bool or None
        Which values count, of that shape; None for all.
    ndim : int
        Number of dimensions asked for.

    Returns
    -------
    tuple of numpy.ndarray
        Truth and prediction as float64, and the mask.

    Raises
    ------
    ValueError
        If shapes differ, or a value that counts is not finite.
    """
    true = np.asarray(y_true, dtype=np.float64)
    pred = np.asarray(y_pred, dtype=np.float64)
    mask = np.ones(true.shape, bool) if known is None else np.asarray(known, dtype=bool)
    if not true.shape == pred.shape == mask.shape or true.ndim != ndim:
        msg = (
            f"expected {ndim}-d arrays of one shape, "
            f"found y_true {true.shape}, y_pred {pred.shape}, known {mask.shape}"
        )
        raise ValueError(msg)
    for name, values in (("y_true", true), ("y_pred", pred)):
        bad = mask & ~np.isfinite(values)
        if bad.any():
            msg = (
                f"{name} holds {values[bad][0]} at row {np.argwhere(bad)[0][0]}; expected numbers"
            )
            raise ValueError(msg)
    return true, pred, mask
