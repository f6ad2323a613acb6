"""The table of published scores: what must hold for each of its rows."""

from dataclasses import replace
from itertools import pairwise

import pytest

from abawkit import CHALLENGES
from abawkit.results import RESULTS, SPLITS, published
from abawkit.results.table import CONFIDENCE

NO_SCORES = {"weighted_f1_ah", "ap_ah"}
"""What is printed of an entry and is no part of the challenge's score."""
PRINTED = {
    ("abaw2-expr", "Netease Fuxi Virtual Human", "test"): 0.7777,
    ("abaw2-au", "NISL-2021", "test"): 0.6528,
    ("abaw3-va", "baseline (VGGFace)", "validation"): 0.24,
    ("abaw3-expr", "PRLAB", "validation"): 0.3035,
    ("abaw3-expr", "PRLAB", "test"): 0.286,
    ("abaw4-mtl", "Situ-RUCAIM3", "validation"): 1.7607,
    ("abaw4-mtl", "Situ-RUCAIM3", "test"): 1.4361,
    ("abaw5-eri", "USTC dual branch", "test"): 0.438,
    ("abaw6-va", "RJCMA", "test"): 0.5807,
    ("abaw7-ce", "Netease Fuxi", "test"): 0.6063,
    ("abaw8-emi", "USTC", "test"): 0.68,
    ("abaw10-ah", "baseline", "test"): 0.3428,
    ("abaw11-ah", "wmivikas", "public-test"): 0.731,
}


def place(result):
    order = list(CHALLENGES), ("test", "public-test", "validation")
    return order[0].index(result.challenge), order[1].index(result.split)


@pytest.mark.parametrize("row", PRINTED, ids=" ".join)
def test_a_score_is_as_printed(row):
    challenge, team, split = row
    found = [r.printed for r in published(challenge) if (r.team, r.split) == (team, split)]
    assert found == [PRINTED[row]]


def test_no_entry_is_there_twice():
    keys = [(r.challenge, r.team, r.split, r.fold) for r in RESULTS]
    assert len({*keys}) == len(keys)


def test_rows_are_in_the_order_of_the_protocol_table():
    assert [*map(place, RESULTS)] == sorted(map(place, RESULTS))


def test_each_row_is_told_by_someone_in_a_known_way():
    for result in RESULTS:
        assert result.source
        assert result.confidence in CONFIDENCE
        assert result.split in SPLITS
        assert result.kind == ("baseline" if "baseline" in result.team else "entry")


def test_a_fold_is_told_of_validation_alone():
    assert all((r.fold != "") == (r.split == "validation") for r in RESULTS)


def test_ranks_are_those_of_the_test_and_each_is_held_once():
    ranked = [(r.challenge, r.rank) for r in RESULTS if r.rank is not None]
    assert len({*ranked}) == len(ranked)
    assert all(r.split == "test" and r.kind == "entry" for r in RESULTS if r.rank is not None)


def test_scores_are_fractions_that_fall_with_the_rank():
    ranked = [r for r in RESULTS if r.rank is not None and r.score is not None]
    for first, second in pairwise(ranked):
        assert first.challenge != second.challenge or first.score > second.score
    for result in RESULTS:
        top = len(CHALLENGES[result.challenge].targets)
        assert all(0 < part < 1 for part in result.parts.values())
        assert result.score is None or 0 < result.score < top


def test_a_row_says_a_score_or_a_rank_or_why_not():
    for result in RESULTS:
        assert result.score is not None or result.rank is not None or result.note


def test_a_score_of_another_metric_is_no_score_of_the_challenge():
    (odd,) = (r for r in RESULTS if "weighted_f1_ah" in r.parts)
    assert odd.score is None
    assert "not the macro F1" in odd.note


def test_rounding_is_half_of_the_last_digit_that_is_printed():
    by = {(r.challenge, r.team, r.split): r for r in RESULTS}
    assert by["abaw4-mtl", "HSE-NN", "validation"].rounding == pytest.approx(0.05)
    assert by["abaw5-expr", "CtyunAI", "validation"].rounding == pytest.approx(0.5e-5)
    assert by["abaw2-va", "baseline", "test"].rounding == pytest.approx(0.005)
    # Of the score where it is printed, though its parts have more.
    assert by["abaw6-va", "baseline (ResNet-50)", "validation"].rounding == pytest.approx(0.005)
    # Three parts of a sum are off each.
    assert by["abaw3-mtl", "NISL-2022", "validation"].rounding == pytest.approx(0.0015)


def test_nothing_is_published_of_a_challenge_that_has_no_row():
    assert published("abaw6-expr") == ()
    assert {r.challenge for r in published("abaw2-au")} == {"abaw2-au"}


def test_a_printed_score_goes_before_the_one_of_its_parts():
    row = next(row for row in RESULTS if row.printed is not None and row.computed is not None)
    assert replace(row, printed=row.computed + 0.1).score == row.computed + 0.1
