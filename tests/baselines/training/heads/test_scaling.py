"""Scores are standardised by the moments of the training rows, and only where they go in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

torch = pytest.importorskip("torch")

from abawkit.protocol import find_challenge  # noqa: E402
from baselines.training.heads.recipe import recipe_for  # noqa: E402
from baselines.training.heads.scaling import find_scaling, scaling_of  # noqa: E402
from tests.baselines.training.heads.tiny import CARD, tiny_cache, tiny_rows  # noqa: E402

MTL = find_challenge("mtl", 3)


@given(arrays("float32", st.tuples(st.integers(1, 9), st.integers(1, 3)),
              elements=st.integers(-1000, 1000)))  # fmt: skip
def test_the_moments_are_those_of_the_rows(scores):
    found = scaling_of(scores)
    for column, mean, std in zip(scores.T.tolist(), found.mean, found.std, strict=True):
        expected = sum(column) / len(column)
        spread = (sum((value - expected) ** 2 for value in column) / len(column)) ** 0.5
        assert mean == pytest.approx(expected)
        assert std == pytest.approx(spread if len(set(column)) > 1 else 1)


def test_what_hardly_changes_is_left_small():
    scores = np.array([[1, 0.1, 1e-9], [2, 0.1, 0], [4, 0.1, 0]], np.float32)
    assert scaling_of(scores).std[1:].tolist() == [1, 1]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Make three videos."""
    return tiny_cache(tmp_path_factory.mktemp("features"))


@pytest.mark.parametrize("source", ["scores", "both", "probabilities"])
def test_the_moments_are_of_what_goes_in_and_of_the_training_rows(cache, source):
    rows = tiny_rows(cache, MTL, "v0", "v2", unknown=7)
    found = find_scaling(recipe_for(MTL, source=source), cache, rows)
    scores = np.concatenate([cache.load(video).scores for video in ("v0", "v2")])
    assert len(scores) == len(rows)
    if source == "probabilities":
        scores = CARD.probabilities(scores)
    np.testing.assert_allclose(found.mean, scores.mean(axis=0, dtype=np.float64), rtol=1e-9)
    np.testing.assert_allclose(found.std, scores.std(axis=0, dtype=np.float64), rtol=1e-9)


def test_embeddings_are_not_standardised_nor_scores_where_not_wanted(cache):
    rows = tiny_rows(cache, MTL, "v0")
    for options in ({"source": "embedding"}, {"source": "both", "standardise": False}):
        assert find_scaling(recipe_for(MTL, **options), cache, rows) is None
