"""A verdict is a line a finding, and one object for machines."""

import json
from pathlib import Path

import pytest

from submissions.validation.collecting import finding
from submissions.validation.findings import Place, Verdict
from submissions.validation.fixing import Fixed
from submissions.validation.rendering import as_json, as_text, finding_text, passes

ERROR = finding(
    "row-extra",
    "found x/00009.jpg, which is not asked for",
    count=7,
    at=[Place(file="p.txt", line=4), Place(file="p.txt", line=9), Place(file="q.txt")],
)
WARNING = finding("flicker", "labels change", count=1, at=())


def verdict(*, errors=(), warnings=(), compared=None):
    return Verdict(
        challenge="abaw5-va",
        n_videos=1,
        n_rows=12345,
        compared=compared,
        errors=errors,
        warnings=warnings,
    )


def test_a_finding_is_said_placed_and_hinted_at():
    assert finding_text(ERROR).splitlines() == [
        "error row-extra: 7 rows: found x/00009.jpg, which is not asked for",
        "  at p.txt:4, 9, q.txt and 4 more",
        "  hint: leave it out; --fix does",
    ]
    assert len(finding_text(WARNING).splitlines()) == 2


def test_rows_that_are_not_there_are_not_said_to_be_elsewhere():
    one = finding("row-missing", "expected a", count=40, at=[Place(file="p.txt", line=4)])
    assert "  at p.txt:4\n" in finding_text(one)


@pytest.mark.parametrize(
    ("errors", "warnings", "strict", "last"),
    [
        ((), (), True, "valid: abaw5-va, 1 video, 12,345 rows"),
        ((), (WARNING,), False, "valid: abaw5-va, 1 video, 12,345 rows; 1 warning"),
        (
            (),
            (WARNING,),
            True,
            "not valid with --strict: abaw5-va, 1 video, 12,345 rows; 1 warning",
        ),
        (
            (ERROR, ERROR),
            (WARNING,),
            False,
            "not valid: abaw5-va, 1 video, 12,345 rows; 2 errors, 1 warning",
        ),
    ],
)
def test_the_last_line_sums_up(errors, warnings, strict, last):
    result = verdict(errors=errors, warnings=warnings)
    assert as_text(result, strict=strict).splitlines()[-1] == last
    assert passes(result, strict=strict) == last.startswith("valid")


def test_what_was_compared_is_always_said():
    assert "compared with nothing: give the official sample with --like" in as_text(verdict())
    assert "compared with s.txt (2 videos)" in as_text(verdict(compared="s.txt (2 videos)"))


def test_the_json_has_what_a_machine_asks_for():
    content = json.loads(as_json(verdict(errors=(ERROR,)), strict=True))
    assert content["ok"] is False
    assert content["warnings"] == []
    (error,) = content["errors"]
    assert error.keys() == {"code", "message", "count", "places", "hint"}
    assert error["places"][1:] == [{"file": "p.txt", "line": 9}, {"file": "q.txt", "line": None}]
    assert "fixed" not in content


def test_what_was_repaired_comes_first():
    fixed = Fixed(
        out=Path("o.txt"), log=Path("o.csv"), n_changes=3, by_code={"spaces": 2, "header": 1}
    )
    first = as_text(verdict(), fixed=fixed).splitlines()[0]
    assert first == "wrote o.txt: 3 changes (spaces 2, header 1), each in o.csv"
    content = json.loads(as_json(verdict(), fixed=fixed))
    assert content["fixed"] == {
        "out": "o.txt",
        "log": "o.csv",
        "n_changes": 3,
        "by_code": {"spaces": 2, "header": 1},
    }
