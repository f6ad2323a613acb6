"""Swaps, resamples and p values of two systems, against frames moved one by one."""

import math
from dataclasses import replace

import numpy as np
import pytest

from abawkit import CHALLENGES, evaluate
from abawkit.evaluation import pairing
from abawkit.evaluation.bootstrap import Bootstrap, draws
from abawkit.evaluation.pairing import (
    SCORE,
    Units,
    p_bootstrap,
    p_randomisation,
    resample,
    swap,
    swaps,
)
from tests.abawkit.evaluation.corpora import corpus

FEW = Bootstrap(resamples=100)


@pytest.fixture(params=CHALLENGES.values(), ids=CHALLENGES)
def challenge(request):
    return request.param


def systems(challenge):
    truth = corpus(challenge, 1, masked=0.2)
    return truth, *(corpus(challenge, seed) for seed in (2, 3))


def numbers(report):
    return {SCORE: report.score, **report.components}


def swapped_frames(challenge, truth, first, second, moved):
    """Tell how far apart two systems are after their frames of some videos are swapped."""
    mine = {name: (second if moved[name] else first)[name] for name in truth}
    other = {name: (first if moved[name] else second)[name] for name in truth}
    a, b = (numbers(evaluate(challenge, truth, each)) for each in (mine, other))
    return {name: a[name] - b[name] for name in a}


def test_a_swap_is_what_swapped_frames_score(challenge):
    truth, first, second = systems(challenge)
    one, other = (evaluate(challenge, truth, each) for each in (first, second))
    units = Units.of([one, other], "video")
    found = swap(one, other, units, FEW)
    for row, swapped in enumerate(next(swaps(units.n_units, FEW))[:3]):
        moved = dict(zip(units.videos, swapped, strict=True))
        expected = swapped_frames(challenge, truth, first, second, moved)
        assert {name: found[name][row] for name in expected} == pytest.approx(expected, abs=1e-12)


def test_a_resample_is_what_gathered_frames_score(challenge):
    truth, first, _ = systems(challenge)
    report = evaluate(challenge, truth, first)
    units = Units.of([report], "video")
    found = resample(report, units, FEW)
    for row, counts in enumerate(next(draws(units.n_units, FEW))[:3]):
        tracks = [
            [
                replace(each[name], video=f"{name} {copy}")
                for name, count in zip(units.videos, counts, strict=True)
                for copy in range(int(count))
            ]
            for each in (truth, first)
        ]
        expected = numbers(evaluate(challenge, *tracks))
        assert {name: found[name][row] for name in expected} == pytest.approx(expected, abs=1e-12)


def test_the_two_sides_of_a_recording_are_swapped_together():
    names = ["3_left", "1_right", "2", "3_right", "1_left"]
    recordings = ["3", "1", "2", "3", "1"]
    truth, first, second = (
        {
            name: replace(track, video=name)
            for name, track in zip(names, each.values(), strict=True)
        }
        for each in systems(CHALLENGES["abaw3-va"])
    )
    one, other = (evaluate("abaw3-va", truth, each) for each in (first, second))
    found = swap(one, other, Units.of([one, other], "person"), FEW)[SCORE]
    for row, swapped in enumerate(next(swaps(3, FEW))[:8]):
        by_recording = dict(zip("123", swapped, strict=True))
        moved = {name: by_recording[of] for name, of in zip(names, recordings, strict=True)}
        expected = swapped_frames("abaw3-va", truth, first, second, moved)[SCORE]
        assert found[row] == pytest.approx(expected, abs=1e-12)


def test_half_of_the_units_are_swapped():
    drawn = np.vstack([*swaps(50, Bootstrap(resamples=400))])
    assert drawn.shape == (400, 50)
    assert set(np.unique(drawn)) == {0.0, 1.0}
    assert drawn.mean() == pytest.approx(0.5, abs=0.02)


def test_swaps_do_not_depend_on_how_many_are_held_at_once(monkeypatch):
    whole = np.vstack([*swaps(7, FEW)])
    monkeypatch.setattr(pairing, "_CHUNK", 20)
    pieces = [*swaps(7, FEW)]
    assert len(pieces) == 50
    assert (np.vstack(pieces) == whole).all()


def test_swaps_are_not_those_of_another_seed():
    one, other = (next(swaps(50, Bootstrap(resamples=100, seed=seed))) for seed in (1, 2))
    assert (one != other).mean() == pytest.approx(0.5, abs=0.05)


def test_swaps_are_not_the_resamples_of_the_same_seed():
    swapped, (drawn,) = next(swaps(2, FEW)), draws(2, FEW)
    assert (swapped.sum(axis=1) == drawn[:, 1]).mean() < 0.75


def test_the_observed_difference_counts_among_those_at_least_as_large():
    differences = np.array([-0.3, -0.2, 0.0, 0.1, 0.2, 0.25])
    assert p_randomisation(differences, 0.2) == (4 + 1) / (6 + 1)
    assert p_randomisation(differences, -0.3) == (1 + 1) / (6 + 1)
    assert p_randomisation(differences, 9.0) == 1 / (6 + 1)


def test_resamples_are_centred_before_they_are_counted():
    differences = np.array([0.1, 0.2, 0.3, 0.4, 0.5])  # -.2, -.1, 0, .1 and .2 from their mean
    assert p_bootstrap(differences, 0.2) == pytest.approx((2 + 1) / (5 + 1))
    assert p_bootstrap(differences, 0.15) == pytest.approx((2 + 1) / (5 + 1))
    assert p_bootstrap(differences, 0.3) == 1 / (5 + 1)


def test_differences_that_rounding_alone_tells_apart_are_ties():
    assert p_randomisation(np.array([0.1 + 0.2 - 0.3, 0.0]), 1e-16) == 1.0
    assert p_randomisation(np.array([0.3, -0.3, 0.3]), 0.1 + 0.2) == 1.0


def test_what_is_undefined_is_left_out():
    differences = np.array([math.nan, 0.1, math.nan, 0.3])
    assert p_randomisation(differences, 0.2) == (1 + 1) / (2 + 1)
    assert p_bootstrap(differences, 0.2) == 1 / (2 + 1)


@pytest.mark.parametrize("test", [p_bootstrap, p_randomisation])
def test_no_p_of_what_is_undefined(test):
    assert math.isnan(test(np.array([0.1, 0.2]), math.nan))
    assert math.isnan(test(np.full(3, math.nan), 0.1))


def test_videos_of_which_nothing_counts_are_no_units():
    truth, first, _ = systems(CHALLENGES["abaw3-expr"])
    name = "video3"
    hidden = replace(truth[name], known=np.zeros_like(truth[name].known))
    report = evaluate("abaw3-expr", {**truth, name: hidden}, first)
    assert Units.of([report], "video").videos == ("video0", "video1", "video2", "video4")
