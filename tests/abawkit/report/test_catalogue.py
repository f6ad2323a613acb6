"""The protocol table, shown."""

import json

import pytest

from abawkit import CHALLENGES
from abawkit.errors import UnknownChallengeError
from abawkit.protocol import EDITIONS
from abawkit.report.catalogue import challenges_as_json, challenges_as_text

every_challenge = pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)


def test_text_has_a_heading_and_one_line_a_challenge():
    heading, *lines = challenges_as_text().splitlines()
    assert heading.split() == ["challenge", "venue", "task", "outputs", "score"]
    assert [line.split()[0] for line in lines] == list(CHALLENGES)


@every_challenge
def test_a_line_tells_venue_task_and_score(challenge):
    (line,) = (row for row in challenges_as_text().splitlines() if row.startswith(challenge.name))
    protocol = challenge.protocol
    for part in (challenge.edition.venue, protocol.title, protocol.score):
        assert part in line


def test_columns_start_below_their_headings():
    heading, *lines = challenges_as_text().splitlines()
    start = heading.index("score")
    assert [line[start:] for line in lines] == [c.protocol.score for c in CHALLENGES.values()]


def test_outputs_are_counted_target_by_target():
    assert "  2 + 8 + 12  " in challenges_as_text(11)


def test_one_edition_can_be_listed():
    names = [line.split()[0] for line in challenges_as_text(4).splitlines()[1:]]
    assert names == ["abaw4-mtl", "abaw4-lsd"]
    assert [row["challenge"] for row in json.loads(challenges_as_json(4))] == names


@pytest.mark.parametrize("show", [challenges_as_text, challenges_as_json])
def test_an_unknown_edition_is_refused_with_those_that_there_are(show):
    known = ", ".join(str(row.number) for row in EDITIONS)
    with pytest.raises(UnknownChallengeError, match=f"^no edition 12; there are {known}$"):
        show(12)


def test_json_has_one_object_a_challenge():
    assert [row["challenge"] for row in json.loads(challenges_as_json())] == list(CHALLENGES)


@every_challenge
def test_json_gives_a_row_whole(challenge):
    (row,) = (r for r in json.loads(challenges_as_json()) if r["challenge"] == challenge.name)
    assert (row["edition"], row["venue"]) == (challenge.edition.number, challenge.edition.venue)
    assert row["submission"]["header"] == challenge.protocol.submission.header
    assert [tuple(target["names"]) for target in row["targets"]] == [
        target.names for target in challenge.targets
    ]
    kinds = [target["kind"] for target in row["targets"]]
    assert kinds == [type(target).__name__ for target in challenge.targets]


def test_json_lists_what_is_not_confirmed_of_task_and_edition():
    rows = {row["challenge"]: row for row in json.loads(challenges_as_json(9))}
    va = CHALLENGES["abaw9-va"]
    expected = [*va.protocol.unconfirmed, *va.edition.unconfirmed]
    assert rows["abaw9-va"]["unconfirmed"] == expected
