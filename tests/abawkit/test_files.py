"""A file is written whole or not at all."""

import io
import os
import sys
import zipfile
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit.files import make_zip, put, staged, write_whole

FILES = st.dictionaries(
    st.from_regex(r"[\w.()+-]{1,8}\.txt", fullmatch=True), st.binary(max_size=99), max_size=5
)

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


def replaced(target):
    """Replace what there is by a new folder."""
    with staged(target) as folder:
        (folder / "new").mkdir()
        (folder / "new" / "1.txt").write_text("new")
        put(folder / "new", target)


def texts(folder):
    """Read all files below a folder."""
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_what_is_not_put_is_gone(tmp_path):
    with pytest.raises(KeyboardInterrupt), staged(tmp_path / "run") as folder:  # noqa: PT012
        (folder / "half").touch()
        raise KeyboardInterrupt
    assert not [*tmp_path.iterdir()]


def test_what_is_staged_is_hidden_beside_its_target(tmp_path):
    with staged(tmp_path / "new" / "run") as folder:
        assert (folder.parent, folder.name[0]) == (tmp_path / "new", ".")
        assert not [*folder.iterdir()]


def test_a_file_is_put_in_the_place_of_an_older_one(tmp_path):
    (tmp_path / "1.txt").write_text("old")
    with staged(tmp_path / "1.txt") as folder:
        (folder / "x").write_text("new")
        put(folder / "x", tmp_path / "1.txt")
    assert texts(tmp_path) == {"1.txt": "new"}


def test_an_older_folder_is_gone_when_the_new_one_is_there(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "old.txt").touch()
    replaced(tmp_path / "run")
    assert texts(tmp_path) == {"run/1.txt": "new"}
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
@pytest.mark.parametrize("after", [0, 1, 2])
def test_an_older_folder_is_not_lost(after, error, tmp_path, monkeypatch):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "1.txt").write_text("old")
    rename, calls = Path.rename, []

    def failing(path, target):
        calls.append(target)
        if len(calls) == after + 1:
            raise error
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(error) if after < 2 else nullcontext():
        replaced(tmp_path / "run")
    assert texts(tmp_path) == {"run/1.txt": "old" if after < 2 else "new"}


def test_an_older_folder_is_not_lost_even_if_it_cannot_come_back(tmp_path, monkeypatch):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "1.txt").write_text("old")
    rename = Path.rename

    def failing(path, target):
        if target == tmp_path / "run":
            raise OSError
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError):  # noqa: PT011 - one without a text
        replaced(tmp_path / "run")
    assert [*texts(tmp_path).values()] == ["old"]


@given(FILES, st.randoms())
def test_the_same_files_give_the_same_bytes_in_any_order(files, random):
    names = [*files]
    random.shuffle(names)
    assert make_zip({name: files[name] for name in names}) == make_zip(files)


@given(FILES)
def test_what_is_packed_is_in_the_zip(files):
    with zipfile.ZipFile(io.BytesIO(make_zip(files))) as packed:
        assert {entry.filename: packed.read(entry) for entry in packed.infolist()} == files
        assert packed.namelist() == sorted(files)


def test_neither_date_nor_system_nor_permissions_tell():
    with zipfile.ZipFile(io.BytesIO(make_zip({"a.txt": b"0\n" * 99}))) as packed:
        (entry,) = packed.infolist()
    assert entry.date_time == (1980, 1, 1, 0, 0, 0)
    assert (entry.create_system, entry.external_attr >> 16) == (3, 0o100644)
    assert entry.compress_type == zipfile.ZIP_DEFLATED
    assert entry.compress_size < entry.file_size
