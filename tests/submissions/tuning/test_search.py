"""The best pair of weights and filter is found jointly, or in turn."""

import math
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abawkit.protocol import find_challenge
from submissions.tuning import Grid, search
from submissions.tuning.tables import Choice
from tests.submissions.tuning.samples import filters

(VA,) = find_challenge("va").targets
WEIGHTS = ((0.5, 0.5), (0.0, 1.0), (1.0, 0.0))
FILTERS = filters("none", "box:3", "box:5", "box:7")
GRID = Grid(smooth={"va": FILTERS}, weights=WEIGHTS)
scores = st.one_of(st.just(math.nan), st.integers(-3, 3).map(float))
PAIRS = [(w, f) for w in WEIGHTS for f in FILTERS]
tables = st.fixed_dictionaries(dict.fromkeys(PAIRS, scores))


def trials_of(scores, seen=None):
    """Stand in for outputs of which only the score of each pair is known."""

    def table(weights, smoothing):
        if seen is not None:
            seen.add((weights, smoothing))
        return SimpleNamespace(best=lambda _: Choice(score=scores[weights, smoothing]))

    return SimpleNamespace(runs=[0, 1], target=VA, table=table)


def value(scores, settings):
    found = scores[settings.weights, settings.smooth]
    return -math.inf if math.isnan(found) else found


@given(tables)
def test_jointly_the_first_of_the_best_pairs_is_chosen(scores):
    chosen = search.choose(trials_of(scores), GRID, ["v"])
    ranked = [-math.inf if math.isnan(scores[pair]) else scores[pair] for pair in PAIRS]
    assert (chosen.weights, chosen.smooth) == PAIRS[ranked.index(max(ranked))]


@settings(max_examples=50)
@given(tables)
def test_in_turn_neither_weights_nor_filter_alone_could_be_better(scores):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "JOINT", 11)
        chosen = search.choose(trials_of(scores), GRID, ["v"])
    found = value(scores, chosen)
    near = [(chosen.weights, each) for each in FILTERS] + [
        (each, chosen.smooth) for each in WEIGHTS
    ]
    assert all(math.isnan(scores[pair]) or scores[pair] <= found for pair in near)


def test_in_turn_not_all_pairs_are_looked_at(monkeypatch):
    table = {(w, f): float(f.width + 10 * w[0]) for w in WEIGHTS for f in FILTERS}
    seen = set()
    monkeypatch.setattr(search, "JOINT", 11)
    chosen = search.choose(trials_of(table, seen), GRID, ["v"])
    assert (chosen.weights, str(chosen.smooth)) == ((1.0, 0.0), "box:7")
    assert len(seen) == 9
    monkeypatch.setattr(search, "JOINT", 12)
    assert search.choose(trials_of(table, seen), GRID, ["v"]) == chosen
    assert len(seen) == 12
