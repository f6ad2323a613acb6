"""Signatures in words."""

import json

import pytest

from abawkit import CHALLENGES, evaluate
from abawkit.evaluation import Signature, signature
from abawkit.evaluation.bootstrap import Bootstrap
from abawkit.evaluation.recomputing import Checked
from abawkit.evaluation.signature import FIELDS
from abawkit.report.signing import (
    checked_as_json,
    checked_as_text,
    differences_as_json,
    differences_as_text,
    explain,
    explained_as_json,
    explained_as_text,
    refuted,
)
from tests.abawkit.evaluation.corpora import pair

EVERY = pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
REPORT = evaluate("abaw3-va", *pair(CHALLENGES["abaw3-va"]))
OWN = signature(REPORT, {"fill": "linear", "smooth": "none", "offsets": "none"})
CHECKED = (
    Checked(field="list", told="a", found="a"),
    Checked(field="fill", told="linear", found="?"),
    Checked(field="abawkit", told="0.0.1", found="0.1.0"),
)
WRONG = (*CHECKED, Checked(field="labels", told="a", found="b"))


def changed(**fields):
    return Signature(challenge=OWN.challenge, fields={**OWN.fields, **fields})


@EVERY
def test_every_field_is_explained(challenge):
    told = signature(evaluate(challenge, *pair(challenge)), None, Bootstrap())
    meanings = {field.name: field.meaning for field in FIELDS}
    words = explain(told)
    assert list(words) == list(told.fields)
    assert all(text.startswith(meanings[name]) for name, text in words.items())


@EVERY
def test_every_rule_is_put_in_words_for_each_target(challenge):
    told = signature(evaluate(challenge, *pair(challenge)))
    words = explain(told)
    for rule in {"mask", "absent"} & told.fields.keys():
        for part in told.fields[rule].split("+"):
            assert f"({part.split(':')[0]})" in words[rule]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("mask", "va:frame+au:value", "the others of its frame too (va), itself alone (au)"),
        ("absent", "expr:skip+au:zero", "not at all (expr), as 0 (au)"),
        ("fill", "?", "not known, no manifest of a run tells it"),
        ("thresholds", "2ab91234", "a hash of their text in the manifest of the run"),
        ("offsets", "none", "nothing"),
        ("missing", "allowed", "they were, and annotated frames without one were left out"),
        ("later", "x", "not known to this version of abawkit"),
    ],
)
def test_values_are_put_in_words(field, value, words):
    assert explain(changed(**{field: value}))[field].endswith(words)


def test_text_has_the_challenge_a_line_a_field_and_the_command():
    heading, fields, again = explained_as_text(OWN).split("\n\n")
    assert heading == "abaw3-va: mean of the CCC of valence and of arousal"
    assert [line.split()[:2] for line in fields.splitlines()] == [
        [*row] for row in OWN.fields.items()
    ]
    assert again == "computed again by:\nabawkit score PREDS GT --task abaw3-va"


def test_what_this_version_cannot_compute_is_explained_all_the_same():
    text = explained_as_text(Signature(challenge="abaw99-va", fields={"frames": "3"}))
    assert text.startswith("abaw99-va\n\nframes  3  frames or clips that were scored\n\n")
    assert "cannot be computed again by this version of abawkit: " in text


def test_json_has_the_fields_both_forms_and_the_command():
    content = json.loads(explained_as_json(OWN))
    assert content.keys() == {"challenge", "fields", "meaning", "long", "short", "command"}
    assert content["fields"] == OWN.fields
    assert Signature.parse(content["long"]) == Signature.parse(content["short"]) == OWN
    assert content["command"] == "abawkit score PREDS GT --task abaw3-va"
    assert json.loads(explained_as_json(changed(mask="x:y")))["command"] is None


def test_differences_are_shown_with_those_that_decide_marked():
    text = differences_as_text(OWN, changed(fill="none", list="0"))
    first, second, _, verdict = text.splitlines()
    assert first.split()[:4] == ["*", "list", OWN.fields["list"], "0"]
    assert second.split()[:3] == ["fill", "linear", "none"]
    assert verdict == "the scores cannot be compared"


@pytest.mark.parametrize(
    ("fields", "expected", "words"),
    [
        ({"fill": "none"}, True, "the scores can be compared: they are of the same values"),
        ({"list": "0"}, False, "the scores cannot be compared"),
        ({"later": "0"}, None, "whether the scores can be compared cannot be told"),
    ],
    ids=["system", "data", "unknown"],
)
def test_the_verdict_is_said_to_people_and_programs(fields, expected, words):
    assert words in differences_as_text(OWN, changed(**fields))
    assert json.loads(differences_as_json(OWN, changed(**fields)))["comparable"] is expected


def test_equal_signatures_have_no_difference():
    assert differences_as_text(OWN, OWN).startswith("no difference; the scores can be compared")
    assert json.loads(differences_as_json(OWN, OWN))["differences"] == []


def test_json_names_the_differences():
    (found,) = json.loads(differences_as_json(OWN, changed(later="1")))["differences"]
    assert (found["field"], found["a"], found["b"]) == ("later", None, "1")
    assert found["decides"] is True
    assert "-" in differences_as_text(OWN, changed(later="1")).split()


def test_a_check_says_of_each_field_whether_it_is_the_same():
    heading, *rows = checked_as_text(REPORT, WRONG).split("\n\n")[0].splitlines()
    assert heading.split() == ["field", "told", "found"]
    assert [row.split()[0] for row in rows] == ["list", "fill", "abawkit", "labels"]
    assert [row.split(maxsplit=3)[3] for row in rows] == [
        "same", "cannot be told", "differs", "differs"
    ]  # fmt: skip


def test_a_check_has_a_verdict_and_the_score_of_the_files():
    assert "\nthe same in all that is told\n" in checked_as_text(REPORT, CHECKED[:2])
    text = checked_as_text(REPORT, WRONG)
    assert "\nnot the same: labels\n" in text
    assert f"score of these files: {REPORT.score:.4f}" in text


def test_a_check_in_json():
    content = json.loads(checked_as_json(REPORT, WRONG))
    assert (content["score"], content["same"]) == (REPORT.score, False)
    assert content["fields"][1] == {"field": "fill", "told": "linear", "found": "?", "same": None}
    assert json.loads(checked_as_json(REPORT, CHECKED))["same"] is True


def test_another_version_refutes_nothing_and_is_told():
    assert refuted(CHECKED) == []
    assert refuted(WRONG) == ["labels"]
    assert "in all that is told, but for the version" in checked_as_text(REPORT, CHECKED)


def test_an_undefined_score_is_null():
    tracks, _ = pair(CHALLENGES["abaw3-va"], masked=1)
    undefined = evaluate("abaw3-va", tracks, tracks)
    assert json.loads(checked_as_json(undefined, CHECKED))["score"] is None


def test_what_cannot_be_printed_is_shown_as_a_signature_has_it():
    odd = Signature.parse("abaw3-va|fill:%1B[2J%0Aa%ED%A0%80%C3%A9")
    for text in (explained_as_text(odd), differences_as_text(odd, OWN)):
        assert " %1B[2J%0Aa%ED%A0%80\xe9 " in text
    checked = [Checked(field="fill", told="\x1b", found="linear")]
    assert " %1B " in checked_as_text(REPORT, checked)


@pytest.mark.parametrize("other", [{"ddof": "1"}, {"pool": "videos"}], ids=str)
def test_no_command_is_given_for_what_it_would_not_compute(other):
    ((name, value),) = other.items()
    text = explained_as_text(changed(**other))
    assert f"cannot be computed again by this version of abawkit: {name}:{value}: " in text
    assert json.loads(explained_as_json(changed(**other)))["command"] is None
