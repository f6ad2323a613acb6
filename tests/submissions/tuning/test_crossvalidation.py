"""What the search says of held-out videos, against slow loops."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from abawkit.errors import AlignmentError, DataError, UsageError
from abawkit.frames import recording
from abawkit.protocol import CHALLENGES, find_challenge
from abawkit.track import Track
from submissions import Processing
from submissions.combining import weighted_mean
from submissions.options import unit_names
from submissions.scoring import score_outputs
from submissions.tuning import Grid, tune
from tests.submissions.tuning.oracle import Case, literal_scores
from tests.submissions.tuning.samples import annotated_frames, draw_sample, filters

VA, EXPR, AU, MTL = (find_challenge(task) for task in ("va", "expr", "au", "mtl"))
# One challenge for each set of targets in the table: that is all that the search sees of it.
KINDS = {row.targets: row for row in CHALLENGES.values()}.values()
EVERY_KIND = pytest.mark.parametrize("challenge", KINDS, ids=lambda row: row.name)
THRESHOLDS = (0.4, 0.5, 0.6)


def grid(challenge, **fields):
    tried = filters("none", "box:3")
    smooth = {target.name: tried for target in challenge.targets}
    return Grid(**{"smooth": smooth, "thresholds": THRESHOLDS, **fields})


def assert_is_literal(challenge, truth, runs, tried, **options):
    tuning = tune(challenge, truth, runs, grid=tried, **options)
    for target in challenge.targets:
        expected = literal_scores(Case(challenge, target, truth, runs), tuning.held_out, tried)
        found = tuning.targets[target.name]
        assert (found.optimistic, found.honest) == pytest.approx(expected, abs=1e-12, nan_ok=True)
    return tuning


@EVERY_KIND
def test_values_are_those_of_slow_loops_over_whole_submissions(challenge):
    truth, runs = draw_sample(challenge)
    assert_is_literal(challenge, truth, runs, grid(challenge), folds=2)


@pytest.mark.parametrize("challenge", [VA, EXPR, AU], ids=lambda row: row.name)
@pytest.mark.parametrize("seed", [1, 2])
def test_values_with_weights_and_offsets_are_those_of_slow_loops(challenge, seed):
    truth, runs = draw_sample(challenge, seed, n_runs=2)
    weights = ((0.5, 0.5), (0.2, 0.8), (0.8, 0.2))
    tried = grid(challenge, weights=weights, offsets=(-1.0, -0.5, 0.5))
    tuning = assert_is_literal(challenge, truth, runs, tried, folds=2)
    assert all(found.chosen.weights in weights for found in tuning.targets.values())


def test_offsets_of_the_targets_of_one_challenge_do_not_meet():
    truth, runs = draw_sample(MTL, 5)
    tried = Grid(smooth=dict.fromkeys(("va", "expr", "au"), filters("none")), offsets=(-1.0, 1.0))
    tuning = assert_is_literal(MTL, truth, runs, tried, folds=2)
    assert any(tuning.targets["va"].chosen.offsets)
    assert any(tuning.targets["expr"].chosen.offsets)
    assert not tuning.targets["au"].chosen.offsets


@EVERY_KIND
def test_the_file_scores_here_what_was_said(challenge):
    truth, runs = draw_sample(challenge, 4)
    tuning = tune(challenge, truth, runs, grid=grid(challenge, offsets=(-0.5, 0.5)), folds=3)
    processing = Processing.parse(challenge, tuned=tuning.tuned)
    assert score_outputs(challenge, truth, runs[0], processing).score == pytest.approx(
        tuning.here, abs=1e-12, nan_ok=True
    )


def test_the_file_of_several_runs_scores_here_what_was_said():
    truth, runs = draw_sample(AU, 5, n_runs=3)
    tuning = tune(AU, truth, runs, grid=Grid.parse(AU, smooth="none,box:3", n_runs=3, weights=0.5))
    tuned = tuning.tuned
    raw = {v: weighted_mean([run[v] for run in runs], tuned.weights["au"]) for v in truth}
    report = score_outputs(AU, truth, raw, Processing.parse(AU, tuned=tuned))
    assert report.score == tuning.here
    assert tuning.targets["au"].better


@EVERY_KIND
def test_untuned_are_the_defaults_and_raw_is_without_smoothing(challenge):
    truth, runs = draw_sample(challenge, 6)
    tuning = tune(challenge, truth, runs, grid=grid(challenge))
    for smooth, found in (("default", tuning.untuned), ("none", tuning.raw)):
        processing = Processing.parse(challenge, smooth=smooth)
        report = score_outputs(challenge, truth, runs[0], processing)
        assert found == pytest.approx(report.score, abs=1e-12, nan_ok=True)


@EVERY_KIND
@pytest.mark.parametrize("seed", [4, 5])
def test_the_file_on_what_a_run_has_scores_here_what_was_said(challenge, seed):
    truth, runs = draw_sample(challenge, seed)
    own = Processing.parse(challenge, smooth="box:3", fill="nearest")
    own = replace(own, thresholds=(0.45,) * len(unit_names(challenge)))
    tried = grid(challenge, offsets=(-0.5, 0.5), thresholds=(0.3, 0.7))
    tuning = tune(challenge, truth, runs, grid=tried, folds=3, baseline=own)
    again = own.revised(challenge, tuned=tuning.tuned)
    for processing, expected in ((own, tuning.untuned), (again, tuning.here)):
        report = score_outputs(challenge, truth, runs[0], processing)
        assert report.score == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_clips_of_a_recording_are_held_out_together():
    videos = ("video8_1", "video8_2", "9-30-640x480-1", "9-30-640x480-2_left", "c")
    truth, runs = draw_sample(VA, videos=videos)
    held_out = tune(VA, truth, runs, grid=grid(VA)).held_out
    assert sorted(held_out) == [videos[2:4], ("c",), videos[:2]]


def test_untuned_runs_have_equal_weights():
    truth, runs = draw_sample(EXPR, 6, n_runs=2)
    tuning = tune(EXPR, truth, runs, grid=grid(EXPR, weights=((0.0, 1.0),)))
    raw = {video: weighted_mean([run[video] for run in runs], (1, 1)) for video in truth}
    assert tuning.untuned == score_outputs(EXPR, truth, raw, Processing.parse(EXPR)).score


@pytest.mark.parametrize("challenge", [VA, EXPR, AU, MTL], ids=lambda row: row.name)
def test_labels_of_held_out_videos_change_nothing_that_their_fold_chose(challenge):
    truth, runs = draw_sample(challenge, 7)
    other, _ = draw_sample(challenge, 8)
    tried = grid(challenge, offsets=(-0.5, 0.5))
    tuning = tune(challenge, truth, runs, grid=tried, folds=3)
    for number, fold in enumerate(tuning.held_out):
        forged = {v: relabelled(truth[v], other, v) if v in fold else truth[v] for v in truth}
        again = tune(challenge, forged, runs, grid=tried, folds=3)
        assert again.held_out == tuning.held_out
        for name, found in again.targets.items():
            assert found.folds[number] == tuning.targets[name].folds[number]


def relabelled(track, others, video):
    """Give a track another one's labels, with its own mask."""
    whole = np.concatenate([np.where(other.known, other.values, 0.0) for other in others.values()])
    values = np.resize(whole[::-1], track.values.shape)
    return Track.of(video, values, track.known)


def test_left_and_right_of_a_recording_are_held_out_together():
    truth, runs = draw_sample(VA)
    for seed in range(5):
        held_out = tune(VA, truth, runs, grid=grid(VA), folds=3, seed=seed).held_out
        recordings = [{recording(video) for video in fold} for fold in held_out]
        assert len(held_out) == 3
        assert not set.intersection(*recordings[:2]) | recordings[2] & set.union(*recordings[:2])


def test_groups_are_held_out_together():
    truth, runs = draw_sample(VA)
    groups = {video: "xy"[video in {"a_left", "c"}] for video in truth}
    tuning = tune(VA, truth, runs, grid=grid(VA), groups=groups)
    assert sorted(tuning.held_out) == [("a_left", "c"), ("b", "a_right", "d_left", "d_right", "e")]
    assert tuning.n_groups == 2


def noise(rng):
    return {f"v{i}": Track.of(f"v{i}", rng.uniform(-1, 1, (50, 2))) for i in range(10)}


def test_on_noise_the_honest_value_is_chance_and_the_optimistic_one_is_not():
    rng = np.random.default_rng(0)
    tried = Grid.parse(VA, smooth="none", n_runs=3, weights=0.25)
    found = [tune(VA, noise(rng), [noise(rng) for _ in range(3)], grid=tried) for _ in range(12)]
    optimistic = np.array([tuning.optimistic for tuning in found])
    honest = np.array([tuning.honest for tuning in found])
    assert (optimistic >= honest).all()
    assert optimistic.mean() > 0.025
    assert abs(honest.mean()) < 0.015


@pytest.mark.parametrize("challenge", [VA, MTL], ids=lambda row: row.name)
def test_the_same_search_gives_the_same_result(challenge):
    truth, runs = draw_sample(challenge, 9)
    first, second = (
        tune(challenge, truth, runs, grid=grid(challenge, offsets=(0.5,))) for _ in range(2)
    )
    assert first.tuned == second.tuned
    assert first.targets == second.targets


def test_what_a_user_should_know_is_told():
    truth, runs = draw_sample(VA)
    run = {**runs[0], "b": Track.of("b", np.full_like(runs[0]["b"].values, np.nan))}
    notes = []
    truth = {video: track for video, track in truth.items() if video not in {"a_left", "e"}}
    tune(VA, truth, [run], grid=grid(VA), folds=9, note=notes.append)
    assert notes == [
        "2 videos are not annotated, and are left out: a_left, e",
        "1 videos have no face, and take the prior: b",
        "4 folds instead of 9: there are no more recordings or groups",
        "searching the settings of va ...",
    ]


def test_videos_that_are_not_annotated_change_nothing():
    truth, runs = draw_sample(AU)
    fewer = {video: truth[video] for video in list(truth)[:5]}
    part = [{video: run[video] for video in fewer} for run in runs]
    assert tune(AU, fewer, runs, grid=grid(AU)).tuned == tune(AU, fewer, part, grid=grid(AU)).tuned


def test_a_video_without_annotations_is_in_no_fold():
    truth, runs = draw_sample(VA)
    truth["b"] = Track.of("b", truth["b"].values, np.zeros(len(truth["b"].values), bool))
    tuning = tune(VA, truth, runs, grid=grid(VA))
    assert "b" not in tuning.n_frames
    assert "b" not in {video for fold in tuning.held_out for video in fold}


def test_a_unit_that_no_other_fold_has_is_decided_at_a_half():
    truth, runs = draw_sample(AU, 1)
    for video, track in truth.items():
        known = track.known.copy()
        known[:, 3] &= video == "c"
        truth[video] = Track.of(video, track.values, known)
    found = tune(AU, truth, runs, grid=grid(AU)).targets["au"]
    assert not math.isnan(found.honest)
    assert 0.5 in [settings.thresholds[3] for settings in found.folds]
    assert any(settings.thresholds[2] != 0.5 for settings in found.folds)


@EVERY_KIND
def test_a_target_that_no_other_fold_has_does_not_stop_the_search(challenge):
    truth, runs = draw_sample(challenge, 1)
    for video, track in truth.items():
        known = track.known & (np.arange(track.known.shape[1]) > 0) | (video == "c")
        truth[video] = Track.of(video, np.nan_to_num(track.values), known)
    if sum(map(bool, annotated_frames(challenge, truth).values())) > 1:
        found = tune(challenge, truth, runs, grid=grid(challenge, offsets=(0.5,)))
        assert all(len(target.folds) == len(found.held_out) for target in found.targets.values())


def test_an_undefined_score_is_the_worst():
    videos = ("a", "b")
    truth = {v: Track.of(v, np.zeros((7, 2))) for v in videos}
    raw = {v: Track.of(v, [[0.0, 0.0]] * 3 + [[0.1, 0.2]] + [[0.0, 0.0]] * 3) for v in videos}
    # A median leaves two equal constants, whose concordance is 0/0; constants without one have 0.
    tried = Grid(smooth={"va": filters("median:3", "none")})
    found = tune(VA, truth, [raw], grid=tried).targets["va"]
    assert str(found.chosen.smooth) == "none"
    assert found.optimistic == 0.0


def test_a_target_without_filters_in_the_grid_keeps_its_default_one():
    truth, runs = draw_sample(MTL)
    tuning = tune(MTL, truth, runs, grid=Grid(smooth={"va": filters("none")}))
    kept = {name: str(found.chosen.smooth) for name, found in tuning.targets.items()}
    assert kept == {"va": "none", "expr": "box:101", "au": "median:15"}


def without(mapping, *names):
    return {name: value for name, value in mapping.items() if name not in names}


def shortened(run, video):
    track = run[video]
    return {**run, video: Track.of(video, track.values[:-1], track.known[:-1])}


def hidden(run, video, frame):
    known = run[video].known.copy()
    known[frame] = ~known[frame]
    return {**run, video: Track.of(video, np.nan_to_num(run[video].values), known)}


def sparse(run, video):
    track = run[video]
    listed = np.arange(track.n_frames) % 2 == 0
    known = track.known & listed[:, None]
    return {**run, video: Track.of(video, track.values, known, listed)}


@pytest.mark.parametrize(
    ("change", "options", "error", "fragment"),
    [
        (lambda r: [without(r[0], "b", "c")], {}, AlignmentError,
         "2 of 7 annotated videos are not in the run: b, c; predict them too"),
        (lambda r: [r[0], without(r[0], "e")], {}, AlignmentError,
         "1 of 7 annotated videos are not in run 2 of 2: e"),
        (lambda r: [r[0], hidden(r[0], "c", 2)], {}, AlignmentError,
         "run 2 of 2 has other frames than run 1 in 1 videos: c"),
        (lambda r: [shortened(r[0], "d_left")], {}, AlignmentError,
         "1 videos have another number of rows than their annotation: d_left"),
        (lambda r: [sparse(r[0], "c")], {}, AlignmentError,
         "the run has no outputs for annotated frames of 1 of 7 videos: c; predict the frames"),
        (lambda r: r, {"baseline": Processing.parse(VA, fill="none")}, AlignmentError,
         "the run has no outputs for annotated frames of"),
        (lambda r: r, {"folds": 1}, UsageError, "--folds 1: expected at least 2"),
        (lambda r: r, {"groups": {}}, DataError, "--groups: 7 annotated videos have no group"),
    ],
)  # fmt: skip
def test_runs_that_do_not_fit_are_refused(change, options, error, fragment):
    truth, runs = draw_sample(VA, gaps=0.3)
    changed = change(runs)
    tried = grid(VA, weights=((0.5, 0.5),) if len(changed) > 1 else ())
    with pytest.raises(error, match=re.escape(fragment)):
        tune(VA, truth, changed, grid=tried, **options)


def test_frames_that_are_not_listed_take_no_part():
    truth, runs = draw_sample(VA, gaps=0.0)
    run = {}
    for video in truth:
        run |= sparse(runs[0], video) if not run else {video: sparse(runs[0], video)[video]}
        known = truth[video].known & run[video].listed[:, None]
        truth[video] = replace(
            Track.of(video, truth[video].values, known), listed=run[video].listed
        )
    assert_is_literal(VA, truth, [run], grid(VA), folds=3)
