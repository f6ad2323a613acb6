"""Heads equal their formulas, survive a file, and are put on nothing but what they fit."""

import hashlib
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit.errors import DataError, ModelError
from baselines.card import EMOTIONS_8, VA, Card
from baselines.heads import ACTIVATIONS, SOURCES, Head, Layer, activate, check_head, head_input
from baselines.preprocessing import Preprocessing

CARD = Card(
    name="tiny",
    outputs=EMOTIONS_8,
    scores="logits",
    preprocessing=Preprocessing(size=2, colour="rgb", mean=(0, 0, 0), std=(1, 1, 1)),
)


def layer(inputs, outputs, activation="linear", seed=0):
    rng = np.random.default_rng(seed)
    weight = rng.normal(size=(inputs, outputs)).astype(np.float32)
    return Layer(
        weight=weight, bias=rng.normal(size=outputs).astype(np.float32), activation=activation
    )


def head(source="both", **options):
    parts = ((layer(13, 6, "relu"), layer(6, 2, "tanh", 1)), (layer(13, 3, "softmax", 2),))
    return Head(source=source, outputs=tuple("abcde"), parts=parts, **options)


def features(n, seed=0):
    rng = np.random.default_rng(seed)
    return tuple(rng.normal(size=(n, size)).astype(np.float32) for size in (5, 8))


def literal(values, activation):
    """Activate one row of Python floats."""
    if activation == "softmax":
        powers = [math.exp(value - max(values)) for value in values]
        return [power / sum(powers) for power in powers]
    function = {
        "linear": lambda value: value,
        "relu": lambda value: max(value, 0.0),
        "tanh": math.tanh,
        "sigmoid": lambda value: 1 / (1 + math.exp(-value)),
        "clip": lambda value: min(max(value, -1.0), 1.0),
    }[activation]
    return [function(value) for value in values]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_layer_is_a_literal_sum_of_products(activation):
    dense, x = layer(13, 4, activation), np.concatenate(features(6), axis=1)
    for row, result in zip(x.tolist(), dense(x), strict=True):
        sums = [
            float(bias) + sum(a * float(b) for a, b in zip(row, column, strict=True))
            for bias, column in zip(dense.bias, dense.weight.T, strict=True)
        ]
        np.testing.assert_allclose(result, literal(sums, activation), atol=2e-6, rtol=1e-5)
    assert dense(x).dtype == np.float32


def test_a_head_stacks_its_layers_and_joins_its_parts():
    (x,) = features(6)[:1]
    first, second, side = layer(5, 6, "relu"), layer(6, 2), layer(5, 3)
    made = Head(source="embedding", outputs=tuple("abcde"), parts=((first, second), (side,)))
    expected = np.concatenate([second(first(x)), side(x)], axis=1)
    np.testing.assert_array_equal(made(x), expected)


@pytest.mark.parametrize("outputs", [EMOTIONS_8, (*EMOTIONS_8[:6], *VA)])
@pytest.mark.parametrize("kind", ["logits", "probabilities"])
@pytest.mark.parametrize("source", SOURCES)
def test_what_goes_into_a_head_is_its_source(source, kind, outputs):
    embedding, scores = features(6)
    card = replace(CARD, outputs=outputs, scores=kind)
    expected = {
        "embedding": embedding,
        "scores": scores,
        "probabilities": card.probabilities(scores),
        "both": np.concatenate([embedding, scores], axis=1),
    }[source]
    np.testing.assert_array_equal(head_input(source, card, embedding, scores), expected)


@pytest.mark.parametrize("source", ["scores", "both"])
@pytest.mark.parametrize("kinds", [("logits", "probabilities"), ("probabilities", "logits")])
def test_a_head_of_the_other_kind_of_scores_is_refused(source, kinds):
    trained, given = kinds
    made, card = head(source, scores=trained), replace(CARD, scores=given)
    with pytest.raises(ModelError, match=f"trained on {trained}, tiny gives {given}; use the"):
        check_head(made, card, n_embedding=None)


@pytest.mark.parametrize("source", ["embedding", "probabilities"])
def test_the_kind_of_scores_matters_only_where_they_go_in(source):
    made = replace(head(source, scores="probabilities"), parts=((layer(8, 5),),))
    check_head(made, CARD, n_embedding=8)


@pytest.mark.parametrize(
    ("source", "n_embedding", "given"),
    [("embedding", 5, 5), ("scores", 13, 8), ("probabilities", None, 8), ("both", 6, 14)],
)
def test_a_head_of_another_size_is_refused(source, n_embedding, given):
    with pytest.raises(ModelError, match=rf"takes 13 inputs \({source}\), .* gives {given}; use"):
        check_head(head(source), CARD, n_embedding=n_embedding)


@pytest.mark.parametrize(
    ("source", "n_embedding"), [("embedding", 13), ("both", 5), ("both", None)]
)
def test_a_head_that_fits_is_taken(source, n_embedding):
    check_head(head(source), CARD, n_embedding=n_embedding)


@pytest.mark.parametrize("source", ["scores", "probabilities", "both"])
def test_a_head_on_other_scores_is_refused(source):
    other = (*EMOTIONS_8[:-1], "Boredom")
    made = replace(head(source, score_names=other), parts=((layer(8, 5),),))
    with pytest.raises(ModelError, match=r"on the scores Anger, .*Boredom; tiny gives Anger, "):
        check_head(made, CARD, n_embedding=0)
    # Their order matters as well.
    with pytest.raises(ModelError, match="trained on the scores"):
        check_head(replace(made, score_names=EMOTIONS_8[::-1]), CARD, n_embedding=0)
    check_head(replace(made, score_names=EMOTIONS_8), CARD, n_embedding=0)


def test_the_names_of_scores_matter_only_where_they_go_in():
    check_head(head("embedding", score_names=("a",)), CARD, n_embedding=13)


@pytest.mark.parametrize("source", SOURCES)
def test_a_head_of_another_backbone_is_refused(source):
    made = replace(head(source, backbone="large"), parts=((layer(8, 5),),))
    with pytest.raises(ModelError, match="the head was trained on large, not on tiny; use the"):
        check_head(made, CARD, n_embedding=8)
    check_head(replace(made, backbone="tiny"), CARD, n_embedding=0 if source == "both" else 8)


def test_every_part_of_a_head_has_to_fit():
    made = replace(head("embedding"), parts=((layer(13, 2),), (layer(12, 3),)))
    with pytest.raises(ModelError, match="takes 12 inputs"):
        check_head(made, CARD, n_embedding=13)


@given(st.lists(st.integers(0, 39), min_size=1, max_size=40), st.sampled_from(ACTIVATIONS))
def test_no_row_depends_on_its_batch_to_the_last_bit(rows, activation):
    x = (3 * np.random.default_rng(0).normal(size=(40, 133))).astype(np.float32)
    dense = layer(133, 8, activation)
    np.testing.assert_array_equal(dense(x[rows]), dense(x)[rows])
    np.testing.assert_array_equal(activate(x[rows], activation), activate(x, activation)[rows])


def test_the_softmax_is_over_the_classes_not_over_the_batch():
    x = np.array([[0, 0], [1000, 0], [-1000, 0]], np.float32)
    np.testing.assert_array_equal(activate(x, "softmax"), [[0.5, 0.5], [1, 0], [0, 1]])


def test_the_sigmoid_does_not_overflow():
    x = np.array([[-1e4, -100, 0, 100, 1e4]], np.float32)
    with np.errstate(over="raise", invalid="raise"):
        result = activate(x, "sigmoid")
    np.testing.assert_allclose(result, [[0, 0, 0.5, 1, 1]], atol=1e-30)


@pytest.mark.parametrize("kind", ["logits", "probabilities"])
def test_a_head_is_read_as_it_was_written(tmp_path, kind):
    made = head(thresholds=(0.25, 0.5), reference="somewhere", scores=kind)
    made.save(tmp_path / "head.npz")
    other = Head.load(tmp_path / "head.npz")
    assert (other.source, other.outputs, other.scores) == (made.source, made.outputs, kind)
    assert (other.thresholds, other.reference) == ((0.25, 0.5), "somewhere")
    x = np.concatenate(features(9), axis=1)
    np.testing.assert_array_equal(other(x), made(x))
    assert other.digest == made.digest


def test_a_head_tells_what_it_was_trained_on(tmp_path):
    made = head(score_names=EMOTIONS_8, backbone="tiny")
    made.save(tmp_path / "head.npz")
    other = Head.load(tmp_path / "head.npz")
    assert (other.score_names, other.backbone) == (EMOTIONS_8, "tiny")
    assert other.digest == made.digest


def test_a_head_of_old_is_read_and_keeps_its_digest(tmp_path):
    meta = {
        "source": "both", "scores": "logits", "outputs": ["a"], "activations": [["tanh"]],
        "thresholds": [], "reference": "old",
    }  # fmt: skip
    weight, bias = np.ones((13, 1), np.float32), np.zeros(1, np.float32)
    np.savez(
        tmp_path / "old.npz", abawkit_head=np.str_(json.dumps(meta)),
        weight_0_0=weight, bias_0_0=bias,
    )  # fmt: skip
    made = Head.load(tmp_path / "old.npz")
    assert (made.score_names, made.backbone, made.reference) == ((), "", "old")
    check_head(made, CARD, n_embedding=5)
    assert made.digest == hashlib.sha256((tmp_path / "old.npz").read_bytes()).hexdigest()


def test_the_same_head_is_the_same_file(tmp_path):
    head().save(tmp_path / "a.npz")
    Head.load(tmp_path / "a.npz").save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_the_digest_tells_heads_apart():
    options = ({}, {"reference": "x"}, {"thresholds": (1.0,)}, {"scores": "probabilities"})
    options += ({"score_names": ("x",)}, {"backbone": "x"})
    assert len({head(**option).digest for option in options}) == 6


def test_a_pickle_is_refused_unread(tmp_path):
    class Trap:
        def __reduce__(self):
            return pytest.fail, ("a pickle was loaded",)

    np.savez(tmp_path / "head.npz", abawkit_head=np.array([Trap()], object))
    with pytest.raises(ModelError, match="not a head of abawkit") as caught:
        Head.load(tmp_path / "head.npz")
    assert "Object arrays cannot be loaded" in str(caught.value.__cause__)


@pytest.mark.parametrize("content", [b"", b"text", "array", "lacking", "truncated"])
def test_what_is_no_head_is_refused(tmp_path, content):
    path = tmp_path / "head.npz"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "array":
        with path.open("wb") as file:
            np.save(file, np.zeros(3))
    elif content == "lacking":
        np.savez(path, weight_0_0=np.zeros((2, 2)))
    elif content == "truncated":
        head().save(path)
        path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ModelError, match=r"head\.npz: not a head of abawkit"):
        Head.load(path)


def test_features_of_another_size_are_refused():
    with pytest.raises(ModelError, match=r"takes 13 inputs \(both\), the backbone gives 12"):
        head()(np.zeros((3, 12), np.float32))


@pytest.mark.parametrize(
    ("source", "parts", "fragment"),
    [
        ("pixels", ((layer(3, 1),),), "unknown source 'pixels'"),
        ("both", ((layer(3, 1, "gelu"),),), r"unknown activations \['gelu'\]"),
        ("both", ((),), "unknown activations"),
        ("both", ((layer(3, 2),),), "give 2 outputs, but 1 are named"),
        ("both", (), "give 0 outputs, but 1 are named"),
        ("both", ((layer(3, 2), layer(3, 1)),), "sizes of the layers do not follow"),
        ("both", ((Layer(weight=np.ones((3, 1)), bias=np.ones(2), activation="relu"),),), "sizes"),
        ("both", ((Layer(weight=np.ones(3), bias=np.ones(1), activation="relu"),),), "sizes"),
    ],
)
def test_layers_that_do_not_fit_are_refused(source, parts, fragment):
    with pytest.raises(ModelError, match=fragment):
        Head(source=source, outputs=("a",), parts=parts)


def test_an_unknown_kind_of_scores_is_refused():
    with pytest.raises(ModelError, match="kind of scores 'log'"):
        head(scores="log")


def test_a_text_file_is_refused_without_advice_to_trust_it(tmp_path):
    (tmp_path / "head.npz").write_text("# not a head")
    with pytest.raises(ModelError, match="not a head of abawkit") as caught:
        Head.load(tmp_path / "head.npz")
    assert "pickle" not in str(caught.value)


def test_a_head_that_is_not_there_is_a_data_error(tmp_path):
    with pytest.raises(DataError, match=r"no\.npz: no such file; expected a trained head"):
        Head.load(tmp_path / "no.npz")
