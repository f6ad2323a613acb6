"""`abawkit challenges`: the table, shown."""

import json

from abawkit.report.catalogue import challenges_as_json, challenges_as_text


def test_the_table_is_shown_as_text(abawkit):
    assert abawkit("challenges") == (0, challenges_as_text() + "\n", "")


def test_the_table_is_shown_as_json(abawkit):
    code, out, _ = abawkit("challenges", "--json")
    assert code == 0
    assert json.loads(out) == json.loads(challenges_as_json())


def test_one_edition_is_shown(abawkit):
    assert abawkit("challenges", "--edition", 4)[1] == challenges_as_text(4) + "\n"


def test_an_unknown_edition_is_a_usage_error(abawkit):
    code, out, err = abawkit("challenges", "--edition", 12)
    assert (code, out) == (2, "")
    assert err.startswith("error: no edition 12; there are 1, 2, ")
