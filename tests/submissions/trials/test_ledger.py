"""The ledger: numbers, twins, two processes, and files that are none."""

import multiprocessing
import sqlite3
import string
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abawkit.errors import DataError, UsageError
from abawkit.protocol import CHALLENGES
from submissions.trials import ledger as module
from submissions.trials.ledger import (
    add_trials,
    ledger_path,
    note_trial,
    read_trials,
    remove_trial,
)
from submissions.trials.trial import Trial

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
FEWER = settings(max_examples=settings().max_examples // 3)  # Each waits for the disk.
JSON = st.dictionaries(TEXT, TEXT | st.none() | st.lists(st.floats(-9, 9)), max_size=3)
SCORES = st.none() | st.floats(allow_nan=False, allow_infinity=False)
TRIALS = st.builds(
    Trial,
    challenge=st.sampled_from([*CHALLENGES]),
    sent=st.dates().map(str),
    file=TEXT,
    content=st.text(string.hexdigits, min_size=1, max_size=4),
    settings=st.none() | JSON,
    validation=SCORES,
    signature=st.none() | TEXT,
    score=SCORES,
    note=TEXT,
)


@pytest.fixture
def ledger(tmp_path):
    return tmp_path / "folder" / "trials.sqlite"


def trial(content, challenge="abaw5-va", **told):
    return Trial(challenge=challenge, sent="2026-03-14", file="a.zip", content=content, **told)


def add_one(path, content):
    add_trials(path, [trial(content)])


def change(path, statement):
    with sqlite3.connect(path) as database:
        database.execute(statement)
    database.close()


@FEWER
@given(st.lists(TRIALS, max_size=6, unique_by=lambda row: (row.challenge, row.content)))
def test_what_is_added_is_read_numbered_by_challenge(tmp_path_factory, trials):
    path = tmp_path_factory.mktemp("ledger") / "trials.sqlite"
    expected = []
    for name in CHALLENGES:
        own = [row for row in trials if row.challenge == name]
        expected += [replace(row, number=number) for number, row in enumerate(own, start=1)]
    added = add_trials(path, trials)
    assert read_trials(path) == expected
    assert sorted(added, key=repr) == sorted(expected, key=repr)


def test_a_ledger_that_is_not_there_has_no_trials_and_is_not_made(ledger):
    assert read_trials(ledger) == []
    assert not ledger.exists()


def test_a_ledger_that_is_being_made_has_no_trials(tmp_path):
    (tmp_path / "empty").touch()
    assert read_trials(tmp_path / "empty") == []


def test_the_same_content_twice_names_the_earlier_trial(ledger):
    add_trials(ledger, [trial("a"), trial("b")])
    with pytest.raises(UsageError, match=r"this is trial 2 of abaw5-va, sent on 2026-03-14"):
        add_trials(ledger, [trial("b")])
    assert [row.content for row in read_trials(ledger)] == ["a", "b"]


def test_the_same_content_may_go_to_another_challenge(ledger):
    add_trials(ledger, [trial("a"), trial("a", "abaw6-va")])
    assert [row.number for row in read_trials(ledger)] == [1, 1]


def test_of_several_trials_only_the_new_ones_are_added(ledger):
    add_trials(ledger, [trial("a")])
    added = add_trials(ledger, [trial("a"), trial("b")])
    assert [(row.content, row.number) for row in added] == [("b", 2)]
    assert [row.content for row in read_trials(ledger)] == ["a", "b"]
    with pytest.raises(UsageError, match=r"trial 1 of abaw5-va(.|\n)*trial 2 of abaw5-va"):
        add_trials(ledger, [trial("a"), trial("b")])


def test_the_same_content_twice_at_once_is_refused(ledger):
    with pytest.raises(UsageError, match="trial 1"):
        add_trials(ledger, [trial("a"), trial("a")])
    assert read_trials(ledger) == []


def test_notes_are_added_and_scores_replaced(ledger):
    add_trials(ledger, [trial("a", note="first"), trial("b")])
    note_trial(ledger, "abaw5-va", 1, score=0.3)
    told = note_trial(ledger, "abaw5-va", 1, score=0.4, text="second")
    assert (told.score, told.note) == (0.4, "first; second")
    assert read_trials(ledger) == [told, trial("b", number=2)]


def test_a_score_stays_where_only_text_is_noted(ledger):
    add_trials(ledger, [trial("a", score=0.25)])
    assert note_trial(ledger, "abaw5-va", 1, text="x").score == 0.25


@pytest.mark.parametrize(("challenge", "number"), [("abaw5-va", 2), ("abaw6-va", 1)])
def test_a_trial_that_is_not_there_cannot_be_noted(ledger, challenge, number):
    add_one(ledger, "a")
    with pytest.raises(UsageError, match=f"no trial {number} of {challenge}"):
        note_trial(ledger, challenge, number, score=1.0)


def test_a_trial_that_is_removed_is_gone_and_the_others_keep_their_numbers(ledger):
    add_trials(ledger, [trial("a"), trial("b"), trial("b", "abaw6-va"), trial("c")])
    assert remove_trial(ledger, "abaw5-va", 2) == trial("b", number=2)
    assert [(row.challenge, row.number) for row in read_trials(ledger)] == [
        ("abaw5-va", 1), ("abaw5-va", 3), ("abaw6-va", 1),
    ]  # fmt: skip
    (again,) = add_trials(ledger, [trial("b")])
    assert again.number == 4


@pytest.mark.parametrize("change", [remove_trial, note_trial])
def test_a_trial_that_is_not_there_is_told_and_no_ledger_made(ledger, change):
    with pytest.raises(UsageError, match="no trial 1 of abaw5-va; there are none"):
        change(ledger, "abaw5-va", 1)
    assert not ledger.exists()
    add_one(ledger, "a")
    remove_trial(ledger, "abaw5-va", 1)
    with pytest.raises(UsageError, match="no trial 1"):
        change(ledger, "abaw5-va", 1)


def test_two_processes_lose_no_trial(ledger):
    context = multiprocessing.get_context("fork")
    contents = [[f"{process}-{index}" for index in range(10)] for process in range(3)]
    workers = [context.Process(target=_add_all, args=(ledger, own)) for own in contents]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    found = read_trials(ledger)
    assert [row.number for row in found] == list(range(1, 31))
    assert {row.content for row in found} == {name for own in contents for name in own}


def _add_all(path, contents):
    for content in contents:
        add_one(path, content)


def test_a_change_waits_for_another_process_and_says_so_in_the_end(ledger, monkeypatch):
    add_one(ledger, "a")
    monkeypatch.setattr(module, "_WAIT", 0.05)
    other = sqlite3.connect(ledger, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DataError, match="locked"):
        add_one(ledger, "b")
    assert len(read_trials(ledger)) == 1
    other.close()
    add_one(ledger, "b")


def test_a_change_that_fails_leaves_the_ledger_as_it_was(ledger, monkeypatch):
    add_one(ledger, "a")
    monkeypatch.setattr(Trial, "row", lambda _: (1, 2))
    with pytest.raises(DataError, match=r"trials\.sqlite"):
        add_one(ledger, "b")
    monkeypatch.undo()
    assert len(read_trials(ledger)) == 1


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("PRAGMA user_version = 2", "found version 2 .* update abawkit"),
        ("PRAGMA application_id = 7", "no ledger of trials"),
        ("ALTER TABLE trials DROP COLUMN note", "no such column: note"),
        ("DROP TABLE trials", "no such table"),
        ("UPDATE trials SET settings = '[1]'", r"settings of a trial, \[1\]"),
        ("UPDATE trials SET settings = '{'", "settings of a trial"),
        ("UPDATE trials SET score = 'x'", "score of a trial, 'x'"),
        ("UPDATE trials SET score = 9e999", "score of a trial, inf"),
        ("UPDATE trials SET number = 'x'", "number of a trial, 'x'"),
        ("UPDATE trials SET note = x'00'", "note of a trial"),
        ("UPDATE trials SET challenge = 'abaw99-va'", "challenge of a trial, 'abaw99-va'"),
        ("UPDATE trials SET note = CAST(x'ff00' AS TEXT)", "cannot use"),
        ("UPDATE trials SET signature = x'00'", "signature of a trial"),
    ],
)
def test_a_ledger_that_cannot_be_understood_is_told(ledger, statement, found):
    add_one(ledger, "a")
    change(ledger, statement)
    with pytest.raises(DataError, match=found) as caught:
        read_trials(ledger)
    assert str(ledger) in str(caught.value)


def test_another_programs_database_is_left_alone(tmp_path):
    path = tmp_path / "photos.sqlite"
    change(path, "CREATE TABLE photos (name TEXT)")
    before = path.read_bytes()
    with pytest.raises(DataError, match="no ledger of trials"):
        add_one(path, "a")
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"video1,0.5\n" * 99, b"SQLite format 3\0" + b"\1" * 200])
def test_a_file_that_is_no_database_is_told(tmp_path, content):
    path = tmp_path / "trials.sqlite"
    path.write_bytes(content)
    for use in (read_trials, lambda file: add_one(file, "a")):
        with pytest.raises(DataError, match=r"trials\.sqlite: cannot use"):
            use(path)


@FEWER
@given(st.data())
def test_any_damage_is_told_or_harmless(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("ledger") / "trials.sqlite"
    add_trials(path, [trial(str(number)) for number in range(3)])
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        assert all(isinstance(row, Trial) for row in read_trials(path))
    except DataError as error:
        assert str(path) in str(error)  # noqa: PT017 - either way is fine


def test_damage_that_does_not_show_in_the_rows_is_told(ledger):
    add_one(ledger, "a")
    content = bytearray(ledger.read_bytes())
    content[36:40] = (5).to_bytes(4)  # How many pages are free, says the file's head: none is.
    ledger.write_bytes(content)
    with pytest.raises(DataError, match="is damaged"):
        read_trials(ledger)


def test_a_folder_is_no_ledger(tmp_path):
    with pytest.raises(DataError, match="unable to open"):
        read_trials(tmp_path)


def test_a_name_with_a_meaning_to_the_database_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    add_one(Path(":memory:"), "a")
    assert len(read_trials(tmp_path / ":memory:")) == 1


def test_the_ledger_is_given_or_told_by_the_environment_or_the_users(monkeypatch, tmp_path):
    monkeypatch.setenv("ABAWKIT_TRIALS", str(tmp_path / "mine"))
    assert ledger_path(Path("given")) == Path("given")
    assert ledger_path() == tmp_path / "mine"
    monkeypatch.delenv("ABAWKIT_TRIALS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert ledger_path().name == "trials.sqlite"
    assert ledger_path().parent.name == "abawkit"
