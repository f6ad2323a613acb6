"""An ensemble is a run like any other, with what its members have in common."""

import shutil

import numpy as np
import pytest

from abawkit.errors import AbawkitWarning, AlignmentError, DataError, SubmissionError, UsageError
from abawkit.labels import read_labels
from abawkit.protocol import find_challenge
from submissions import Tuned, combine, ensemble, load_run, process, refine
from tests.baselines.fakes import contents
from tests.submissions.runs import FRAME_LEVEL, draw_run, make_run, save_run

VA, AU, EXPR5, MTL = map(find_challenge, ["abaw3-va", "abaw3-au", "abaw5-expr", "abaw3-mtl"])


@pytest.fixture
def pair(tmp_path):
    """Write two runs of MTL and give their folders."""
    for seed, name in enumerate("ab"):
        make_run(tmp_path / name, MTL, seed)
    return [tmp_path / "a", tmp_path / "b"]


def processing_of(folder):
    return load_run(folder).processing.describe()


@pytest.mark.parametrize("challenge", FRAME_LEVEL.values(), ids=list(FRAME_LEVEL))
def test_an_ensemble_is_a_run_that_all_commands_take(tmp_path, challenge):
    runs = [make_run(tmp_path / str(seed), challenge, seed) for seed in range(2)]
    outcome = ensemble([tmp_path / "0", tmp_path / "1"], out=tmp_path / "out")
    made = load_run(tmp_path / "out")
    assert outcome.n_rows == 22
    found = read_labels(tmp_path / "out", challenge)
    for name, raw in combine(runs).items():
        np.testing.assert_array_equal(made.videos[name].outputs, raw.outputs)
        labels = process(challenge, raw.track, made.processing)
        np.testing.assert_allclose(found[name].values, labels.values, atol=1e-6)
    refine(tmp_path / "out", smooth="none")
    ensemble([tmp_path / "out", tmp_path / "0"], out=tmp_path / "again")
    again = load_run(tmp_path / "again").manifest["model"]
    assert [row["name"] for row in again["members"]] == [made.name, runs[0].name]
    assert again["members"][0]["members"] == made.manifest["model"]["members"]


def test_an_ensemble_of_equal_runs_has_their_labels(tmp_path):
    options = {"fill": "nearest", "smooth": "box:3", "thresholds": ".3"}
    for name in "abc":
        make_run(tmp_path / name, AU, **options)
    for method in ("mean", "rank"):
        ensemble([tmp_path / name for name in "abc"], out=tmp_path / method, method=method)
        for video in ("video1", "b_left", "b_right"):
            wanted = (tmp_path / f"a/{video}.txt").read_bytes()
            assert (tmp_path / method / f"{video}.txt").read_bytes() == wanted


def test_settings_that_differ_are_the_default_or_averaged(tmp_path):
    listed = {"video1": [1, 2, 5], "b_left": [1], "b_right": [1]}
    shifts = "0.5,0" + ",0" * 20
    save_run(tmp_path / "a", draw_run(MTL, 0, listed=listed, fill="nearest", smooth="va=box:3",
                                      thresholds=".2", offsets=shifts))  # fmt: skip
    save_run(tmp_path / "b", draw_run(MTL, 1, listed=listed, smooth="va=box:3,expr=box:5"))
    pair = [tmp_path / "a", tmp_path / "b"]
    ensemble(pair, out=tmp_path / "mean")
    assert processing_of(tmp_path / "mean") == {
        "fill": "linear",
        "smooth": "va=box:3,expr=box:101,au=median:15",
        "thresholds": "0.35",
        "offsets": "0.25,0" + ",0" * 20,
    }
    ensemble(pair, out=tmp_path / "weighted", weights="va=1,3;au=3,1")
    assert load_run(tmp_path / "weighted").processing.offsets[0] == pytest.approx(0.125)
    assert load_run(tmp_path / "weighted").processing.thresholds == pytest.approx([0.275] * 12)
    ensemble(pair, out=tmp_path / "vote", method="vote")
    assert processing_of(tmp_path / "vote").keys() == {"fill", "smooth"}
    ensemble(pair, out=tmp_path / "told", fill="previous", smooth="none", thresholds=".6")
    expected = {"fill": "previous", "smooth": "none", "thresholds": "0.6"}
    assert expected.items() <= processing_of(tmp_path / "told").items()


def test_the_order_of_the_runs_changes_no_label(tmp_path):
    for seed, name in enumerate("abc"):
        make_run(tmp_path / name, AU, seed, thresholds=f".{seed + 2}")
    for method in ("mean", "rank", "vote"):
        made = [
            ensemble([tmp_path / n for n in order], out=tmp_path / method / order, method=method)
            for order in ("abc", "cab", "bca")
        ]  # fmt: skip
        files = [contents(outcome.out) for outcome in made]
        for one in files:
            one.pop("manifest.json")
        assert files[0] == files[1] == files[2]


def test_the_manifest_tells_what_the_ensemble_is_of(pair, tmp_path):
    ensemble(pair, out=tmp_path / "out", weights="au=3,1")
    model = load_run(tmp_path / "out").manifest["model"]
    assert (model["model"], model["method"]) == ("ensemble", "weighted")
    assert model["weights"] == {"va": [0.5, 0.5], "expr": [0.5, 0.5], "au": [0.75, 0.25]}
    runs = [load_run(path) for path in pair]
    members = [{"name": run.name, **run.manifest["model"]} for run in runs]
    assert model["members"] == members
    ensemble(pair, out=tmp_path / "mean")
    assert "weights" not in load_run(tmp_path / "mean").manifest["model"]


def test_weights_for_all_targets_or_by_target(pair, tmp_path):
    runs = [load_run(path) for path in pair]
    for text, weights in (
        (".6,.4", dict.fromkeys(("va", "expr", "au"), (0.6, 0.4))),
        ("va=.6,.4;au=1,0", {"va": (0.6, 0.4), "au": (1, 0)}),
        ("va=.6,.4,au=1,0", {"va": (0.6, 0.4), "au": (1, 0)}),
    ):
        ensemble(pair, out=tmp_path / "out", weights=text, force=True)
        wanted = combine(runs, method="weighted", weights=weights)
        for name, raw in load_run(tmp_path / "out").videos.items():
            np.testing.assert_array_equal(raw.outputs, wanted[name].outputs)


@pytest.mark.parametrize(
    ("options", "fragment"),
    [
        ({"method": "median"}, "no method 'median'; there are mean, weighted, rank, vote"),
        ({"method": "weighted"}, "--method weighted needs --weights, or --tuned with some"),
        ({"method": "mean", "weights": "1,2"}, "--method mean takes no weights"),
        ({"method": "rank", "weights": "1,2"}, "--method rank takes no weights"),
        ({"method": "vote", "weights": "1,2"}, "--method vote takes no weights"),
        ({"weights": "1"}, "expected 2 weights, one a run; found 1 for va"),
        ({"weights": "va=1,2;au=1,2,3"}, "expected 2 weights, one a run; found 3 for au"),
        ({"weights": "0,0"}, "expected weights of at least 0"),
        ({"weights": "-1,2"}, "expected weights of at least 0"),
        ({"weights": "1e308,-1e308"}, "expected weights of at least 0"),
        ({"weights": "a,b"}, "--weights 'a,b': expected numbers"),
        ({"weights": ""}, "--weights '': expected numbers"),
        ({"weights": "xy=1,2"}, "abaw3-mtl has no target 'xy', only va, expr, au"),
        ({"fill": "cubic"}, "no fill 'cubic'"),
        ({"smooth": "box:2"}, "expected an odd width"),
        ({"thresholds": ".1,.2"}, "expected one threshold, or 12"),
        ({"tuned": Tuned(challenge="abaw3-va")}, "the tuned settings are of abaw3-va"),
    ],
)
def test_options_that_make_no_sense_write_nothing(pair, tmp_path, options, fragment):
    with pytest.raises(UsageError, match=fragment):
        ensemble(pair, out=tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_folders_that_make_no_sense_are_refused(pair, tmp_path):
    one, two = pair
    for paths, out, fragment in (
        ([one], "out", "expected two runs or more, found .*a$"),
        ([], "out", "expected two runs or more, found none"),
        ([one, two, tmp_path / "b/../a"], "out", "a, .*a is given twice; give a run more weight"),
        (pair, "a", "a is one of the runs to combine; choose another --out"),
    ):
        with pytest.raises(UsageError, match=fragment):
            ensemble(paths, out=tmp_path / out, force=True)
    with pytest.raises(DataError, match="none: no finished run"):
        ensemble([one, tmp_path / "none"], out=tmp_path / "out")


def test_runs_that_differ_are_named(pair, tmp_path):
    make_run(tmp_path / "other", MTL, 2, lengths={"video1": 9, "b_left": 6})
    with pytest.raises(AlignmentError, match=r"other: lacks 1 of the 3 videos of .*a: b_right"):
        ensemble([*pair, tmp_path / "other"], out=tmp_path / "out")


def test_rows_are_in_the_order_of_the_first_run(tmp_path):
    listed = {"video1": [1, 4], "b_left": [3, 5]}
    options = {"lengths": {"video1": 9, "b_left": 6}, "listed": listed}
    rows = [("b_left", 5), ("video1", 4), ("b_left", 3), ("video1", 1)]
    save_run(tmp_path / "a", draw_run(MTL, 0, **options), rows=rows)
    save_run(tmp_path / "b", draw_run(MTL, 1, **options), rows=rows[::-1])
    ensemble([tmp_path / "a", tmp_path / "b"], out=tmp_path / "out")
    lines = (tmp_path / "out/MTL_predictions.txt").read_text().splitlines()[1:]
    assert [line.split(",")[0] for line in lines] == [f"{v}/{f:05d}.jpg" for v, f in rows]


def test_an_ensemble_that_was_stopped_is_made_again(tmp_path, monkeypatch):
    for seed, name in enumerate("ab"):
        make_run(tmp_path / name, EXPR5, seed)
    pair = [tmp_path / "a", tmp_path / "b"]
    ensemble(pair, out=tmp_path / "wanted")
    monkeypatch.setattr("submissions.labelling.RunLabels.write", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ensemble(pair, out=tmp_path / "out")
    monkeypatch.undo()
    with pytest.raises(DataError, match="no finished run"):
        load_run(tmp_path / "out")
    (tmp_path / "out/raw/b_left.npz").unlink()
    ensemble(pair, out=tmp_path / "out")
    assert contents(tmp_path / "out") == contents(tmp_path / "wanted")


def tuned_for(*folders, **settings):
    members = tuple(load_run(folder).name for folder in folders)
    return Tuned(challenge="abaw3-mtl", members=members, **settings)


def test_tuned_weights_go_with_their_runs_in_any_order(pair, tmp_path):
    tuned = tuned_for(
        *pair, weights={"va": (0.9, 0.3), "au": (1.0, 0.0)}, thresholds=(0.4,) * 12,
        smooth={"va": "none"}, offsets=(0.25,) + (0.0,) * 21,
    )  # fmt: skip
    ensemble(pair, out=tmp_path / "one", tuned=tuned)
    ensemble(pair[::-1], out=tmp_path / "two", tuned=tuned)
    for name in ("raw/video1.npz", "raw/b_left.npz", "MTL_predictions.txt"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    run = load_run(tmp_path / "one")
    assert run.manifest["model"]["weights"]["va"] == pytest.approx([0.75, 0.25])
    assert run.processing.thresholds == (0.4,) * 12
    assert run.processing.offsets[:2] == (0.25, 0.0)
    assert str(run.processing.smooth["va"]) == "none"


def test_weights_that_are_given_win_over_tuned_ones(pair, tmp_path):
    tuned = tuned_for(*pair, weights={"va": (1.0, 0.0)}, smooth={"va": "none"})
    ensemble(pair, out=tmp_path / "out", tuned=tuned, weights="1,3", smooth="va=box:3")
    run = load_run(tmp_path / "out")
    assert run.manifest["model"]["weights"]["va"] == [0.25, 0.75]
    assert str(run.processing.smooth["va"]) == "box:3"


def test_tuned_weights_of_other_runs_are_refused(pair, tmp_path):
    make_run(tmp_path / "c", MTL, 2)
    tuned = tuned_for(pair[0], tmp_path / "c", weights={"va": (0.5, 0.5)})
    with pytest.raises(UsageError, match=r"for model 0 .*, model 2 .*; found model 0 .*model 1"):
        ensemble(pair, out=tmp_path / "out", tuned=tuned)
    unnamed = Tuned(challenge="abaw3-mtl", weights={"va": (0.5, 0.5)})
    with pytest.raises(UsageError, match="are for runs without a name; found"):
        ensemble(pair, out=tmp_path / "out", tuned=unnamed)


def test_what_was_tuned_together_is_for_these_runs_alone(pair, tmp_path):
    own = {"thresholds": (0.4,) * 12}, {"offsets": (0.25,) + (0.0,) * 21}
    for settings in own:
        for members in (pair[:1], [pair[0], pair[0]]):
            with pytest.raises(UsageError, match="tune them together with abawkit tune"):
                ensemble(pair, out=tmp_path / "out", tuned=tuned_for(*members, **settings))
        with pytest.raises(UsageError, match="--method vote takes no tuned thresholds or off"):
            ensemble(pair, out=tmp_path / "out", tuned=tuned_for(*pair, **settings), method="vote")
    assert not (tmp_path / "out").exists()
    ensemble(pair, out=tmp_path / "out", tuned=tuned_for(*pair, **own[0]), method="rank")
    assert load_run(tmp_path / "out").processing.thresholds == (0.4,) * 12


def test_filters_tuned_for_other_runs_are_taken_with_a_warning(pair, tmp_path):
    tuned = tuned_for(pair[0], smooth={"va": "none"})
    with pytest.warns(AbawkitWarning, match=r"tuned for model 0 .* used for model 0 .*, model 1"):
        ensemble(pair, out=tmp_path / "out", tuned=tuned)
    assert str(load_run(tmp_path / "out").processing.smooth["va"]) == "none"


def test_what_was_tuned_for_the_ensemble_can_be_put_on_it_later(pair, tmp_path):
    tuned = tuned_for(*pair, weights={"va": (0.9, 0.3)}, smooth={"va": "none"})
    ensemble(pair, out=tmp_path / "wanted", tuned=tuned)
    ensemble(pair, out=tmp_path / "out", weights="va=.9,.3")
    refine(tmp_path / "out", tuned=tuned)
    assert contents(tmp_path / "out") == contents(tmp_path / "wanted")
    ensemble(pair, out=tmp_path / "mean")
    with pytest.raises(UsageError, match="were tuned for the weighted mean of 2 runs"):
        refine(tmp_path / "mean", tuned=tuned)


def test_labels_that_cannot_be_made_are_an_error(pair, tmp_path):
    with pytest.raises(SubmissionError, match="take a --fill such as linear"):
        ensemble(pair, out=tmp_path / "out", fill="none")
    assert not (tmp_path / "out").exists()
    ensemble(pair, out=tmp_path / "out")
    before = contents(tmp_path / "out")
    for force in (False, True):
        with pytest.raises(SubmissionError):
            ensemble(pair, out=tmp_path / "out", fill="none", force=force)
    assert contents(tmp_path / "out") == before


def test_a_folder_in_use_is_left_alone_unless_forced(pair, tmp_path):
    make_run(tmp_path / "out", VA)
    with pytest.raises(UsageError, match="holds a run of another challenge and model"):
        ensemble(pair, out=tmp_path / "out")
    ensemble(pair, out=tmp_path / "wanted")
    ensemble(pair, out=tmp_path / "out", force=True)
    assert contents(tmp_path / "out") == contents(tmp_path / "wanted")
    shutil.rmtree(tmp_path / "out")
    (tmp_path / "out").touch()
    with pytest.raises(DataError, match="the run could not be written"):
        ensemble(pair, out=tmp_path / "out")
