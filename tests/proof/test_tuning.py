"""Tuned settings help on data that they were not tuned on, by as much as is promised."""

from dataclasses import replace

import numpy as np
import pytest

from abawkit.protocol import find_challenge
from abawkit.temporal import Filter
from baselines.synthetic.scenes import UNIT_RATES
from submissions.decide import Processing
from submissions.scoring import score_outputs
from submissions.tuning import Grid, tune

pytest.importorskip("torch")

AU = find_challenge("au", 3)
EXPR = find_challenge("expr", 3)
THRESHOLDS = Grid(
    smooth={"au": (Filter.parse("none"),)}, thresholds=tuple(i / 20 for i in range(1, 20))
)
N_SMALL = 8
"""Validation sets of five videos each, to see what is so on average."""


def on_fresh(ground, found, task="au"):
    """Score fresh data with the settings that were chosen, kept or not."""
    (target,) = found.targets.values()
    base = Processing.parse(found.challenge, smooth="none")
    chosen = replace(
        base,
        smooth={target.target.name: target.chosen.smooth},
        thresholds=target.chosen.thresholds,
    )
    truth, outputs = ground.truth(task), ground.outputs(task)
    return [score_outputs(found.challenge, truth, outputs, p).score for p in (base, chosen)]


@pytest.fixture(scope="module")
def persons(ground):
    return {scene.video: scene.person for scene in ground.parts[1]}


@pytest.fixture(scope="module")
def whole(ground, persons):
    """Give the thresholds tuned on all of the validation set."""
    truth, outputs = ground.truth("au", 1), ground.outputs("au", 1)
    return tune(AU, truth, [outputs], grid=THRESHOLDS, groups=persons)


@pytest.fixture(scope="module")
def small(ground, persons):
    """Give the thresholds tuned on small parts of it, and what fresh data gain by them."""
    truth, outputs = ground.truth("au", 1), ground.outputs("au", 1)
    rows = []
    for videos in np.array_split(list(truth), N_SMALL):
        own = {str(video): truth[video] for video in videos}
        found = tune(AU, own, [outputs], grid=THRESHOLDS, groups=persons)
        before, after = on_fresh(ground, found)
        rows.append((found.optimistic - found.raw, found.honest - found.raw, after - before))
    return np.mean(rows, axis=0)


def test_tuned_thresholds_beat_one_half_on_fresh_data(ground, whole):
    theory = tune(AU, ground.truth("au"), [ground.best_outputs("au")], grid=THRESHOLDS)
    assert theory.honest - theory.raw > 0.04
    before, after = on_fresh(ground, whole)
    assert after - before > 0.5 * (theory.honest - theory.raw)


def test_the_honest_gain_is_that_of_fresh_data(ground, whole):
    before, after = on_fresh(ground, whole)
    assert whole.honest - whole.raw == pytest.approx(after - before, abs=0.03)


def test_the_thresholds_of_rare_units_are_high(whole):
    # Weighted training takes every unit for as frequent as not; F1 wants the rare to be sure.
    thresholds = np.array(whole.targets["au"].chosen.thresholds)
    rates = np.array(UNIT_RATES)
    assert thresholds[rates < 0.06].min() > 0.6
    assert thresholds[rates > 0.3].max() < 0.65


def test_the_optimistic_gain_of_few_videos_is_more_than_fresh_data_give(small):
    optimistic, _, fresh = small
    assert optimistic > fresh + 0.01


def test_the_honest_gain_of_few_videos_is_not(small):
    optimistic, honest, fresh = small
    assert honest < optimistic - 0.01
    assert honest == pytest.approx(fresh, abs=0.02)


def test_a_filter_is_found_that_beats_none_on_fresh_data(ground):
    grid = Grid(smooth={"expr": tuple(map(Filter.parse, ("none", "box:3", "box:11", "box:151")))})
    found = tune(EXPR, ground.truth("expr", 1), [ground.outputs("expr", 1)], grid=grid)
    assert str(found.targets["expr"].chosen.smooth) == "box:11"
    before, after = on_fresh(ground, found, "expr")
    assert after > before + 0.2
    assert found.honest - found.raw == pytest.approx(after - before, abs=0.05)
