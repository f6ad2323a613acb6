"""What the recipe of EXPR learns, and what each part of it is good for."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from tests.proof.ground import BLURRED, CHANCE, SMOOTH

pytest.importorskip("torch")

MARGIN = 0.04


def best_guess(ground):
    """Score the best predictor of pairs, who can but guess which class of the pair it is.

    Who guesses a class as often as it is right has ``p`` times the recall and the precision of
    the pair, ``p`` being its share; so the two classes have the F1 of their pair in sum.
    """
    truth, outputs = ground.truth("expr"), ground.best_outputs("expr")
    labels, guesses = [], []
    for video, track in truth.items():
        known = track.known[:, 0] & outputs[video].known[:, 0]
        pairs = outputs[video].values[known].reshape(-1, 4, 2).sum(axis=2)
        guesses.append(pairs.argmax(axis=1))
        labels.append(track.values[known, 0] // 2)
    return f1_score(np.concatenate(labels), np.concatenate(guesses), average="macro") / 2


def test_the_head_is_as_good_as_the_best_predictor(ground):
    best = ground.best("expr")
    assert best - MARGIN < ground.score("expr") < best + CHANCE


def test_a_hidden_layer_learns_what_no_linear_function_can(ground):
    gain = ground.best("expr") - best_guess(ground)
    assert gain > 0.2
    linear = ground.score("expr", hidden="0")
    assert linear < best_guess(ground) + CHANCE
    assert ground.score("expr") - linear > 0.9 * gain


def test_embeddings_tell_more_than_scores(ground):
    scores = ground.score("expr", source="scores")
    assert scores < best_guess(ground) + CHANCE
    assert ground.score("expr") - scores > 0.9 * (ground.best("expr") - best_guess(ground))


def test_weighted_classes_are_found_however_rare_they_are(ground):
    def gain(score, plain):
        given = {"network": BLURRED, "smooth": SMOOTH}
        return score("expr", **given) - score("expr", **given, **plain)

    theory = gain(ground.best, {"weighted": False})
    assert theory > 0.3
    assert gain(ground.score, {"class_weights": "none"}) > 0.4 * theory


def test_smoothing_helps(ground):
    theory = ground.best("expr", smooth=SMOOTH) - ground.best("expr")
    assert theory > 0.2
    assert ground.score("expr", smooth=SMOOTH) - ground.score("expr") > 0.8 * theory
