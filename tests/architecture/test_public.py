"""What users see: commands with help, and names with docstrings."""

import inspect
import pkgutil
from importlib import import_module
from importlib.metadata import entry_points

import pytest
import typer

import abawkit
import baselines
import submissions


def functions():
    """Give the function of each command, those of groups too, by the words that call it."""
    for point in entry_points(group="abawkit.commands"):
        found = point.load()
        if isinstance(found, typer.Typer):
            for row in found.registered_commands:
                yield f"{point.name} {row.name}", row.callback
        else:
            yield point.name, found


COMMANDS = dict(functions())
MODULES = sorted(
    module
    for package in (abawkit, submissions, baselines)
    for module in (
        package.__name__,
        *(m.name for m in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")),
    )
)

every_command = pytest.mark.parametrize("name", COMMANDS)
every_module = pytest.mark.parametrize("name", MODULES)


def public(name):
    """Give the functions and classes that a module names in ``__all__``."""
    module = import_module(name)
    named = {each: getattr(module, each, None) for each in getattr(module, "__all__", ())}
    return {n: f for n, f in named.items() if inspect.isroutine(f) or inspect.isclass(f)}


def test_the_commands_of_the_core_are_there():
    assert {"challenges", "predict", "sample", "score"} <= COMMANDS.keys()


@every_command
def test_an_entry_point_is_a_function(name):
    assert inspect.isfunction(COMMANDS[name])


@every_command
def test_a_command_has_help_and_an_example(name):
    summary, *_, example = inspect.getdoc(COMMANDS[name]).splitlines()
    assert summary.endswith(".")
    assert example.startswith(f"Example: abawkit {name} ")


@every_command
def test_every_option_of_a_command_has_help(name):
    app = typer.Typer()
    app.command(name)(COMMANDS[name])
    options = typer.main.get_command(app).params
    assert [option.name for option in options if not getattr(option, "help", None)] == []


@every_module
def test_a_module_has_a_docstring(name):
    assert import_module(name).__doc__


@every_module
def test_public_names_are_strings_that_exist(name):
    module = import_module(name)
    names = getattr(module, "__all__", [])
    assert [each for each in names if not isinstance(each, str) or not hasattr(module, each)] == []
    assert len(set(names)) == len(names)


@every_module
def test_public_functions_and_classes_have_docstrings(name):
    assert [each for each, found in public(name).items() if not inspect.getdoc(found)] == []


@pytest.mark.parametrize("package", [abawkit, submissions], ids=lambda p: p.__name__)
def test_a_package_says_what_is_public(package):
    assert isinstance(package.__all__, list)
