"""Pages that are walked through: their commands run in order, and print what is shown."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from abawkit.sample import make_sample

DOCS = Path(__file__).parents[2] / "docs"
BASH = shutil.which("bash")


def walk(page):
    """Give each command of the page with what the page shows of its output."""
    steps = []
    for block in re.findall(r"```\n(\$ .*?)```", page, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            steps.append((command.partition("    #")[0], output))
    return steps


def run(page, folder):
    """Run the whole page, one command after the other, in a folder that has the sample."""
    make_sample(folder / "data")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "ABAWKIT_TRIALS": str(folder / "trials.sqlite")}
    return [
        subprocess.run(
            [BASH, "-c", command], cwd=folder, env=environment, capture_output=True, text=True,
            check=False,
        )
        for command, _ in walk(page)
    ]  # fmt: skip


def told(text):
    """Leave out of an output what differs from day to day."""
    return re.sub(r"\d{4}-\d\d-\d\d", "DATE", text)


def assert_shown(page, outputs):
    """Each command prints what the page shows, where it shows something."""
    for (command, expected), done in zip(walk(page), outputs, strict=True):
        if expected:
            assert told(done.stdout) == told(expected), (command, done.stderr)
