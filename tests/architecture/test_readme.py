"""The README says what is true: its options exist, and its Python runs."""

import re
import shutil
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from typer.core import TyperGroup

from abawkit.cli import LazyGroup
from abawkit.sample import make_sample

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
VALIDATION = Path("VA_Estimation_Challenge/Validation_Set")


def commands_of(group):
    """Give every command of a group, and of the groups in it."""
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        yield command
        if isinstance(command, TyperGroup):
            yield from commands_of(command)


@pytest.fixture(scope="module")
def options():
    """Give the options of every command."""
    commands = commands_of(LazyGroup(name="abawkit"))
    return {option for command in commands for row in command.params for option in row.opts}


def test_every_option_it_names_exists(options):
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README))
    assert named - options == set()
    assert len(named) > 10


def test_every_command_it_names_exists():
    named = set(re.findall(r"(?:`|\$ |^)abawkit ([a-z-]+)", README, re.MULTILINE))
    assert named <= set(entry_points(group="abawkit.commands").names)
    assert {"predict", "score", "sample", "challenges"} <= named


def test_its_python_runs(tmp_path, monkeypatch, capsys):
    make_sample(tmp_path / "data")
    monkeypatch.chdir(tmp_path / "data/annotations")
    shutil.copytree(VALIDATION, "my_predictions")
    for code in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
        exec(code, {})  # noqa: S102 - our own README
    assert capsys.readouterr().out.startswith("1.0 {'ccc_valence': 1.0")


def test_the_files_it_links_to_are_there():
    links = re.findall(r"\]\(([^):]+)\)", README)
    assert links
    assert all((Path(__file__).parents[2] / link).exists() for link in links)
