"""``abawkit trials`` as a user gives it."""

import csv
import json

import pytest
from typer.testing import CliRunner

from abawkit.errors import (
    AbawkitWarning,
    ComparisonWarning,
    UnknownChallengeError,
    UsageError,
)
from abawkit.protocol import CHALLENGES
from submissions.trials.cli import trials
from submissions.trials.ledger import add_trials, read_trials
from submissions.trials.trial import Trial
from tests.submissions.runs import make_run

VA = CHALLENGES["abaw5-va"]


@pytest.fixture
def ledger(tmp_path, monkeypatch):
    monkeypatch.setenv("ABAWKIT_TRIALS", str(tmp_path / "trials.sqlite"))
    return tmp_path / "trials.sqlite"


@pytest.fixture
def runs(tmp_path):
    """Give two runs that differ in how labels are made."""
    make_run(tmp_path / "a", VA)
    make_run(tmp_path / "b", VA, fill="nearest", smooth="none")
    return tmp_path / "a", tmp_path / "b"


@pytest.fixture
def two(ledger, runs):
    for run in runs:
        call("add", run, "--on", "2026-03-14")
    return ledger


def call(*arguments):
    result = CliRunner().invoke(trials, [*map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def write_trial(folder, number):
    path = folder / f"trial-{number}.txt"
    path.write_text(f"Videos/a/{number}.mp4,0\n")
    return path


@pytest.mark.usefixtures("two")
def test_what_is_added_is_listed_with_what_changed():
    lines = call("list").splitlines()
    assert lines[0].startswith("abaw5-va: 2 of 5 sent, 3 left; how many may be sent is not")
    assert lines[2].split() == ["1", "2026-03-14", "a", *"----"]
    assert "fill linear -> nearest; smooth box:101 -> none" in lines[3]


@pytest.mark.usefixtures("two")
def test_a_score_and_a_note_are_added():
    assert call("note", 2, "late", "--score", ".4731") == (
        "trial 2 of abaw5-va: score 0.4731; late\n"
    )
    assert call("list", "--edition", 5).splitlines()[3].endswith("late")
    assert "0.4731" in call("list", "--task", "va")


def test_a_trial_that_was_recorded_by_mistake_is_taken_back(two, runs):
    said = call("remove", 1, "--task", "va", "--edition", 5)
    assert said.startswith(f"removed trial 1 of abaw5-va: {runs[0]}\n1 of 5 sent, 4 left")
    assert [row.number for row in read_trials(two)] == [2]
    assert call("list").startswith("abaw5-va: 1 of 5 sent, 4 left")
    said = call("add", runs[0])
    assert said.startswith("trial 3 of abaw5-va")
    assert "2 of 5 sent, 3 left" in said


@pytest.mark.usefixtures("two")
def test_a_note_of_several_lines_is_one_line_of_the_table():
    call("note", 1, "a\n  b\r\nc")
    assert call("list").splitlines()[2].endswith("  a b c")
    assert json.loads(call("list", "--json"))[0]["trials"][0]["note"] == "a\n  b\r\nc"


def test_a_trial_may_be_added_with_all_that_is_known(ledger, runs):
    call("add", runs[0], "--on", "2025-01-02", "--score", "0.5", "--note", "first")
    (trial,) = read_trials(ledger)
    assert (trial.sent, trial.score, trial.note) == ("2025-01-02", 0.5, "first")


def test_the_day_is_today_by_default(ledger, runs):
    said = call("add", runs[0])
    assert said.startswith(f"trial 1 of abaw5-va: {runs[0]}\n1 of 5 sent, 4 left")
    assert len(read_trials(ledger)[0].sent) == len("2026-03-14")


def test_the_ledger_may_be_another_file(ledger, runs, tmp_path):
    call("add", runs[0], "--ledger", tmp_path / "other")
    assert not ledger.exists()
    assert call("list") == f"no trials in {ledger}: abawkit trials add SENT\n"


@pytest.mark.usefixtures("two")
def test_all_is_exported_as_json():
    (challenge,) = json.loads(call("list", "--json"))
    told = [challenge[name] for name in ("challenge", "allowed", "confirmed", "sent", "left")]
    assert told == ["abaw5-va", 5, False, 2, 3]
    first, second = challenge["trials"]
    assert (first["number"], first["settings"]["fill"], first["changed"]) == (1, "linear", {})
    assert second["changed"] == {"fill": ["linear", "nearest"], "smooth": ["box:101", "none"]}


def test_all_is_exported_as_csv(two):
    rows = [*csv.DictReader(call("list", "--csv").splitlines())]
    assert [row["number"] for row in rows] == ["1", "2"]
    assert json.loads(rows[1]["settings"])["fill"] == "nearest"
    assert rows[0]["content"] == read_trials(two)[0].content


@pytest.mark.usefixtures("ledger")
def test_an_empty_ledger_exports_nothing():
    assert json.loads(call("list", "--json")) == []
    assert call("list", "--csv").count("\n") == 1


def test_more_trials_than_allowed_are_recorded_with_a_warning(ledger, tmp_path):
    allowed = CHALLENGES["abaw11-ah"].protocol.trials
    for number in range(allowed):
        call("add", write_trial(tmp_path, number), "--task", "abaw11-ah")
    assert f"{allowed} of {allowed} sent, 0 left\n" in call("list")
    with pytest.warns(AbawkitWarning, match="trial 6, but 5 are allowed"):
        call("add", write_trial(tmp_path, allowed), "--task", "abaw11-ah")
    assert len(read_trials(ledger)) == allowed + 1


@pytest.mark.usefixtures("two")
def test_what_changed_is_not_known_of_files_of_unknown_origin(runs, tmp_path):
    file = tmp_path / "mine.txt"
    file.write_text((runs[0] / "predictions.txt").read_text().replace("0.", "0.1"))
    call("add", file, "--task", "va", "--edition", 5)
    assert "not known" in call("list").splitlines()[-1]


def test_whether_the_number_is_confirmed_is_told_of_every_challenge():
    confirmed = {name for name, row in CHALLENGES.items() if row.protocol.trials_confirmed}
    assert confirmed == {"abaw10-ah", "abaw11-ah", "abaw10-vd"}


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["note", "1"], "nothing to note"),
        (["note", "1", "--score", "nan"], "expected a number"),
        (["note", "3", "x"], "no trial 3 of abaw5-va; there are 1, 2"),
        (["note", "1", "x", "--edition", "6"], "found no trials"),
        (["list", "--json", "--csv"], "ask for one"),
        (["add", "a", "--on", "yesterday"], "expected a day"),
        (["add", "a", "--score", "inf"], "expected a number"),
    ],
)
def test_what_makes_no_sense_is_told(tmp_path, monkeypatch, arguments, found):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=found):
        call(*arguments)


@pytest.mark.usefixtures("two")
def test_a_task_that_is_none_is_told():
    with pytest.raises(UnknownChallengeError, match="did you mean"):
        call("list", "--task", "exr")


def test_of_several_challenges_one_has_to_be_named(two, tmp_path):
    make_run(tmp_path / "c", CHALLENGES["abaw6-va"])
    call("add", tmp_path / "c")
    with pytest.raises(UsageError, match="trials of abaw5-va, abaw6-va: tell --task"):
        call("note", 1, "x")
    call("note", 1, "x", "--edition", 6)
    assert [row.note for row in read_trials(two)] == ["", "", "x"]


def test_trials_that_were_sent_together_have_no_common_score(ledger, tmp_path):
    for number in range(2):
        write_trial(tmp_path, number)
    with pytest.raises(UsageError, match="has 2 trials; note the score of each"):
        call("add", tmp_path, "--task", "abaw11-ah", "--score", ".5")
    call("add", tmp_path, "--task", "abaw11-ah")
    assert [row.number for row in read_trials(ledger)] == [1, 2]


def test_validation_scores_of_other_frames_are_listed_with_a_warning(ledger):
    signatures = [f"abaw5-va|list:{index}|labels:{index}" for index in range(2)]
    add_trials(ledger, [
        Trial(challenge="abaw5-va", sent="2026-03-14", file="a", content=signature,
              validation=0.5, signature=signature)
        for signature in signatures
    ])  # fmt: skip
    with pytest.warns(ComparisonWarning, match="trials 1 and 2 cannot be compared: list"):
        call("list")
    assert len(json.loads(call("list", "--json"))[0]["trials"]) == 2
