"""``abawkit pack`` as a user gives it."""

import sys

import pytest

from abawkit.cli import main
from abawkit.protocol import CHALLENGES
from tests.submissions.runs import make_run


@pytest.fixture
def abawkit(monkeypatch, capsys, tmp_path):
    """Run a command in a folder of its own; give its exit code and what it wrote."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["abawkit", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        return caught.value.code, *capsys.readouterr()

    return run


def test_a_valid_run_is_packed(abawkit, tmp_path):
    make_run(tmp_path / "run", CHALLENGES["abaw3-va"])
    code, out, _ = abawkit("pack", "run", "-o", "a.zip")
    assert code == 0
    assert out.endswith("wrote a.zip (3 files) and a.json\n")


def test_a_run_that_is_not_valid_exits_with_1_and_writes_nothing(abawkit, tmp_path):
    make_run(tmp_path / "run", CHALLENGES["abaw3-va"])
    (tmp_path / "run" / "b_left.txt").write_text("valence,arousal\nx,0\n")
    code, _, err = abawkit("pack", "run")
    assert code == 1
    assert "error text" in err
    assert "error row-missing" in err
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
