"""Progress is shown on a terminal, and nowhere else."""

import io

import pytest
from rich.console import Console

from baselines import progress
from baselines.progress import download_bar, progress_bar


@pytest.fixture
def stream(monkeypatch):
    """Give what a terminal shows of the next bars."""
    shown = io.StringIO()
    monkeypatch.setattr(
        progress, "Console", lambda **_: Console(file=shown, force_terminal=True, width=100)
    )
    return shown


def test_a_terminal_shows_title_count_and_speed(stream):
    with progress_bar("predict", 6, "frames") as advance:
        for _ in range(3):
            advance(2)
    assert all(part in stream.getvalue() for part in ("predict", "6/6", "frames/s"))


def test_a_download_shows_bytes_and_counts_what_was_there(stream):
    with download_bar("file.pt", 3_000_000, 1_000_000) as advance:
        advance(500_000)
        advance(1_500_000)
    assert all(part in stream.getvalue() for part in ("file.pt", "3.0/3.0 MB", "/s"))


def test_a_download_of_unknown_size_shows_what_came(stream):
    with download_bar("file.pt", None, 0) as advance:
        advance(1_500)
    assert "1.5" in stream.getvalue()


@pytest.mark.parametrize("bar", [progress_bar("x", 1, "frames"), download_bar("x", 1, 0)])
def test_elsewhere_nothing_is_shown(capsys, bar):
    with bar as advance:
        advance(1)
    assert capsys.readouterr() == ("", "")
