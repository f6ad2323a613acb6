"""The best that can be said of a frame, given what a made-up network says of it.

All of it follows from the Gaussian clusters of `baselines.synthetic.networks` by Bayes' rule. It
looks at one frame at a time: smoothing may do better, a head on single frames may not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abawkit.protocol import Categorical, Continuous
from abawkit.track import Track
from baselines.synthetic.networks import (
    AFFECT,
    CROSS,
    PAIR,
    PRIORS,
    TWO_SIDED,
    UNITS,
)
from baselines.synthetic.scenes import AFFECT_SPREAD, UNIT_RATES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from abawkit.protocol import Challenge
    from baselines.cache import FeatureCache
    from baselines.synthetic.networks import Network

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(40)
_MASS = _WEIGHTS / _WEIGHTS.sum()


def best_outputs(
    challenge: Challenge,
    network: Network,
    cache: FeatureCache,
    truth: Mapping[str, Track],
    *,
    weighted: bool = True,
) -> dict[str, Track]:
    """Give the raw outputs of the best predictor of single frames.

    Classes and action units have their posterior probabilities. Of valence and arousal it is the
    posterior mean, stretched to the spread of the labels: no function of the frame has a higher
    concordance (`best_ccc`).

    Parameters
    ----------
    challenge : Challenge
        VA, EXPR, AU or MTL of the 3rd edition.
    network : Network
        That made the features.
    cache : FeatureCache
        The features.
    truth : mapping of str to Track
        Which videos, and how long they are.
    weighted : bool
        As the weighted losses have it, as if all classes were equally frequent, and each action
        unit there in half of the frames; otherwise with the true frequencies.

    Returns
    -------
    dict of str to Track
        Outputs of shape ``(n_frames, n_outputs)``, known where there is a face and, where the
        annotations list some frames only, the frame is listed.
    """
    outputs = {}
    for video, track in truth.items():
        features = cache.load(video)
        # Frames after the last one that is listed are no part of the annotation.
        inside = features.frames <= track.n_frames
        x = network.signal(features.embedding[inside])
        parts = []
        for target in challenge.targets:
            if isinstance(target, Continuous):
                parts.append(_affect(x, network))
            elif isinstance(target, Categorical):
                parts.append(_expression(x, network, weighted=weighted))
            else:
                parts.append(_units(x, network, weighted=weighted))
        rows = np.hstack(parts)
        values = np.full((track.n_frames, rows.shape[1]), np.nan)
        values[features.frames[inside] - 1] = rows
        if track.listed is not None:
            values[~track.listed] = np.nan
        outputs[video] = Track.of(video, values, listed=track.listed)
    return outputs


def best_ccc(network: Network) -> float:
    """Give the highest concordance that a function of single frames reaches, in the long run.

    Of all functions of the frame, the one that correlates best with a label is its posterior
    mean; its correlation is the ratio of their standard deviations. Concordance is at most
    correlation, and equal to it where mean and spread are those of the label.

    Parameters
    ----------
    network : Network
        That sees the frames.

    Returns
    -------
    float
        For valence and arousal alike; over infinitely many persons.
    """
    return _spread_of_mean(network) / _spread()


def _affect(x: NDArray[np.float64], network: Network) -> NDArray[np.float64]:
    stretch = _spread() / _spread_of_mean(network)
    return stretch * _posterior_mean(x[:, AFFECT], network)


def _posterior_mean(seen: NDArray[np.float64], network: Network) -> NDArray[np.float64]:
    # Of tanh(h), where h is normal and `seen` is affect * h with noise of variance 1.
    precision = 1 / AFFECT_SPREAD**2 + network.affect**2
    middle = network.affect / precision * seen
    return np.asarray(np.tanh(middle[..., None] + _NODES / np.sqrt(precision)) @ _MASS)


def _spread() -> float:
    # The standard deviation of valence, of which the mean is 0.
    return float(np.sqrt(np.tanh(AFFECT_SPREAD * _NODES) ** 2 @ _MASS))


def _spread_of_mean(network: Network) -> float:
    scale = np.sqrt(1 + (network.affect * AFFECT_SPREAD) ** 2)
    return float(np.sqrt(_posterior_mean(scale * _NODES, network) ** 2 @ _MASS))


def _expression(
    x: NDArray[np.float64], network: Network, *, weighted: bool
) -> NDArray[np.float64]:
    # The log-likelihoods of the classes, up to what they share.
    pair = network.pair * x[:, PAIR]
    first, second = network.cross * x[:, CROSS].T
    same = np.logaddexp(first + second, -first - second)
    other = np.logaddexp(first - second, second - first)
    which = np.stack([same, other], axis=1)
    logits = (pair[:, :, None] + which[:, None, :]).reshape(len(x), -1)
    if not weighted:
        logits += np.log(PRIORS)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _units(x: NDArray[np.float64], network: Network, *, weighted: bool) -> NDArray[np.float64]:
    # The log-odds, from the likelihoods of the unit being there, on either side, and not there.
    moved = network.unit * x[:, UNITS]
    either = np.logaddexp(moved, -moved) - np.log(2)
    odds = np.where(TWO_SIDED, either, moved) - network.unit**2 / 2
    if not weighted:
        rates = np.array(UNIT_RATES)
        odds += np.log(rates / (1 - rates))
    return np.asarray(1 / (1 + np.exp(-odds)))
