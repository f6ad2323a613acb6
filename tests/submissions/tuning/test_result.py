"""What is kept of what was found, and what the file says."""

import json
import math
from dataclasses import replace

import pytest

from abawkit.protocol import find_challenge
from submissions import Processing, Tuned
from submissions.tuning import Grid, Settings, TargetTuning, Tuning
from tests.submissions.tuning.samples import filters

MTL = find_challenge("mtl")
VA, EXPR, AU = MTL.targets
NONE, BOX = filters("none", "box:7")


def found(target, *, untuned, honest, n_runs=1, offsets=()):
    baseline = Settings.untuned(MTL, target, Processing.parse(MTL), n_runs)
    chosen = replace(baseline, smooth=BOX, offsets=offsets)
    if target is AU:
        chosen = replace(chosen, thresholds=(0.25,) * 12)
    if n_runs > 1:
        chosen = replace(chosen, weights=(1.0, *[0.0] * (n_runs - 1)))
    return TargetTuning(
        target=target,
        raw=0.1,
        untuned=untuned,
        optimistic=0.9,
        honest=honest,
        baseline=baseline,
        chosen=chosen,
        folds=(chosen, baseline),
    )


def tuning(*targets, **fields):
    return Tuning(**{
        "challenge": MTL,
        "targets": {each.target.name: each for each in targets},
        "held_out": (("a", "b"), ("c",)),
        "n_frames": {"a": 10, "b": 20, "c": 30},
        "groups": {"a": "x", "b": "x", "c": "y", "unused": "z"},
        "grid": Grid(smooth={"va": (NONE, BOX)}),
        "seed": 7,
        "fill": "nearest",
        "members": ("one",),
        **fields,
    })


def mixed(**options):
    return tuning(
        found(VA, untuned=0.3, honest=0.5, offsets=(0.1, -0.2), **options),
        found(EXPR, untuned=0.4, honest=0.35, offsets=(0.0,) * 7 + (1.0,), **options),
        found(AU, untuned=0.2, honest=0.6, **options),
    )


@pytest.mark.parametrize(
    ("untuned", "honest", "better"),
    [
        (0.3, 0.4, True),
        (0.3, 0.3, False),
        (0.3, 0.2, False),
        (0.3, math.nan, False),
        (math.nan, math.nan, False),
    ],
)
def test_settings_are_kept_if_their_honest_value_is_above_the_untuned_one(untuned, honest, better):
    each = found(VA, untuned=untuned, honest=honest)
    assert each.better is better
    assert each.kept == (each.chosen if better else each.baseline)


def test_a_challenge_has_the_sums_of_its_targets():
    whole = mixed()
    assert (whole.raw, whole.untuned) == pytest.approx((0.3, 0.9))
    assert (whole.optimistic, whole.honest) == pytest.approx((2.7, 1.45))
    assert whole.scores["optimism"] == pytest.approx(2.7 - 1.45)
    assert whole.here == pytest.approx(0.9 + 0.4 + 0.9)
    assert whole.elsewhere == pytest.approx(0.5 + 0.4 + 0.6)


def test_the_file_has_the_settings_that_are_kept():
    tuned = mixed().tuned
    assert tuned.smooth == {"va": "box:7", "au": "box:7"}
    assert tuned.fill == "nearest"
    assert tuned.thresholds == (0.25,) * 12
    assert tuned.offsets == (0.1, -0.2, *[0.0] * 20)
    assert (tuned.weights, tuned.members) == ({}, ("one",))
    processing = Processing.parse(MTL, tuned=tuned)
    assert processing.thresholds == tuned.thresholds


def test_the_file_says_nothing_of_targets_that_are_not_better():
    nothing = tuning(*(found(target, untuned=0.3, honest=0.2) for target in MTL.targets))
    tuned = nothing.tuned
    assert (tuned.smooth, tuned.thresholds, tuned.offsets, tuned.weights) == ({}, (), (), {})
    own = Processing.parse(MTL, fill="nearest", smooth="box:3", thresholds=".25")
    assert own.revised(MTL, tuned=tuned) == own


def test_the_file_of_several_runs_has_weights_of_each_target():
    weights = mixed(n_runs=2).tuned.weights
    assert weights == {"va": (1.0, 0.0), "expr": (0.5, 0.5), "au": (1.0, 0.0)}


def test_offsets_of_nothing_are_none():
    plain = tuning(*(found(target, untuned=0.1, honest=0.2) for target in MTL.targets))
    assert plain.tuned.offsets == ()


def test_the_evidence_tells_what_was_seen(tmp_path):
    mixed().tuned.save(tmp_path / "tuned.json")
    evidence = Tuned.load(tmp_path / "tuned.json").evidence
    assert evidence["scores"]["va"] == {
        "raw": 0.1, "untuned": 0.3, "optimistic": 0.9, "honest": 0.5, "optimism": 0.4
    }  # fmt: skip
    assert evidence["scores"]["total"]["honest"] == pytest.approx(1.45)
    assert evidence["score_here"] == pytest.approx(2.2)
    assert evidence["score_elsewhere"] == pytest.approx(1.5)
    assert evidence["kept"] == ["va", "au"]
    assert evidence["chosen"]["expr"]["smooth"] == "box:7"
    assert [fold["expr"]["smooth"] for fold in evidence["by_fold"]] == ["box:7", "box:101"]
    assert evidence["held_out"] == [["a", "b"], ["c"]]
    counts = [evidence[name] for name in ("n_videos", "n_frames", "n_groups", "seed")]
    assert counts == [3, 60, 2, 7]
    assert evidence["grid"]["smooth"] == {"va": "none,box:7"}


def test_undefined_scores_are_null_in_the_file():
    undefined = tuning(found(VA, untuned=math.nan, honest=math.nan))
    text = json.dumps(undefined.tuned.evidence, allow_nan=False)
    assert json.loads(text)["scores"]["va"]["honest"] is None
    assert json.loads(text)["score_here"] is None
