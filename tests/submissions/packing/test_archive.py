"""The zip: flat, and the same bytes of the same files."""

import io
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit.errors import UsageError
from abawkit.protocol import CHALLENGES
from submissions.packing import archive as module
from submissions.packing.archive import make_zip, trial_name, write_pair

LAYOUTS = {name: row.protocol.submission for name, row in CHALLENGES.items()}
FILES = st.dictionaries(
    st.from_regex(r"[\w.()+-]{1,8}\.txt", fullmatch=True), st.binary(max_size=99), max_size=5
)


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


def test_a_second_file_has_no_name_where_files_are_not_numbered():
    layout = replace(LAYOUTS["abaw5-va"], file="predictions.txt")
    assert trial_name(layout, 0) == "predictions.txt"
    with pytest.raises(UsageError, match="pack one"):
        trial_name(layout, 1)


@pytest.mark.parametrize("failing", ["zip", "json"])
def test_a_zip_and_its_manifest_are_written_together_or_not_at_all(tmp_path, monkeypatch, failing):
    def write(path, data):
        if path.suffix == f".{failing}":
            raise OSError
        path.write_bytes(data.encode() if isinstance(data, str) else data)

    monkeypatch.setattr(module, "write_whole", write)
    with pytest.raises(OSError):  # noqa: PT011 - whatever went wrong
        write_pair(tmp_path / "a.zip", b"zip", tmp_path / "a.json", "{}")
    assert not [*tmp_path.iterdir()]
