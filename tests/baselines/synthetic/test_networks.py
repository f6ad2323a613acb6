"""Made-up networks say what their clusters are, and do not pass for real ones."""

from dataclasses import replace

import numpy as np
import pytest

from baselines.card import EMOTIONS_8, softmax
from baselines.synthetic.networks import (
    AFFECT,
    CROSS,
    MADE_UP,
    N_SIGNAL,
    NETWORKS,
    PAIR,
    TWO_SIDED,
    UNITS,
)

networks = pytest.mark.parametrize("made", NETWORKS, ids=lambda made: made.name)


def seen(network, scenes):
    """Give the coordinates that tell something, and what is hidden, of all frames with a face."""
    views = [network.see(scene) for scene in scenes]
    x = np.vstack([network.signal(view.embedding) for view in views])
    hidden = {
        name: np.concatenate([getattr(s, name)[s.frames - 1] for s in scenes])
        for name in ("expression", "affect", "units", "ways")
    }
    return x, hidden


def test_the_noise_is_of_the_same_size_everywhere(scenes, network):
    x, hidden = seen(network, scenes)
    pair, second = np.divmod(hidden["expression"], 2)
    way, ways = hidden["ways"][:, 0], hidden["ways"][:, 1:]
    x[:, PAIR] -= network.pair * np.eye(4)[pair]
    x[:, CROSS] -= network.cross * np.stack([way, np.where(second == 1, -way, way)], axis=1)
    x[:, AFFECT] -= network.affect * hidden["affect"]
    x[:, UNITS] -= network.unit * hidden["units"] * np.where(TWO_SIDED, ways, 1)
    assert x.mean(axis=0) == pytest.approx(np.zeros(N_SIGNAL), abs=0.05)
    assert np.cov(x.T) == pytest.approx(np.eye(N_SIGNAL), abs=0.06)


def test_no_linear_function_tells_the_classes_of_a_pair_apart(scenes, network):
    x, hidden = seen(network, scenes)
    second = hidden["expression"] % 2
    odd, even = x[second == 1][:, CROSS], x[second == 0][:, CROSS]
    # Each way is as frequent, over the whole, to within the lengths of its stays.
    assert odd.mean(axis=0) == pytest.approx(even.mean(axis=0), abs=0.3)
    product = x[:, CROSS].prod(axis=1)
    assert product[second == 0].mean() - product[second == 1].mean() > network.cross**2


@networks
def test_a_person_can_be_told_from_others(scenes, made):
    clear = replace(made, look=5.0)
    alone = [scenes[0], scenes[1], scenes[4]]
    means = [clear.see(scene).embedding.astype(np.float64).mean(axis=0) for scene in alone]
    first, again, other = means
    assert np.linalg.norm(first - again) < 0.3 * np.linalg.norm(first - other)


@networks
def test_features_fit_their_card(scenes, made):
    view = made.see(scenes[0])
    assert view.frames is scenes[0].frames
    assert view.embedding.shape == (len(view.frames), made.n_embedding)
    assert view.scores.shape == (len(view.frames), len(made.classes))
    assert (view.embedding.dtype, view.scores.dtype) == (np.float16, np.float32)
    sums = view.scores.sum(axis=1)
    probabilities = made.scores == "probabilities"
    assert np.allclose(sums, 1, atol=1e-6) == probabilities


@networks
def test_scores_are_a_function_of_the_embedding(scenes, made):
    view = made.see(scenes[0])
    x = np.c_[view.embedding.astype(np.float64), np.ones(len(view.frames))]
    logits = np.log(view.scores) if made.scores == "probabilities" else view.scores
    # What a softmax takes away is the same for all classes.
    logits = logits - logits.mean(axis=1, keepdims=True)
    weights, *_ = np.linalg.lstsq(x, logits, rcond=None)
    assert np.abs(x @ weights - logits).max() < 0.02


@networks
def test_cards_say_that_they_are_made_up(made):
    card = made.origin.card
    assert card.source == MADE_UP
    assert made.origin.provider == "made up"
    assert not card.trained_on
    assert len(made.classes) <= len(EMOTIONS_8)


@networks
def test_another_setting_is_another_origin(made):
    others = [replace(made, seed=1), replace(made, pair=made.pair + 1), replace(made, memory=99)]
    digests = {network.origin.digest for network in (made, *others)}
    assert len(digests) == 4
    assert made.origin == replace(made).origin


def test_networks_are_as_good_as_they_should_be_and_different():
    assert len({made.origin.folder for made in NETWORKS}) == 3
    assert max(NETWORKS, key=lambda made: made.pair).name == "enet_b0_8_best_vgaf"
    assert NETWORKS[0].scores == "probabilities"


def test_the_same_video_is_seen_the_same_way_again(scenes, network):
    one, two = network.see(scenes[3]), network.see(scenes[3])
    assert one.embedding.tobytes() == two.embedding.tobytes()
    assert one.scores.tobytes() == two.scores.tobytes()


@pytest.mark.parametrize("change", [{"seed": 1}, {"name": "other"}], ids=["seed", "name"])
def test_another_network_has_another_embedding_and_other_noise(scenes, network, change):
    other = replace(network, **change)
    mine, theirs = (made.see(scenes[3]).embedding for made in (network, other))
    noise = network.signal(mine) - other.signal(theirs)
    # Half of the variance of each is noise.
    assert noise.std() == pytest.approx(np.sqrt(2), abs=0.1)
    assert np.abs(network.signal(theirs) - other.signal(theirs)).mean() > 0.5


def test_noise_lasts_for_the_memory_of_the_network(scenes, network):
    noise = [
        replace(network, memory=memory, look=0.0).see(scenes[2]).embedding for memory in (1, 8)
    ]
    steps = [np.abs(np.diff(values[:60].astype(np.float64), axis=0)).mean() for values in noise]
    assert steps[1] < 0.6 * steps[0]


def test_probabilities_are_the_softmax_of_logits(scenes):
    logits = replace(NETWORKS[0], scores="logits").see(scenes[0]).scores
    assert NETWORKS[0].see(scenes[0]).scores == pytest.approx(softmax(logits))
