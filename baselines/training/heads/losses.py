"""What heads are trained to make small, and the weights that rare labels have in it.

Conventions: a loss takes what the network says of a batch, ``(n, n_outputs)``, the label columns
of its target and which of them are known, both ``(n, columns)``. What is not known is taken out by
index before any arithmetic: whatever stands there, even NaN, changes no loss by a bit, and no
gradient flows to it. A loss of nothing is None, so that the caller makes no step for it: a
gradient of 0 would not do, for Adam goes on with its momentum.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, assert_never

import numpy as np
import torch
from torch.nn import functional

from abawkit.errors import DataError, TrainingWarning, few
from abawkit.protocol import Categorical, Continuous, MultiLabel, blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from abawkit.protocol import Target
    from baselines.labelled import LabelledRows

EPSILON = 1e-8
"""Added to the denominator of the CCC, so that two constants have one."""


def target_loss(
    target: Target, sums: Tensor, y_true: Tensor, known: Tensor, weights: Tensor | None = None
) -> Tensor | None:
    """Give the loss of one target: CCC of values, cross-entropy of classes and of labels.

    Parameters
    ----------
    target : Target
        The target; values are the tanh of their sums.
    sums : Tensor of float, shape (n, len(target.names))
        What the network says, before the activation.
    y_true, known : Tensor, shape (n, target.columns)
        Labels, and which of them are known.
    weights : Tensor of float, optional
        As `label_weights` gives them; none for values.

    Returns
    -------
    Tensor or None
        A number; None if nothing is known.
    """
    match target:
        case Continuous():
            # Taken out before the tanh, whose slope may be NaN there.
            return ccc_loss(torch.tanh(torch.where(known, sums, 0.0)), y_true, known)
        case Categorical():
            return weighted_cross_entropy(sums, y_true, known, weights)
        case MultiLabel():
            return weighted_binary_cross_entropy(sums, y_true, known, weights)
        case _:
            assert_never(target)


def ccc_loss(y_pred: Tensor, y_true: Tensor, known: Tensor) -> Tensor | None:
    """Measure how far values are from the truth: 1 - the mean CCC of the outputs.

    Each CCC is ``2 cov / (var + var + (difference of means)^2 + 1e-8)`` over the known rows of the
    output, with population moments. It is 0, and gives no gradient, where the truth has no
    variance, as in a single row or in neighbouring frames of one rating; a prediction without
    variance has a gradient that gives it some.

    Parameters
    ----------
    y_pred, y_true : Tensor of float, shape (n, n_outputs)
        Predicted and reference values.
    known : Tensor of bool, shape (n, n_outputs)
        Which of them count.

    Returns
    -------
    Tensor or None
        From 0 to 2; outputs of which nothing is known do not count, and None if that is all.
    """
    terms = []
    for column in range(y_true.shape[1]):
        rows = known[:, column].nonzero()[:, 0]
        if len(rows):
            terms.append(_ccc(y_pred[:, column][rows], y_true[:, column][rows]))
    return 1 - torch.stack(terms).mean() if terms else None


def _ccc(y_pred: Tensor, y_true: Tensor) -> Tensor:
    # From the first sample on, so that what is constant has a spread of exactly 0.
    pred, true = y_pred - y_pred[0], y_true - y_true[0]
    pred_mean, true_mean = pred.mean(), true.mean()
    shift = (y_pred[0] - y_true[0]) + (pred_mean - true_mean)
    pred, true = pred - pred_mean, true - true_mean
    spread = pred.square().mean() + true.square().mean()
    return 2 * (pred * true).mean() / (spread + shift.square() + EPSILON)


def weighted_cross_entropy(
    logits: Tensor, y_true: Tensor, known: Tensor, weights: Tensor | None = None
) -> Tensor | None:
    """Measure how improbable the right classes are.

    The mean over known rows of the weight of the right class times ``-log`` of its probability;
    it is divided by the number of rows, as Keras does, and not by the sum of their weights.

    Parameters
    ----------
    logits : Tensor of float, shape (n, n_classes)
        What the softmax is taken of.
    y_true : Tensor of float, shape (n, 1)
        Indices of the right classes.
    known : Tensor of bool, shape (n, 1)
        Which rows count.
    weights : Tensor of float, shape (n_classes,), optional
        One a class, all 1 by default.

    Returns
    -------
    Tensor or None
        A number from 0 on; None if nothing is known.
    """
    rows = known[:, 0].nonzero()[:, 0]
    if not len(rows):
        return None
    if len(rows) < len(known):
        logits, y_true = logits[rows], y_true[rows]
    labels = y_true[:, 0].long()
    losses = functional.cross_entropy(logits, labels, weight=weights, reduction="none")
    return losses.mean()


def weighted_binary_cross_entropy(
    logits: Tensor, y_true: Tensor, known: Tensor, weights: Tensor | None = None
) -> Tensor | None:
    """Measure how improbable the right labels are, each there or not.

    The mean over known values of the weight of the right answer times ``-log`` of its
    probability.

    Parameters
    ----------
    logits : Tensor of float, shape (n, n_labels)
        What the sigmoid is taken of.
    y_true : Tensor of float, shape (n, n_labels)
        0 or 1.
    known : Tensor of bool, shape (n, n_labels)
        Which values count.
    weights : Tensor of float, shape (2, n_labels), optional
        Of a label that is not there, and of one that is; all 1 by default.

    Returns
    -------
    Tensor or None
        A number from 0 on; None if nothing is known.
    """
    row, column = known.nonzero(as_tuple=True)
    if not len(row):
        return None
    labels = y_true[row, column]
    weight = None if weights is None else weights[labels.long(), column]
    return functional.binary_cross_entropy_with_logits(logits[row, column], labels, weight=weight)


def label_counts(
    target: Target, labels: NDArray[np.float32], known: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Count the labels of a target.

    Parameters
    ----------
    target : Target
        The target.
    labels, known : numpy.ndarray, shape (n, target.columns)
        Labels, and which of them count.

    Returns
    -------
    numpy.ndarray of int64
        Rows of each class, ``(n_classes,)``; how often each label is not there and how often it
        is, ``(2, n_labels)``; rows of each value, ``(n_values,)``.
    """
    match target:
        case Continuous():
            return np.asarray(known.sum(axis=0))
        case Categorical():
            chosen = labels[known].astype(np.int64)
            return np.bincount(chosen, minlength=len(target.names))
        case MultiLabel():
            there = known & (labels > 0)
            return np.stack([(known & ~there).sum(axis=0), there.sum(axis=0)])
        case _:
            assert_never(target)


def count_labels(rows: LabelledRows) -> dict[str, NDArray[np.int64]]:
    """Count the labels of all targets, with a warning for what there is nothing to learn of.

    Parameters
    ----------
    rows : LabelledRows
        What is to be learned from.

    Returns
    -------
    dict of str to numpy.ndarray of int64
        By target, as `label_counts` gives them.

    Raises
    ------
    DataError
        If a target has no label at all.
    """
    counts = {}
    for target, columns in blocks(rows.challenge.targets):
        known = rows.known[:, columns]
        if not known.any():
            msg = (
                f"there is no training row for {target.name} in {len(rows.videos)} videos: none "
                f"of its labels is of a frame with features ({rows.n_missed} frames are without)"
            )
            raise DataError(msg)
        found = counts[target.name] = label_counts(target, rows.labels[:, columns], known)
        shown = found[1] if isinstance(target, MultiLabel) else found
        absent = [name for name, n in zip(target.names, shown.tolist(), strict=True) if not n]
        if absent:
            msg = f"{target.name}: no training row shows {few(absent)}; a head cannot learn that"
            warnings.warn(msg, TrainingWarning, stacklevel=2)
    return counts


def label_weights(target: Target, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Weigh rare labels more, as the code of the paper does.

    Parameters
    ----------
    target : Target
        The target.
    counts : numpy.ndarray of int64
        As `label_counts` gives them.

    Returns
    -------
    numpy.ndarray of float64, of that shape
        Of a class, rows of the largest class / rows of the class; of a label there or not, all
        rows / (2 x rows of that kind). What never occurs, and so never is weighed, has 1, as have
        values.
    """
    if isinstance(target, Continuous):
        return np.ones(counts.shape)
    whole = counts.max() if isinstance(target, Categorical) else counts.sum(axis=0) / 2
    return np.where(counts > 0, whole / np.maximum(counts, 1), 1.0)
