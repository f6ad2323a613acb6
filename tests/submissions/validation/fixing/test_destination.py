"""A result goes beside what was given, and never onto or into it."""

import pytest

from abawkit.errors import UsageError
from abawkit.protocol import find_challenge
from submissions.validation.fixing.destination import destination

ONE = find_challenge("abaw5-va").protocol.submission
EACH = find_challenge("abaw3-va").protocol.submission
NUMBERED = find_challenge("abaw10-ah").protocol.submission


@pytest.mark.parametrize(("layout", "name", "is_file"), [
    (ONE, "pred.fixed.txt", True), (EACH, "pred.fixed", False), (NUMBERED, "pred.fixed", False),
])  # fmt: skip
def test_a_file_whose_name_says_something_goes_into_a_folder(tmp_path, layout, name, is_file):
    (tmp_path / "pred.txt").touch()
    goal = destination(tmp_path / "pred.txt", layout, None)
    assert (goal.out, goal.is_file) == (tmp_path / name, is_file)
    assert goal.log == tmp_path / f"{name}.changes.csv"


def test_the_folder_one_stands_in_has_a_neighbour_too(tmp_path, monkeypatch):
    (tmp_path / "v1.2").mkdir()
    monkeypatch.chdir(tmp_path / "v1.2")
    for path in (tmp_path / "v1.2", type(tmp_path)()):
        assert destination(path, EACH, None).out == tmp_path / "v1.2.fixed"


def test_nothing_goes_where_something_is(tmp_path):
    (tmp_path / "there").mkdir()
    for out in (tmp_path / "there", tmp_path / "there" / "new"):
        with pytest.raises(UsageError, match=r"^--out "):
            destination(tmp_path / "there", EACH, out)
    with pytest.raises(UsageError, match="expected a folder, in which"):
        destination(tmp_path / "there", EACH, tmp_path / "new.txt")
