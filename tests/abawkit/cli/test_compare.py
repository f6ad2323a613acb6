"""`abawkit compare`: runs and annotations in, a comparison in any format out."""

import csv
import io
import json

import numpy as np
import pytest

from abawkit import CHALLENGES
from abawkit.evaluation.bootstrap import Bootstrap
from abawkit.evaluation.systems import compare_files
from abawkit.report.comparison import as_csv, as_json, as_latex, as_markdown, as_text

FEW = ("--resamples", 100)


@pytest.fixture
def folders(write):
    """Write annotations and two systems of 20 videos."""
    rng = np.random.default_rng(0)
    truth = rng.integers(-500, 501, (20, 8, 2)) / 1000
    return {
        name: write(
            name,
            **{
                f"video{index}": values
                for index, values in enumerate(
                    truth + noise * rng.integers(-400, 401, truth.shape) / 1000
                )
            },
        )
        for name, noise in (("gt", 0), ("good", 1), ("bad", 1.2))
    }


@pytest.fixture
def paths(folders):
    return folders["good"], folders["bad"], folders["gt"]


@pytest.mark.parametrize(
    ("options", "written"),
    [
        ((), as_text),
        (("--format", "text"), as_text),
        (("--format", "md"), as_markdown),
        (("--format", "latex"), as_latex),
        (("--format", "json"), as_json),
        (("--format", "csv"), as_csv),
    ],
    ids=["default", "text", "md", "latex", "json", "csv"],
)
def test_a_comparison_is_printed_in_each_format(abawkit, paths, options, written):
    *preds, gt = paths
    found = compare_files(preds, gt, bootstrap=Bootstrap(resamples=100))
    assert abawkit("compare", *paths, *FEW, *options) == (0, written(found) + "\n", "")


@pytest.mark.parametrize("output", ["text", "md", "latex"])
def test_w_sets_the_decimals(abawkit, paths, output):
    _, out, _ = abawkit("compare", *paths, *FEW, "--format", output, "-w", 2)
    content = json.loads(abawkit("compare", *paths, *FEW, "--format", "json")[1])
    interval = content["systems"][0]["interval"]
    assert f"[{interval['low']:.2f}, {interval['high']:.2f}]" in out.replace("\\", "")


def test_options_of_the_draws_reach_them(abawkit, paths):
    options = ("--resamples", 150, "--level", 0.9, "--seed", 7, "--unit", "person")
    code, out, _ = abawkit("compare", *paths, *options, "--format", "json")
    drawn = {"n": 150, "level": 0.9, "unit": "person", "n_units": 20, "seed": 7}
    assert (code, json.loads(out)["bootstrap"].items() >= drawn.items()) == (0, True)


def test_options_of_the_tests_reach_them(abawkit, paths):
    options = ("--baseline", "bad", "--correction", "bh", "--format", "json")
    content = json.loads(abawkit("compare", *paths, *FEW, *options)[1])
    assert (content["baseline"], content["correction"]) == ("bad", "bh")


def test_options_of_the_score_reach_it(abawkit, paths):
    options = ("--task", "va", "--edition", 5, "--va-mask", "value", "--allow-missing")
    _, out, _ = abawkit("compare", *paths, *FEW, *options, "--format", "json")
    signature = json.loads(out)["systems"][0]["signature"]
    assert signature.startswith("abaw5-va|")
    assert "|mask:va:value|" in signature
    assert "|missing:allowed|" in signature


@pytest.mark.parametrize(
    ("challenge", "option", "told"),
    [
        ("abaw3-expr", ("--absent", "skip"), "|absent:expr:skip|"),
        ("abaw3-au", ("--au-mask", "frame"), "|mask:au:frame|"),
    ],
)
def test_rules_of_other_tasks_reach_the_score(abawkit, write, challenge, option, told):
    values = np.eye(20, CHALLENGES[challenge].protocol.columns)
    videos = {f"video{index}": values for index in range(20)}
    folder = write("gt", challenge=challenge, **videos)
    _, out, _ = abawkit("compare", folder, folder, folder, *FEW, *option, "--format", "json")
    assert told in json.loads(out)["systems"][1]["signature"]


def test_what_is_missing_in_one_of_them_is_warned_about(abawkit, paths):
    (paths[1] / "video3.txt").unlink()
    code, out, err = abawkit("compare", *paths, *FEW, "--allow-missing", "--format", "csv")
    assert code == 0
    assert len([*csv.reader(io.StringIO(out))]) == 1 + 3 * 3
    assert "warning: good and bad are not scored on the same: frames" in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--resamples", 9), "--resamples 9: expected at least 100"),
        (("--resamples", 10**12), "--resamples 1000000000000: expected at most 1000000"),
        (("--level", 95), "--level 95: expected a share between 0 and 1"),
        (("--unit", "frame"), "--unit: expected video or person, found 'frame'"),
        (("--seed", -1), "--seed -1: expected 0 or more"),
        (("--correction", "sidak"), "no correction 'sidak'; expected one of holm, bonferroni, bh"),
        (("--baseline", "ugly"), "no system is called 'ugly', as the baseline; there are good"),
        (("--format", "html"), "--format"),
        (("--va-mask", "row"), "--va-mask: expected frame or value"),
    ],
)
def test_what_cannot_be_asked_for_is_a_usage_error(abawkit, paths, options, message):
    code, out, err = abawkit("compare", *paths, *options)
    assert (code, out) == (2, "")
    assert message in err


def test_one_system_is_a_usage_error(abawkit, paths):
    code, out, err = abawkit("compare", *paths[1:])
    assert (code, out) == (2, "")
    assert "expected two systems to compare at least, found bad; annotations come after" in err


def test_what_two_arguments_lack_is_said_of_one_alone(abawkit, paths):
    code, out, err = abawkit("compare", paths[0])
    assert (code, out) == (2, "")
    assert "expected two systems to compare at least, found none; annotations come after" in err
    assert "as in 'abawkit compare ONE OTHER GT'" in err
