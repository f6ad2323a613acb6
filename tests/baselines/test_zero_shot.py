"""Emotions are mapped to each task by name, by the published tables."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abawkit.errors import ModelError
from abawkit.protocol import CHALLENGES, find_challenge
from baselines.card import EMOTIONS_7, EMOTIONS_8, SCORES, Card
from baselines.card import VA as VA_NAMES
from baselines.heads import check_head, head_input
from baselines.preprocessing import Preprocessing
from baselines.zero_shot import zero_shot_head
from submissions.decide import output_names

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
EMOTIONS = pytest.mark.parametrize("emotion", EMOTIONS_8)


EMOTIONS_AND_VA = EMOTIONS_8 + VA_NAMES
CARD = Card(
    name="tiny",
    outputs=EMOTIONS_8,
    scores="logits",
    preprocessing=Preprocessing(size=2, colour="rgb", mean=(0, 0, 0), std=(1, 1, 1)),
)
OUTPUTS = pytest.mark.parametrize(
    "outputs", [EMOTIONS_8, EMOTIONS_7, EMOTIONS_AND_VA], ids=["8", "7", "8 and va"]
)
TASKS = pytest.mark.parametrize("challenge", [VA, EXPR, AU, MTL], ids=lambda row: row.name)
FINITE = st.floats(width=32, allow_nan=False, allow_infinity=False)


def some_scores(n, outputs, seed=0):
    return np.random.default_rng(seed).normal(0, 2, (n, len(outputs))).astype(np.float32)


def pure(emotion):
    """Give the scores of a face that shows one emotion only."""
    return np.array([[200.0 if name == emotion else 0.0 for name in EMOTIONS_8]], np.float32)


def zero_shot(challenge, scores, outputs=EMOTIONS_8, kind="logits"):
    card = replace(CARD, outputs=tuple(outputs), scores=kind)
    head = zero_shot_head(challenge, card)
    check_head(head, card, n_embedding=4)
    assert head.outputs == output_names(challenge)
    return head(head_input(head.source, card, np.zeros((len(scores), 4), np.float32), scores))


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
    scores = some_scores(7, EMOTIONS_8)
    expected = CARD.probabilities(scores)[:, [5, 0, 2, 3, 4, 6, 7, 1]]
    np.testing.assert_array_equal(zero_shot(EXPR, scores), expected)


def test_of_seven_classes_other_is_nought():
    scores = some_scores(7, EMOTIONS_7)
    found = zero_shot(EXPR, scores, EMOTIONS_7)
    probabilities = replace(CARD, outputs=EMOTIONS_7).probabilities(scores)
    np.testing.assert_array_equal(found[:, :7], probabilities[:, [4, 0, 1, 2, 3, 5, 6]])
    assert output_names(EXPR)[7] == "Other"
    assert not found[:, 7].any()


@TASKS
@OUTPUTS
@settings(max_examples=20)
@given(data=st.data())
def test_the_map_is_by_name_whatever_the_order_of_the_outputs(challenge, outputs, data):
    order = data.draw(st.permutations(range(len(outputs))))
    scores = some_scores(5, outputs)
    other = zero_shot(challenge, scores[:, order], [outputs[i] for i in order])
    np.testing.assert_allclose(other, zero_shot(challenge, scores, outputs), atol=2e-6)


@OUTPUTS
def test_the_heads_of_mtl_are_the_others_side_by_side(outputs):
    scores = some_scores(7, outputs)
    others = [zero_shot(challenge, scores, outputs) for challenge in (VA, EXPR, AU)]
    found = zero_shot(MTL, scores, outputs)
    np.testing.assert_array_equal(found, np.concatenate(others, axis=1))


def test_a_mixture_is_the_expectation_of_the_table():
    scores = np.log(np.array([[1, 1, 1, 1, 1, 1, 1, 3]], np.float32))
    expected = sum(
        np.array(RUSSELL_1977[name]) * (3 if name == "Surprise" else 1) for name in EMOTIONS_8
    )
    np.testing.assert_allclose(zero_shot(VA, scores)[0], expected / 10, atol=1e-6)


def test_probabilities_are_taken_as_they_are():
    scores = np.exp(some_scores(7, EMOTIONS_8))
    scores /= scores.sum(axis=1, keepdims=True)
    found = zero_shot(MTL, scores, kind="probabilities")
    np.testing.assert_allclose(found, zero_shot(MTL, np.log(scores)), atol=1e-6)


@pytest.mark.parametrize("kind", SCORES)
@pytest.mark.parametrize("challenge", [VA, MTL])
def test_valence_and_arousal_of_the_network_are_taken_and_clipped(challenge, kind):
    scores = some_scores(7, EMOTIONS_AND_VA)
    found = zero_shot(challenge, scores, EMOTIONS_AND_VA, kind)
    np.testing.assert_array_equal(found[:, :2], np.clip(scores[:, 8:], -1, 1))
    assert (abs(scores[:, 8:]) > 1).any()


@TASKS
def test_valence_and_arousal_of_the_network_change_no_other_output(challenge):
    scores = some_scores(7, EMOTIONS_AND_VA)
    rest = [i for i, name in enumerate(output_names(challenge)) if name not in VA_NAMES]
    found = zero_shot(challenge, scores, EMOTIONS_AND_VA)[:, rest]
    np.testing.assert_array_equal(found, zero_shot(challenge, scores[:, :8])[:, rest])


@OUTPUTS
@given(data=st.data())
def test_valence_and_arousal_never_leave_their_range(outputs, data):
    kind = data.draw(st.sampled_from(SCORES))
    scores = np.array([data.draw(st.tuples(*[FINITE] * len(outputs)))], np.float32)
    with np.errstate(over="ignore"):
        found = zero_shot(VA, scores, outputs, kind)
    # Scores that are no probabilities may overflow in the sum over them.
    assert (abs(found[np.isfinite(found)]) <= 1).all()
    assert kind == "probabilities" or np.isfinite(found).all()


@pytest.mark.parametrize("name", ["abaw5-eri", "abaw6-ce", "abaw6-emi", "abaw10-vd", "abaw8-ah"])
def test_a_task_without_a_table_is_refused(name):
    with pytest.raises(ModelError, match=f"{name}: no zero-shot table for .*; train a head"):
        zero_shot_head(CHALLENGES[name], CARD)


@pytest.mark.parametrize("outputs", [(*EMOTIONS_8, "cat"), (*EMOTIONS_AND_VA, "cat")])
@pytest.mark.parametrize("challenge", [EXPR, AU, MTL])
def test_a_backbone_of_other_classes_is_refused(challenge, outputs):
    told = "^tiny has the classes Anger, .*, cat; there is no .* table for cat, only for Anger, .*"
    with pytest.raises(ModelError, match=f"{told}--outputs at import.*--head$"):
        zero_shot_head(challenge, replace(CARD, outputs=outputs))


@TASKS
def test_unnamed_classes_are_told_as_they_are(challenge):
    with pytest.raises(ModelError, match=r"^tiny has the classes a, b; .* table for a, b, only"):
        zero_shot_head(challenge, replace(CARD, outputs=("a", "b")))


def test_a_backbone_that_lacks_classes_of_the_task_is_told_which():
    card = replace(CARD, outputs=tuple(name for name in EMOTIONS_7 if name != "Fear"))
    with pytest.raises(ModelError, match=r"Surprise; abaw\d+-expr needs Fear too\. .*--outputs"):
        zero_shot_head(EXPR, card)
    assert zero_shot_head(VA, card).outputs == VA_NAMES


EXPRESSIONS = tuple(output_names(EXPR))


@pytest.mark.parametrize("more", [(), ("cat",), ("Contempt", "cat"), VA_NAMES])
def test_the_classes_of_the_task_itself_are_taken_as_they_are(more):
    outputs = (*reversed(EXPRESSIONS), *more)
    scores = some_scores(7, outputs)
    expected = replace(CARD, outputs=outputs).probabilities(scores)[:, 7::-1]
    np.testing.assert_array_equal(zero_shot(EXPR, scores, outputs), expected)
    reference = zero_shot_head(EXPR, replace(CARD, outputs=outputs)).reference
    assert reference == "classes of the network, by their names"


def test_units_are_no_classes_of_which_there_is_one():
    with pytest.raises(ModelError, match=r"^tiny has the classes AU1, .*; there is no .* for AU1"):
        zero_shot_head(AU, replace(CARD, outputs=output_names(AU)))


@pytest.mark.parametrize("challenge", [VA, AU, MTL])
def test_other_has_neither_coordinates_nor_units(challenge):
    with pytest.raises(
        ModelError, match=r"Sadness, Surprise, Other; .* table for Other, only for"
    ):
        zero_shot_head(challenge, replace(CARD, outputs=EXPRESSIONS))


def test_classes_do_not_matter_where_valence_and_arousal_are_all():
    scores = np.array([[9, 0.5, -0.25]], np.float32)
    assert zero_shot(VA, scores, ("cat", *VA_NAMES)).tolist() == [[0.5, -0.25]]
    assert zero_shot(VA, scores[:, 1:], VA_NAMES).tolist() == [[0.5, -0.25]]


@pytest.mark.parametrize(
    ("challenge", "outputs", "gives"),
    [
        (VA, (), "an embedding"),
        (MTL, (), "an embedding"),
        (AU, VA_NAMES, "valence and arousal"),
        (EXPR, VA_NAMES, "valence and arousal"),
        (VA, ("valence",), "valence"),
    ],
)
def test_a_network_without_classes_needs_a_head(challenge, outputs, gives):
    with pytest.raises(ModelError, match=f"^tiny gives {gives} only; train a head and give --he"):
        zero_shot_head(challenge, replace(CARD, outputs=outputs))


def test_the_reference_tells_that_contempt_is_between_anger_and_disgust():
    reference = zero_shot_head(VA, CARD).reference
    assert reference.startswith("zero-shot: Du et al. 2014, Russell and Mehrabian 1977, ")
    assert reference.endswith(", contempt between anger and disgust")
    assert "our own construction" in zero_shot_head.__doc__


@pytest.mark.parametrize(
    ("challenge", "text"),
    [
        (VA, "valence and arousal of the network, clipped to [-1, 1]"),
        (MTL, "valence and arousal of the network, clipped to [-1, 1]; zero-shot: Du et al. 2014"),
    ],
)
def test_the_reference_tells_whose_valence_and_arousal_they_are(challenge, text):
    head = zero_shot_head(challenge, replace(CARD, outputs=EMOTIONS_AND_VA))
    assert head.reference == text


@TASKS
def test_the_head_of_a_network_is_known_by_its_digest(challenge):
    cards = [replace(CARD, outputs=o) for o in (EMOTIONS_8, EMOTIONS_7, EMOTIONS_AND_VA)]
    assert len({zero_shot_head(challenge, card).digest for card in cards}) == 3
