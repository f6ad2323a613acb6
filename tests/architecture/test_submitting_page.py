"""The page about submissions: its commands run as printed, and its table is the code's."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from abawkit.sample import make_sample
from submissions.validation.findings import CODES

PAGE = (Path(__file__).parents[2] / "docs/submitting.md").read_text(encoding="utf-8")
FAULTY = 1
BASH = shutil.which("bash")


def walk():
    """Give each command of the page with what the page shows of its output."""
    steps = []
    for block in re.findall(r"```\n(\$ .*?)```", PAGE, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            steps.append((command.partition("    #")[0], output))
    return steps


def told(text):
    """Leave out of an output what differs from day to day."""
    return re.sub(r"\d{4}-\d\d-\d\d", "DATE", text)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Run the whole page, one command after the other."""
    folder = tmp_path_factory.mktemp("page")
    make_sample(folder / "data")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "ABAWKIT_TRIALS": str(folder / "trials.sqlite")}
    return [
        subprocess.run(
            [BASH, "-c", command], cwd=folder, env=environment, capture_output=True, text=True,
            check=False,
        )
        for command, _ in walk()
    ]  # fmt: skip


def test_every_command_prints_what_the_page_shows(outputs):
    for (command, expected), done in zip(walk(), outputs, strict=True):
        if expected:
            assert told(done.stdout) == told(expected), command


def test_only_the_check_of_the_spoilt_file_finds_faults(outputs):
    codes = {command: done.returncode for (command, _), done in zip(walk(), outputs, strict=True)}
    faulty = [command for command, code in codes.items() if code]
    assert [codes[command] for command in faulty] == [FAULTY]
    assert shlex.split(faulty[0])[:3] == ["abawkit", "validate", "old.txt"]


def test_the_table_holds_every_code_and_what_it_means():
    rows = re.findall(r"^\| `([a-z-]+)` \| (\w+) \| (.*) \| (yes)? *\|$", PAGE, re.MULTILINE)
    known = [(name, c.severity, c.says, "yes" * c.fixable) for name, c in CODES.items()]
    assert rows == known
