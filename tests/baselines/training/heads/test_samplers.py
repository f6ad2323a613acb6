"""Orders depend on seed and epoch alone, mix well, and show what is rare."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

torch = pytest.importorskip("torch")

from torch.utils.data import DataLoader  # noqa: E402

from abawkit.errors import UsageError  # noqa: E402
from abawkit.protocol import CHALLENGES, Categorical, Continuous, MultiLabel, blocks  # noqa: E402
from baselines.labelled import LabelledRows  # noqa: E402
from baselines.training.heads import samplers  # noqa: E402
from baselines.training.heads.samplers import (  # noqa: E402
    BalancedSampler,
    ShuffledSampler,
    balanced_weights,
)
from tests.strategies import masks, values_of  # noqa: E402

seeds = st.integers(0, 2**40)
sizes = st.integers(1, 40)


def with_classes(target):
    return not isinstance(target, Continuous)


BALANCED = {n: c for n, c in CHALLENGES.items() if any(map(with_classes, c.targets))}
REFUSED = {n: c for n, c in CHALLENGES.items() if n not in BALANCED}
SAMPLERS = {
    "shuffled": lambda seed=0, **sizes: ShuffledSampler(1000, seed=seed, **sizes),
    "balanced": lambda seed=0, **sizes: BalancedSampler(
        np.arange(1, 1001), 1000, seed=seed, **sizes
    ),
}
each_sampler = pytest.mark.parametrize("make", SAMPLERS.values(), ids=SAMPLERS)


@given(n=st.integers(0, 300), block=sizes, buffer=sizes, seed=seeds, epoch=st.integers(0, 99))
def test_every_sample_comes_exactly_once(n, block, buffer, seed, epoch):
    sampler = ShuffledSampler(n, seed=seed, block=block, buffer=buffer)
    sampler.set_epoch(epoch)
    assert sorted(sampler) == list(range(n))
    assert len(sampler) == n


@each_sampler
def test_seed_and_epoch_decide_the_order_and_nothing_else_does(make):
    walked = make()
    for epoch in range(4):
        walked.set_epoch(epoch)
        fresh = make()
        fresh.set_epoch(epoch)
        assert list(walked) == list(fresh) == fresh.order().tolist()


@each_sampler
def test_another_seed_or_epoch_gives_another_order(make):
    orders = set()
    for seed, epoch in [(0, 0), (0, 1), (1, 0), (1, 1)]:
        sampler = make(seed)
        sampler.set_epoch(epoch)
        orders.add(tuple(sampler))
    assert len(orders) == 4


# What numpy 2.4 gave; another machine or a later numpy must give the same.
FIRST = {
    "shuffled": [456, 130, 134, 10, 45, 387, 459, 41, 887, 457],
    "balanced": [675, 360, 365, 99, 211, 621, 677, 202, 941, 675],
}


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_order_is_the_same_on_every_machine(name):
    sampler = SAMPLERS[name](12345, block=8, buffer=100)
    sampler.set_epoch(3)
    assert sampler.order()[:10].tolist() == FIRST[name]


@each_sampler
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.filterwarnings("ignore:This DataLoader will create")  # on a single core
def test_the_number_of_workers_does_not_matter(make, workers):
    loader = DataLoader(range(1000), batch_size=100, sampler=make(), num_workers=workers)
    assert torch.cat(list(loader)).tolist() == list(make())


def test_no_batch_holds_more_than_a_few_neighbours():
    n, block, batch = 400_000, 64, 256
    order = ShuffledSampler(n, seed=0).order()
    groups = [Counter((order[at : at + batch] // block).tolist()) for at in range(0, n, batch)]
    assert max(max(group.values()) for group in groups) <= 6
    assert np.mean([len(group) for group in groups]) > 220


def test_no_batch_is_of_a_few_videos():
    n, videos, batch = 400_000, 250, 256
    order = ShuffledSampler(n, seed=0).order()
    groups = [
        Counter((order[at : at + batch] // (n // videos)).tolist()) for at in range(0, n, batch)
    ]
    # An even shuffle has 8 at the most, give or take, and 160 videos.
    assert max(max(group.values()) for group in groups) <= 24
    assert np.mean([len(group) for group in groups]) > 120


def test_the_last_buffer_is_mixed_like_the_others():
    order = ShuffledSampler(1030, seed=0, block=8, buffer=512).order()
    assert len(set((order[-30:] // 8).tolist())) > 15


@given(blocks=st.integers(1, 30), block=sizes, buffer=sizes, seed=seeds)
def test_a_buffer_is_read_in_few_stretches(blocks, block, buffer, seed):
    n = blocks * block
    order = ShuffledSampler(n, seed=seed, block=block, buffer=buffer).order()
    for part in np.array_split(order, -(-n // buffer)):
        assert len(part) <= buffer
        assert len(set((part // block).tolist())) <= (len(part) - 1) // block + 2


def test_what_fits_into_a_buffer_is_shuffled_evenly():
    seen = np.zeros((6, 6))
    for seed in range(3000):
        seen[np.arange(6), ShuffledSampler(6, seed=seed, block=4).order()] += 1
    assert abs(seen - 500).max() < 90  # 4.4 standard deviations


weights = arrays("float64", st.integers(1, 30), elements=st.integers(0, 50).map(float)).filter(any)


@given(weights=weights, n_draws=st.integers(0, 300), seed=seeds, block=sizes, buffer=sizes)
def test_a_sample_is_drawn_as_often_as_its_share_says(weights, n_draws, seed, block, buffer):
    sampler = BalancedSampler(weights, n_draws, seed=seed, block=block, buffer=buffer)
    counts = np.bincount(sampler.order(), minlength=len(weights))
    expected = n_draws * weights / weights.sum()
    assert counts.sum() == n_draws == len(sampler)
    assert (abs(counts - expected) < 1 + 1e-6).all()
    assert not counts[weights == 0].any()


def test_over_the_epochs_a_sample_is_drawn_by_its_share():
    sampler = BalancedSampler([0.1, 1.0, 0.0, 2.9], 2, seed=0)
    counts = np.zeros(4)
    for epoch in range(2000):
        sampler.set_epoch(epoch)
        counts += np.bincount(sampler.order(), minlength=4)
    np.testing.assert_allclose(counts / 2000, [0.05, 0.5, 0, 1.45], atol=0.04)


class Generator(np.random.Generator):
    """One whose numbers from 0 to 1 are all the same."""

    def random(self):
        """Give the number."""
        return self.number


@pytest.mark.parametrize("number", [0.0, np.nextafter(1, 0)])
def test_no_rounding_draws_what_has_no_weight(monkeypatch, number):
    def generator(*seed):
        made = Generator(np.random.PCG64(seed))
        made.number = number
        return made

    monkeypatch.setattr(samplers, "_generator", generator)
    order = BalancedSampler([0.0, 1.0, 2.0, 0.0], 3000, seed=0).order()
    assert set(order.tolist()) == {1, 2}


@pytest.mark.parametrize("wrong", [[], [0.0, 0.0], [1.0, -1.0], [1.0, np.nan], [np.inf, 1.0]])
def test_weights_that_say_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match=r"expected (weights that are finite|a weight above 0)"):
        BalancedSampler(wrong, 3, seed=0)


@st.composite
def labelled(draw, challenge):
    """Draw labels of a few rows, some unknown."""
    n = draw(st.integers(0, 12))
    labels = np.hstack([draw(values_of(target, n)) for target in challenge.targets])
    known = draw(masks(labels.shape))
    return rows_of(challenge, labels, known)


def rows_of(challenge, labels, known):
    at = np.arange(len(labels))
    return LabelledRows(
        challenge=challenge,
        videos=("v",),
        video=np.zeros(len(labels), np.int32),
        row=at,
        frame=at.astype(np.int32) + 1,
        labels=labels.astype(np.float32),
        known=known,
        n_missed=0,
    )


def shown(rows, index):
    """Name what one row shows."""
    names = set()
    for target, columns in blocks(rows.challenge.targets):
        labels, known = rows.labels[index, columns], rows.known[index, columns]
        if isinstance(target, Categorical) and known[0]:
            names.add((target.name, int(labels[0])))
        if isinstance(target, MultiLabel):
            names |= {(target.name, at) for at in np.flatnonzero(known & (labels == 1)).tolist()}
    return names or {"nothing"}


@pytest.mark.parametrize("challenge", BALANCED.values(), ids=BALANCED)
@settings(max_examples=settings.default.max_examples // 4)
@given(data=st.data())
def test_a_row_weighs_as_the_rarest_of_what_it_shows(challenge, data):
    rows = data.draw(labelled(challenge))
    kinds = [shown(rows, index) for index in range(len(rows))]
    counts = Counter(name for names in kinds for name in names)
    expected = [max(1 / counts[name] for name in names) for names in kinds]
    found = balanced_weights(rows)
    np.testing.assert_allclose(found, np.array(expected), rtol=1e-12)
    for name in counts:
        assert sum(found[at] for at, names in enumerate(kinds) if name in names) > 1 - 1e-9
    assert found.sum() < len(counts) + 1e-9


def test_classes_are_drawn_equally_often():
    classes = np.repeat(np.arange(8), [4000, 300, 200, 100, 2000, 1500, 700, 3500])
    rows = rows_of(CHALLENGES["abaw3-expr"], classes[:, None], np.ones((len(classes), 1), bool))
    drawn = classes[BalancedSampler(balanced_weights(rows), len(rows), seed=0).order()]
    assert abs(np.bincount(drawn) - len(rows) / 8).max() <= 2


@pytest.mark.parametrize("challenge", REFUSED.values(), ids=REFUSED)
def test_values_cannot_be_balanced(challenge):
    columns = challenge.protocol.columns
    rows = rows_of(challenge, np.zeros((2, columns)), np.ones((2, columns), bool))
    with pytest.raises(UsageError, match=rf"{challenge.name} has neither classes nor action"):
        balanced_weights(rows)
