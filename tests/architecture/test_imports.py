"""The core works, and starts fast, where no heavy library is installed."""

import subprocess
import sys

import pytest
from typer.core import TyperGroup

from abawkit.cli import LazyGroup

HEAVY = "{'torch', 'onnx', 'onnxruntime', 'sklearn', 'pandas', 'PIL'}"


def names_of(group):
    """Give the words that call each command of a group, and of the groups in it."""
    for name in group.list_commands(None):
        yield (name,)
        command = group.get_command(None, name)
        if isinstance(command, TyperGroup):
            yield from ((name, *rest) for rest in names_of(command))


COMMANDS = tuple(names_of(LazyGroup(name="abawkit")))


def loaded(code):
    """Run code in a fresh interpreter; tell which heavy libraries it imported."""
    tail = f"import sys; print('heavy:', *sorted({HEAVY} & sys.modules.keys()))"
    command = [sys.executable, "-c", f"{code}\n{tail}"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    return done.stdout.splitlines()


def loaded_by(*arguments):
    """Run the command line in a fresh interpreter, with what it imported as the last line."""
    return loaded(
        f"import sys; sys.argv = {['abawkit', *arguments]}\n"
        "from abawkit.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert end.code == 0, end.code"
    )


@pytest.mark.parametrize("module", ["abawkit", "abawkit.cli", "baselines.cli"])
def test_import_is_light(module):
    assert loaded(f"import {module}") == ["heavy:"]


def test_help_is_light():
    *lines, heavy = loaded_by("--help")
    assert any("score" in line for line in lines)
    assert heavy == "heavy:"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_of_a_command_is_light(command):
    assert loaded_by(*command, "--help")[-1] == "heavy:"


@pytest.mark.parametrize("option", ["-b", "--json", "--by-video"])
def test_score_is_light(tmp_path, option):
    file = tmp_path / "video1.txt"
    file.write_text("valence,arousal\n0.1,0.2\n0.3,0.1\n-5,-5\n")
    *lines, heavy = loaded_by("score", str(tmp_path), str(file), option)
    assert any("1.0" in line for line in lines)
    assert heavy == "heavy:"
