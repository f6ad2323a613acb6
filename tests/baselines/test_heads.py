"""Heads equal their formulas, survive a file, and map emotions by the published tables."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit.errors import ModelError
from abawkit.protocol import CHALLENGES, find_challenge
from baselines.heads import ACTIVATIONS, SOURCES, Head, Layer, activate, zero_shot_head
from submissions.decide import output_names

AFFECTNET = (
    "Anger", "Contempt", "Disgust", "Fear", "Happiness", "Neutral", "Sadness", "Surprise",
)  # fmt: skip
# Du, Tao and Martinez 2014, table 1: units of most people, and of some with the share in %.
DU_2014 = {
    "Happiness": ([12, 25], {6: 51}),
    "Sadness": ([4, 15], {1: 60, 6: 50, 11: 26, 17: 67}),
    "Fear": ([1, 4, 20, 25], {2: 57, 5: 63, 26: 33}),
    "Anger": ([4, 7, 24], {10: 26, 17: 52, 23: 29}),
    "Surprise": ([1, 2, 25, 26], {5: 66}),
    "Disgust": ([9, 10, 17], {4: 31, 24: 26}),
    "Contempt": ([], {}),
    "Neutral": ([], {}),
}
# Russell and Mehrabian 1977: pleasure and arousal.
RUSSELL_1977 = {
    "Anger": (-0.51, 0.59),
    "Disgust": (-0.60, 0.35),
    "Fear": (-0.64, 0.60),
    "Happiness": (0.81, 0.51),
    "Sadness": (-0.63, -0.27),
    "Surprise": (0.40, 0.67),
    "Neutral": (0.0, 0.0),
    "Contempt": ((-0.51 - 0.60) / 2, (0.59 + 0.35) / 2),
}
VA, EXPR, AU, MTL = (find_challenge(task) for task in ("va", "expr", "au", "mtl"))
EMOTIONS = pytest.mark.parametrize("emotion", AFFECTNET)


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


def pure(emotion):
    """Give the scores of a face that shows one emotion only."""
    return np.array([[200.0 if name == emotion else 0.0 for name in AFFECTNET]], np.float32)


def zero_shot(challenge, scores):
    return zero_shot_head(challenge, AFFECTNET)(np.zeros((len(scores), 4), np.float32), scores)


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
    }[activation]
    return [function(value) for value in values]


@EMOTIONS
def test_a_pure_emotion_has_the_action_units_of_the_table(emotion):
    most, some = DU_2014[emotion]
    shares = {f"AU{unit}": 1.0 for unit in most} | {f"AU{u}": s / 100 for u, s in some.items()}
    for edition in (1, 3):
        challenge = find_challenge("au", edition)
        expected = [shares.get(name, 0.0) for name in output_names(challenge)]
        np.testing.assert_allclose(zero_shot(challenge, pure(emotion))[0], expected, atol=1e-6)


@EMOTIONS
def test_a_pure_emotion_has_its_own_coordinates(emotion):
    np.testing.assert_allclose(zero_shot(VA, pure(emotion))[0], RUSSELL_1977[emotion], atol=1e-6)


def test_expressions_are_affectnets_columns_by_the_published_map():
    _, scores = features(7)
    probabilities = activate(scores, "softmax")
    expected = probabilities[:, [5, 0, 2, 3, 4, 6, 7, 1]]
    np.testing.assert_array_equal(zero_shot(EXPR, scores), expected)


def test_the_map_is_by_name_whatever_the_order_of_the_scores():
    embedding, scores = features(7)
    order = [3, 1, 4, 0, 5, 2, 7, 6]
    other = zero_shot_head(MTL, [AFFECTNET[i] for i in order])(embedding, scores[:, order])
    np.testing.assert_allclose(other, zero_shot(MTL, scores), atol=1e-6)


def test_the_heads_of_mtl_are_the_others_side_by_side():
    _, scores = features(7)
    others = [zero_shot(challenge, scores) for challenge in (VA, EXPR, AU)]
    np.testing.assert_array_equal(zero_shot(MTL, scores), np.concatenate(others, axis=1))


def test_a_mixture_is_the_expectation_of_the_table():
    scores = np.log(np.array([[1, 1, 1, 1, 1, 1, 1, 3]], np.float32))
    expected = sum(
        np.array(RUSSELL_1977[name]) * (3 if name == "Surprise" else 1) for name in AFFECTNET
    )
    np.testing.assert_allclose(zero_shot(VA, scores)[0], expected / 10, atol=1e-6)


@pytest.mark.parametrize("name", ["abaw5-eri", "abaw6-ce", "abaw6-emi", "abaw10-vd", "abaw8-ah"])
def test_a_task_without_a_table_is_refused(name):
    with pytest.raises(ModelError, match=f"{name}: no zero-shot table for .*; train a head"):
        zero_shot_head(CHALLENGES[name], AFFECTNET)


@pytest.mark.parametrize("challenge", [VA, AU])
def test_a_backbone_of_other_classes_is_refused(challenge):
    with pytest.raises(ModelError, match="no zero-shot table for the backbone's classes cat"):
        zero_shot_head(challenge, [*AFFECTNET, "cat"])


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


@pytest.mark.parametrize("source", SOURCES)
def test_a_head_stacks_its_layers_and_joins_its_parts(source):
    embedding, scores = features(6)
    x = {
        "embedding": embedding,
        "scores": scores,
        "probabilities": activate(scores, "softmax"),
        "both": np.concatenate([embedding, scores], axis=1),
    }[source]
    first, second, side = layer(x.shape[1], 6, "relu"), layer(6, 2), layer(x.shape[1], 3)
    made = Head(source=source, outputs=tuple("abcde"), parts=((first, second), (side,)))
    expected = np.concatenate([second(first(x)), side(x)], axis=1)
    np.testing.assert_array_equal(made(embedding, scores), expected)


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


def test_a_head_is_read_as_it_was_written(tmp_path):
    made = head(thresholds=(0.25, 0.5), reference="somewhere")
    made.save(tmp_path / "head.npz")
    other = Head.load(tmp_path / "head.npz")
    assert (other.source, other.outputs) == (made.source, made.outputs)
    assert (other.thresholds, other.reference) == ((0.25, 0.5), "somewhere")
    np.testing.assert_array_equal(other(*features(9)), made(*features(9)))
    assert other.digest == made.digest


def test_the_same_head_is_the_same_file(tmp_path):
    head().save(tmp_path / "a.npz")
    Head.load(tmp_path / "a.npz").save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_the_digest_tells_heads_apart():
    digests = {head().digest, head(reference="x").digest, head(thresholds=(1.0,)).digest}
    assert len(digests) == 3


def test_a_pickle_is_refused_unread(tmp_path):
    class Trap:
        def __reduce__(self):
            return pytest.fail, ("a pickle was loaded",)

    np.savez(tmp_path / "head.npz", abawkit_head=np.array([Trap()], object))
    with pytest.raises(ModelError, match="not a head of abawkit") as caught:
        Head.load(tmp_path / "head.npz")
    assert "Object arrays cannot be loaded" in str(caught.value.__cause__)


@pytest.mark.parametrize("content", [None, b"", b"text", "array", "lacking", "truncated"])
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
    embedding, scores = features(3)
    with pytest.raises(ModelError, match=r"takes 13 inputs \(both\), the backbone gives 12"):
        head()(embedding[:, 1:], scores)


@pytest.mark.parametrize(
    ("source", "parts", "fragment"),
    [
        ("pixels", ((layer(3, 1),),), "unknown source 'pixels'"),
        ("both", ((layer(3, 1, "gelu"),),), r"activations \['gelu'\]"),
        ("both", ((),), "unknown source 'both' or activations"),
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


def test_the_zero_shot_head_tells_that_contempt_is_between_anger_and_disgust():
    reference = zero_shot_head(VA, AFFECTNET).reference
    assert reference.startswith("zero-shot: Du et al. 2014, Russell and Mehrabian 1977, ")
    assert reference.endswith(", contempt between anger and disgust")
    assert "our own construction" in zero_shot_head.__doc__


def test_a_text_file_is_refused_without_advice_to_trust_it(tmp_path):
    (tmp_path / "head.npz").write_text("# not a head")
    with pytest.raises(ModelError, match="not a head of abawkit") as caught:
        Head.load(tmp_path / "head.npz")
    assert "pickle" not in str(caught.value)
