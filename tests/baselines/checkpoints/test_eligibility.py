"""Whether a model may enter follows from rules and precedents with sources, and nothing else."""

import pytest

from abawkit.protocol import CHALLENGES
from baselines.card import UNKNOWN
from baselines.checkpoints.eligibility import (
    ANSWERS,
    PRECEDENTS,
    RULES,
    eligibility,
    summary,
)

EMOTIEFF = ("VGGFace2", "AffectNet")
BY_A_RANKED_TEAM = {
    "abaw3-va", "abaw3-expr", "abaw3-au", "abaw3-mtl", "abaw4-mtl", "abaw4-lsd", "abaw6-ce",
    "abaw6-au", "abaw8-expr", "abaw8-ah", "abaw8-au", "abaw8-emi",
}  # fmt: skip


def test_rules_and_precedents_name_challenges_and_sources():
    named = [*(rule.challenge for rule in RULES), *(c for p in PRECEDENTS for c in p.challenges)]
    assert len(set(named)) == len(named)
    assert set(named) <= set(CHALLENGES)
    assert all(row.source for row in (*RULES, *PRECEDENTS))


@pytest.mark.parametrize("trained_on", [(), EMOTIEFF, ("Aff-Wild2",), ("x", "y")])
def test_every_challenge_has_an_answer(trained_on):
    answers = eligibility(trained_on)
    assert list(answers) == list(CHALLENGES)
    assert set(answers.values()) <= set(ANSWERS)


def test_a_part_that_nobody_names_is_not_confirmed():
    answers = eligibility(("AffectNet", UNKNOWN))
    assert {name for name, answer in answers.items() if answer == "allowed"} == {"abaw11-ah"}
    assert set(answers.values()) == {"allowed", "not confirmed"}
    assert eligibility(("Aff-Wild2", UNKNOWN))["abaw8-va"] == "forbidden"


@pytest.mark.parametrize("trained_on", [EMOTIEFF, EMOTIEFF[::-1], ("VGGFace2",), ("affectnet",)])
def test_what_a_ranked_team_used_is_said(trained_on):
    answers = eligibility(trained_on)
    used = {name for name, answer in answers.items() if answer == "used by a ranked team"}
    assert used == BY_A_RANKED_TEAM


def test_other_data_have_no_precedent():
    assert "used by a ranked team" not in eligibility((*EMOTIEFF, "ImageNet")).values()


@pytest.mark.parametrize("name", ["Aff-Wild2", "aff-wild2", "AffWild2", "Aff_Wild 2"])
def test_aff_wild2_is_forbidden_where_a_rule_says_so(name):
    answers = eligibility(("ImageNet", name))
    forbidden = {challenge for challenge, answer in answers.items() if answer == "forbidden"}
    assert forbidden == {"abaw8-va", "abaw11-mtl"}


@pytest.mark.parametrize("trained_on", [(), ("s-Aff-Wild2",), ("Aff-Wild",), ("Aff-Wild2 (VA)",)])
def test_what_may_be_aff_wild2_is_not_confirmed(trained_on):
    answers = eligibility(trained_on)
    assert answers["abaw8-va"] == answers["abaw11-mtl"] == "not confirmed"


@pytest.mark.parametrize("trained_on", [(), ("Aff-Wild2",), EMOTIEFF])
def test_a_rule_that_forbids_nothing_allows_everything(trained_on):
    assert eligibility(trained_on)["abaw11-ah"] == "allowed"


def test_other_data_are_allowed_where_a_rule_names_what_is_not():
    answers = eligibility(("ImageNet", "FER+"))
    allowed = {challenge for challenge, answer in answers.items() if answer == "allowed"}
    assert allowed == {rule.challenge for rule in RULES}


def test_the_summary_counts_every_challenge_once():
    others = len(CHALLENGES) - 3
    forbidden = "forbidden: abaw8-va, abaw11-mtl"
    expected = f"{forbidden}; allowed: abaw11-ah; not confirmed: the other {others}"
    assert summary(("Aff-Wild2",)) == expected
    used = f"not confirmed: the other {others - len(BY_A_RANKED_TEAM)}"
    assert summary(EMOTIEFF).endswith(used)


def test_the_answers_can_not_be_changed():
    with pytest.raises(TypeError):
        eligibility(())["abaw3-va"] = "allowed"
