"""What the recipe of MTL learns where most labels are missing, each for itself."""

import pytest

from tests.proof.ground import CHANCE, SMOOTH

pytest.importorskip("torch")

RECIPE = {"hidden": "va=0,expr=128,au=128", "patchy": 0.4}
"""Six of ten labels of each target are missing, so that few frames have all of them."""
MARGIN = 0.13


def test_the_head_is_as_good_as_the_best_predictor(ground):
    best = ground.best("mtl")
    assert best - MARGIN < ground.score("mtl", **RECIPE) < best + 3 * CHANCE


@pytest.mark.parametrize("task", ["va", "expr", "au"])
def test_no_target_is_much_worse_than_alone_with_all_its_labels(ground, task):
    alone = ground.report(task)
    together = ground.report("mtl", **RECIPE)
    for name, score in alone.components.items():
        assert together.components[name] == pytest.approx(score, abs=0.05)


def test_smoothing_helps(ground):
    theory = ground.best("mtl", smooth=SMOOTH) - ground.best("mtl")
    assert theory > 0.3
    gain = ground.score("mtl", smooth=SMOOTH, **RECIPE) - ground.score("mtl", **RECIPE)
    assert gain > 0.6 * theory
