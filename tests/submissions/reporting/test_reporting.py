"""The command ``report``: from runs and label files to a page."""

import sys

import numpy as np
import pytest

from abawkit.cli import main
from abawkit.errors import UsageError
from abawkit.evaluation.bootstrap import Bootstrap
from abawkit.evaluation.files import score_files
from abawkit.evaluation.influence import influence
from abawkit.labels import read_labels, write_labels
from abawkit.protocol import CHALLENGES
from abawkit.report.numbers import signed
from submissions import Processing, load_run
from submissions.decide import decide, process
from submissions.reporting.reporting import read_page, write_report
from tests.submissions.runs import draw_run, make_run

FEW = Bootstrap(resamples=100)
pytestmark = pytest.mark.filterwarnings("ignore::abawkit.errors.UncertainWarning")


@pytest.fixture
def made(tmp_path):
    """Make two runs, and annotations that are what a third would be."""

    def make(name="abaw3-va", **labels):
        challenge = CHALLENGES[name]
        for seed, folder in enumerate("ab"):
            make_run(tmp_path / folder, challenge, seed, **labels)
        settings = Processing.parse(challenge, fill="linear")
        tracks = draw_run(challenge, 7).tracks
        truth = {video: process(challenge, raw, settings) for video, raw in tracks.items()}
        layout = challenge.protocol.annotation
        write_labels(tmp_path / "gt", truth, targets=challenge.targets, layout=layout)
        found = tmp_path / "gt"
        return tmp_path / "a", tmp_path / "b", found if layout.per_video else next(found.iterdir())

    return make


@pytest.mark.parametrize("name", ["abaw3-va", "abaw3-expr", "abaw3-au", "abaw4-mtl"])
def test_what_labels_were_decided_upon_gives_these_labels(made, name):
    a, _, gt = made(name)
    page = read_page([a, gt], task=name, bootstrap=FEW)
    (entry,) = page.entries
    settings = load_run(a).processing
    for video, outputs in entry.outputs.items():
        limits, shifts = entry.thresholds or 0.5, settings.offsets
        labels = decide(page.challenge, outputs, thresholds=limits, offsets=shifts)
        found = entry.prediction[video].values
        np.testing.assert_allclose(labels.values, found, atol=1e-6)


def test_an_entry_is_scored_as_the_command_score_does(made):
    a, b, gt = made()
    page = read_page([a, b, gt], bootstrap=FEW)
    assert [entry.name for entry in page.entries] == ["a", "b"]
    assert [entry.report.score for entry in page.entries] == [
        score_files(run, gt).report.score for run in (a, b)
    ]
    assert page.entries[0].faces["video1"].tolist() == [True, False] + [True] * 7


def test_thresholds_are_those_of_the_run_or_a_half(made):
    a, _, gt = made("abaw3-au", thresholds=",".join(["0.3"] * 12))
    assert read_page([a, gt], bootstrap=FEW).entries[0].thresholds == (0.3,) * 12
    a, _, gt = made("abaw3-au")
    assert read_page([a, gt], bootstrap=FEW).entries[0].thresholds == (0.5,) * 12


def test_labels_of_any_origin_have_a_page_without_outputs_and_faces(made, tmp_path):
    _, _, gt = made()
    challenge = CHALLENGES["abaw3-va"]
    truth = read_labels(gt, challenge)
    layout = challenge.protocol.submission
    write_labels(tmp_path / "mine", truth, targets=challenge.targets, layout=layout)
    (entry,) = read_page([tmp_path / "mine", gt], bootstrap=FEW).entries
    assert (entry.outputs, entry.faces, entry.thresholds) == (None, None, ())
    assert entry.report.score == pytest.approx(1)


def test_a_run_of_another_edition_has_its_outputs(made):
    a, _, gt = made("abaw3-va")
    page = read_page([a, gt], task="va", edition=2, bootstrap=FEW)
    assert page.challenge.name == "abaw2-va"
    assert page.entries[0].outputs


def test_a_run_with_labels_of_another_task_has_a_page_without_its_outputs(made, tmp_path):
    *_, gt = made("abaw3-va")
    challenge, run = CHALLENGES["abaw3-va"], tmp_path / "multi-task"
    make_run(run, CHALLENGES["abaw3-mtl"])
    next(run.glob("*.txt")).unlink()
    layout = challenge.protocol.submission
    write_labels(run, read_labels(gt, challenge), targets=challenge.targets, layout=layout)
    (entry,) = read_page([run, gt], bootstrap=FEW).entries
    assert (entry.outputs, entry.thresholds) == (None, ())


@pytest.mark.parametrize("names", ["one", "one,two,three", "one,one", "one,", ""])
def test_names_have_to_be_as_many_and_different(made, names):
    *runs, gt = made()
    with pytest.raises(UsageError, match="--names: expected 2 names"):
        read_page([*runs, gt], names=names, bootstrap=FEW)


def test_runs_are_called_as_asked(made):
    *runs, gt = made()
    page = read_page([*runs, gt], names="old, new", bootstrap=FEW)
    assert [entry.name for entry in page.entries] == ["old", "new"]
    assert page.title == "old and new"


def test_annotations_alone_are_no_run(made):
    *_, gt = made()
    with pytest.raises(UsageError, match="expected runs, then the annotations"):
        read_page([gt])


def test_an_older_page_is_replaced_and_nothing_else(made, tmp_path):
    a, _, gt = made()
    out = tmp_path / "new" / "page.html"
    write_report([a, gt], out, bootstrap=FEW)
    first = out.read_bytes()
    assert write_report([a, gt], out, bootstrap=FEW).startswith(f"{out}: ")
    assert out.read_bytes() == first
    out.write_text("<html>mine</html>")
    with pytest.raises(UsageError, match="is no page of abawkit report; --force"):
        write_report([a, gt], out, bootstrap=FEW)
    assert out.read_text() == "<html>mine</html>"
    write_report([a, gt], out, bootstrap=FEW, force=True)
    assert out.read_bytes() == first


def test_a_folder_is_no_place_for_a_page(made, tmp_path):
    a, _, gt = made()
    with pytest.raises(UsageError, match="found a folder"):
        write_report([a, gt], tmp_path, force=True)


def test_the_command_tells_the_file_and_the_worst_video(made, tmp_path, monkeypatch, capsys):
    a, b, gt = made()
    out = tmp_path / "page.html"
    words = ["report", str(a), str(b), str(gt), "-o", str(out), "--resamples", "100"]
    monkeypatch.setattr(sys, "argv", ["abawkit", *words])
    with pytest.raises(SystemExit) as end:
        main()
    shown = capsys.readouterr()
    assert end.value.code == 0
    assert "MB, 2 runs\nworst video of a: " in shown.out
    assert shown.err.count("warning:") == 1
    assert '"#timeline=video1"' in out.read_text()


def test_rules_reach_the_score_of_every_run(made):
    a, b, gt = made()
    page = read_page([a, b, gt], va_mask="value", bootstrap=FEW)
    assert all("|mask:va:value|" in entry.signature for entry in page.entries)
    assert page.challenge.targets[0].masking == "value"


def test_the_worst_video_is_that_which_pulls_down_most_with_its_frames_without_a_face(
    made, tmp_path
):
    a, _, gt = made()
    told = write_report([a, gt], tmp_path / "page.html", bootstrap=FEW).splitlines()
    page = read_page([a, gt], bootstrap=FEW)
    worst = min(influence(page.entries[0].report), key=lambda found: found.change)
    start = f"worst video of a: {worst.video}, moves the score {signed(worst.change, 4)}"
    assert told[1] == start
    assert "of the frames that count have no face" in told[-1]
