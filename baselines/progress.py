"""A progress bar on stderr, silent where that is no terminal."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class _Speed(ProgressColumn):
    def __init__(self, unit: str) -> None:
        super().__init__()
        self.unit = unit

    def render(self, task: Task) -> Text:
        """Show how many steps are done in a second.

        Parameters
        ----------
        task : Task
            The task.

        Returns
        -------
        Text
            The speed, empty at first.
        """
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f} {self.unit}/s" if speed else "")


@contextmanager
def progress_bar(title: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
    """Show how far something is, its speed and the time left.

    Parameters
    ----------
    title : str
        What is going on.
    total : int
        Steps in all.
    unit : str
        What a step is, in the plural.

    Yields
    ------
    callable
        Takes the number of steps done since the last call.
    """
    with _bar(title, total, MofNCompleteColumn(), _Speed(unit)) as advance:
        yield advance


@contextmanager
def download_bar(title: str, total: int | None, done: int) -> Iterator[Callable[[int], None]]:
    """Show how much of a file is there, the speed and the time left.

    Parameters
    ----------
    title : str
        What is fetched.
    total : int or None
        Bytes in all, where known.
    done : int
        Bytes that were there before.

    Yields
    ------
    callable
        Takes the number of bytes that came since the last call.
    """
    columns = DownloadColumn(), TransferSpeedColumn()
    with _bar(title, total, *columns, done=done) as advance:
        yield advance


@contextmanager
def _bar(
    title: str, total: int | None, *columns: ProgressColumn, done: int = 0
) -> Iterator[Callable[[int], None]]:
    console = Console(stderr=True)
    text = TextColumn("{task.description}")
    shown = (text, BarColumn(), *columns, TimeRemainingColumn())
    with Progress(*shown, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=total, completed=done)
        yield lambda steps: progress.advance(task, steps)
