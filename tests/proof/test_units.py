"""What the recipe of AU learns, and what each part of it is good for."""

from statistics import NormalDist

import numpy as np
import pytest

from baselines.synthetic.networks import TWO_SIDED
from baselines.synthetic.scenes import UNIT_RATES
from tests.proof.ground import BLURRED, CHANCE, CLEAR, SMOOTH

pytest.importorskip("torch")

MARGIN = 0.04


def test_the_head_is_as_good_as_the_best_predictor(ground):
    best = ground.best("au")
    assert best - MARGIN < ground.score("au") < best + CHANCE


def best_linear(rate):
    """Give the best F1 of a threshold on a value that is to either side where the unit is."""
    below, unit = NormalDist().cdf, CLEAR.unit
    found = []
    for limit in np.linspace(-5, 5, 201):
        hits = rate * (below(unit - limit) + below(-unit - limit)) / 2
        alarms = (1 - rate) * below(-limit)
        found.append(2 * hits / (rate + hits + alarms))
    return max(found)


def test_a_hidden_layer_learns_what_no_linear_function_can(ground):
    linear = np.array(list(ground.report("au", hidden="0").per_class.values()))
    ahead = np.array(list(ground.report("au").per_class.values())) - linear
    limits = np.array([best_linear(rate) for rate in UNIT_RATES])
    assert (linear < limits + 0.03)[TWO_SIDED].all()
    assert ahead[TWO_SIDED].mean() > 0.05
    assert abs(ahead[~TWO_SIDED].mean()) < 0.03


def test_weighted_units_are_found_however_rare_they_are(ground):
    def gain(score, plain):
        return score("au", network=BLURRED) - score("au", network=BLURRED, **plain)

    theory = gain(ground.best, {"weighted": False})
    assert theory > 0.05
    assert gain(ground.score, {"class_weights": "none"}) > 0.5 * theory


def test_smoothing_helps(ground):
    theory = ground.best("au", smooth=SMOOTH) - ground.best("au")
    assert theory > 0.2
    assert ground.score("au", smooth=SMOOTH) - ground.score("au") > 0.5 * theory
