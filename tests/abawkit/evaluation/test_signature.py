"""The line that tells what a score was computed on."""

from importlib.metadata import version

import numpy as np
import pytest

from abawkit import CHALLENGES, Track, evaluate
from abawkit.evaluation import signature

ROWS = [[0.1, 0.4], [0.3, -0.2], [-0.5, 0.6]]


def fields_of(report, processing=None):
    first, *rest = signature(report, processing).split("|")
    return {"challenge": first} | dict(field.split(":", 1) for field in rest)


def rules_of(fields):
    return {name: fields[name] for name in ("pool", "mask", "moments", "absent") if name in fields}


@pytest.fixture
def report():
    truth = [Track.of("a", ROWS, [True, True, False]), Track.of("b", ROWS)]
    return evaluate("abaw3-va", truth, truth)


@pytest.fixture
def partial():
    truth = [Track.of("a", ROWS), Track.of("b", ROWS)]
    return evaluate("abaw3-va", truth, truth[:1], allow_missing=True)


def test_the_challenge_comes_first_and_the_version_last(report):
    first, *_, last = signature(report).split("|")
    assert (first, last) == ("abaw3-va", f"abawkit:{version('abawkit')}")


def test_it_counts_what_was_scored(report):
    fields = fields_of(report)
    assert (fields["videos"], fields["frames"], fields["masked"]) == ("2", "5", "1")
    assert (fields["coverage"], fields["missing"]) == ("1.0000", "refused")


def test_it_shows_that_frames_were_allowed_to_be_missing(partial):
    fields = fields_of(partial)
    assert (fields["coverage"], fields["missing"]) == ("0.5000", "allowed")


def test_it_names_the_rules(report):
    fields = fields_of(report)
    assert rules_of(fields) == {"pool": "frames", "mask": "va:frame", "moments": "va:population"}


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("abaw3-expr", {}, {"pool": "frames", "absent": "expr:zero"}),
        ("abaw2-expr", {"absent": "skip"}, {"pool": "frames", "absent": "expr:skip"}),
        ("abaw3-au", {}, {"pool": "frames", "mask": "au:value", "absent": "au:zero"}),
        ("abaw2-au", {"au_mask": "frame"},
         {"pool": "frames", "mask": "au:frame", "absent": "au:zero"}),
        ("abaw5-eri", {}, {"pool": "clips", "mask": "eri:frame"}),
        ("abaw11-ah", {}, {"pool": "clips", "absent": "ah:zero"}),
        (
            "abaw3-mtl", {"va_mask": "value", "absent": "skip"},
            {"pool": "frames", "mask": "va:value+au:value", "moments": "va:population",
             "absent": "expr:skip+au:zero"},
        ),
    ],
)  # fmt: skip
def test_it_names_the_rules_that_its_targets_have_and_no_others(name, options, expected):
    rows = np.eye(2, CHALLENGES[name].protocol.columns)
    tracks = [Track.of(f"video{number}", [row]) for number, row in enumerate(rows)]
    assert rules_of(fields_of(evaluate(name, tracks, tracks, **options))) == expected


@pytest.mark.parametrize(
    ("processing", "fill", "smooth"),
    [
        (None, "?", "?"),
        ({"fill": "linear"}, "linear", "?"),
        ({"fill": "linear", "smooth": "box:101"}, "linear", "box:101"),
    ],
    ids=["unknown", "half", "known"],
)
def test_it_shows_how_predictions_were_made_as_far_as_known(report, processing, fill, smooth):
    fields = fields_of(report, processing)
    assert (fields["fill"], fields["smooth"]) == (fill, smooth)
