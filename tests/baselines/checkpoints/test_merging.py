"""A head in the file gives what the same head gives beside it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

onnx = pytest.importorskip("onnx")

from abawkit.errors import ModelError  # noqa: E402
from baselines.card import MergedHead  # noqa: E402
from baselines.checkpoints.graph import with_embedding  # noqa: E402
from baselines.checkpoints.merging import merge_head  # noqa: E402
from baselines.heads import ACTIVATIONS, SOURCES, Head, Layer, head_input  # noqa: E402
from tests.baselines.checkpoints.handmade import WIDTH, card, images, network, run  # noqa: E402

CARDS = (
    card("a", "b", "c"),
    card("a", "b", "valence", "arousal"),
    card("arousal", "a", "valence", "b", "c"),
    card("valence", "arousal"),
    card("a", "b", "c", scores="probabilities"),
    card("valence", "a", "b", scores="probabilities"),
)
NETWORKS = {n: with_embedding(network(n_scores=n)) for n in (2, 3, 4, 5)}


def layer(random, n_inputs, n_outputs, activation):
    return Layer(
        weight=random.normal(0, 1 / n_inputs**0.5, (n_inputs, n_outputs)).astype(np.float32),
        bias=random.normal(0, 1, n_outputs).astype(np.float32),
        activation=activation,
    )


def stacked(random, n_inputs, activations):
    widths = [n_inputs, *random.integers(1, 6, len(activations))]
    return tuple(
        layer(random, before, after, activation)
        for before, after, activation in zip(widths, widths[1:], activations, strict=False)
    )


def make_head(random, own, source, stacks):
    n = {"embedding": WIDTH, "both": WIDTH + len(own.outputs)}.get(source, len(own.outputs))
    parts = tuple(stacked(random, n, activations) for activations in stacks)
    names = [f"AU{i + 1}" for i in range(sum(len(layers[-1].bias) for layers in parts))]
    return Head(
        source=source, outputs=tuple(names), parts=parts, scores=own.scores, reference="random"
    )


stacks = st.lists(
    st.lists(st.sampled_from(ACTIVATIONS), min_size=1, max_size=3), min_size=1, max_size=3
)


@settings(max_examples=150)
@given(st.sampled_from(CARDS), st.sampled_from(SOURCES), stacks, st.integers(0, 2**32 - 1))
def test_a_merged_head_is_the_head(own, source, stacks, seed):
    head = make_head(np.random.default_rng(seed), own, source, stacks)
    model, merged = merge_head(NETWORKS[len(own.outputs)], head, card=own)
    found = run(model, images(3, seed))
    expected = head(head_input(source, own, found["embedding"], found["scores"]))
    np.testing.assert_allclose(found["outputs"], expected, atol=1e-5)
    assert merged == replace(own, head=MergedHead(outputs=head.outputs, reference="random"))


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_source_and_activation_can_be_merged(source, activation):
    random = np.random.default_rng(1)
    head = make_head(random, CARDS[2], source, [[activation, activation]])
    model, _ = merge_head(NETWORKS[5], head, card=CARDS[2])
    onnx.checker.check_model(model, full_check=True)
    found = run(model, images(4))
    expected = head(head_input(source, CARDS[2], found["embedding"], found["scores"]))
    np.testing.assert_allclose(found["outputs"], expected, atol=1e-5)


def test_embedding_and_scores_stay_as_they_were():
    before = run(NETWORKS[3], images(3))
    head = make_head(np.random.default_rng(0), CARDS[0], "both", [["relu", "sigmoid"]])
    after = run(merge_head(NETWORKS[3], head, card=CARDS[0])[0], images(3))
    assert list(after) == ["embedding", "scores", "outputs"]
    assert all(before[name].tobytes() == after[name].tobytes() for name in before)


@pytest.mark.parametrize("names", [("outputs", "head_1"), ("head_1", "head_2")])
def test_names_that_are_in_use_inside_are_no_hindrance(names):
    head = make_head(np.random.default_rng(0), CARDS[0], "probabilities", [["clip"], ["tanh"]])
    model, _ = merge_head(
        with_embedding(network(names=(*names[:1], names[1]))), head, card=CARDS[0]
    )
    plain, _ = merge_head(NETWORKS[3], head, card=CARDS[0])
    expected = run(plain, images(2))["outputs"]
    assert run(model, images(2))["outputs"].tobytes() == expected.tobytes()


def test_thresholds_go_with_the_head():
    head = make_head(np.random.default_rng(0), CARDS[0], "embedding", [["sigmoid"]])
    shares = tuple(0.1 for _ in head.outputs)
    _, merged = merge_head(NETWORKS[3], replace(head, thresholds=shares), card=CARDS[0])
    assert merged.head.thresholds == shares


def test_a_second_head_is_refused():
    head = make_head(np.random.default_rng(0), CARDS[0], "embedding", [["sigmoid"]])
    model, merged = merge_head(NETWORKS[3], head, card=CARDS[0])
    with pytest.raises(ModelError, match="tiny has a head merged in already"):
        merge_head(model, head, card=merged)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (card("a", "b", "c", scores="probabilities"), "trained on logits, tiny gives probabilit"),
        (card("a", "b"), r"the head takes 9 inputs \(both\), the backbone gives 8"),
    ],
)
def test_a_head_of_another_network_is_refused(other, message):
    head = make_head(np.random.default_rng(0), CARDS[0], "both", [["sigmoid"]])
    with pytest.raises(ModelError, match=message):
        merge_head(NETWORKS[len(other.outputs)], head, card=other)
