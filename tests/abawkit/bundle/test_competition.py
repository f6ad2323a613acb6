"""What the platform is told: read back line by line."""

import struct
import zlib

import pytest

from abawkit import CHALLENGES
from abawkit.bundle.columns import leaderboard
from abawkit.bundle.competition import as_yaml, competition, draw_logo
from tests.abawkit.bundle.container import told

ALL = pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)


def yaml_of(challenge):
    return "\n".join(as_yaml(competition(challenge, "me/my:1")))


@ALL
def test_the_leaderboard_has_a_column_for_each_score(challenge):
    text = yaml_of(challenge)
    columns = text[text.index("leaderboards:") :]
    assert told(columns, "key")[1:] == [*leaderboard(challenge)]
    assert [*map(int, told(columns, "index"))] == [*range(len(leaderboard(challenge)))]
    assert {*told(columns, "sorting")} == {"desc"}
    assert {*told(columns, "precision")} == {"4"}


def test_classes_and_their_intervals_are_hidden_on_the_leaderboard():
    challenge = CHALLENGES["abaw6-expr"]
    columns = competition(challenge, "me/my:1")["leaderboards"][0]["columns"]
    shown = [column["key"] for column in columns if not column["hidden"]]
    assert shown == [key + end for key in ("score", "f1_expr") for end in ("", "_low", "_high")]


def test_a_team_may_send_as_many_as_the_edition_allows_and_nothing_opens_by_itself():
    text = yaml_of(CHALLENGES["abaw2-va"])
    assert told(text, "max_submissions") == ["7"]
    assert told(text, "start") == ["2100-01-01 00:00:00"]
    assert told(text, "version") == ["2"]
    assert told(text, "accepts_only_result_submissions") == ["true"]


def test_the_logo_is_an_image():
    logo = draw_logo()
    width, height = struct.unpack(">II", logo[16:24])
    size = struct.unpack(">I", logo[33:37])[0]
    assert logo.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(zlib.decompress(logo[41 : 41 + size])) == height * (1 + 3 * width)


def test_texts_are_quoted_so_that_none_is_read_as_something_else():
    lines = [*as_yaml({"a": "no: #1", "b": True, "c": [0], "d": [{"e": 'x "y"'}, {"e": 1}]})]
    assert lines == [
        'a: "no: #1"',
        "b: true",
        "c: [0]",
        "d:",
        '  - e: "x \\"y\\""',
        "  - e: 1",
    ]
