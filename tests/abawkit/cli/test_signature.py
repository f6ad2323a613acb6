"""`abawkit signature`: explain, compare, check."""

import json

import pytest

from abawkit import evaluate, read_labels
from abawkit.evaluation import Signature, signature
from abawkit.report import signing

OTHER = "abaw3-va|list:1|labels:1"


@pytest.fixture
def own(preds, gt):
    report = evaluate("abaw3-va", read_labels(gt, "abaw3-va"), read_labels(preds, "abaw3-va"))
    return signature(report)


def test_a_signature_is_explained(abawkit, own):
    assert abawkit("signature", own) == (0, signing.explained_as_text(own) + "\n", "")
    assert abawkit("signature", own, "--json")[1] == signing.explained_as_json(own) + "\n"


def test_the_two_forms_stand_alone(abawkit, own):
    assert abawkit("signature", own.short, "--long") == (0, f"{own.long}\n", "")
    assert abawkit("signature", own, "--short") == (0, f"{own.short}\n", "")


def test_a_signature_is_found_in_the_output_of_score(abawkit, preds, gt, own, tmp_path):
    for options in ([], ["--json"]):
        (tmp_path / "out").write_text(abawkit("score", preds, gt, *options)[1], "utf-8")
        assert abawkit("signature", tmp_path / "out", "--long")[1] == f"{own}\n"


def test_two_signatures_are_compared(abawkit, own):
    same = Signature(challenge=own.challenge, fields={**own.fields, "fill": "none"})
    shown = signing.differences_as_text(own, same) + "\n"
    assert abawkit("signature", own, same.short) == (0, shown, "")


@pytest.mark.parametrize("other", [OTHER, "abaw3-va|x:1"], ids=["other", "unknown"])
def test_scores_that_cannot_be_compared_are_a_finding(abawkit, own, other):
    code, out, err = abawkit("signature", own, other, "--json")
    assert (code, err) == (1, "")
    assert not json.loads(out)["comparable"]


def test_files_are_checked(abawkit, own, preds, gt):
    code, out, err = abawkit("signature", own, "--check", preds, gt)
    assert (code, err) == (0, "")
    assert "the same in all that is told" in out


def test_other_files_are_a_finding(abawkit, preds, gt):
    code, out, err = abawkit("signature", OTHER, "--check", preds, gt, "--json")
    assert (code, err) == (1, "")
    assert not json.loads(out)["same"]


def test_the_command_that_it_tells_gives_the_same_signature(abawkit, write):
    rows = [[0.1, 0.2, 3, *[1] * 12], [0.3, 0.1, 0, *[0] * 12]]
    gt = write("gt", challenge="abaw3-mtl", video1=rows)
    told = abawkit("score", gt, gt, "--absent", "skip", "--va-mask", "value")[1].splitlines()[-1]
    _, _, *words = json.loads(abawkit("signature", told, "--json")[1])["command"].split()
    assert abawkit("score", gt, gt, *words[2:])[1].splitlines()[-1] == told


@pytest.mark.parametrize(
    "options",
    [
        ("--long", "--short"),
        (OTHER, "--short"),
        (OTHER, "--check", ".", "."),
        ("--json", "--long"),
    ],
    ids=str,
)
def test_what_contradicts_itself_is_a_usage_error(abawkit, options):
    code, out, err = abawkit("signature", OTHER, *options)
    assert (code, out) == (2, "")
    assert err.startswith("error: expected at most one of a second signature")


def test_what_is_no_signature_is_a_usage_error(abawkit):
    assert abawkit("signature", "abaw3-va|videos")[::2] == (
        2, "error: signature 'abaw3-va|videos', part 2: expected name:value, found 'videos'\n"
    )  # fmt: skip


def test_help_has_an_example(abawkit):
    code, out, _ = abawkit("signature", "--help")
    assert code == 0
    assert "Example: abawkit signature" in out
