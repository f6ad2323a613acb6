"""Packing: what is sent, what is told of it, and what is refused."""

import hashlib
import json
import re
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abawkit.errors import AbawkitWarning, DataError, SubmissionError, UsageError
from abawkit.evaluation import Signature
from abawkit.evaluation.files import score_files
from abawkit.labels import write_labels
from abawkit.protocol import CHALLENGES
from submissions import refine
from submissions.identify import editions_like
from submissions.packing.pack import pack
from submissions.trials.sent import read_sent
from tests.strategies import predictions
from tests.submissions.asked import rows_of, submit, template_of, write_sample
from tests.submissions.runs import draw_run, make_run

VA, AH = CHALLENGES["abaw5-va"], CHALLENGES["abaw11-ah"]
EVERY_ROW = pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
A_FEW = settings(max_examples=3)


@pytest.fixture
def run(tmp_path):
    make_run(tmp_path / "run", VA)
    return tmp_path / "run"


@pytest.fixture
def truth(tmp_path):
    """Write annotations of the videos of a run."""
    tracks = {name: raw.track for name, raw in draw_run(VA, 1).videos.items()}
    write_labels(tmp_path / "gt", tracks, targets=VA.targets, layout=VA.protocol.annotation,
                 sentinels=True)  # fmt: skip
    return tmp_path / "gt"


def write_trial(path, *labels):
    rows = [f"Videos/a/{number}.mp4,{label}\n" for number, label in enumerate(labels)]
    path.write_text("".join(rows))
    return path


def read_zip(path):
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def told_of(path):
    return json.loads(path.with_suffix(".json").read_text())


def everything(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@EVERY_ROW
@A_FEW
@given(data=st.data())
def test_what_is_valid_is_packed_flat_and_told(challenge, data):
    tracks = data.draw(predictions(challenge))
    with TemporaryDirectory() as name:
        sample = write_sample(Path(name) / "official", challenge, tracks)
        template = template_of(Path(name) / "again", challenge, tracks)
        own = submit(Path(name) / "own", challenge, tracks, template)
        archive = pack([own], out=Path(name) / "a.zip", task=challenge.name, like=sample).archive
        files, told = read_zip(archive), told_of(archive)
        expected = [own] if own.is_file() else own.iterdir()
        assert files == {path.name: path.read_bytes() for path in expected}
        assert told["zip"]["sha256"] == hashlib.sha256(archive.read_bytes()).hexdigest()
        (trial,) = read_sent(archive, sent="")
        assert trial.challenge == challenge.name
        assert read_sent(own, task=challenge.name, sent="")[0].content == trial.content
    assert sum(row["rows"] for row in told["files"]) == len([*rows_of(tracks)])
    assert {row["name"]: row["sha256"] for row in told["files"]} == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }


def test_of_a_run_only_label_files_are_packed_and_its_settings_told(run):
    packed = pack([run], out=run.parent / "a.zip")
    assert [*read_zip(packed.archive)] == ["predictions.txt"]
    (told,) = told_of(packed.archive)["submissions"]
    assert (told["settings"]["model"], told["settings"]["fill"]) == ("model 0", "linear")
    assert (told["score"], told["compared"]) == (None, True)
    assert "valid: abaw5-va" in str(packed)


def test_the_same_input_gives_the_same_bytes(run, tmp_path):
    pack([run], out=tmp_path / "a.zip")
    first = [(tmp_path / f"a.{suffix}").read_bytes() for suffix in ("zip", "json")]
    pack([run], out=tmp_path / "a.zip")
    assert [(tmp_path / f"a.{suffix}").read_bytes() for suffix in ("zip", "json")] == first


def test_the_zip_is_named_after_the_challenge(run, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    pack([run])
    assert (tmp_path / "abaw5-va.zip").exists()


def test_what_is_wrong_is_told_and_nothing_written(run, tmp_path):
    file = run / "predictions.txt"
    file.write_text(file.read_text().replace("video1/00003.jpg,", "video1/00003.jpg,nan,", 1))
    before = everything(tmp_path)
    with pytest.raises(SubmissionError, match=r"error columns(.|\n)*not valid: abaw5-va"):
        pack([run], out=tmp_path / "new" / "a.zip")
    assert everything(tmp_path) == before
    assert not (tmp_path / "new").exists()


def test_rows_that_a_run_lost_are_missed(run, tmp_path):
    file = run / "predictions.txt"
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(SubmissionError, match="error row-missing"):
        pack([run], out=tmp_path / "a.zip")


def test_warnings_are_told_and_refused_with_strict(tmp_path):
    trial = write_trial(tmp_path / "mine.txt", *[0] * 20)
    out = tmp_path / "a.zip"
    with pytest.raises(SubmissionError, match="not valid with --strict"):
        pack([trial], task="abaw11-ah", out=out, strict=True)
    assert not out.exists()
    pack([trial], task="abaw11-ah", out=out)
    codes = {row["code"] for row in told_of(out)["submissions"][0]["warnings"]}
    assert codes == {"constant-column"}


def test_the_sample_is_named(run, tmp_path):
    sample = tmp_path / "sample.txt"
    sample.write_bytes((run / "predictions.txt").read_bytes())
    out = pack([run], out=tmp_path / "a.zip", like=sample).archive
    digest = hashlib.sha256(sample.read_bytes()).hexdigest()
    assert told_of(out)["sample"] == {"name": "sample.txt", "sha256": digest}


def test_a_zip_of_other_content_is_replaced_only_by_force(run, tmp_path):
    out = pack([run], out=tmp_path / "a.zip").archive
    refine(run, smooth="none")
    before = out.read_bytes()
    with pytest.raises(UsageError, match=r"a\.zip is there with other content"):
        pack([run], out=out)
    assert out.read_bytes() == before
    pack([run], out=out, force=True)
    assert told_of(out)["zip"]["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert out.read_bytes() != before


@pytest.mark.parametrize("content", ["{}", '{"abawkit_pack": 1}', "x"])
def test_a_file_where_the_manifest_goes_is_replaced_only_by_force(run, tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(UsageError, match=r"a\.json is there with other content"):
        pack([run], out=tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()
    pack([run], out=tmp_path / "a.zip", force=True)


def test_the_manifest_of_a_zip_that_was_moved_away_is_kept(run, tmp_path):
    out = pack([run], out=tmp_path / "a.zip").archive
    out.unlink()
    refine(run, smooth="none")
    with pytest.raises(UsageError, match=r"a\.json is there with other content"):
        pack([run], out=out)


@pytest.mark.parametrize(
    ("out", "found"),
    [("a.tar", "ends in .zip"), ("run/a.zip", "would be in"), ("b.zip", "folder")],
)
def test_some_places_are_none_for_a_zip(run, tmp_path, out, found):
    (tmp_path / "b.zip").mkdir()
    with pytest.raises(UsageError, match=found):
        pack([run], out=tmp_path / out, force=True)


def test_several_trials_are_numbered(tmp_path):
    trials = [write_trial(tmp_path / f"{name}.txt", name, 0, 1) for name in (1, 0)]
    packed = pack(trials, task="abaw11-ah", out=tmp_path / "a.zip")
    assert read_zip(packed.archive) == {
        "trial-0.txt": trials[0].read_bytes(), "trial-1.txt": trials[1].read_bytes(),
    }  # fmt: skip
    assert [row["files"] for row in told_of(packed.archive)["submissions"]] == [
        ["trial-0.txt"], ["trial-1.txt"],
    ]  # fmt: skip


def test_one_wrong_trial_of_several_refuses_all(tmp_path):
    trials = [write_trial(tmp_path / "a.txt", 0, 1), write_trial(tmp_path / "b.txt", 0, 7)]
    with pytest.raises(SubmissionError, match=r"b\.txt:\n.*range"):
        pack(trials, task="abaw11-ah", out=tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()


def test_the_same_labels_are_no_two_trials(tmp_path):
    trials = [write_trial(tmp_path / name, 0, 1) for name in ("a.txt", "b.txt")]
    with pytest.raises(UsageError, match="the same labels"):
        pack(trials, task="abaw11-ah", out=tmp_path / "a.zip")


def write_trials(folder, number):
    """Write so many trials that differ."""
    return [
        write_trial(folder / f"{one}.txt", *(int(one == other) for other in range(number)))
        for one in range(number)
    ]


def test_more_trials_than_allowed_are_refused(tmp_path):
    trials = write_trials(tmp_path, AH.protocol.trials + 1)
    with pytest.raises(UsageError, match="6 trials; abaw11-ah takes 5; choose which to send"):
        pack(trials, task="abaw11-ah", out=tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()
    assert len(pack(trials[:-1], task="abaw11-ah", out=tmp_path / "a.zip").files) == 5


def test_more_trials_than_are_supposed_to_be_allowed_are_warned_of(tmp_path):
    trials = write_trials(tmp_path, AH.protocol.trials + 1)
    for path in trials:
        path.write_text(re.sub(r"([0-9])\.mp4", r"frame-\1.jpg", path.read_text()))
    with pytest.warns(AbawkitWarning, match="6 trials; abaw8-ah takes 5$"):
        pack(trials, task="abaw8-ah", out=tmp_path / "a.zip")


@EVERY_ROW
@settings(max_examples=1)
@given(data=st.data())
def test_nobody_guesses_the_edition(challenge, data):
    tracks = data.draw(predictions(challenge))
    alike = [row.name for row in editions_like(challenge)]
    task = challenge.protocol.task
    with TemporaryDirectory() as name:
        template = template_of(Path(name) / "sample", challenge, tracks)
        own = submit(Path(name) / "own", challenge, tracks, template)
        out = Path(name) / "a.zip"
        if alike:
            with pytest.raises(UsageError, match=f"any of .*{alike[0]}.*; tell which"):
                pack([own], out=out, task=task)
        asked = {"task": task, "edition": challenge.edition.number}
        assert told_of(pack([own], out=out, **asked).archive)["challenge"] == challenge.name


def test_a_sample_of_several_editions_does_not_tell_which(run, tmp_path):
    file = run / "predictions.txt"
    with pytest.raises(UsageError, match=r"any of abaw5-va, .*abaw10-va; tell which"):
        pack([file], out=tmp_path / "a.zip", like=file)
    assert told_of(pack([file], out=tmp_path / "a.zip", like=file, edition=5).archive)


def test_the_run_that_label_files_were_made_from_tells_how(run, tmp_path):
    file = tmp_path / "mine.txt"
    file.write_bytes((run / "predictions.txt").read_bytes())
    told = told_of(pack([file], out=tmp_path / "a.zip", task="abaw6-va", runs=[run]).archive)
    own = told_of(pack([run], out=tmp_path / "b.zip").archive)
    assert told["submissions"][0]["settings"] == own["submissions"][0]["settings"] is not None
    assert (told["challenge"], told["submissions"][0]["compared"]) == ("abaw6-va", False)
    assert read_sent(tmp_path / "a.zip", sent="")[0].settings["fill"] == "linear"


def test_a_submission_that_a_run_tells_of_may_be_scored_itself(run, truth, tmp_path):
    file = run / "predictions.txt"
    out = pack([file], out=tmp_path / "a.zip", task="abaw5-va", runs=[run], annotations=truth)
    assert isinstance(told_of(out.archive)["submissions"][0]["score"], float)


def test_a_run_that_tells_nothing_of_a_submission_is_refused(run, tmp_path):
    file, out = run / "predictions.txt", tmp_path / "a.zip"
    for paths, runs, found in (
        ([run], [tmp_path / "run2"], "expected a run folder"),
        ([file], [file], "expected a run folder"),
        ([run], [make_run(tmp_path / "other", VA) and tmp_path / "other"], "leave --run out"),
        ([file], [run, run], r"expected one --run a submission \(1\), found 2"),
    ):
        with pytest.raises(UsageError, match=found):
            pack(paths, out=out, task="abaw5-va", runs=runs)
    assert not out.exists()


def test_a_run_of_another_task_tells_nothing(run, tmp_path):
    other = tmp_path / "expr"
    make_run(other, CHALLENGES["abaw5-expr"])
    with pytest.raises(UsageError, match=r"--run .*expr: .* found a run of abaw5-expr"):
        pack([run / "predictions.txt"], out=tmp_path / "a.zip", task="abaw5-va", runs=[other])


def test_a_score_is_not_lost_by_packing_again(run, truth, tmp_path):
    out = pack([run], out=tmp_path / "a.zip", annotations=truth).archive
    before = out.with_suffix(".json").read_bytes()
    with pytest.raises(UsageError, match=r"a\.json tells the score of the same labels.*--force"):
        pack([run], out=out)
    pack([run], out=out, annotations=truth)
    assert out.with_suffix(".json").read_bytes() == before
    pack([run], out=out, force=True)
    assert told_of(out)["submissions"][0]["score"] is None
    pack([run], out=out, annotations=truth)
    assert out.with_suffix(".json").read_bytes() == before


def test_several_submissions_are_packed_one_by_one_elsewhere(run, tmp_path):
    make_run(tmp_path / "other", VA, 1)
    with pytest.raises(UsageError, match="pack one"):
        pack([run, tmp_path / "other"], out=tmp_path / "a.zip")


def test_submissions_for_several_challenges_are_not_mixed(run, tmp_path):
    make_run(tmp_path / "other", CHALLENGES["abaw6-va"])
    with pytest.raises(UsageError, match=r"for abaw5-va, .* for abaw6-va"):
        pack([run, tmp_path / "other"], out=tmp_path / "a.zip")


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        pack([tmp_path / "none"], out=tmp_path / "a.zip")


def test_the_score_is_that_of_the_validation_set(run, truth, tmp_path):
    make_run(tmp_path / "val", VA)
    out = pack([run], out=tmp_path / "a.zip", annotations=truth, validation=[tmp_path / "val"])
    (told,) = told_of(out.archive)["submissions"]
    report = score_files(tmp_path / "val", truth, task="abaw5-va").report
    assert told["score"] == report.score
    assert told["signature"].startswith("abaw5-va|videos:3|")
    assert Signature.parse(told["signature"]).fields["fill"] == "linear"
    (trial,) = read_sent(out.archive, sent="")
    assert (trial.validation, trial.signature) == (told["score"], told["signature"])


def test_a_submission_may_be_scored_itself(run, truth, tmp_path):
    out = pack([run], out=tmp_path / "a.zip", annotations=truth).archive
    assert isinstance(told_of(out)["submissions"][0]["score"], float)


@pytest.mark.parametrize(
    ("how", "found"),
    [({"smooth": "none"}, "other settings: smooth"), ({"seed": 5}, "other settings: model, run")],
)
def test_a_score_of_another_way_is_warned_of(run, truth, tmp_path, how, found):
    make_run(tmp_path / "val", VA, **how)
    with pytest.warns(AbawkitWarning, match=found):
        pack([run], out=tmp_path / "a.zip", annotations=truth, validation=[tmp_path / "val"])


def test_a_score_of_files_of_unknown_origin_is_warned_of(run, truth, tmp_path):
    make_run(tmp_path / "val", VA)
    file = tmp_path / "val" / "predictions.txt"
    with pytest.warns(AbawkitWarning, match="no run"):
        pack([run], out=tmp_path / "a.zip", annotations=truth, validation=[file])


def test_a_score_needs_annotations_and_one_run_a_submission(run, truth, tmp_path):
    for options in ({"validation": [run]}, {"validation": [run, run], "annotations": truth}):
        with pytest.raises(UsageError, match="one --validation a submission"):
            pack([run], out=tmp_path / "a.zip", **options)
