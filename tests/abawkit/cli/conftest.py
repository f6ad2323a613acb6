"""Running the command line inside the test's own process."""

import sys

import pytest

from abawkit import CHALLENGES, Track
from abawkit.cli import main
from abawkit.labels import write_labels

TRUE = [[0.1, 0.4], [0.3, -0.2], [-0.5, 0.6]]
PRED = [[0.2, 0.4], [0.1, -0.3], [-0.4, 0.2]]


@pytest.fixture
def abawkit(monkeypatch, capsys):
    """Run a command; give its exit code, and what it wrote to stdout and to stderr."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["abawkit", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            main()
        return caught.value.code, *capsys.readouterr()

    return run


@pytest.fixture
def write(tmp_path):
    """Write tracks of one challenge as a folder of annotations."""

    def write(name, *, challenge="abaw3-va", known=None, **videos):
        row = CHALLENGES[challenge]
        tracks = {video: Track.of(video, values, known) for video, values in videos.items()}
        layout = row.protocol.annotation
        folder = tmp_path / name
        write_labels(folder, tracks, targets=row.targets, layout=layout, sentinels=True)
        return folder

    return write


@pytest.fixture
def gt(write):
    return write("gt", video1=TRUE, video2=PRED)


@pytest.fixture
def preds(write):
    return write("preds", video1=PRED, video2=TRUE)
