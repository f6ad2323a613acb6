"""The outputs of one target under settings."""

from dataclasses import replace

import numpy as np
import pytest

from abawkit.protocol import CHALLENGES, MultiLabel, find_challenge
from abawkit.track import Track
from submissions import Processing
from submissions.options import default_filter
from submissions.tuning import Settings
from submissions.tuning.trials import Trials
from tests.submissions.tuning.samples import draw_sample, filters

VA, EXPR, AU = (find_challenge(task) for task in ("va", "expr", "au"))
(NONE,) = filters("none")
TARGETS = {
    f"{row.name} {target.name}": (row, target)
    for row in CHALLENGES.values()
    for target in row.targets
}


def trials(challenge, seed=0, *, n_runs=1, thresholds=(0.5,), fill="linear"):
    truth, runs = draw_sample(challenge, seed, n_runs=n_runs)
    return Trials(challenge, truth, runs, thresholds=thresholds, fill=fill)


@pytest.mark.parametrize(("challenge", "target"), TARGETS.values(), ids=list(TARGETS))
def test_untuned_settings_are_those_of_processing(challenge, target):
    default = Settings.untuned(challenge, target, Processing.parse(challenge), 4)
    assert default.weights == (0.25,) * 4
    assert default.smooth == default_filter(target)
    assert default.thresholds == (0.5,) * (target.columns if isinstance(target, MultiLabel) else 0)
    assert default.offsets == ()


def test_untuned_settings_are_the_targets_own_part_of_what_a_run_has():
    mtl = find_challenge("mtl")
    offsets = (*(0.1 * column for column in range(10)), *[0.0] * 12)
    limits = tuple(0.05 * unit for unit in range(12))
    own = replace(Processing.parse(mtl, smooth="au=box:3"), thresholds=limits, offsets=offsets)
    va, expr, au = (Settings.untuned(mtl, target, own, 1) for target in mtl.targets)
    assert [str(each.smooth) for each in (va, expr, au)] == ["box:101", "box:101", "box:3"]
    assert [each.offsets for each in (va, expr, au)] == [offsets[:2], offsets[2:10], ()]
    assert [each.thresholds for each in (va, expr, au)] == [(), (), limits]


def test_a_description_has_what_there_is():
    plain = Settings(smooth=NONE, weights=(1.0,))
    assert plain.describe() == {"smooth": "none"}
    full = Settings(smooth=NONE, weights=(0.5, 0.5), thresholds=(0.1,), offsets=(0.0, 0.2))
    told = {"smooth": "none", "thresholds": [0.1], "offsets": [0.0, 0.2], "weights": [0.5, 0.5]}
    assert full.describe() == told


def test_a_table_is_made_once():
    outputs = trials(VA)
    first = outputs.table((1.0,), NONE)
    assert outputs.table((1.0,), NONE) is first
    assert outputs.table((1.0,), *filters("box:3")) is not first


@pytest.mark.parametrize("fill", ["linear", "nearest", "previous", "constant"])
@pytest.mark.parametrize("challenge", [VA, EXPR, AU], ids=lambda row: row.name)
def test_a_table_scores_as_the_submission_does(challenge, fill):
    outputs = trials(challenge, 1, n_runs=2, fill=fill)
    videos = list(outputs.truth)[1:]
    for weights in ((0.5, 0.5), (0.25, 0.75)):
        for smoothing in filters("none", "median:5"):
            best = outputs.table(weights, smoothing).best(videos)
            settings = Settings(smooth=smoothing, weights=weights, thresholds=best.thresholds)
            assert best.score == outputs.score(settings, videos)


def test_offsets_that_are_not_better_are_not_taken():
    # The moments do not foresee what clipping does: 2 stays 1 where 1 becomes .25.
    true, raw = np.array([[0.0, 0.5, -1.0, 1.0]] * 2).T, np.array([[0.5, 1.0, 2.0, 1.0]] * 2).T
    clipped = Trials(
        VA, {"v": Track.of("v", true)}, [{"v": Track.of("v", raw)}], thresholds=(), fill="linear"
    )
    settings = Settings(smooth=NONE, weights=(1.0,))
    moved = Settings(smooth=NONE, weights=(1.0,), offsets=(-0.75, -0.75))
    assert clipped.score(moved, ["v"]) < clipped.score(settings, ["v"])
    assert clipped.offsets(settings, (0.5,), ["v"]) == ()


def test_units_have_no_offsets():
    outputs = trials(AU)
    assert outputs.offsets(Settings(smooth=NONE, weights=(1.0,)), (0.5,), ["b", "c"]) == ()


def test_offsets_are_of_the_smoothed_outputs():
    outputs = trials(EXPR, 2)
    (box,) = filters("box:101")
    settings = Settings(smooth=box, weights=(1.0,))
    videos = list(outputs.truth)
    chosen = outputs.offsets(settings, (-1.0, -0.5, 0.5, 1.0), videos)
    assert chosen != outputs.offsets(
        Settings(smooth=NONE, weights=(1.0,)), (-1.0, -0.5, 0.5, 1.0), videos
    )
    moved = Settings(smooth=box, weights=(1.0,), offsets=chosen)
    assert outputs.score(moved, videos) > outputs.score(settings, videos)


def test_a_video_without_a_face_does_not_warn():
    truth, (run,) = draw_sample(VA)
    run["b"] = Track.of("b", np.full_like(run["b"].values, np.nan))
    outputs = Trials(VA, truth, [run], thresholds=(0.5,), fill="linear")
    settings = Settings(smooth=NONE, weights=(1.0,))
    found = outputs.table((1.0,), NONE).best(["b", "c"])
    assert found.score == outputs.score(settings, ["b", "c"])


def test_a_table_of_a_sparse_list_scores_as_the_submission_does():
    truth, (run,) = draw_sample(VA, 3, gaps=0.0)
    for video, track in run.items():
        listed = np.arange(track.n_frames) % 2 == 0
        run[video] = Track.of(video, track.values, listed, listed)
        known = truth[video].known & listed[:, None]
        truth[video] = Track.of(video, truth[video].values, known, listed)
    outputs = Trials(VA, truth, [run], thresholds=(), fill="linear")
    (box,) = filters("box:5")
    found = outputs.table((1.0,), box).best(list(truth))
    assert found.score == outputs.score(Settings(smooth=box, weights=(1.0,)), list(truth))
