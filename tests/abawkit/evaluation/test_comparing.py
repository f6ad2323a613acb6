"""Whether one system beats another: what tests find where there is something, and where not."""

import math
import warnings
from dataclasses import replace

import numpy as np
import pytest

from abawkit import CHALLENGES, Track, evaluate
from abawkit.errors import (
    AlignmentError,
    ComparisonWarning,
    DataError,
    UncertainWarning,
    UndefinedMetricWarning,
    UsageError,
)
from abawkit.evaluation import compare
from abawkit.evaluation.bootstrap import Bootstrap, confidence
from abawkit.evaluation.corrections import corrected
from abawkit.evaluation.interval import Interval
from abawkit.evaluation.pairing import SCORE, Units, resample
from tests.abawkit.evaluation.corpora import corpus
from tests.abawkit.evaluation.simulated import MAKERS, reports

FEW = Bootstrap(resamples=200)
N_SIMULATED = 80
CRITICAL = 1.95 / math.sqrt(N_SIMULATED)
"""What Kolmogorov and Smirnov's distance exceeds once in a thousand."""


def distance_from_uniform(values):
    steps = np.arange(len(values) + 1) / len(values)
    values = np.sort(values)
    return max(np.abs(steps[1:] - values).max(), np.abs(steps[:-1] - values).max())


@pytest.fixture(scope="module", params=MAKERS)
def alike(request):
    """Compare pairs of systems that differ by chance alone; give the p values of both tests."""
    gaps = [
        compare(
            reports(request.param, seed, a=0, b=0), bootstrap=replace(FEW, seed=seed)
        ).pairs[0].score
        for seed in range(N_SIMULATED)
    ]  # fmt: skip
    return np.array([[gap.bootstrap.value, gap.randomisation.value] for gap in gaps])


@pytest.fixture(scope="module")
def three():
    return reports("abaw3-va", 5, best=0.0, good=0.08, bad=0.6)


@pytest.fixture(scope="module")
def compared(three):
    return compare(three, bootstrap=FEW)


@pytest.mark.parametrize("test", [0, 1], ids=["bootstrap", "randomisation"])
def test_p_is_uniform_where_systems_differ_by_chance(alike, test):
    """Of 600 pairs on 71 videos, 5.8 % (F1) and 6.0 % (CCC) had a bootstrap p <= .05.

    By randomisation 5.0 % and 5.5 %; of 1,000 pairs on 30 videos 7.6 % and 5.2 %, and 6.2 % and
    4.5 %. Here it is 24 videos and fewer pairs, on which a p of one side would be seen.
    """
    assert distance_from_uniform(alike[:, test]) < CRITICAL


@pytest.mark.parametrize(("challenge", "worse"), [("abaw3-va", 0.6), ("abaw3-expr", 0.3)])
def test_a_system_that_is_truly_better_is_found(challenge, worse):
    for seed in range(10):
        found = compare(reports(challenge, seed, good=0, bad=worse), bootstrap=FEW)
        gap = found.pairs[0].score
        assert max(gap.bootstrap.value, gap.randomisation.value) < 0.02
        assert gap.interval.low > 0
        assert found.beaten("good") == ("bad",)
        assert found.beaten("bad") == ()


def test_p_is_never_zero():
    found = compare(reports("abaw3-va", 0, good=0, bad=0.9), bootstrap=FEW)
    gap = found.pairs[0].score
    assert gap.bootstrap.value == gap.randomisation.value == 1 / 201


@pytest.mark.parametrize("challenge", CHALLENGES)
def test_a_system_is_like_itself(challenge):
    truth = corpus(CHALLENGES[challenge], 1, videos=20, frames=5)
    report = evaluate(challenge, truth, corpus(CHALLENGES[challenge], 2, videos=20, frames=5))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UncertainWarning)
        (pair,) = compare({"a": report, "b": report}, bootstrap=FEW).pairs
    assert pair.same
    for gap in (pair.score, *pair.components.values()):
        assert gap.difference == gap.interval.low == gap.interval.high == 0
        assert gap.bootstrap.value == gap.randomisation.value == 1


def test_two_systems_are_not_the_same(compared):
    assert not any(pair.same for pair in compared.pairs)


def test_a_difference_and_its_components_are_those_of_the_scores(three, compared):
    for pair in compared.pairs:
        one, other = three[pair.first], three[pair.second]
        assert pair.score.difference == one.score - other.score
        assert {name: gap.difference for name, gap in pair.components.items()} == {
            name: one.components[name] - other.components[name]
            for name in ("ccc_valence", "ccc_arousal")
        }


def test_an_interval_is_that_of_differences_of_the_same_resamples(three, compared):
    units = Units.of(three.values(), "video")
    one, other = (resample(three[name], units, FEW) for name in ("best", "good"))
    pair = compared.pairs[0]
    gap = pair.score
    assert gap.interval == Interval.of(one[SCORE] - other[SCORE], 0.95, score=gap.difference)
    apart = one["ccc_arousal"] - other["ccc_arousal"]
    gap = pair.components["ccc_arousal"]
    assert gap.interval == Interval.of(apart, 0.95, score=gap.difference)


def test_a_system_has_the_interval_that_it_has_alone(three, compared):
    for name, report in three.items():
        assert compared.systems[name].intervals == confidence(report, FEW)
        assert compared.systems[name].signature.endswith(f"seed:{FEW.seed}|abawkit:0.1.0")


def test_turned_round_a_difference_changes_its_sign_alone(three):
    there, back = (
        compare({name: three[name] for name in names}, bootstrap=FEW).pairs[0].score
        for names in (("best", "good"), ("good", "best"))
    )
    assert back.difference == -there.difference
    assert back.interval.low == pytest.approx(-there.interval.high, abs=1e-12)
    assert back.bootstrap == there.bootstrap
    assert back.randomisation == there.randomisation


def test_the_order_of_videos_does_not_matter(three):
    turned = {
        name: replace(report, videos=dict(reversed(report.videos.items())))
        for name, report in three.items()
    }
    for one, other in zip(
        compare(three, bootstrap=FEW).pairs, compare(turned, bootstrap=FEW).pairs, strict=True
    ):
        assert one.score.interval == other.score.interval
        assert one.score.randomisation == other.score.randomisation


def test_every_pair_is_compared_in_the_order_given(compared):
    pairs = [(pair.first, pair.second) for pair in compared.pairs]
    assert pairs == [("best", "good"), ("best", "bad"), ("good", "bad")]


def test_others_are_compared_with_a_baseline(three):
    found = compare(three, bootstrap=FEW, baseline="good")
    pairs = [(pair.first, pair.second) for pair in found.pairs]
    assert pairs == [("best", "good"), ("bad", "good")]
    assert (found.beaten("good"), found.beaten("bad")) == (("bad",), ())
    assert found.baseline == "good"


@pytest.mark.parametrize("correction", ["holm", "bonferroni", "bh", "none"])
def test_p_values_are_corrected_over_the_pairs_for_each_test_and_number(three, correction):
    found = compare(three, bootstrap=FEW, correction=correction).pairs
    numbers = [
        [pair.score for pair in found],
        *([pair.components[name] for pair in found] for name in ("ccc_valence", "ccc_arousal")),
    ]
    for gaps in numbers:
        for tests in ([gap.bootstrap for gap in gaps], [gap.randomisation for gap in gaps]):
            expected = corrected([test.value for test in tests], correction)
            assert [test.corrected for test in tests] == expected.tolist()


def test_significance_is_judged_after_correction_at_the_level_asked_for(three):
    pair = compare(three, bootstrap=FEW, correction="bonferroni").pairs[0]
    p = pair.score.randomisation
    assert p.corrected > p.value
    levels = [1 - p.corrected - 0.001, 1 - p.corrected + 0.001]
    above = [
        compare(three, bootstrap=replace(FEW, level=level), correction="bonferroni")
        for level in levels
    ]
    assert ["good" in found.beaten("best") for found in above] == [True, False]


def test_a_p_that_is_just_the_level_is_significant(compared):
    gap = compared.pairs[0].score
    at = replace(gap, randomisation=replace(gap.randomisation, corrected=0.1))
    level = replace(compared.bootstrap, level=0.9)
    pairs = (replace(compared.pairs[0], score=at),)
    assert replace(compared, bootstrap=level, pairs=pairs).beaten("best") == ("good",)


def test_an_undefined_score_has_no_p():
    truth = [Track.of(f"video{index}", np.full((3, 2), 0.5)) for index in range(24)]
    constant = evaluate("abaw3-va", truth, truth)
    wrong = [Track.of(track.video, track.values + np.array([0.1, 0])) for track in truth]
    with pytest.warns(UndefinedMetricWarning, match="undefined in every resample"):
        found = compare({"a": constant, "b": evaluate("abaw3-va", truth, wrong)}, bootstrap=FEW)
    gap = found.pairs[0].score
    assert math.isnan(gap.randomisation.corrected)
    assert gap.bootstrap.undefined == gap.interval.undefined == 200
    assert found.beaten("a") == found.beaten("b") == ()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"baseline": "nobody"}, "no system is called 'nobody', as the baseline; there are best"),
        ({"correction": "sidak"}, "no correction 'sidak'"),
    ],
)
def test_what_is_not_there_cannot_be_asked_for(three, options, message):
    with pytest.raises(UsageError, match=message):
        compare(three, bootstrap=FEW, **options)


@pytest.mark.parametrize(("names", "found"), [((), "none"), (("best",), "best")])
def test_one_system_is_compared_with_nothing(three, names, found):
    with pytest.raises(UsageError, match=f"two systems to compare at least, found {found};"):
        compare({name: three[name] for name in names})


def test_systems_of_two_challenges_are_refused(three):
    other = reports("abaw3-expr", 0, other=0)["other"]
    with pytest.raises(AlignmentError, match="best is scored for abaw3-va, o for abaw3-expr"):
        compare({"best": three["best"], "o": other})


def test_systems_of_other_videos_are_refused_with_their_names(three):
    videos = dict(three["bad"].videos)
    videos["new"] = videos.pop("video7")
    del videos["video1"]
    other = replace(three["bad"], videos=videos)
    message = r"2 videos that b lacks: video1, video7, and 1 videos that a lacks: new; score them"
    with pytest.raises(AlignmentError, match=message):
        compare({"a": three["best"], "b": other})


def test_systems_by_other_rules_are_refused():
    truth, guess = (corpus(CHALLENGES["abaw3-expr"], seed, videos=20) for seed in (1, 2))
    one, other = (
        evaluate("abaw3-expr", truth, guess, absent=absent) for absent in ("zero", "skip")
    )
    with pytest.raises(AlignmentError, match=r"not scored by the same rules: absent .*zero.*skip"):
        compare({"one": one, "other": other})


def test_systems_scored_on_other_frames_are_compared_with_a_warning():
    truth = corpus(CHALLENGES["abaw3-va"], 1, videos=21)
    guess = corpus(CHALLENGES["abaw3-va"], 2, videos=21)
    fewer = {name: track for name, track in guess.items() if name != "video3"}
    one, other = (evaluate("abaw3-va", truth, each, allow_missing=True) for each in (guess, fewer))
    with pytest.warns(ComparisonWarning, match=r"a and b .* frames \(.*\): 1260 and 1221; list"):
        assert compare({"a": one, "b": other}, bootstrap=FEW).n_units == 21


def test_other_annotations_of_the_same_frames_are_told():
    truths = [corpus(CHALLENGES["abaw3-va"], seed, videos=20) for seed in (1, 3)]
    guess = corpus(CHALLENGES["abaw3-va"], 2, videos=20)
    one, other = (evaluate("abaw3-va", truth, guess) for truth in truths)
    with pytest.warns(ComparisonWarning, match="not scored on the same: labels"):
        compare({"a": one, "b": other}, bootstrap=FEW)


def test_few_videos_are_warned_about_once():
    with pytest.warns(UncertainWarning, match="5 videos only") as caught:
        compare(reports("abaw3-va", 0, videos=5, a=0, b=0, c=0), bootstrap=FEW)
    assert len(caught) == 1


@pytest.mark.filterwarnings("ignore::abawkit.errors.UncertainWarning")
def test_a_difference_beyond_its_resamples_is_warned_about_and_inside_its_interval():
    # Each video has a class of its own, which counts 0 in resamples without it.
    truth = {f"{index}": Track.of(f"{index}", [[float(index)]]) for index in range(8)}
    wrong = {name: Track.of(name, [[7 - track.values[0, 0]]]) for name, track in truth.items()}
    found = {
        name: evaluate("abaw3-expr", truth, each) for name, each in (("a", truth), ("b", wrong))
    }
    with pytest.warns(UncertainWarning, match=r": a - b \(score\), a - b \(f1_expr\); such"):
        (pair,) = compare(found, bootstrap=FEW).pairs
    assert pair.score.interval.low < pair.score.interval.high == pair.score.difference == 1.0


def test_one_video_cannot_be_compared():
    with pytest.raises(DataError, match="found 1 video with annotated frames"):
        compare(reports("abaw3-va", 0, videos=1, a=0, b=0))


def test_the_interval_of_a_difference_is_of_the_level_asked_for():
    scored = reports("abaw3-va", 3, a=0.0, b=0.1)
    wide, narrow = (
        compare(scored, bootstrap=Bootstrap(resamples=400, level=level)).pairs[0].score.interval
        for level in (0.95, 0.5)
    )
    assert wide.low < narrow.low < narrow.high < wide.high
