"""The pages say what is true: commands, options and files exist, and the Python runs."""

import re
import shutil
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from typer.core import TyperGroup

from abawkit.cli import LazyGroup
from abawkit.sample import make_sample

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/heads.md", "docs/models.md", "docs/scores.md", "docs/submitting.md")
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
    return {
        option
        for command in commands
        for row in command.params
        for option in (*row.opts, *row.secondary_opts)
    }


def text_of(page):
    return (ROOT / page).read_text(encoding="utf-8")


every_page = pytest.mark.parametrize("page", PAGES)


@every_page
def test_every_option_it_names_exists(options, page):
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", text_of(page)))
    assert named - options == named & {"--help"}
    assert len(named) > 5


@every_page
def test_every_command_it_names_exists(page):
    named = set(re.findall(r"(?:`|\$ |^)abawkit ([a-z-]+)", text_of(page), re.MULTILINE))
    assert named <= set(entry_points(group="abawkit.commands").names)
    assert "sample" in named or "predict" in named


def test_the_pages_name_every_command():
    named = set(re.findall(r"abawkit ([a-z-]+)", "".join(map(text_of, PAGES))))
    assert set(entry_points(group="abawkit.commands").names) <= named


def test_its_python_runs(tmp_path, monkeypatch, capsys):
    make_sample(tmp_path / "data")
    monkeypatch.chdir(tmp_path / "data/annotations")
    shutil.copytree(VALIDATION, "my_predictions")
    for code in re.findall(r"```python\n(.*?)```", text_of("README.md"), re.DOTALL):
        exec(code, {})  # noqa: S102 - our own README
    assert capsys.readouterr().out.startswith("1.0 {'ccc_valence': 1.0")


def test_the_files_they_link_to_are_there():
    links = [
        (ROOT / page).parent / link
        for page in PAGES
        for link in re.findall(r"\]\(([^):]+)\)", text_of(page))
    ]
    assert links
    assert [link for link in links if not link.exists()] == []
