"""`abawkit results`: published scores, shown."""

import csv
import json

from abawkit.report.published import results_as_text, select
from abawkit.results import RESULTS


def test_published_scores_are_shown_as_text(abawkit):
    found = results_as_text(select("va", 6, "test"))
    asked = ("--task", "va", "--edition", 6, "--split", "test")
    assert abawkit("results", *asked) == (0, found + "\n", "")


def test_published_scores_are_shown_as_json_and_as_csv(abawkit):
    assert len(json.loads(abawkit("results", "--json")[1])) == len(RESULTS)
    assert len([*csv.DictReader(abawkit("results", "--csv")[1].splitlines())]) == len(RESULTS)


def test_wrong_options_are_usage_errors(abawkit):
    for options in (["--split", "val"], ["--task", "xy"], ["--json", "--csv"]):
        code, out, err = abawkit("results", *options)
        assert (code, out) == (2, "")
        assert err.startswith("error: ")
