"""Of a folder, the label files are the submission; what is beside them is named."""

import pytest

from abawkit.errors import DataError
from abawkit.protocol import CHALLENGES
from submissions.validation.collecting import Collector
from submissions.validation.files import submission_files


@pytest.fixture
def look(tmp_path):
    """Give a function that makes files and lists those of a challenge, and what is told."""

    def call(name, *files):
        for file in files:
            path = tmp_path / file
            path.mkdir() if file.endswith("/") else path.write_text("x")
        faults = Collector()
        found = submission_files(tmp_path, CHALLENGES[name].protocol.submission, faults)
        told = {one.code: [place.file for place in one.places] for one in faults.findings()}
        names = {code: [file.rpartition("/")[2] for file in at] for code, at in told.items()}
        return [file.name for file in found], names

    return call


@pytest.mark.parametrize(
    ("name", "files", "taken", "told"),
    [
        ("abaw3-va", ["b.txt", "a.txt"], ["a.txt", "b.txt"], {}),
        ("abaw3-va", ["a.txt", "manifest.json", "raw/", ".x"], ["a.txt"], {}),
        ("abaw3-va", ["a.txt", "b.csv"], ["a.txt", "b.csv"], {"file-name": ["b.csv"]}),
        (
            "abaw3-va",
            ["a.txt", "a.csv"],
            ["a.txt"],
            {"file-name": ["a.csv"], "file-extra": ["a.csv"]},
        ),
        ("abaw3-va", ["a.TXT", "b.txt"], ["a.TXT", "b.txt"], {"file-name": ["a.TXT"]}),
        ("abaw10-vd", ["a.CSV"], ["a.CSV"], {"file-name": ["a.CSV"]}),
        ("abaw10-vd", ["a.csv", "b.txt"], ["a.csv", "b.txt"], {"file-name": ["b.txt"]}),
        ("abaw3-va", ["a.txt", "notes.md", "c/"], ["a.txt"], {"file-extra": ["c", "notes.md"]}),
        ("abaw5-va", ["mine.txt"], ["mine.txt"], {}),
        ("abaw5-va", ["a.txt", "predictions.txt"], ["predictions.txt"], {"file-extra": ["a.txt"]}),
        ("abaw5-va", ["a.txt", "b.txt"], ["a.txt"], {"file-extra": ["b.txt"]}),
        ("abaw11-ah", ["trial-3.txt"], ["trial-3.txt"], {}),
        ("abaw11-ah", ["a.txt", "trial-3.txt"], ["trial-3.txt"], {"file-extra": ["a.txt"]}),
        ("abaw11-ah", ["trialx3.txt"], ["trialx3.txt"], {"file-name": ["trialx3.txt"]}),
    ],
)
def test_label_files_are_taken_and_others_told(look, name, files, taken, told):
    assert look(name, *files) == (taken, told)


def test_an_empty_folder_is_refused(look):
    with pytest.raises(DataError, match="no label files"):
        look("abaw3-va")
