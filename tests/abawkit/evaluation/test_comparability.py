"""In what signatures differ, and what that means for the scores."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit import CHALLENGES, evaluate
from abawkit.evaluation import Signature, comparable, differences, signature
from abawkit.evaluation.bootstrap import Bootstrap
from abawkit.evaluation.signature import FIELDS
from tests.abawkit.evaluation.corpora import pair

NAMES = [field.name for field in FIELDS]
DECIDING = {"challenge", "frames", "list", "labels", "mask", "ddof", "absent", "pool"}
FULL = Signature(challenge="abaw3-mtl", fields=dict.fromkeys(NAMES, "1"))
SIGNATURES = st.builds(
    Signature,
    challenge=st.sampled_from(["abaw3-va", "abaw5-va"]),
    fields=st.dictionaries(st.sampled_from([*NAMES, "later"]), st.sampled_from("12")),
)


def changed(**fields):
    return Signature(challenge=FULL.challenge, fields={**FULL.fields, **fields})


def without(*names):
    left = {name: value for name, value in FULL.fields.items() if name not in names}
    return Signature(challenge=FULL.challenge, fields=left)


@pytest.mark.parametrize("name", NAMES)
def test_a_difference_is_named_with_what_it_means(name):
    (found,) = differences(FULL, changed(**{name: "2"}))
    assert (found.field, found.a, found.b) == (name, "1", "2")
    assert found.meaning == next(field.meaning for field in FIELDS if field.name == name)
    assert str(found) == f"{name} ({found.meaning}): 1 and 2"


@pytest.mark.parametrize("name", NAMES)
def test_scores_are_comparable_unless_what_is_scored_or_how_differs(name):
    assert comparable(FULL, changed(**{name: "2"})) is (name not in DECIDING)


def test_scores_of_two_challenges_are_not_comparable():
    other = Signature(challenge="abaw5-mtl", fields=FULL.fields)
    assert [found.field for found in differences(FULL, other)] == ["challenge"]
    assert comparable(FULL, other) is False


@pytest.mark.parametrize("name", NAMES)
def test_what_one_does_not_tell_leaves_open_what_it_would_decide(name):
    (found,) = differences(FULL, without(name))
    assert found.b is None
    assert str(found).endswith(": 1 and not told")
    assert comparable(FULL, without(name)) is (None if name in DECIDING else True)


@pytest.mark.parametrize("name", ["list", "labels"])
def test_what_neither_tells_of_the_frames_leaves_it_open(name):
    assert comparable(without(name), without(name)) is None


def test_a_field_of_a_later_version_decides_for_nobody_knows():
    (found,) = differences(changed(later="1"), changed(later="2"))
    assert found.decides
    assert "not known to this version" in found.meaning


@given(SIGNATURES, SIGNATURES)
def test_it_is_the_same_from_both_sides(a, b):
    ours, theirs = differences(a, b), differences(b, a)
    assert [(one.field, one.a, one.b) for one in ours] == [(x.field, x.b, x.a) for x in theirs]
    assert comparable(a, b) is comparable(b, a)


@given(SIGNATURES, SIGNATURES)
def test_signatures_without_difference_are_equal(a, b):
    assert (not differences(a, b)) is (a == b)


@given(SIGNATURES, SIGNATURES, st.sets(st.sampled_from([*NAMES, "later", "challenge"])))
def test_fields_can_be_left_out(a, b, ignored):
    expected = [found for found in differences(a, b) if found.field not in ignored]
    assert list(differences(a, b, ignore=ignored)) == expected


@pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
def test_two_systems_on_the_same_annotations_are_comparable(challenge):
    truth, prediction = pair(challenge)
    ours = signature(evaluate(challenge, truth, prediction), {"fill": "linear"})
    theirs = signature(evaluate(challenge, truth, truth), {"fill": "none"}, Bootstrap())
    assert comparable(ours, theirs) is True


@pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
def test_a_score_of_other_frames_is_not_comparable(challenge):
    truth, prediction = pair(challenge)
    whole = signature(evaluate(challenge, truth, prediction))
    del truth["video3"]
    assert comparable(whole, signature(evaluate(challenge, truth, prediction))) is False
