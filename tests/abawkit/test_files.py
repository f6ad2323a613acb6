"""A file is written whole or not at all."""

import os
import sys
from pathlib import Path

import pytest

from abawkit.files import write_whole

seen = []
watching = []


def hook(event, arguments):
    """Note what is asked of the system, however it is asked; a hook cannot be taken off."""
    if watching and event in {"open", "os.rename", "os.remove", "os.link", "os.truncate"}:
        seen.append((event, *(a for a in arguments[:2] if isinstance(a, (str, os.PathLike)))))


sys.addaudithook(hook)


@pytest.fixture
def events():
    """Watch the files that are opened, renamed and removed."""
    seen.clear()
    watching.append(True)
    yield seen
    watching.clear()


def test_text_is_written_with_the_line_ends_it_has(tmp_path):
    write_whole(tmp_path / "1.txt", "é\r\n\n")
    assert (tmp_path / "1.txt").read_bytes() == b"\xc3\xa9\r\n\n"


def test_bytes_are_written_as_they_are(tmp_path):
    write_whole(tmp_path / "1.bin", b"\xff\x00\n")
    assert (tmp_path / "1.bin").read_bytes() == b"\xff\x00\n"


def test_folders_are_made(tmp_path):
    write_whole(tmp_path / "run" / "raw" / "1.txt", "new")
    assert (tmp_path / "run" / "raw" / "1.txt").read_text() == "new"


def test_an_older_file_is_replaced_and_nothing_else_stays(tmp_path):
    write_whole(tmp_path / "1.txt", "a longer text")
    write_whole(tmp_path / "1.txt", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["1.txt"]
    assert (tmp_path / "1.txt").read_text() == "new"


@pytest.mark.parametrize("old", [None, "old"])
def test_a_killed_write_leaves_what_was_there(old, tmp_path, monkeypatch):
    path = tmp_path / "1.txt"
    if old:
        path.write_text(old)

    def half(target, data):
        with target.open("wb") as file:
            file.write(data[: len(data) // 2])
        raise KeyboardInterrupt

    monkeypatch.setattr("pathlib.Path.write_bytes", half)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, "something new")
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == (
        {"1.txt": old} if old else {}
    )


def test_several_writers_of_one_file_are_not_in_each_others_way(tmp_path, monkeypatch):
    path = tmp_path / "1.txt"

    def interleaved(target, data):
        with target.open("wb") as file:
            file.write(data[:3])
            monkeypatch.undo()
            write_whole(path, "of the other")
            assert path.read_text() == "of the other"
            file.write(data[3:])

    monkeypatch.setattr(Path, "write_bytes", interleaved)
    write_whole(path, "of the one")
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"1.txt": "of the one"}


def test_what_a_killed_write_left_does_not_matter(tmp_path):
    (tmp_path / "1.txt.0a.part").write_text("something longer than the new text")
    write_whole(tmp_path / "1.txt", "new")
    assert (tmp_path / "1.txt").read_text() == "new"


@pytest.mark.parametrize("old", [None, "old"])
def test_the_final_name_is_never_opened_but_comes_by_one_rename(old, tmp_path, events):
    path = tmp_path / "1.txt"
    if old:
        path.write_text(old)
    events.clear()
    write_whole(path, "new")
    found = [(event, *map(os.fspath, names)) for event, *names in events]
    touched = [entry for entry in found if str(path) in entry]
    ((event, temporary, _),) = touched
    assert (event, temporary.endswith(".part")) == ("os.rename", True)
    assert Path(temporary).parent == tmp_path
    assert path.read_text() == "new"


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path):
    (tmp_path / "taken" / "x").mkdir(parents=True)
    with pytest.raises(OSError, match="taken"):
        write_whole(tmp_path / "taken", b"data")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
