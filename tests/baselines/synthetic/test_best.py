"""The best predictor is right by the literal formula, calibrated, and not to be beaten."""

import math

import numpy as np
import pytest

from abawkit.protocol import find_challenge
from abawkit.track import Track
from baselines.synthetic.best import best_ccc, best_outputs
from baselines.synthetic.networks import AFFECT, CROSS, PAIR, TWO_SIDED, UNITS
from baselines.synthetic.scenes import (
    AFFECT_SPREAD,
    EXPRESSION_COUNTS,
    UNIT_RATES,
    Population,
    film,
    labels_of,
)
from baselines.synthetic.writing import save_features
from submissions.decide import Processing
from submissions.scoring import score_outputs

CHALLENGES = {task: find_challenge(task, 3) for task in ("va", "expr", "au", "mtl")}
weightings = pytest.mark.parametrize("weighted", [True, False])


def best(task, network, cache, scenes, *, weighted=True):
    truth = labels_of(scenes, task)
    return truth, best_outputs(CHALLENGES[task], network, cache, truth, weighted=weighted)


def density(x, *centres):
    """Give the density of a mixture of normal clusters, up to what all of them share."""
    parts = [math.exp(-sum((a - b) ** 2 for a, b in zip(x, c, strict=True)) / 2) for c in centres]
    return sum(parts) / len(parts)


def first_frames(task, network, cache, scenes, weighted):
    truth, outputs = best(task, network, cache, scenes, weighted=weighted)
    track = outputs[next(iter(truth))]
    features = cache.load(track.video)
    return network.signal(features.embedding)[:25], track.values[features.frames[:25] - 1]


@weightings
def test_expressions_have_the_probabilities_of_bayes_rule(network, cache, scenes, weighted):
    c = network.cross
    for x, found in zip(*first_frames("expr", network, cache, scenes, weighted), strict=True):
        likelihoods = []
        for name in range(8):
            corner = [network.pair * (at == name // 2) for at in range(4)]
            ways = [(c, c), (-c, -c)] if name % 2 == 0 else [(c, -c), (-c, c)]
            prior = 1 if weighted else EXPRESSION_COUNTS[name]
            likelihoods.append(prior * density(x[PAIR], corner) * density(x[CROSS], *ways))
        assert found == pytest.approx(np.array(likelihoods) / sum(likelihoods))


@weightings
def test_units_have_the_probabilities_of_bayes_rule(network, cache, scenes, weighted):
    for x, found in zip(*first_frames("au", network, cache, scenes, weighted), strict=True):
        for unit, rate in enumerate(UNIT_RATES):
            sides = (1, -1) if TWO_SIDED[unit] else (1,)
            value = x[UNITS][[unit]]
            there = density(value, *([side * network.unit] for side in sides))
            prior = 0.5 if weighted else rate
            odds = prior * there, (1 - prior) * density(value, [0])
            assert found[unit] == pytest.approx(odds[0] / sum(odds))


def test_affect_is_the_stretched_mean_of_its_posterior(network, cache, scenes):
    hidden = np.linspace(-4, 4, 4001)
    x, found = first_frames("va", network, cache, scenes, weighted=True)
    power = (x[:, AFFECT, None] - network.affect * hidden) ** 2
    weights = np.exp(-power / 2 - hidden**2 / (2 * AFFECT_SPREAD**2))
    mean = (weights * np.tanh(hidden)).sum(axis=-1) / weights.sum(axis=-1)
    stretch = found / mean
    assert stretch == pytest.approx(np.full(stretch.shape, 1 / best_ccc(network)), rel=1e-4)


@weightings
def test_units_are_calibrated(network, cache, scenes, weighted):
    truth, outputs = best("au", network, cache, scenes, weighted=weighted)
    p = np.vstack([outputs[video].values for video in truth])
    y = np.vstack([track.values for track in truth.values()])
    weights = np.where(y == 1, 0.5 / np.array(UNIT_RATES), 0.5 / (1 - np.array(UNIT_RATES)))
    for low in np.arange(0.1, 0.9, 0.2):
        chosen = (p >= low) & (p < low + 0.2) & ~np.isnan(y)
        share = np.average(y[chosen], weights=weights[chosen] if weighted else None)
        assert share == pytest.approx(p[chosen].mean(), abs=0.05)


def test_expressions_are_calibrated(network, cache, scenes):
    truth, outputs = best("expr", network, cache, scenes, weighted=False)
    p = np.vstack([outputs[video].values for video in truth])
    y = np.vstack([track.values for track in truth.values()])
    known = ~np.isnan(p[:, 0]) & ~np.isnan(y[:, 0])
    right = p[known].argmax(axis=1) == y[known, 0]
    assert right.mean() == pytest.approx(p[known].max(axis=1).mean(), abs=0.03)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory, network):
    """Give people whose moods change quickly, and so even out."""
    population = Population(personality=0.0, affect_span=3)
    scenes = film(3, n_recordings=24, n_frames=500, seed=0, population=population)
    return scenes, save_features(tmp_path_factory.mktemp("crowd"), network, scenes)


def test_affect_reaches_the_best_concordance_and_no_other_stretch_does(network, crowd):
    scenes, cache = crowd
    truth, outputs = best("va", network, cache, scenes)
    p = np.vstack([outputs[video].values for video in truth])
    y = np.vstack([track.values for track in truth.values()])
    known = ~np.isnan(p) & ~np.isnan(y)
    p, y = p[known], y[known]

    def ccc(p):
        return 2 * np.cov(p, y, ddof=0)[0, 1] / (p.var() + y.var() + (p.mean() - y.mean()) ** 2)

    assert ccc(p) == pytest.approx(best_ccc(network), abs=0.02)
    assert max(ccc(0.7 * p), ccc(1.4 * p), ccc(p + 0.2), ccc(np.sign(p) * 0.4)) < ccc(p) - 0.01


@pytest.mark.parametrize("task", CHALLENGES)
def test_outputs_are_known_where_there_is_a_face_and_a_row(network, cache, scenes, task):
    truth, outputs = best(task, network, cache, scenes)
    for video, track in outputs.items():
        wanted = np.isin(np.arange(1, track.n_frames + 1), cache.load(video).frames)
        if task == "mtl":
            wanted &= truth[video].listed
        assert (track.known == wanted[:, None]).all()
        assert track.listed is truth[video].listed
    processing = Processing.parse(CHALLENGES[task], smooth="none")
    assert score_outputs(CHALLENGES[task], truth, outputs, processing).score > 0.4


def test_frames_after_the_end_of_the_annotation_are_left_out(network, cache, scenes):
    truth = labels_of(scenes, "va")
    video, track = next(iter(truth.items()))
    short = Track.of(video, track.values[:50])
    short, whole = (
        best_outputs(CHALLENGES["va"], network, cache, {video: given})[video].values
        for given in (short, track)
    )
    assert np.array_equal(short, whole[:50], equal_nan=True)


def test_mtl_has_the_outputs_of_the_others_side_by_side(network, cache, scenes):
    scene = next(scene for scene in scenes if len(scene.labels) == 4)
    tracks = [best(task, network, cache, scenes)[1][scene.video] for task in CHALLENGES]
    listed = scene.labels["mtl"].listed
    parts = [track.values[listed] for track in tracks]
    assert np.array_equal(np.hstack(parts[:3]), parts[3], equal_nan=True)
