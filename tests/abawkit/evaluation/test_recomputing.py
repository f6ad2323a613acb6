"""From a signature back to the score."""

import shlex
from dataclasses import replace

import pytest

from abawkit import CHALLENGES, evaluate
from abawkit.errors import AlignmentError, UnknownChallengeError, UsageError
from abawkit.evaluation import Signature, signature
from abawkit.evaluation.bootstrap import Bootstrap
from abawkit.evaluation.recomputing import check_files, settings_of
from abawkit.labels import write_labels
from tests.abawkit.evaluation.corpora import pair

EVERY = pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
DRAWN = Bootstrap(resamples=500, level=0.9, unit="person", seed=7)


def told(challenge="abaw3-mtl", **fields):
    return Signature(challenge=challenge, fields=fields)


def write(folder, name, tracks):
    row = CHALLENGES[name]
    layout = row.protocol.annotation
    write_labels(folder, tracks, targets=row.targets, layout=layout, sentinels=True)
    return folder


@pytest.fixture
def files(tmp_path):
    truth, prediction = pair(CHALLENGES["abaw3-va"])
    return write(tmp_path / "preds", "abaw3-va", prediction), write(
        tmp_path / "gt", "abaw3-va", truth
    )


@EVERY
def test_the_challenge_as_it_is_needs_no_options(challenge):
    settings = settings_of(signature(evaluate(challenge, *pair(challenge))))
    assert settings.command == f"abawkit score PREDS GT --task {challenge.name}"


@EVERY
@pytest.mark.parametrize(
    "rules",
    [{"va_mask": "value"}, {"au_mask": "frame"}, {"absent": "skip"}, {"va_mask": "frame"}],
    ids=str,
)
def test_the_rules_of_a_signature_make_the_same_signature(challenge, rules):
    tracks = pair(challenge)
    try:
        made = signature(evaluate(challenge, *tracks, **rules))
    except UsageError:
        return
    settings = settings_of(made)
    again = evaluate(settings.challenge, *tracks, **settings.rules)
    assert signature(again) == made


def test_the_command_has_an_option_for_every_setting():
    mtl = CHALLENGES["abaw3-mtl"]
    report = evaluate(mtl, *pair(mtl), va_mask="value", absent="skip", allow_missing=True)
    words = shlex.split(settings_of(signature(report, None, DRAWN)).command)
    assert words[:6] == ["abawkit", "score", "PREDS", "GT", "--task", "abaw3-mtl"]
    assert words[6:11] == ["--allow-missing", "--va-mask", "value", "--absent", "skip"]
    assert words[11:14] == ["--confidence", "--resamples", "500"]
    assert words[14:] == ["--level", "0.9", "--unit", "person", "--seed", "7"]


def test_the_bootstrap_is_read_back():
    mtl = CHALLENGES["abaw3-mtl"]
    made = signature(evaluate(mtl, *pair(mtl)), None, DRAWN)
    assert settings_of(made).bootstrap == DRAWN
    assert settings_of(told()).bootstrap is None


def test_what_a_signature_does_not_tell_is_by_default():
    settings = settings_of(told(bootstrap="100"))
    assert settings.bootstrap == replace(Bootstrap(), resamples=100)
    assert (settings.allow_missing, settings.rules) == (False, {})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"mask": "va:row"}, "--va-mask: expected frame or value, found 'row'"),
        ({"mask": "vb:frame"}, "vb:frame: abaw3-mtl has no target 'vb'"),
        ({"mask": "expr:frame"}, "mask:expr:frame: abaw3-mtl cannot be scored like this"),
        ({"absent": "au:skip"}, "absent:au:skip: abaw3-mtl cannot be scored like this"),
        ({"missing": "maybe"}, "missing: expected refused or allowed, found 'maybe'"),
        ({"bootstrap": "many"}, "bootstrap: expected a number such as 10000, found 'many'"),
        ({"bootstrap": "9", "level": "?"}, "level: expected a number such as 0.95, found '?'"),
        ({"bootstrap": "9", "unit": "frame"}, "unit: expected video or person, found 'frame'"),
    ],
    ids=str,
)
def test_what_this_version_cannot_do_is_said(fields, message):
    with pytest.raises(UsageError, match=message):
        settings_of(told(**fields))


def test_a_mask_of_clips_cannot_be_chosen():
    with pytest.raises(UsageError, match="abaw5-eri cannot be scored like this"):
        settings_of(told("abaw5-eri", mask="eri:value"))


def test_an_unknown_challenge_is_named():
    with pytest.raises(UnknownChallengeError, match="no edition 99"):
        settings_of(told("abaw99-va"))


def test_files_are_what_their_own_signature_says(files):
    made = signature(evaluate("abaw3-va", *pair(CHALLENGES["abaw3-va"])))
    report, checked = check_files(made, *files)
    assert {row.same for row in checked} <= {True, None}
    untold = [row.field for row in checked if row.same is None]
    assert untold == ["challenge", "fill", "smooth", "offsets"]
    assert report.score == pytest.approx(evaluate("abaw3-va", *pair(report.challenge)).score)


def test_other_files_differ_in_what_they_hold(files):
    truth, prediction = pair(CHALLENGES["abaw3-va"], masked=0.5)
    made = signature(evaluate("abaw3-va", truth, prediction))
    _, checked = check_files(made, *files)
    wrong = [row.field for row in checked if row.same is False]
    assert wrong == ["frames", "list", "labels", "masked"]


def test_files_are_scored_by_the_rules_of_the_signature(files):
    truth, prediction = pair(CHALLENGES["abaw3-va"])
    made = signature(evaluate("abaw3-va", truth, prediction, va_mask="value"))
    report, checked = check_files(made, *files)
    assert report.score == evaluate("abaw3-va", truth, prediction, va_mask="value").score
    assert False not in {row.same for row in checked}


def test_fields_of_another_version_cannot_be_told(files):
    _, checked = check_files(told("abaw3-va", moments="va:population"), *files)
    assert {row.same for row in checked} == {None}
    assert checked[-1].field == "moments"


def test_missing_predictions_are_refused_where_the_signature_says_so(files):
    preds, gt = files
    (preds / "video1.txt").unlink()
    with pytest.raises(AlignmentError, match="1 of 5 annotated videos have no prediction"):
        check_files(told("abaw3-va", missing="refused"), preds, gt)
    report, _ = check_files(told("abaw3-va", missing="allowed"), preds, gt)
    assert report.coverage < 1


def test_how_intervals_were_drawn_is_held_against_the_same_drawing(files):
    made = signature(evaluate("abaw3-va", *pair(CHALLENGES["abaw3-va"])), None, DRAWN)
    _, checked = check_files(made, *files)
    drawn = {row.field: row.same for row in checked}
    assert [drawn[name] for name in ("bootstrap", "level", "unit", "seed")] == [True] * 4


def test_only_a_run_tells_which_challenge_it_is_of(files):
    preds, gt = files
    told = Signature(challenge="abaw5-va", fields={})
    first = check_files(told, preds, gt)[1][0]
    assert (first.field, first.told, first.same) == ("challenge", "abaw5-va", None)
    (preds / "manifest.json").write_text('{"challenge": "abaw3-va"}', "utf-8")
    assert check_files(told, preds, gt)[1][0].same is False
