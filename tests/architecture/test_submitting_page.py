"""The page about submissions: its commands run as printed, and its table is the code's."""

import re
import shlex

import pytest

from submissions.validation.findings import CODES
from tests.architecture.walking import DOCS, assert_shown, run, walk

PAGE = (DOCS / "submitting.md").read_text(encoding="utf-8")
FAULTY = 1


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    return run(PAGE, tmp_path_factory.mktemp("page"))


def test_every_command_prints_what_the_page_shows(outputs):
    assert_shown(PAGE, outputs)


def test_only_the_check_of_the_spoilt_file_finds_faults(outputs):
    done = zip(walk(PAGE), outputs, strict=True)
    codes = {command: result.returncode for (command, _), result in done}
    faulty = [command for command, code in codes.items() if code]
    assert [codes[command] for command in faulty] == [FAULTY]
    assert shlex.split(faulty[0])[:3] == ["abawkit", "validate", "old.txt"]


def test_the_table_holds_every_code_and_what_it_means():
    rows = re.findall(r"^\| `([a-z-]+)` \| (\w+) \| (.*) \| (yes)? *\|$", PAGE, re.MULTILINE)
    known = [(name, c.severity, c.says, "yes" * c.fixable) for name, c in CODES.items()]
    assert rows == known
