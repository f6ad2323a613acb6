"""Runs are combined as literal loops would do it, in any order, and only if they are alike."""

import itertools
import math
import re
from dataclasses import replace
from statistics import mean, median

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from abawkit.errors import AlignmentError, UsageError
from abawkit.protocol import Categorical, MultiLabel, find_challenge
from abawkit.track import Track
from submissions import combine
from submissions.combining import METHODS, check_runs, normalised, weighted_mean
from submissions.decide import output_blocks
from tests.submissions.runs import FRAME_LEVEL, draw_run, some

VA, EXPR, AU, MTL = (find_challenge(task) for task in ("va", "expr", "au", "mtl"))
EVERY_CHALLENGE = pytest.mark.parametrize("challenge", FRAME_LEVEL.values(), ids=list(FRAME_LEVEL))
EVERY_METHOD = pytest.mark.parametrize("method", METHODS)
WEIGHTS = st.lists(st.integers(0, 20).map(lambda i: i / 7), min_size=3, max_size=3)
# Coarse, so that there are equal values.
COARSE = st.integers(0, 2**32).map(
    lambda seed: np.random.default_rng(seed).integers(0, 5, (3, 9, 22)).astype(np.float32) / 4
)
LENGTHS = {"a": 6, "b": 5}  # of which the second frames have no face


def runs_of(outputs, challenge=MTL):
    """Make runs of values, float32 ``(n_runs, 9, n_outputs)``."""
    run = draw_run(challenge, lengths=LENGTHS)
    return [
        replace(
            run,
            videos={
                "a": replace(run.videos["a"], outputs=values[:5]),
                "b": replace(run.videos["b"], outputs=values[5:]),
            },
        )
        for values in outputs
    ]


def combined(runs, **options):
    return np.concatenate([raw.outputs for raw in combine(runs, **options).values()])


def with_labels(run, **labels):
    return replace(run, manifest={**run.manifest, "labels": labels})


def all_of(run):
    return np.concatenate([raw.outputs for raw in run.videos.values()])


@given(COARSE, WEIGHTS, WEIGHTS)
def test_a_weighted_mean_is_that_of_a_literal_loop(outputs, va, au):
    assume(sum(va) and sum(au))
    found = combined(runs_of(outputs), method="weighted", weights={"va": va, "au": au})
    for frame, column in np.ndindex(9, 22):
        shares = va if column < 2 else [1, 1, 1] if column < 10 else au
        values = outputs[:, frame, column].tolist()
        expected = sum(w * v for w, v in zip(shares, values, strict=True)) / sum(shares)
        assert found[frame, column] == pytest.approx(expected, rel=1e-6)


def test_weights_may_be_as_large_or_small_as_numbers_are():
    for size in (5e-324, 1e-308, 0.1, 1e308):
        assert normalised((size,) * 3) == (1 / 3,) * 3
    assert normalised((1e308, 0.0)) == (1, 0)
    assert normalised((1.5e308, 0.5e308)) == pytest.approx((0.75, 0.25))
    with pytest.raises(UsageError, match="found 1, inf"):
        normalised((1, math.inf))


def literal_rank_mean(columns):
    """Combine runs of one output, by the book."""
    ranks = [
        [1 + sum(v < x for v in run) + (sum(v == x for v in run) - 1) / 2 for x in run]
        for run in columns
    ]
    levels = [mean(column) for column in zip(*map(sorted, columns), strict=True)]
    for rank in map(mean, zip(*ranks, strict=True)):
        below = int(rank)
        above = min(below + 1, len(levels))
        part = rank - below
        yield (1 - part) * levels[below - 1] + part * levels[above - 1]


@given(COARSE)
def test_a_rank_mean_is_that_of_a_literal_loop(outputs):
    found = combined(runs_of(outputs), method="rank")
    for column in range(22):
        expected = list(literal_rank_mean(outputs[:, :, column].tolist()))
        np.testing.assert_allclose(found[:, column], expected, rtol=1e-6, atol=1e-7)


@given(COARSE)
def test_votes_are_those_of_a_literal_loop(outputs):
    limits = (0.25, 0.5, 0.75)
    runs = [
        with_labels(run, fill="linear", smooth="none", thresholds=str(limit))
        for run, limit in zip(runs_of(outputs), limits, strict=True)
    ]
    found = combined(runs, method="vote")
    for frame in range(9):
        said = outputs[:, frame].tolist()
        assert found[frame, :2].tolist() == [median(row[i] for row in said) for i in (0, 1)]
        for unit in range(10, 22):
            share = mean(row[unit] >= limit for row, limit in zip(said, limits, strict=True))
            assert found[frame, unit] == np.float32(share)
        votes = [row[2:10].index(max(row[2:10])) for row in said]
        means = [mean(row[i] for row in said) for i in range(2, 10)]
        best = max(range(8), key=lambda i: (votes.count(i), means[i], -i))
        assert found[frame, 2:10].argmax() == best
        assert found[frame, 2 + best] == max(found[frame, 2:10])


def test_votes_for_classes_add_up_to_one():
    found = combined([draw_run(EXPR, seed) for seed in range(3)], method="vote")
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)


def test_a_run_votes_with_its_own_offsets():
    run = draw_run(EXPR)
    offsets = ",".join(["0"] * 7 + ["100"])
    found = combined([with_labels(run, offsets=offsets)] * 2, method="vote")
    assert (found.argmax(axis=1) == 7).all()
    shifted = with_labels(draw_run(VA), offsets="0.5,0")
    expected = np.clip(all_of(shifted) + np.array([0.5, 0]), -1, 1)
    np.testing.assert_allclose(combined([shifted] * 2, method="vote"), expected, atol=1e-7)


def test_two_runs_that_disagree_on_a_unit_see_it():
    outputs = np.stack([np.full((9, 12), 0.25), np.full((9, 12), 0.75)]).astype(np.float32)
    assert (combined(runs_of(outputs, AU), method="vote") == 0.5).all()


@EVERY_CHALLENGE
def test_equal_runs_give_themselves(challenge):
    run = draw_run(challenge)
    for options in (
        {},
        {"method": "rank"},
        {"method": "weighted", "weights": {"va": (0.3, 7, 1)}},
    ):
        np.testing.assert_array_equal(combined([run] * 3, **options), all_of(run))


@EVERY_CHALLENGE
def test_a_vote_of_equal_runs_is_what_they_say(challenge):
    run = draw_run(challenge)
    found = combined([run] * 3, method="vote")
    for target, columns in output_blocks(challenge.targets):
        own, votes = all_of(run)[:, columns], found[:, columns]
        if isinstance(target, Categorical):
            assert votes.argmax(axis=1).tolist() == own.argmax(axis=1).tolist()
        elif isinstance(target, MultiLabel):
            assert votes.tolist() == (own >= 0.5).tolist()
        else:
            np.testing.assert_array_equal(votes, own)


@EVERY_METHOD
@EVERY_CHALLENGE
def test_the_order_of_the_runs_changes_no_bit(challenge, method):
    runs, weights = [draw_run(challenge, seed) for seed in range(4)], (0.1, 0.7, 0.3, 0.6)
    wanted = None
    for order in itertools.permutations(range(4)):
        own = {target.name: [weights[i] for i in order] for target in challenge.targets}
        chosen = {"weights": own} if method == "weighted" else {}
        found = combined([runs[i] for i in order], method=method, **chosen)
        wanted = found if wanted is None else wanted
        np.testing.assert_array_equal(found, wanted)


@EVERY_CHALLENGE
@pytest.mark.parametrize("index", [0, 1, 2])
def test_all_weight_on_one_run_gives_that_run(challenge, index):
    runs = [draw_run(challenge, seed) for seed in range(3)]
    row = [float(i == index) * 0.3 for i in range(3)]
    weights = {target.name: row for target in challenge.targets}
    found = combined(runs, method="weighted", weights=weights)
    np.testing.assert_array_equal(found, all_of(runs[index]))


def test_equal_weights_are_the_mean():
    runs = [draw_run(MTL, seed) for seed in range(3)]
    weights = {"va": (2, 2, 2), "expr": (0.1,) * 3}
    found = combined(runs, method="weighted", weights=weights)
    np.testing.assert_array_equal(found, combined(runs))
    expected = np.mean([all_of(run).astype(np.float64) for run in runs], axis=0)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


def test_ranks_do_not_see_a_monotone_change_of_a_run():
    one, two = (draw_run(AU, seed) for seed in (1, 2))
    changed = replace(
        two,
        videos={n: replace(raw, outputs=raw.outputs**2 / 2) for n, raw in two.videos.items()},
    )
    order = [combined([one, run], method="rank").argsort(axis=0) for run in (two, changed)]
    np.testing.assert_array_equal(*order)
    order = [combined([one, run]).argsort(axis=0) for run in (two, changed)]
    assert (order[0] != order[1]).any()


def test_a_rank_mean_keeps_the_range_of_the_values():
    runs = [draw_run(AU, seed) for seed in range(3)]
    found, own = combined(runs, method="rank"), [all_of(run) for run in runs]
    lowest, highest = (np.mean([end(v, axis=0) for v in own], axis=0) for end in (np.min, np.max))
    assert ((found >= lowest - 1e-6) & (found <= highest + 1e-6)).all()


def test_ranks_are_over_all_videos():
    runs = [draw_run(AU, seed) for seed in range(3)]
    alone = [replace(run, videos={"b_left": run.videos["b_left"]}) for run in runs]
    parts = [combine(some, method="rank")["b_left"].outputs for some in (runs, alone)]
    assert (parts[0] != parts[1]).any()


@EVERY_METHOD
def test_runs_without_any_face_have_no_outputs_either(method):
    run = draw_run(MTL, lengths={"a": 1})
    run = replace(run, videos={"a": replace(run.videos["a"], frames=some([]),
                                            outputs=np.zeros((0, 22), np.float32))})  # fmt: skip
    weights = {"va": (1, 2)} if method == "weighted" else None
    assert combined([run, run], method=method, weights=weights).shape == (0, 22)


def test_what_else_is_in_the_files_is_kept():
    run = draw_run(MTL, listed={"video1": [1, 4], "b_left": [3], "b_right": [2, 5]})
    first, other = (
        replace(run, videos={n: replace(raw, broken=some(broken), source=source)
                             for n, raw in run.videos.items()})
        for broken, source in (([4, 2], "x"), ([2, 3], "w"))
    )  # fmt: skip
    for runs in ([first, other], [other, first]):
        raw = combine(runs)["video1"]
        assert (raw.video, raw.n_frames, raw.source) == ("video1", 9, "w;x")
        assert (raw.frames.tolist(), raw.listed.tolist()) == ([1, 4], [1, 4])
        assert raw.broken.tolist() == [2, 3, 4]
        assert raw.outputs.dtype == np.float32


@given(COARSE, WEIGHTS)
def test_the_mean_of_tracks_is_what_a_run_has_to_the_bit_whatever_the_columns(outputs, weights):
    assume(sum(weights))
    outputs = (outputs / 3).astype(np.float32)
    runs = runs_of(outputs)
    by_target = dict.fromkeys(("va", "expr", "au"), weights)
    wanted = combine(runs, method="weighted", weights=by_target)["a"].track
    tracks = [run.tracks["a"] for run in runs]
    found = weighted_mean(tracks, weights)
    np.testing.assert_array_equal(found.values, wanted.values)
    np.testing.assert_array_equal(found.known, wanted.known)
    part = [Track.of("a", track.values[:, 3:7], track.known[:, 3:7]) for track in tracks]
    np.testing.assert_array_equal(weighted_mean(part, weights).values, wanted.values[:, 3:7])


@pytest.mark.parametrize("weights", [(0, 0), (-1, 2), (np.nan, 1), (np.inf, 1)])
def test_weights_that_are_none_are_refused(weights):
    with pytest.raises(UsageError, match="expected weights of at least 0, and one"):
        combine([draw_run(VA)] * 2, method="weighted", weights={"va": weights})


def changed(run, name, **changes):
    return replace(run, videos={**run.videos, name: replace(run.videos[name], **changes)})


def without(run, *names):
    return replace(run, videos={n: raw for n, raw in run.videos.items() if n not in names})


def test_runs_of_the_same_frames_are_taken():
    check_runs({"a": draw_run(VA), "b": draw_run(VA, 1), "c": draw_run(VA, 2)})


@pytest.mark.parametrize(
    ("change", "fragment"),
    [
        (lambda _: draw_run(EXPR), "two: of abaw3-expr; one is of abaw3-va"),
        (lambda run: without(run, "b_left"), "two: lacks 1 of the 3 videos of one: b_left"),
        (
            lambda _: draw_run(VA, lengths={f"video{i}": 3 for i in range(1, 9)}),
            "of one: b_left, b_right\n  two: one lacks 7 of its 8 videos: video2, video3",
        ),
        (
            lambda run: changed(run, "b_left", n_frames=9),
            "two: 1 of 3 videos differ: b_left has 9 frames, 6 in one",
        ),
        (
            lambda run: changed(run, "b_left", frames=some([1, 2, 5, 6])),
            "b_left has frames with an output 1 here only (2) and 2 in one only (3, 4)",
        ),
        (
            lambda run: changed(run, "b_left", listed=some([1, 3, 4, 5, 6])),
            "b_left has frames with a row 1 in one only (2)",
        ),
        (
            lambda run: changed(changed(run, "b_left", n_frames=9), "video1", n_frames=10),
            "2 of 3 videos differ: video1 has 10 frames, 9 in one; b_left has 9 frames, 6 in one",
        ),
    ],
)
def test_runs_that_differ_are_refused_with_the_differences(change, fragment):
    run = draw_run(VA)
    with pytest.raises(AlignmentError, match=re.escape(fragment)) as caught:
        check_runs({"one": run, "same": run, "two": change(run)})
    assert "same: " not in str(caught.value)


def test_a_list_of_all_frames_is_no_difference():
    run = draw_run(VA)
    check_runs({"one": run, "two": changed(run, "b_left", listed=some(range(1, 7)))})


def test_only_the_first_few_of_many_differing_videos_are_named():
    lengths = {f"v{i}": 5 for i in range(9)}
    more = {name: count + 1 for name, count in lengths.items()}
    runs = {"one": draw_run(VA, lengths=lengths), "two": draw_run(VA, lengths=more)}
    with pytest.raises(AlignmentError, match=r"9 of 9 videos differ: v0 .* v4 .*; and 4 more$"):
        check_runs(runs)
