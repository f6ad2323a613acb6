"""The commands as they are typed."""

import sys

import pytest

from abawkit.cli import main
from abawkit.protocol import find_challenge
from submissions import Tuned, load_run
from tests.submissions.runs import make_run

VA = find_challenge("va")


@pytest.fixture
def abawkit(tmp_path, monkeypatch, capsys):
    """Write two runs, and give a function that runs a command beside them."""
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate("ab"):
        make_run(tmp_path / name, VA, seed)
    Tuned(challenge="abaw3-va", members=("a", "b")).save(tmp_path / "both.json")

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["abawkit", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code, *capsys.readouterr()

    return call


def test_refine_makes_the_labels_again(abawkit):
    code, out, err = abawkit("refine", "a", "--smooth", "box:3", "--fill", "nearest")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "abaw3-va: 3 videos, 22 frames, 3 with no face (13.6%), filled: nearest",
        "smoothed: box:3",
        "wrote a/ and read it back: 22 rows, valid",
    ]


def test_refine_takes_tuned_settings_and_another_folder(abawkit, tmp_path):
    Tuned(challenge="abaw3-va", offsets=(0.25, 0.0)).save(tmp_path / "t.json")
    code, out, _ = abawkit("refine", "a", "--tuned", "t.json", "--out", "new", "--smooth", "none")
    assert code == 0
    assert "smoothed: none\noffsets: 0.25,0\nwrote new/ and" in out
    assert not load_run(tmp_path / "a").processing.offsets


def test_ensemble_combines_runs(abawkit, tmp_path):
    code, out, err = abawkit("ensemble", "a", "b", "--weights", ".6,.4", "--out", "c", "--fill",
                             "nearest", "--smooth", "none")  # fmt: skip
    assert (code, err) == (0, "")
    assert "filled: nearest\nsmoothed: none\nwrote c/ and read it back: 22 rows, valid" in out
    model = load_run(tmp_path / "c").manifest["model"]
    assert (model["method"], model["weights"]) == ("weighted", {"va": [0.6, 0.4]})
    assert abawkit("ensemble", "a", "b", "--method", "rank", "--out", "c")[0] == 2
    assert abawkit("ensemble", "a", "b", "--method", "rank", "--out", "c", "--force")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "fragment"),
    [
        (("refine", "none"), 3, "error: none: no finished run"),
        (("refine", "a", "--thresholds", ".5"), 2, "abaw3-va has no action units"),
        (("refine", "a", "--tuned", "a/manifest.json"), 3, "these are no tuned settings"),
        (("refine", "a", "--fill", "none"), 1, "take a --fill such as linear"),
        (
            ("predict", "--tuned", "both.json", "--task", "va"),
            2,
            "mean of a, b; expected those of",
        ),
        (("ensemble", "a", "--out", "c"), 2, "expected two runs or more, found a"),
        (("ensemble", "a", "b", "--out", "c", "--tuned", "t.json"), 3, "t.json: cannot read this"),
        (("ensemble", "a", "b", "--out", "a"), 2, "a is one of the runs to combine"),
    ],
)
def test_errors_are_one_message_and_a_code(abawkit, arguments, code, fragment):
    found, out, err = abawkit(*arguments)
    assert (found, out) == (code, "")
    assert err.startswith("error: ")
    assert fragment in err
