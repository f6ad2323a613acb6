"""A submission is read as it stands, whatever is wrong with it."""

import zipfile

import numpy as np
import pytest

from abawkit.errors import DataError
from abawkit.protocol import CHALLENGES
from submissions.validation.collecting import Collector
from submissions.validation.rows import SubmittedRows
from submissions.validation.submission import read_submission

HEAD = "image_location,valence,arousal\n"


@pytest.fixture
def read(tmp_path):
    """Give a function that writes one file and reads it."""

    def call(text, name="abaw5-va", file="a.txt"):
        (tmp_path / file).write_text(text)
        return read_submission(tmp_path, CHALLENGES[name])

    return call


def listed(submission):
    return [
        (rows.video, rows.lines.tolist(), rows.frames.tolist(), rows.values[:, 0].tolist())
        for rows in submission.videos()
    ]


def test_rows_are_given_by_video_ascending_and_each_once(read):
    rows = ["b/00002.jpg,.2,0", "a/00001.jpg,.3,0", "b/00001.jpg,.1,0", "b/00002.jpg,.9,0"]
    assert listed(read(HEAD + "\n".join(rows) + "\n")) == [
        ("b", [4, 2], [1, 2], [0.1, 0.2]),
        ("a", [3], [1], [0.3]),
    ]


def test_a_file_without_keys_has_its_frames_in_order_but_for_blank_lines(read):
    submission = read("valence,arousal\n.1,0\n\n.2,0\n", "abaw3-va")
    assert listed(submission) == [("a", [2, 4], [1, 2], [0.1, 0.2])]
    assert submission.faults.codes() == ["blank-line"]


def test_what_is_no_label_is_nan_in_the_rows_but_not_in_the_table(read):
    submission = read("valence,arousal\n-5,-5\n.5,.5\n", "abaw3-va")
    assert np.isnan(submission.videos()[0].values).tolist() == [[True, True], [False, False]]
    assert submission.tables[0].values[0].tolist() == [-5, -5]


@pytest.mark.parametrize("name", ["abaw3-va", "abaw3-expr", "abaw3-au", "abaw3-mtl", "abaw11-ah"])
def test_the_sentinel_of_each_target_is_a_fault(read, name):
    layout, targets = CHALLENGES[name].protocol.submission, CHALLENGES[name].targets
    marks = [f"{t.unannotated:g}" for t in targets for _ in range(t.columns)]
    key = [] if layout.key is None else ["v/00001.jpg"]
    first = ["0.5", "0.5"] if layout.probabilities else []
    head = "" if layout.header is None else layout.header + "\n"
    submission = read(head + ",".join([*key, *first, *marks]) + "\n", name)
    assert next(iter(submission.faults.lines("sentinel").values())).tolist() == [1 + bool(head)]


@pytest.mark.parametrize("text", ["", HEAD, HEAD + "\n\n", "\n"])
def test_a_file_without_rows_has_no_video(read, text):
    submission = read(text)
    assert submission.videos() == []
    assert {"file-empty", "blank-line"} & set(submission.faults.codes())


def test_spaces_in_the_header_are_told_once(read):
    faults = read("valence, arousal\n0, 1\n", "abaw3-va").faults
    assert faults.codes() == ["spaces"]
    assert [lines.tolist() for lines in faults.lines("spaces").values()] == [[1, 2]]


def test_a_file_of_another_challenge_is_not_read(read, tmp_path):
    submission = read("Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise,Other\n1\n")
    assert submission.unread == (tmp_path / "a.txt",)
    assert submission.faults.codes() == ["header"]


@pytest.mark.parametrize("n_files", [2, 20])
def test_what_is_noted_is_not_gone_through_again_for_each_file(n_files, tmp_path, monkeypatch):
    asked = []
    lines = Collector.lines
    monkeypatch.setattr(
        Collector, "lines", lambda own, code: asked.append(code) or lines(own, code)
    )
    for number in range(n_files):
        (tmp_path / f"{number}.txt").write_text("valence,arousal\n0,0\n\n1,1\n\n")
    submission = read_submission(tmp_path, CHALLENGES["abaw3-va"])
    assert len(SubmittedRows.of(submission)) == sum(map(len, map(frames_of, submission.videos())))
    assert len(asked) < 2


def frames_of(video):
    return video.frames


def test_an_archive_and_nothing_at_all_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(DataError, match="this is an archive"):
        read_submission(tmp_path / "a.zip", CHALLENGES["abaw5-va"])
    with pytest.raises(DataError, match="no such file"):
        read_submission(tmp_path / "b", CHALLENGES["abaw5-va"])


@pytest.mark.parametrize("first", ["image_location,valence,arousal", "0.jpg,high,low"])
def test_a_lone_first_line_is_only_said_to_have_no_rows_after_it(read, first):
    (finding,) = [f for f in read(f"{first}\n").faults.findings() if f.code == "file-empty"]
    assert finding.message == "expected rows, found none after the first line"
