"""A card is read as it was written, and anything else is refused."""

import json
import re
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.card import EMOTIONS_7, EMOTIONS_8, SCORES, VA, Card, MergedHead, softmax
from baselines.preprocessing import COLOURS, RESIZES, Preprocessing

CARD = Card(
    name="tiny",
    outputs=EMOTIONS_8 + VA,
    scores="logits",
    preprocessing=Preprocessing(size=2, colour="rgb", mean=(0.0, 0.5, 1.0), std=(1.0, 0.5, 0.1)),
    trained_on=("ImageNet",),
    head=MergedHead(outputs=VA, thresholds=(0.5,), reference="somewhere"),
)
TEXT = st.text(max_size=5)
NAMES = st.lists(st.text(min_size=1, max_size=5), max_size=4, unique=True).map(tuple)
REAL = st.floats(allow_nan=False, allow_infinity=False)
PREPROCESSINGS = st.builds(
    Preprocessing,
    size=st.integers(1, 999),
    colour=st.sampled_from(COLOURS),
    mean=st.tuples(REAL, REAL, REAL),
    std=st.tuples(*[st.floats(1e-9, 1e9)] * 3),
    resize=st.sampled_from(RESIZES),
)
HEADS = st.builds(
    MergedHead,
    outputs=NAMES.filter(len),
    thresholds=st.lists(st.floats(0, 1), max_size=3).map(tuple),
    reference=TEXT,
)
CARDS = st.builds(
    Card,
    name=st.text(min_size=1, max_size=5),
    outputs=NAMES,
    scores=st.sampled_from(SCORES),
    preprocessing=PREPROCESSINGS,
    network=TEXT,
    source=TEXT,
    trained_on=NAMES,
    licence=TEXT,
    head=st.none() | HEADS,
)
# Beyond what differences of 32-bit numbers can hold, too.
LOGITS = st.floats(width=32, allow_nan=False, allow_infinity=False)


@given(CARDS)
def test_a_card_is_read_as_it_was_written(card):
    assert Card.of(card.to_json()) == card


def test_what_a_card_need_not_say_is_empty():
    values = json.loads(CARD.to_json())
    for name in ("network", "source", "trained_on", "licence", "head"):
        del values[name]
    assert Card.of(json.dumps(values)) == replace(CARD, trained_on=(), head=None)


def changed(path, value):
    """Write the card with one value changed, or with it left out where the value is Ellipsis."""
    values = json.loads(CARD.to_json())
    *folders, name = path.split(".")
    place = values
    for folder in folders:
        place = place[folder]
    if value is ...:
        del place[name]
    else:
        place[name] = value
    return json.dumps(values)


LONG = 10**400
WRONG = [
    *[(name, ..., f"'{name}' is missing") for name in ("name", "outputs", "scores")],
    ("preprocessing", ..., "'preprocessing' is missing"),
    ("preprocessing.size", ..., "preprocessing is not as expected: 'size' is missing"),
    ("head.outputs", ..., "head is not as expected: 'outputs' is missing"),
    ("classes", ["a"], "the card is not as expected: 'classes' is unknown"),
    ("preprocessing.crop", 3, "preprocessing is not as expected: 'crop' is unknown"),
    ("head.source", "x", "head is not as expected: 'source' is unknown"),
    ("name", "", "to have a name"),
    *[(n, 3, f"expected {n} to be text") for n in ("name", "network", "source", "licence")],
    ("head.reference", None, "expected reference to be text, found None"),
    *[("outputs", v, "to be a list of names") for v in ("abc", None, [3], [["a"]], {}, [""])],
    ("outputs", ["a", "b", "a"], "outputs to be different names, found a, b, a"),
    ("trained_on", "ImageNet", "expected trained_on to be a list of names"),
    ("head.outputs", [], "the merged head to have outputs"),
    ("head.outputs", ["a", "a"], "outputs to be different names"),
    *[("head.thresholds", v, "numbers from 0 to 1") for v in (3, [2], ["0"], [None], [True])],
    ("head.thresholds", [float("nan")], "numbers from 0 to 1"),
    *[("scores", v, "expected scores to be logits or prob") for v in ("scores", None, ["logits"])],
    *[("preprocessing", v, "expected preprocessing to be a JSON object") for v in (3, None, [])],
    *[("head", v, "expected head to be a JSON object") for v in ([1], 3, "x", False)],
    *[("preprocessing.colour", v, "colour to be rgb, bgr, grey") for v in ("hsv", None, [])],
    *[("preprocessing.resize", v, "resize to be bilinear, bic") for v in ("nearest", 2, None)],
    *[("preprocessing.size", v, "pixels") for v in (0, -1, 2.0, "2", True, None, [2])],
    *[
        (f"preprocessing.{name}", value, f"expected {name} to be three numbers")
        for name in ("mean", "std")
        for value in (1, None, [1, 1], [1] * 4, [1, 1, "1"], [1, 1, True], [1, 1, LONG], [[1]] * 3)
    ],
    *[
        ("preprocessing.mean", [0, 0, float(v)], "expected mean to be three numbers")
        for v in ("nan", "inf", "-inf")
    ],
    *[("preprocessing.std", [1, 1, v], "expected std to be above 0") for v in (0, -1, -0.0)],
]


@pytest.mark.parametrize(("path", "value", "fragment"), WRONG, ids=lambda x: f"{x!r:.30}")
def test_a_card_with_something_wrong_is_refused(path, value, fragment):
    with pytest.raises(ValueError, match=fragment):
        Card.of(changed(path, value))


@pytest.mark.parametrize("text", ["", "{", "nothing", "[" * 99999, "9" * 9999])
def test_what_is_no_json_is_refused(text):
    with pytest.raises(ValueError, match="the card is no JSON"):
        Card.of(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
PATHS = st.sampled_from([
    *asdict(CARD),
    *(f"preprocessing.{name}" for name in asdict(CARD.preprocessing)),
    *(f"head.{name}" for name in asdict(CARD.head)),
])


@given(PATHS, JSON)
def test_whatever_stands_in_a_card_it_is_read_or_refused(path, value):
    try:
        card = Card.of(changed(path, value))
    except ValueError as error:
        assert re.search("expected", str(error))  # noqa: PT017 - most are refused, some are not
    else:
        assert Card.of(card.to_json()) == card


@given(JSON)
def test_whatever_is_no_object_is_refused(value):
    with pytest.raises(ValueError, match="expected"):
        Card.of(json.dumps(value))


def test_classes_are_the_outputs_that_are_not_valence_and_arousal():
    assert CARD.classes == EMOTIONS_8
    assert replace(CARD, outputs=("arousal", "b", "valence", "a")).classes == ("b", "a")
    assert len(EMOTIONS_7) == 7


def of(outputs, scores="logits"):
    return replace(CARD, outputs=tuple(outputs), scores=scores)


@given(st.lists(st.tuples(*[LOGITS] * 5), min_size=1, max_size=5))
def test_probabilities_are_of_the_classes_alone(rows):
    card, scores = of(["a", "valence", "b", "arousal", "c"]), np.array(rows, np.float32)
    before = scores.copy()
    result = card.probabilities(scores)
    assert (result.dtype, result.shape) == (np.float32, scores.shape)
    np.testing.assert_array_equal(result[:, [1, 3]], before[:, [1, 3]])
    np.testing.assert_allclose(result[:, [0, 2, 4]].sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(scores, before)


@given(st.permutations(range(10)), st.integers(0, 99))
def test_probabilities_follow_a_permutation_of_the_outputs(order, seed):
    scores = np.random.default_rng(seed).normal(0, 9, (4, 10)).astype(np.float32)
    other = of(CARD.outputs[at] for at in order).probabilities(scores[:, order])
    np.testing.assert_allclose(other, CARD.probabilities(scores)[:, order], rtol=1e-5)


def test_probabilities_stay_as_they_are():
    scores = np.array([[0.5, 0.5, -3]], np.float32)
    assert of(["a", "b", "valence"], "probabilities").probabilities(scores) is scores


@pytest.mark.parametrize("outputs", [[], VA])
def test_without_classes_there_is_nothing_to_change(outputs):
    scores = np.full((2, len(outputs)), 3, np.float32)
    assert of(outputs).probabilities(scores) is scores


@pytest.mark.parametrize("outputs", [EMOTIONS_8, EMOTIONS_8 + VA, (VA[0], *EMOTIONS_7, VA[1])])
def test_the_probabilities_of_a_row_do_not_depend_on_its_batch_to_the_last_bit(outputs):
    scores = np.random.default_rng(0).normal(0, 3, (500, len(outputs))).astype(np.float32)
    whole = of(outputs).probabilities(scores)
    single = np.concatenate([of(outputs).probabilities(row[None]) for row in scores])
    np.testing.assert_array_equal(whole, single)


def test_the_softmax_does_not_overflow():
    x = np.array([[3e38, -3e38, 3e38], [-1e5, -1e5, -2e5], [1e5, 0, 0]], np.float32)
    with np.errstate(all="raise", under="ignore"):
        result = softmax(x)
    np.testing.assert_array_equal(result, [[0.5, 0, 0.5], [0.5, 0.5, 0], [1, 0, 0]])


def test_the_softmax_is_its_formula():
    x = np.random.default_rng(0).normal(0, 5, (50, 8)).astype(np.float32)
    powers = np.exp(x.astype(np.float64))
    np.testing.assert_allclose(softmax(x), powers / powers.sum(axis=1)[:, None], rtol=1e-5)
