"""What is packed: the name of its file, and a zip that comes with its manifest."""

from dataclasses import replace

import pytest

from abawkit.errors import UsageError
from abawkit.protocol import CHALLENGES
from submissions.packing import archive as module
from submissions.packing.archive import trial_name, write_pair

LAYOUTS = {name: row.protocol.submission for name, row in CHALLENGES.items()}


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
