"""What the recipe of VA learns, and what each part of it is good for."""

import numpy as np
import pytest

from baselines.synthetic.best import best_ccc
from tests.proof.ground import CHANCE, CLEAR, FEW, SMOOTH, STRANGE

pytest.importorskip("torch")

MARGIN = 0.02


def test_the_head_is_as_good_as_the_best_predictor(ground):
    best = ground.best("va")
    assert best - MARGIN < ground.score("va") < best + CHANCE


def test_the_best_predictor_is_as_good_as_theory_says(ground):
    # For 40 videos of 32 persons whose moods last, chance is greater.
    assert ground.best("va") == pytest.approx(best_ccc(CLEAR), abs=0.05)


def test_the_spread_of_outputs_is_that_of_the_labels(ground):
    outputs = np.vstack([track.values for track in ground.outputs("va").values()])
    labels = np.vstack([track.values for track in ground.truth("va").values()])
    # Mean squared error would give no more than the correlation times as much.
    assert np.nanstd(outputs) / np.nanstd(labels) == pytest.approx(1, abs=0.15)
    assert best_ccc(CLEAR) < 0.65


def test_scores_do_better_than_embeddings_where_there_are_few_persons(ground):
    few = {"network": STRANGE, "first": FEW, "batch_size": 16}
    best = ground.best("va", network=STRANGE)
    scores = ground.score("va", source="scores", **few)
    assert best - 2 * MARGIN < scores < best + CHANCE
    assert ground.score("va", source="embedding", **few) < scores - 0.05


def test_embeddings_do_as_well_where_persons_differ_little(ground):
    assert ground.score("va", source="embedding") == pytest.approx(ground.score("va"), abs=0.03)


def test_smoothing_helps(ground):
    theory = ground.best("va", smooth=SMOOTH) - ground.best("va")
    assert theory > 0.1
    assert ground.score("va", smooth=SMOOTH) - ground.score("va") > 0.8 * theory
