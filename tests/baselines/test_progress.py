"""Progress is shown on a terminal, and nowhere else."""

import io

from rich.console import Console

from baselines import progress
from baselines.progress import progress_bar


def show(monkeypatch, *, terminal):
    stream = io.StringIO()
    monkeypatch.setattr(
        progress,
        "Console",
        lambda **_: Console(file=stream, force_terminal=terminal, width=100),
    )
    with progress_bar("predict", 6, "frames") as advance:
        for _ in range(3):
            advance(2)
    return stream.getvalue()


def test_a_terminal_shows_title_count_and_speed(monkeypatch):
    shown = show(monkeypatch, terminal=True)
    assert "predict" in shown
    assert "6/6" in shown
    assert "frames/s" in shown


def test_elsewhere_nothing_is_shown(monkeypatch):
    assert not show(monkeypatch, terminal=False)


def test_nothing_goes_to_stdout(capsys):
    with progress_bar("predict", 1, "frames") as advance:
        advance(1)
    assert capsys.readouterr() == ("", "")
