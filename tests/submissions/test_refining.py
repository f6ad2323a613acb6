"""A refined run is the run that predict would have made, to the byte, and can be stopped."""

import json
import re
import shutil

import numpy as np
import pytest

from abawkit import files
from abawkit.errors import (
    AbawkitWarning,
    DataError,
    RowOrderWarning,
    SubmissionError,
    UsageError,
)
from abawkit.evaluation.files import read_processing as score_processing
from abawkit.labels import read_labels, writing
from abawkit.protocol import find_challenge
from baselines.plan import plan
from baselines.predictor import predict
from submissions import Processing, Tuned, load_run, refine
from submissions import run as runs
from submissions.run import read_manifest, write_manifest
from tests.baselines.fakes import Fake, contents, save_frames
from tests.submissions.runs import FRAME_LEVEL, draw_run, make_run, save_run

VA, AU, EXPR5, MTL = map(find_challenge, ["abaw3-va", "abaw3-au", "abaw5-expr", "abaw3-mtl"])
LAYOUTS = pytest.mark.parametrize("challenge", [VA, EXPR5], ids=["file a video", "one file"])
PRESENT = {"5": [1, 2, 5, 6], "b_left": [2, 3, 7], "b_right": [1, 4]}
LENGTHS = {"5": 7, "b_left": 8, "b_right": 4}
# Not in the order of the videos, and with holes.
ROWS = [("b_right", 4), ("5", 2), ("5", 3), ("b_left", 8), ("b_right", 1), ("5", 7), ("b_left", 7)]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Make the frames of three videos, the table of their lengths and an official list."""
    root = tmp_path_factory.mktemp("data")
    for video, frames in PRESENT.items():
        save_frames(root / "data", video, frames)
    counts = "".join(f"{video},{count}\n" for video, count in LENGTHS.items())
    (root / "frames.csv").write_text(f"video,frames\n{counts}")
    (root / "list.txt").write_text("".join(f"{v}/{f:05d}.jpg\n" for v, f in ROWS))
    return root


def predicted(data, challenge, out, **options):
    sparse = challenge.protocol.submission.key is not None
    planned = plan(
        challenge,
        data / "data",
        frames=data / "frames.csv",
        videos=data / "list.txt" if sparse else None,
    )
    processing = Processing.parse(challenge, **options)
    predict(challenge, Fake(challenge), planned, out=out, processing=processing)
    return out


@pytest.mark.parametrize("challenge", FRAME_LEVEL.values(), ids=list(FRAME_LEVEL))
def test_a_refined_run_is_the_one_that_predict_would_have_written(data, tmp_path, challenge):
    units = any(target.name == "au" for target in challenge.targets)
    limits = {"thresholds": ".3"} if units else {}
    predicted(data, challenge, tmp_path / "run", smooth="none", fill="nearest")
    before = contents(tmp_path / "run")
    for options in ({"smooth": "box:3"}, {"fill": "previous", **limits}):
        wanted = contents(predicted(data, challenge, tmp_path / "wanted", **options))
        full = {"fill": "default", "smooth": "default"} | options
        refine(tmp_path / "run", **full, out=tmp_path / "new")
        assert contents(tmp_path / "run") == before
        assert contents(tmp_path / "new") == wanted
    refine(tmp_path / "run", **full, out=tmp_path / "new/../run")
    assert contents(tmp_path / "run") == wanted


def test_what_is_not_given_stays_as_the_run_has_it(tmp_path):
    run = make_run(tmp_path / "run", AU, fill="nearest", smooth="box:3", thresholds=".3")
    before = contents(tmp_path / "run")
    refine(tmp_path / "run")
    assert contents(tmp_path / "run") == before
    refine(tmp_path / "run", smooth="none")
    described = load_run(tmp_path / "run").processing.describe()
    assert described == {**run.processing.describe(), "smooth": "none"}


def test_thresholds_are_given_else_tuned_else_those_of_the_run(tmp_path):
    make_run(tmp_path, AU, thresholds=".3")
    tuned = Tuned(challenge="abaw3-au", thresholds=(0.4,) * 12)
    for options, expected in (
        ({}, 0.3),
        ({"tuned": Tuned(challenge="abaw3-au", smooth={"au": "none"})}, 0.3),
        ({"tuned": tuned}, 0.4),
        ({"tuned": tuned, "thresholds": ".6"}, 0.6),
    ):
        refine(tmp_path, **options)
        assert load_run(tmp_path).processing.thresholds == (expected,) * 12
        probabilities = load_run(tmp_path).tracks["b_left"].values
        known = ~np.isnan(probabilities)
        refine(tmp_path, smooth="none")
        labels = read_labels(tmp_path, AU)["b_left"].values
        np.testing.assert_array_equal(labels[known], probabilities[known] >= expected)


def test_tuned_settings_are_used(tmp_path):
    make_run(tmp_path, VA)
    outcome = refine(
        tmp_path, tuned=Tuned(challenge="abaw5-va", smooth={"va": "none"}, offsets=(0.125, 0.0))
    )
    assert "offsets: 0.125,0\n" in str(outcome)
    raw = load_run(tmp_path).tracks["video1"].values[2]
    found = read_labels(tmp_path, VA)["video1"].values[2]
    np.testing.assert_allclose(found, np.clip(raw + np.array([0.125, 0]), -1, 1), atol=1e-6)


def test_what_was_tuned_for_several_runs_is_refused_for_one(tmp_path):
    make_run(tmp_path, VA)
    tuned = Tuned(challenge="abaw3-va", weights={"va": (0.5, 0.5)}, members=("a", "b"))
    with pytest.raises(UsageError, match=r"mean of 2 runs \(a, b\), and this is model 0 \+ head"):
        refine(tmp_path, tuned=tuned)


def test_settings_of_another_run_are_taken_with_a_warning(tmp_path):
    name = make_run(tmp_path, VA).name
    refine(tmp_path, tuned=Tuned(challenge="abaw3-va", weights={"va": (1.0,)}, members=(name,)))
    with pytest.warns(AbawkitWarning, match=r"were tuned for a and are used for model 0 \+ head"):
        refine(tmp_path, tuned=Tuned(challenge="abaw3-va", members=("a",)))


@LAYOUTS
@pytest.mark.parametrize("force", [False, True])
def test_a_new_run_without_labels_leaves_what_is_in_its_folder(tmp_path, challenge, force):
    make_run(tmp_path / "run", challenge)
    make_run(tmp_path / "good", challenge, smooth="none")
    before = contents(tmp_path / "good")
    for out in ("good", "new"):
        with pytest.raises(SubmissionError, match="take a --fill such as linear"):
            refine(tmp_path / "run", fill="none", out=tmp_path / out, force=force)
    assert contents(tmp_path / "good") == before
    assert not (tmp_path / "new").exists()


@LAYOUTS
def test_labels_that_cannot_be_made_leave_the_run_as_it_was(tmp_path, challenge):
    make_run(tmp_path, challenge)
    before = contents(tmp_path)
    for out in (None, tmp_path / "raw/.."):
        with pytest.raises(SubmissionError, match="take a --fill such as linear"):
            refine(tmp_path, fill="none", out=out)
        assert contents(tmp_path) == before


@LAYOUTS
@pytest.mark.parametrize("writes", range(5))
def test_a_stopped_refine_is_noticed_and_done_again(tmp_path, monkeypatch, challenge, writes):
    """Stop at each of the writes; what is written is whole."""
    made = {"smooth": "none", "fill": "nearest"}
    for name in ("run", "wanted"):
        make_run(tmp_path / name, challenge)
    refine(tmp_path / "wanted", **made)
    wanted, before = contents(tmp_path / "wanted"), contents(tmp_path / "run")
    left = iter(range(writes))

    def stop(path, data):
        if next(left, None) is None:
            raise KeyboardInterrupt
        files.write_whole(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(writing, "write_whole", stop)
        patch.setattr(runs, "write_whole", stop)
        try:
            refine(tmp_path / "run", **made)
        except KeyboardInterrupt:
            stopped = True
        else:
            stopped = False
    assert stopped == (writes < (5 if challenge is VA else 2))
    if writes == 0:
        assert contents(tmp_path / "run") == before
        refine(tmp_path / "run", **made)
    elif stopped:
        with pytest.raises(DataError, match="stopped while its labels were made anew"):
            load_run(tmp_path / "run")
        with pytest.raises(DataError, match="stopped while its labels were written"):
            score_processing(tmp_path / "run")
        refine(tmp_path / "run")
    assert contents(tmp_path / "run") == wanted


def test_predict_takes_up_a_run_that_was_stopped_while_refined(data, tmp_path):
    wanted = contents(predicted(data, VA, tmp_path))
    write_manifest(tmp_path, {**read_manifest(tmp_path), "refining": {}})
    (tmp_path / "5.txt").write_text("valence,arousal\n0.5,0.5\n")
    assert contents(predicted(data, VA, tmp_path)) == wanted


def test_an_error_while_a_stopped_run_is_refined_leaves_its_mark(tmp_path):
    make_run(tmp_path, VA)
    write_manifest(tmp_path, {**read_manifest(tmp_path), "refining": {}})
    with pytest.raises(SubmissionError):
        refine(tmp_path, fill="none")
    assert read_manifest(tmp_path)["refining"] == {}


def test_a_new_run_that_was_stopped_is_made_again(tmp_path):
    make_run(tmp_path / "run", EXPR5)
    refine(tmp_path / "run", smooth="none", out=tmp_path / "wanted")
    shutil.copytree(tmp_path / "wanted", tmp_path / "new")
    manifest = read_manifest(tmp_path / "new")
    del manifest["videos"]
    write_manifest(tmp_path / "new", manifest)
    (tmp_path / "new/predictions.txt").unlink()
    (tmp_path / "new/raw/b_left.npz").unlink()
    refine(tmp_path / "run", smooth="none", out=tmp_path / "new")
    assert contents(tmp_path / "new") == contents(tmp_path / "wanted")


def test_rows_stay_in_the_order_of_the_file(tmp_path):
    listed = {"video1": [1, 4, 6], "b_left": [2, 3]}
    rows = [("b_left", 3), ("video1", 6), ("video1", 1), ("b_left", 2), ("video1", 4)]
    run = draw_run(MTL, lengths={"video1": 9, "b_left": 6}, listed=listed)
    save_run(tmp_path, run, rows=rows)
    refine(tmp_path, smooth="box:3", out=tmp_path / "new")
    lines = (tmp_path / "new/MTL_predictions.txt").read_text().splitlines()[1:]
    assert [line.split(",")[0] for line in lines] == [f"{v}/{f:05d}.jpg" for v, f in rows]


@pytest.mark.parametrize("text", [None, b"", b"image\nvideo1/00001.jpg,1\n", b"\xff"])
def test_where_the_order_is_lost_a_warning_says_so(tmp_path, text):
    run = draw_run(EXPR5)
    rows = [(name, frame) for name, raw in run.videos.items() for frame in raw.rows]
    save_run(tmp_path, run, rows=rows[::-1])
    before = (tmp_path / "predictions.txt").read_bytes().splitlines(keepends=True)
    (tmp_path / "predictions.txt").unlink()
    if text is not None:
        (tmp_path / "predictions.txt").write_bytes(text)
    with pytest.warns(RowOrderWarning, match=r"predictions\.txt: expected the 22 rows of"):
        refine(tmp_path)
    header, *lines = (tmp_path / "predictions.txt").read_bytes().splitlines(keepends=True)
    assert [header, *lines[::-1]] == before


@pytest.mark.parametrize("removed", ["manifest.json", "raw/b_left.npz", "videos"])
def test_a_run_that_is_not_finished_is_refused(tmp_path, removed):
    make_run(tmp_path, VA)
    if removed == "videos":
        manifest = json.loads((tmp_path / "manifest.json").read_text())
        write_manifest(tmp_path, {k: v for k, v in manifest.items() if k != "videos"})
    else:
        (tmp_path / removed).unlink()
    with pytest.raises(DataError, match=r"abawkit predict makes one|predict this video again"):
        refine(tmp_path)


@pytest.mark.parametrize(
    ("options", "fragment"),
    [
        ({"fill": "cubic"}, "no fill 'cubic'"),
        ({"smooth": "box:4"}, "expected an odd width"),
        ({"thresholds": ".5"}, "abaw3-va has no action units"),
        ({"tuned": Tuned(challenge="abaw3-au")}, "the tuned settings are of abaw3-au"),
    ],
)
def test_settings_that_make_no_sense_leave_the_run_as_it_was(tmp_path, options, fragment):
    make_run(tmp_path, VA)
    before = contents(tmp_path)
    with pytest.raises(UsageError, match=re.escape(fragment)):
        refine(tmp_path, **options)
    assert contents(tmp_path) == before


def test_a_folder_with_a_run_of_something_else_is_left_alone_unless_forced(tmp_path):
    make_run(tmp_path / "run", VA)
    make_run(tmp_path / "other", AU, seed=1, lengths={"x": 5})
    with pytest.raises(UsageError, match=r"holds a run of other videos \(x\); choose another --o"):
        refine(tmp_path / "run", out=tmp_path / "other")
    refine(tmp_path / "run", out=tmp_path / "other", force=True)
    assert contents(tmp_path / "other") == contents(tmp_path / "run")


def test_a_folder_that_is_no_run_or_cannot_be_one_is_refused(tmp_path):
    make_run(tmp_path / "run", VA)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/notes.md").touch()
    for out, fragment in (
        ("full", "not empty, and no run"),
        ("full/notes.md", "could not be"),
    ):
        with pytest.raises(DataError, match=fragment):
            refine(tmp_path / "run", out=tmp_path / out, force=True)
