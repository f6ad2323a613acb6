"""The command line: parse, call one library function, print.

Commands are the entry points of the group ``abawkit.commands``, each a function whose signature
is its options and whose docstring is its help, or a ``typer.Typer`` of several such functions;
any package can add one. A command's module is imported when it is called or its help is shown,
and imports what is heavy when it runs.
"""

from __future__ import annotations

import sys
import warnings
from contextlib import suppress
from difflib import get_close_matches
from importlib.metadata import entry_points, version
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from abawkit.errors import (
    AbawkitError,
    AbawkitWarning,
    DataError,
    MissingDependencyError,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.metadata import EntryPoint

EXIT_CODES = (
    "Exit codes: 0 fine, 1 findings (an invalid submission, --fail-under not reached), 2 usage, "
    "3 input missing or unreadable, 4 model or runtime, 130 interrupted."
)
_GROUP = "abawkit.commands"


class _Group(TyperGroup):
    """A group of commands that says which there are where one is unknown."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401
        names = self.list_commands(ctx)
        if args[0] not in names:
            near = get_close_matches(args[0], names, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            command = args[0] if ctx.parent is None else f"{self.name} {args[0]}"
            msg = f"no command {command!r}; there are {', '.join(names)}{hint}"
            raise UsageError(msg)
        return super().resolve_command(ctx, args)


class LazyGroup(_Group):
    """A group whose commands are entry points, imported one by one when they are asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002, D102
        return sorted(entry_points(group=_GROUP).names)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002, D102
        point, *_ = entry_points(group=_GROUP, name=cmd_name)
        try:
            return _command(cmd_name, point.load())
        except Exception as error:  # noqa: BLE001 - a third party's module may raise anything
            return _command(cmd_name, _unavailable(point, error), any_options=True)


def main() -> None:
    """Run the command line; every error a user can cause ends in one message and a code."""
    with suppress(AttributeError):  # The name of a file need not be text that can be printed.
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    warnings.showwarning = _show_warning  # type: ignore[assignment]
    warnings.simplefilter("always", AbawkitWarning)
    app = typer.Typer(
        cls=LazyGroup,
        help="Evaluate, predict and submit for the ABAW affect challenges.",
        epilog=EXIT_CODES,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    try:
        # Typer sees to wrong usage, to a closed pipe, and to Ctrl-C, which exits with 130.
        app(prog_name="abawkit")
    except (AbawkitError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        raise SystemExit(getattr(error, "exit_code", DataError.exit_code)) from None


def _options(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=lambda shown: _show_version(shown=shown), is_eager=True,
                     help="Show the version and exit."),
    ] = False,
) -> None:  # fmt: skip
    pass


def _show_version(*, shown: bool) -> None:
    if shown:
        typer.echo(f"abawkit {version('abawkit')}")
        raise typer.Exit


def _command(
    name: str, point: typer.Typer | Callable[..., None], *, any_options: bool = False
) -> Any:  # noqa: ANN401
    app = typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    if isinstance(point, typer.Typer):
        app.add_typer(point, name=name, cls=_Group, no_args_is_help=True)
        return typer.main.get_group(app).commands[name]
    rest = {"ignore_unknown_options": any_options, "allow_extra_args": any_options}
    app.command(name, context_settings=rest)(point)
    command = typer.main.get_command(app)
    command.name = name
    return command


def _unavailable(point: EntryPoint, error: Exception) -> Callable[[], None]:
    def unavailable() -> None:
        cause = f"{type(error).__name__}: {error}"
        msg = f"the command {point.name!r} cannot be loaded from {point.value}: {cause}"
        raise MissingDependencyError(msg)

    unavailable.__doc__ = f"Not available: {point.module} cannot be loaded."
    return unavailable


def _show_warning(message: Warning | str, category: type[Warning], *_: object) -> None:
    if issubclass(category, AbawkitWarning):
        print(f"warning: {message}", file=sys.stderr)  # noqa: T201
