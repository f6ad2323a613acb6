"""``abawkit tune`` from run folders to a file that refine and ensemble take."""

import json
import sys

import pytest

from abawkit.cli import main
from abawkit.evaluation import score_files
from abawkit.labels import Rows, write_labels
from abawkit.protocol import find_challenge
from submissions import Tuned, load_run, process
from submissions.ensembling import ensemble
from submissions.refining import refine
from submissions.tuning.command import tune_files
from tests.submissions.runs import FRAME_LEVEL, draw_run, save_run
from tests.submissions.tuning.samples import filters

VA, EXPR, AU = (find_challenge(task) for task in ("va", "expr", "au"))
LENGTHS = {"b_left": 20, "b_right": 15, "c": 18, "d": 12, "e": 21}
EVERY_FRAME_LEVEL = pytest.mark.parametrize(
    "challenge", FRAME_LEVEL.values(), ids=list(FRAME_LEVEL)
)


def make_annotations(folder, challenge, run=None):
    """Write the labels of a run as annotations."""
    run = run or draw_run(challenge, 99, lengths=LENGTHS)
    tracks = {v: process(challenge, track, run.processing) for v, track in run.tracks.items()}
    layout = challenge.protocol.submission
    write_labels(
        folder, tracks, targets=challenge.targets, layout=layout,
        rows=None if layout.per_video else Rows.whole(LENGTHS),
    )  # fmt: skip
    return folder


def make_runs(folder, challenge, *, n_runs=1, **options):
    return [
        save_run(folder / f"run{seed}", draw_run(challenge, seed, lengths=LENGTHS, **options))
        for seed in range(n_runs)
    ]


def search(folder, challenge, **options):
    fields = {"smooth": "none,box:3", "folds": 2, "seed": 1, **options}
    runs = make_runs(folder, challenge, n_runs=fields.pop("n_runs", 1))
    gt = make_annotations(folder / "gt", challenge)
    return runs, gt, tune_files(runs, gt, out=folder / "tuned.json", **fields)


@EVERY_FRAME_LEVEL
def test_refine_gives_the_score_that_was_said(tmp_path, challenge):
    (run,), gt, tuning = search(tmp_path, challenge, offsets="-.5,.5")
    refine(run, tuned=Tuned.load(tmp_path / "tuned.json"), out=tmp_path / "new")
    report = score_files(tmp_path / "new", gt, task=challenge.name).report
    # Values are written with six decimals.
    assert report.score == pytest.approx(tuning.here, abs=1e-5)


@pytest.mark.parametrize("challenge", [VA, EXPR, AU], ids=lambda row: row.name)
def test_ensemble_gives_the_score_that_was_said(tmp_path, challenge):
    runs, gt, tuning = search(tmp_path, challenge, n_runs=2, weights=0.25)
    ensemble(runs, out=tmp_path / "new", tuned=Tuned.load(tmp_path / "tuned.json"))
    report = score_files(tmp_path / "new", gt, task=challenge.name).report
    assert report.score == pytest.approx(tuning.here, abs=1e-5)
    assert tuning.members == tuple(load_run(run).name for run in runs)


def test_frames_without_a_face_are_filled_as_in_the_runs(tmp_path):
    gt = make_annotations(tmp_path / "gt", VA)
    (run,) = make_runs(tmp_path, VA, fill="previous")
    tuning = tune_files([run], gt, out=tmp_path / "t.json", folds=2, seed=0, smooth="none")
    report = score_files(refined(run, tmp_path, smooth="none"), gt).report
    assert tuning.raw == pytest.approx(report.score, abs=1e-5)
    report = score_files(refined(run, tmp_path, smooth="none", fill="linear"), gt).report
    assert abs(tuning.raw - report.score) > 1e-5


def refined(run, folder, **options):
    refine(run, out=folder / "again", force=True, **options)
    return folder / "again"


@pytest.fixture
def abawkit(tmp_path, monkeypatch, capsys):
    """Write two runs and annotations, and give a function that runs a command beside them."""
    monkeypatch.chdir(tmp_path)
    make_runs(tmp_path, AU, n_runs=2)
    make_annotations(tmp_path / "gt", AU)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["abawkit", "tune", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code, *capsys.readouterr()

    return call


def test_the_command_prints_and_writes(abawkit, tmp_path):
    code, out, err = abawkit("run0", "gt", "--smooth", "none,box:3", "-o", "new/t.json")
    assert code == 0
    assert err.splitlines() == [
        "4 folds instead of 5: there are no more recordings or groups",
        "searching the settings of au ...",
        "written to new/t.json",
    ]
    assert out.split()[:5] == ["raw", "untuned", "optimistic", "honest", "optimism"]
    tuned = Tuned.load(tmp_path / "new" / "t.json")
    assert len(tuned.thresholds) == 12
    assert tuned.evidence["grid"]["smooth"] == {"au": "none,box:3,median:15"}


def test_the_command_takes_all_options(abawkit, tmp_path):
    (tmp_path / "g.csv").write_text("video,group\nb_left,1\nb_right,2\nc,1\nd,2\ne,2\n")
    code, out, _ = abawkit(
        "run0", "run1", "gt", "--smooth", "au=default", "--thresholds", ".3,.5", "--offsets",
        "-1:1:1", "--weights", ".5", "--folds", "2", "--groups", "g.csv", "--seed", "3", "--json",
    )  # fmt: skip
    assert code == 0
    content = json.loads(out)
    assert content["grid"] == {
        "smooth": {"au": "median:15"}, "thresholds": "0.3,0.5", "offsets": "-1,0,1", "n_weights": 3
    }  # fmt: skip
    assert sorted(content["held_out"]) == [["b_left", "c"], ["b_right", "d", "e"]]
    assert (content["seed"], content["n_groups"]) == (3, 2)
    assert len(content["weights"]["au"]) == len(content["members"]) == 2
    assert Tuned.load(tmp_path / "tuned.json").evidence["scores"] == content["scores"]


@pytest.mark.parametrize(
    ("arguments", "code", "fragment"),
    [
        (("run0", "run0", "gt"), 2, "run0 is given twice; expected each run once"),
        (("run0", "gt/../run0", "gt"), 2, "is given twice"),
        (("gt", "gt"), 3, "gt: no finished run"),
        (("run0", "nothing"), 3, "nothing: no such file or folder"),
        (("run0", "gt", "-o", "gt"), 2, "gt: this is a folder; expected the name of a file"),
        (("run0", "gt", "-o", "file/t.json"), 3, "file/t.json: the settings cannot be written"),
        (("run0", "gt", "--smooth", "box:4"), 2, "expected an odd width"),
        (("run0", "gt", "--weights", "2"), 2, "--weights 2: expected a step"),
        (("run0", "gt", "--groups", "file"), 3, "file: expected the header video,group"),
        (("run0", "gt", "--folds", "1"), 2, "--folds"),
        (("run0", "gt", "--seed", "-1"), 2, "--seed"),
    ],
)
def test_wrong_input_ends_in_one_message(abawkit, tmp_path, arguments, code, fragment):
    (tmp_path / "file").write_text("x")
    found, out, err = abawkit(*arguments)
    assert (found, out) == (code, "")
    assert fragment in err
    assert "Traceback" not in err


def test_a_file_that_cannot_be_written_is_told_before_the_search(abawkit):
    code, _, err = abawkit("run0", "gt", "-o", "n" * 252)  # too long with .part
    assert code == 3
    assert "the settings cannot be written" in err
    assert "searching" not in err


@pytest.mark.parametrize("challenge", [VA, AU], ids=lambda row: row.name)
def test_what_a_run_has_is_tried_too_and_not_replaced_by_something_worse(tmp_path, challenge):
    own = {"smooth": "box:5", "fill": "nearest"}
    own |= {"thresholds": ".35"} if challenge is AU else {}
    (run,) = make_runs(tmp_path, challenge, **own)
    gt = make_annotations(tmp_path / "gt", challenge, load_run(run))
    tuning = tune_files(
        [run], gt, out=tmp_path / "t.json", folds=2, seed=1, smooth="none", thresholds=".9"
    )
    assert tuning.untuned >= tuning.honest
    assert tuning.grid.smooth == {challenge.targets[0].name: filters("none", "box:5")}
    tuned = Tuned.load(tmp_path / "t.json")
    assert (tuned.smooth, tuned.thresholds, tuned.fill) == ({}, (), "nearest")
    report = score_files(refined(run, tmp_path, tuned=tuned), gt, task=challenge.name).report
    assert report.score == pytest.approx(tuning.here, abs=1e-5)


def test_runs_that_differ_are_compared_with_the_default_of_what_differs(tmp_path):
    one, two = (
        save_run(tmp_path / name, draw_run(AU, 1, lengths=LENGTHS, thresholds=".3", **own))
        for name, own in {"a": {"smooth": "box:3"}, "b": {"smooth": "none"}}.items()
    )
    gt = make_annotations(tmp_path / "gt", AU)
    found = tune_files([one, two], gt, out=tmp_path / "t.json", folds=2, seed=1).targets["au"]
    assert str(found.baseline.smooth) == "median:15"
    assert found.baseline.thresholds == (0.3,) * 12


def test_runs_of_other_frames_are_refused(abawkit, tmp_path):
    save_run(tmp_path / "other", draw_run(AU, 5, lengths={**LENGTHS, "e": 20}))
    code, _, err = abawkit("run0", "other", "gt")
    assert code == 3
    assert "other: 1 of 5 videos differ: e has 20 frames, 21 in run0" in err
