"""The page on models says what the catalogue says."""

import re
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from typer.main import get_command

from baselines.checkpoints.catalogue import BUNDLED, CHECKPOINTS
from baselines.checkpoints.eligibility import eligibility

PAGE = (Path(__file__).parents[2] / "docs/models.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines()]
MODELS = {row[0].split("`")[1]: row for row in ROWS if len(row) == 11 and "`" in row[0]}
ENTERED = {row[0]: row for row in ROWS if len(row) == 4}
PUBLISHED = {row.name: row for row in CHECKPOINTS.values() if row.network}


def number(cell):
    return float(cell) if cell[0].isdigit() else None


def test_every_network_has_its_row():
    assert set(MODELS) == {*PUBLISHED, BUNDLED.name}


@pytest.mark.parametrize("name", MODELS)
def test_a_row_says_what_the_catalogue_says(name):
    # The .pt file has what upstream measured.
    rows = [row for row in (*CHECKPOINTS.values(), BUNDLED) if row.name == name]
    row = next((row for row in rows if row.published), rows[0])
    cells = MODELS[name]
    assert int(cells[2]) == row.preprocessing.size
    assert cells[-1].replace(" (?)", "") == ", ".join(row.trained_on)
    if row.published:
        for cell, fact in zip(
            cells[6].split(" / "),
            (row.published.affectnet_8, row.published.affectnet_7),
            strict=True,
        ):
            assert number(cell) == (fact if fact is None else pytest.approx(fact, abs=0.051))


@pytest.mark.parametrize("data", ["VGGFace2, AffectNet", "ImageNet, FER+", "Aff-Wild2"])
def test_the_page_says_where_a_model_may_be_entered(data):
    answers = eligibility(data.split(", "))
    for cell, answer in zip(ENTERED[data][1:3], ("allowed", "used by a ranked team"), strict=True):
        named = set(re.findall("`([a-z0-9-]+)`", cell))
        assert named == {name for name, given in answers.items() if given == answer}
    forbidden = {name for name, given in answers.items() if given == "forbidden"}
    assert set(re.findall("`([a-z0-9-]+)`", ENTERED[data][3])) == forbidden


def test_its_commands_and_options_exist():
    commands = {}
    for point in entry_points(group="abawkit.commands"):
        loaded = point.load()
        if point.name == "models":
            commands |= {f"models {n}": c for n, c in get_command(loaded).commands.items()}
    named = set(re.findall(r"abawkit (models [a-z]+)", PAGE))
    assert named == set(commands)
    options = {option for command in commands.values() for row in command.params
               for option in row.opts}  # fmt: skip
    asked = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE))
    assert asked - options == {"--task", "--model", "--data", "--videos", "--provider"}
