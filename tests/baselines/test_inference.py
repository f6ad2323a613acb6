"""What a head says of cached features is what the head says, at the right frames."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit.errors import DataError, ModelError
from abawkit.track import Track
from baselines import inference
from baselines.heads import SOURCES, Head, Layer, head_input
from baselines.inference import check_videos, predict_features, video_outputs
from tests.baselines.training.heads.tiny import CARD, N_EMBEDDING, tiny_cache


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Make two videos of 40 frames, each 4th of them without a face."""
    return tiny_cache(tmp_path_factory.mktemp("features"), videos=2)


def head_on(source, **options):
    widths = {"embedding": N_EMBEDDING, "both": N_EMBEDDING + 8}
    rng = np.random.default_rng(0)

    def layer(inputs, outputs, activation):
        weight = rng.normal(size=(inputs, outputs)).astype(np.float32)
        bias = rng.normal(size=outputs).astype(np.float32)
        return Layer(weight=weight, bias=bias, activation=activation)

    width = widths.get(source, 8)
    parts = (
        (layer(width, 5, "relu"), layer(5, 3, "softmax")),
        (layer(width, 2, "tanh"),),
    )
    return Head(source=source, outputs=tuple("abcde"), parts=parts, **options)


def tracks(**lengths):
    return {name: Track.of(name, np.zeros((n, 1))) for name, n in lengths.items()}


@pytest.mark.parametrize("source", SOURCES)
def test_the_outputs_are_those_of_the_head(cache, source):
    head, features = head_on(source), cache.load("v0")
    x = head_input(source, CARD, features.embedding.astype(np.float32), features.scores)
    result = video_outputs(head, CARD, features)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, head(np.asarray(x)), atol=2e-6)


@given(st.integers(0, 30), st.integers(1, 12))
def test_blocks_are_put_together_in_order(tmp_path_factory, n, block):
    cache = tiny_cache(tmp_path_factory.mktemp("blocks"), videos=1)
    features = cache.load("v0")
    some = replace(
        features,
        frames=features.frames[:n],
        embedding=features.embedding[:n],
        scores=features.scores[:n],
    )
    head, before = head_on("both"), inference.BLOCK
    whole = video_outputs(head, CARD, features)[:n]
    try:
        inference.BLOCK = block
        np.testing.assert_allclose(video_outputs(head, CARD, some), whole, atol=2e-6)
    finally:
        inference.BLOCK = before


def test_outputs_stand_at_their_frames(cache):
    (track,) = predict_features(head_on("both"), cache, tracks(v1=40)).values()
    frames = cache.load("v1").frames
    faces = np.isin(np.arange(1, 41), frames)
    assert (track.video, track.n_frames, track.listed) == ("v1", 40, None)
    np.testing.assert_array_equal(track.known, np.repeat(faces[:, None], 5, axis=1))
    expected = video_outputs(head_on("both"), CARD, cache.load("v1"))
    np.testing.assert_array_equal(track.values[frames - 1], expected)


@pytest.mark.parametrize("n_frames", [0, 1, 17, 39, 41, 60])
def test_the_annotation_tells_the_number_of_frames(cache, n_frames):
    whole = predict_features(head_on("both"), cache, tracks(v0=40))["v0"]
    other = predict_features(head_on("both"), cache, tracks(v0=n_frames))["v0"]
    shared = min(n_frames, 40)
    np.testing.assert_array_equal(other.values[:shared], whole.values[:shared])
    assert not other.known[40:].any()
    assert other.n_frames == n_frames


def test_frames_that_are_not_listed_have_no_output(cache):
    listed = np.arange(40) % 3 == 0
    truth = {"v0": replace(tracks(v0=40)["v0"], listed=listed)}
    track = predict_features(head_on("both"), cache, truth)["v0"]
    faces = np.isin(np.arange(1, 41), cache.load("v0").frames)
    np.testing.assert_array_equal(track.known[:, 0], listed & faces)
    np.testing.assert_array_equal(track.listed, listed)


def test_videos_come_in_the_order_of_the_annotations(cache):
    assert list(predict_features(head_on("both"), cache, tracks(v1=40, v0=40))) == ["v1", "v0"]


def test_a_video_without_features_is_refused_or_has_no_face(cache):
    truth = tracks(v0=40, v0_left=9)
    with pytest.raises(DataError, match=r"1 of 2 annotated videos have no features: v0_left\."):
        predict_features(head_on("both"), cache, truth)
    track = predict_features(head_on("both"), cache, truth, allow_missing=True)["v0_left"]
    assert (track.n_frames, track.known.any()) == (9, False)
    assert check_videos(cache, truth, allow_missing=True) == {"v0"}


def test_a_head_of_another_network_is_refused(cache):
    with pytest.raises(ModelError, match="trained on other, not on tiny"):
        predict_features(head_on("both", backbone="other"), cache, tracks(v0=40))


@pytest.mark.parametrize("large", [np.inf, np.nan, 3e38])
def test_a_head_that_has_blown_up_is_refused(cache, large):
    first, *rest = head_on("both").parts
    weight = first[0].weight.copy()
    weight[:, 0] = large
    head = replace(head_on("both"), parts=((replace(first[0], weight=weight), first[1]), *rest))
    with pytest.raises(ModelError, match="v1: the head gave an output that is not finite; its"):
        predict_features(head, cache, tracks(v1=40))
