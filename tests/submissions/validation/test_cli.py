"""``abawkit validate`` as it is typed."""

import json
import sys

import pytest

from abawkit.cli import main

HEAD = "image_location,valence,arousal\n"
ROWS = ["a/00001.jpg,0.1,0.2", "a/00002.jpg,0.3,0.2", "b/00001.jpg,0.5,0.2"]


@pytest.fixture
def validate(tmp_path, monkeypatch, capsys):
    """Write a sample, a table of frames and a submission, and give a function that checks it."""
    monkeypatch.chdir(tmp_path)
    rows = [row.partition(",")[0] + ",\n" for row in ROWS]
    (tmp_path / "sample.txt").write_text(HEAD + "".join(rows))
    (tmp_path / "frames.csv").write_text("video,frames\na,2\nb,1\n")
    (tmp_path / "good.txt").write_text(HEAD + "\n".join(ROWS) + "\n")
    (tmp_path / "short.txt").write_text(HEAD + "\n".join(ROWS[:1]) + "\n")
    (tmp_path / "cut.txt").write_text(HEAD + "\n".join(ROWS))

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["abawkit", "validate", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code, *capsys.readouterr()

    return call


def test_a_valid_submission_exits_with_0(validate):
    code, out, err = validate("good.txt", "--like", "sample.txt", "--edition", "5")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "compared with sample.txt (2 videos, 3 rows)",
        "valid: abaw5-va, 2 videos, 3 rows",
    ]


def test_where_nothing_tells_the_edition_others_of_the_same_form_are_named(validate):
    said = "abaw10-va (as abaw5-va, abaw6-va and 2 more), 2 videos, 3 rows"
    assert validate("good.txt")[1].endswith(f"\nvalid: {said}\n")
    assert f"\nnot valid with --strict: {said}; 1 warn" in validate("cut.txt", "--strict")[1]
    assert "\nvalid: abaw6-va, 2 v" in validate("good.txt", "--task", "abaw6-va")[1]
    assert json.loads(validate("good.txt", "--json")[1])["challenge"] == "abaw10-va"


def test_findings_exit_with_1_and_are_all_named(validate):
    code, out, _ = validate("short.txt", "--frames", "frames.csv")
    assert code == 1
    assert "error row-missing: 1 row: expected a/00002.jpg, found the end of the file" in out
    assert "error video-missing: 1 video: expected rows of b, found none\n  at short.txt:3" in out


def test_with_strict_a_warning_is_enough(validate):
    assert validate("cut.txt")[0] == 0
    code, out, _ = validate("cut.txt", "--strict")
    assert code == 1
    assert "warning last-line" in out


def test_json_is_one_object(validate):
    code, out, _ = validate("short.txt", "--like", "sample.txt", "--json", "--places", "1")
    content = json.loads(out)
    assert (code, content["ok"]) == (1, False)
    assert [error["code"] for error in content["errors"]] == ["row-missing", "video-missing"]


def test_it_repairs_what_it_can_and_checks_the_result(validate, tmp_path):
    code, out, _ = validate("cut.txt", "--like", "sample.txt", "--fix", "--out", "new.txt")
    assert code == 0
    assert out.startswith("wrote new.txt: 1 change (last-line 1), each in new.txt.changes.csv\n")
    assert (tmp_path / "new.txt").read_text().endswith("\n")


def test_a_refusal_is_one_json_object_too(validate, tmp_path):
    text = (tmp_path / "short.txt").read_bytes()
    (tmp_path / "short.txt").write_bytes(text.replace(b"\n", b"\r\n"))
    code, out, err = validate("short.txt", "--like", "sample.txt", "--fix", "--json")
    content = json.loads(out)
    assert (code, err, content["ok"], content["fixed"]) == (1, "", False, None)
    assert [error["code"] for error in content["errors"]] == ["row-missing", "video-missing"]
    assert not (tmp_path / "short.fixed.txt").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("good.txt", "--fill", "linear"), 2, "--out and --fill go with --fix"),
        (("good.txt", "--task", "xx"), 2, "has no task 'xx'"),
        (("none.txt",), 3, "no such file or folder"),
        (("good.txt", "--like", "none.txt"), 3, "none.txt"),
        (("short.txt", "--like", "sample.txt", "--fix"), 1, ""),
    ],
)
def test_what_cannot_be_done_exits_with_its_own_code(validate, arguments, code, said):
    found, out, err = validate(*arguments)
    assert found == code
    assert said in err
    assert out == ""
