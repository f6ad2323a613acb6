"""The line that tells what a score was computed on."""

from importlib.metadata import version

import pytest

from abawkit import Track, evaluate
from abawkit.evaluation import signature

ROWS = [[0.1, 0.4], [0.3, -0.2], [-0.5, 0.6]]


def fields_of(report, processing=None):
    first, *rest = signature(report, processing).split("|")
    return {"challenge": first} | dict(field.split(":", 1) for field in rest)


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
    rules = {name: fields[name] for name in ("mask", "pool", "moments", "absent")}
    assert rules == {
        "mask": "va:frame", "pool": "frames", "moments": "population", "absent": "zero"
    }  # fmt: skip


def test_it_names_the_mask_of_each_target():
    tracks = [Track.of("a", [[0.0] * 15, [1.0] * 15])]
    mask = fields_of(evaluate("abaw3-mtl", tracks, tracks))["mask"]
    assert mask == "va:frame+expr:frame+au:value"


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
