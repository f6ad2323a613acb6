"""Intervals by video: each is what gathering the frames of every resample again gives."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from abawkit import CHALLENGES, Track, evaluate
from abawkit.errors import DataError, UncertainWarning, UndefinedMetricWarning, UsageError
from abawkit.evaluation import bootstrap
from abawkit.evaluation.bootstrap import (
    Bootstrap,
    confidence,
    counted_videos,
    draws,
    expand,
    unit_indices,
)
from abawkit.evaluation.interval import Interval
from abawkit.protocol import Categorical, Continuous

# What there is to say of small sets has tests of its own, in test_uncertain.py.
pytestmark = pytest.mark.filterwarnings("ignore::abawkit.errors.UncertainWarning")
FEW = Bootstrap(resamples=100)
VIDEOS = ("10_left", "10_right", "video86_2", "4", "video86_1", "7-30-1280x720")


def draw(target, n_frames, rng):
    match target:
        case Continuous():
            return rng.integers(target.low * 100, target.high * 100, (n_frames, target.columns))
        case Categorical():
            return rng.integers(len(target.names), size=(n_frames, 1))
    return rng.integers(2, size=(n_frames, target.columns))


def corpus(challenge, seed, *, masked=0.0):
    rng = np.random.default_rng(seed)
    drawn = {}
    for video in VIDEOS:
        n_frames = int(rng.integers(5, 15))
        blocks = [draw(target, n_frames, rng) for target in challenge.targets]
        scales = [100 if isinstance(t, Continuous) else 1 for t in challenge.targets]
        values = np.hstack([block / by for block, by in zip(blocks, scales, strict=True)])
        drawn[video] = Track.of(video, values, rng.random(values.shape) >= masked)
    return drawn


def scored(challenge, *, masked=0.2):
    truth = corpus(challenge, 0, masked=masked)
    rng = np.random.default_rng(1)
    guess = {}
    for video, track in corpus(challenge, 0).items():
        right = rng.random((track.n_frames, 1)) < 0.5
        guess[video] = Track.of(
            video, np.where(right, track.values, rng.permutation(track.values))
        )
    return truth, guess


def gathered(challenge, truth, guess, groups, seed):
    """Draw groups one by one, gather the frames of their videos, and score those."""
    rng = np.random.default_rng(seed)
    names = sorted(set(groups.values()))
    for _ in range(FEW.resamples):
        drawn = [names[index] for index in rng.integers(len(names), size=len(names))]
        videos = [video for name in drawn for video in groups if groups[video] == name]
        pooled = [
            Track.of(
                "all",
                np.vstack([tracks[video].values for video in videos]),
                np.vstack([tracks[video].known for video in videos]),
            )
            for tracks in (truth, guess)
        ]
        yield evaluate(challenge, pooled[:1], pooled[1:])


def literal_interval(values, score, level):
    """Count the resamples below the score, and read its percentiles off the sorted list.

    Nothing is corrected where more than 39 of 40 resamples are on one side of the score, and every
    interval holds it.
    """
    kept = sorted(value for value in values if not math.isnan(value))
    ties = sum(abs(value - score) <= 1e-12 for value in kept)
    below = sum(value < score - 1e-12 for value in kept) + ties / 2
    beyond = 40 * max(below, len(kept) - below) > 39 * len(kept)
    bias = 0 if beyond else norm.ppf(below / len(kept))
    ends = []
    for tail in ((1 - level) / 2, (1 + level) / 2):
        rank = norm.cdf(2 * bias + norm.ppf(tail)) * (len(kept) - 1)
        lower, rest = divmod(rank, 1)
        above = min(int(lower) + 1, len(kept) - 1)
        ends.append(kept[int(lower)] * (1 - rest) + kept[above] * rest)
    ends = [min(ends[0], score), max(ends[1], score)]
    return [*ends, sum(kept) / len(kept), len(values) - len(kept)]


def numbers(interval):
    return [interval.low, interval.high, interval.mean, interval.undefined]


@pytest.mark.parametrize("name", CHALLENGES)
def test_an_interval_is_that_of_frames_gathered_again_for_each_resample(name):
    challenge = CHALLENGES[name]
    truth, guess = scored(challenge)
    report = evaluate(challenge, truth, guess)
    found = confidence(report, FEW)
    groups = {video: video for video in truth if report.videos[video].n_frames}
    reports = list(gathered(challenge, truth, guess, groups, FEW.seed))
    for part, values in (("components", found.components), ("per_class", found.per_class)):
        assert list(values) == list(getattr(reports[0], part))
        for output, interval in values.items():
            drawn = [getattr(one, part)[output] for one in reports]
            expected = literal_interval(drawn, getattr(report, part)[output], FEW.level)
            assert numbers(interval) == pytest.approx(expected, abs=1e-12)
    expected = literal_interval([one.score for one in reports], report.score, FEW.level)
    assert numbers(found.score) == pytest.approx(expected, abs=1e-12)


def test_persons_are_drawn_with_all_their_videos():
    challenge = CHALLENGES["abaw3-mtl"]
    truth, guess = scored(challenge)
    how = replace(FEW, unit="person", level=0.8)
    report = evaluate(challenge, truth, guess)
    found = confidence(report, how)
    groups = dict(zip(VIDEOS, ("10", "10", "video86", "4", "video86", "7-30"), strict=True))
    values = [one.score for one in gathered(challenge, truth, guess, groups, how.seed)]
    expected = literal_interval(values, report.score, 0.8)
    assert found.n_units == 4
    assert numbers(found.score) == pytest.approx(expected, abs=1e-12)


VALUES = np.random.default_rng(0).permutation(np.linspace(0, 1, 101))


def test_without_bias_an_interval_is_of_plain_percentiles():
    for score in (math.nan, 0.5):
        found = Interval.of(VALUES, 0.9, score=score)
        assert numbers(found) == pytest.approx([0.05, 0.95, 0.5, 0])


def test_a_score_above_its_resamples_has_a_higher_interval():
    # Efron's ends for a share of .69146 below, half a standard deviation: Phi(1 -+ 1.645).
    found = Interval.of(VALUES, 0.9, score=0.691462)
    assert [found.low, found.high] == pytest.approx([0.2595, 0.9959], abs=0.006)


@pytest.mark.parametrize(("score", "ends"), [(-5.0, (-5.0, 0.95)), (5.0, (0.05, 5.0))])
def test_a_score_beyond_all_resamples_widens_their_plain_percentiles(score, ends):
    found = Interval.of(VALUES, 0.9, score=score)
    assert (found.low, found.high) == pytest.approx(ends)


# Few different values, so that there are ties.
RESAMPLES = st.lists(
    st.integers(-3, 3).map(lambda value: value / 3) | st.just(math.nan), min_size=1, max_size=60
).filter(lambda values: not all(map(math.isnan, values)))


@given(RESAMPLES, st.floats(-2, 2) | st.sampled_from([-1, 0, 1 / 3]), st.floats(0.01, 0.9999))
def test_an_interval_holds_its_score_whatever_the_resamples_are(values, score, level):
    found = Interval.of(np.array(values), level, score=score)
    assert found.low <= score <= found.high
    ends = literal_interval(values, score, level)[:2]
    assert [found.low, found.high] == pytest.approx(ends, abs=1e-9)


@given(RESAMPLES, st.floats(-2, 2), st.floats(0.01, 0.98), st.floats(1, 1.02))
def test_an_interval_of_a_higher_level_holds_that_of_a_lower_one(values, score, level, more):
    found, wider = (Interval.of(np.array(values), x, score=score) for x in (level, level * more))
    assert wider.low <= found.low <= found.high <= wider.high


@pytest.mark.parametrize(("score", "beyond"), [(0, 1), (0.02, 1), (0.03, 0), (0.97, 0), (0.98, 1)])
def test_a_score_is_beyond_resamples_more_than_39_of_40_of_which_are_on_one_side(score, beyond):
    found = Interval.of(np.append(VALUES, math.nan), 0.95, score=score)
    assert found.beyond == bool(beyond)
    assert found.method.startswith("percentile") == bool(beyond)


@pytest.mark.parametrize("score", [0.5, 38.5])
def test_a_score_is_not_beyond_resamples_of_which_one_in_40_is_on_the_other_side(score):
    assert not Interval.of(np.arange(40.0), 0.9, score=score).beyond
    assert Interval.of(np.arange(41.0), 0.9, score=score + (score > 1)).beyond


@pytest.mark.parametrize("values", [[0.5] * 9, [math.nan] * 9])
def test_nothing_is_beyond_ties_or_what_is_undefined(values):
    assert not Interval.of(np.array(values), 0.9, score=0.5).beyond
    assert not Interval.of(np.array(values), 0.9).beyond


def test_a_score_beyond_nearly_all_of_its_resamples_is_warned_about():
    # Each video has a class of its own, which counts 0 in resamples without it.
    truth = {f"{index}": Track.of(f"{index}", [[float(index)]]) for index in range(8)}
    with pytest.warns(UncertainWarning, match="of its resamples: score, f1_expr; such"):
        found = confidence(evaluate("abaw3-expr", truth, truth), FEW)
    assert found.score.low < found.score.mean < found.score.high == 1.0


def test_resamples_that_differ_from_the_score_by_rounding_are_no_bias():
    values = np.concatenate([VALUES, np.full(300, 0.5 + 1e-15)])
    assert Interval.of(values, 0.9, score=0.5).low == pytest.approx(
        1 - Interval.of(values, 0.9, score=0.5).high
    )


@pytest.fixture
def report():
    return evaluate("abaw3-expr", *scored(CHALLENGES["abaw3-expr"]))


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(report):
    assert confidence(report, FEW) == confidence(report, FEW)
    assert confidence(report, FEW).score != confidence(report, replace(FEW, seed=1)).score


def test_the_order_of_the_videos_does_not_matter(report):
    videos = dict(reversed(report.videos.items()))
    assert confidence(replace(report, videos=videos), FEW) == confidence(report, FEW)


def test_by_default_10000_resamples_of_videos_are_drawn(report):
    found = confidence(report)
    assert found.bootstrap == Bootstrap(resamples=10_000, level=0.95, unit="video", seed=12345)
    assert found.n_units == len(VIDEOS)


def test_a_video_without_a_frame_that_counts_is_not_drawn(report):
    truth, guess = scored(CHALLENGES["abaw3-expr"])
    truth["0"], guess["0"] = Track.of("0", [[0.0]], [False]), Track.of("0", [[0.0]])
    assert confidence(evaluate("abaw3-expr", truth, guess), FEW) == confidence(report, FEW)


def test_a_wider_level_gives_a_wider_interval(report):
    narrow, wide = (confidence(report, replace(FEW, level=level)).score for level in (0.5, 0.99))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_resamples_without_a_score_are_left_out_and_counted():
    same = [[0.5, 0.1], [0.5, 0.2]]
    truth = {"a": Track.of("a", same), "b": Track.of("b", [[0.1, 0.2], [0.3, 0.1]])}
    found = confidence(evaluate("abaw3-va", truth, truth), FEW)
    only_a = sum(row[0] == 2 for chunk in draws(2, FEW) for row in chunk)
    assert found.score == Interval(low=1.0, high=1.0, mean=1.0, undefined=only_a)
    assert found.components["ccc_arousal"].undefined == 0
    assert only_a > 0


def test_what_is_undefined_in_every_resample_has_no_interval():
    constant = {name: Track.of(name, [[0.5, 0.1], [0.5, 0.2]]) for name in "ab"}
    report = evaluate("abaw3-va", constant, constant)
    with pytest.warns(UndefinedMetricWarning, match="no interval for score, ccc_valence, valence"):
        found = confidence(report, FEW)
    assert math.isnan(found.score.low)
    assert math.isnan(found.score.high)
    assert found.score.undefined == FEW.resamples
    assert found.components["ccc_arousal"].mean == 1.0


@pytest.mark.parametrize(
    ("videos", "unit", "fragment"),
    [
        (["a"], "video", "found 1 video with annotated frames; expected at least 2"),
        (["a_left", "a_right"], "person", "found 1 person with annotated frames"),
    ],
)
def test_one_unit_alone_has_no_spread(videos, unit, fragment):
    tracks = {video: Track.of(video, [[0.5, 0.1], [0.1, 0.2]]) for video in videos}
    with pytest.raises(DataError, match=fragment):
        confidence(evaluate("abaw3-va", tracks, tracks), Bootstrap(unit=unit))


@pytest.mark.parametrize(
    ("wrong", "fragment"),
    [
        ({"resamples": 99}, "--resamples 99: expected at least 100"),
        ({"resamples": 1_000_001}, "--resamples 1000001: expected at most 1000000"),
        ({"level": 0.0}, "--level 0: expected a share between 0 and 1"),
        ({"level": 1.0}, "--level 1: "),
        ({"level": 95.0}, "--level 95: "),
        ({"level": math.nan}, "--level nan: "),
        ({"unit": "frame"}, "--unit: expected video or person, found 'frame'"),
        ({"seed": -1}, "--seed -1: expected 0 or more"),
        ({"seed": -1, "resamples": 0}, "--resamples 0: expected at least 100; --seed -1: "),
    ],
)
def test_values_that_make_no_interval_are_refused(wrong, fragment):
    with pytest.raises(UsageError, match=fragment):
        Bootstrap(**wrong)


def test_a_million_resamples_can_be_drawn():
    assert Bootstrap(resamples=1_000_000).resamples == 1_000_000


@given(st.integers(1, 30), st.integers(100, 300), st.integers(0, 2**64), st.integers(1, 2000))
def test_draws_do_not_depend_on_the_size_of_a_chunk(n_units, resamples, seed, size):
    how = Bootstrap(resamples=resamples, seed=seed)
    whole = np.concatenate(list(draws(n_units, how)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "_CHUNK", size)
        chunks = list(draws(n_units, how))
    assert all(len(chunk) * n_units <= max(size, n_units) for chunk in chunks)
    assert np.array_equal(np.concatenate(chunks), whole)


@given(st.integers(1, 30), st.integers(100, 300))
def test_a_resample_has_as_many_units_as_there_are(n_units, resamples):
    whole = np.concatenate(list(draws(n_units, Bootstrap(resamples=resamples))))
    assert whole.shape == (resamples, n_units)
    assert (whole.sum(axis=1) == n_units).all()
    assert (whole == np.floor(whole)).all()


def test_every_unit_is_as_likely_as_any_other():
    whole = np.concatenate(list(draws(8, Bootstrap(resamples=20_000))))
    # Counts of a multinomial of 8 draws: mean 1, variance 7/8, covariance -1/8.
    assert whole.mean(axis=0) == pytest.approx([1] * 8, abs=0.03)
    assert np.cov(whole.T) == pytest.approx(np.eye(8) - 1 / 8, abs=0.04)


@given(st.lists(st.sampled_from(VIDEOS), unique=True, min_size=1), st.randoms())
def test_units_do_not_depend_on_the_order_of_the_videos(videos, shuffle):
    other = shuffle.sample(videos, len(videos))
    for unit in ("video", "person"):
        ours, theirs = unit_indices(videos, unit), unit_indices(other, unit)
        assert ours[1] == theirs[1]
        assert dict(zip(videos, ours[0], strict=True)) == dict(zip(other, theirs[0], strict=True))


def test_each_video_has_the_weight_of_its_unit():
    weights = np.array([[2.0, 0.0], [1.0, 1.0]])
    assert expand(weights, np.array([1, 0, 1])).tolist() == [[0, 2, 0], [1, 1, 1]]


def test_videos_that_count_are_given_by_name(report):
    assert list(counted_videos(report)) == sorted(VIDEOS)
    assert counted_videos(report)["4"] is report.videos["4"].summary


def test_few_videos_are_warned_about(report):
    with pytest.warns(UncertainWarning, match="6 videos only"):
        confidence(report, FEW)
