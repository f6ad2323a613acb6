"""What was sent, as trials: zips with and without a manifest, runs and files."""

import zipfile
from dataclasses import replace

import numpy as np
import pytest

from abawkit.errors import AbawkitWarning, DataError, UsageError
from abawkit.labels import write_labels
from abawkit.protocol import CHALLENGES
from abawkit.track import Track
from submissions.packing.pack import pack
from submissions.trials.sent import read_sent
from tests.submissions.runs import make_run

VA = CHALLENGES["abaw5-va"]
EVERY_ROW = pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
LABELS = "image_location,valence,arousal\na/00001.jpg,0,0\n"
VIDEO = "valence,arousal\n0,0\n"
DAY = "2026-03-14"


@pytest.fixture
def packed(tmp_path):
    """Give a run and its zip."""
    make_run(tmp_path / "run", VA)
    return tmp_path / "run", pack([tmp_path / "run"], out=tmp_path / "a.zip").archive


def write_zip(path, **files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def test_a_run_and_its_zip_are_one_trial_and_tell_the_same(packed):
    run, archive = packed
    (of_run,), (of_zip,) = (read_sent(path, sent=DAY) for path in packed)
    assert (of_run.challenge, of_run.sent, of_run.number) == ("abaw5-va", DAY, 0)
    assert (of_run.content, of_run.settings) == (of_zip.content, of_zip.settings)
    assert (of_run.file, of_zip.file) == (str(run), str(archive))


def test_a_zip_that_another_tool_packed_is_the_same_trial(packed, tmp_path):
    run, archive = packed
    text = (run / "predictions.txt").read_text()
    other = write_zip(tmp_path / "b.zip", **{"va/mine.txt": text, "readme.md": "x", ".a.txt": ""})
    (trial,) = read_sent(other, task="va", edition=5, sent=DAY)
    assert trial.content == read_sent(archive, sent=DAY)[0].content
    assert trial.settings is None


def test_a_zip_without_manifest_needs_a_task(tmp_path):
    with pytest.raises(UsageError, match="tell its --task"):
        read_sent(write_zip(tmp_path / "b.zip", **{"a.txt": LABELS}), sent=DAY)


def test_files_of_unknown_origin_are_told_by_their_header(tmp_path):
    (tmp_path / "mine.txt").write_text(LABELS)
    (trial,) = read_sent(tmp_path / "mine.txt", edition=5, sent=DAY)
    assert (trial.challenge, trial.settings) == ("abaw5-va", None)


@pytest.mark.parametrize("asked", [{"task": "abaw6-va"}, {"task": "expr"}, {"edition": 6}])
def test_a_manifest_is_not_overruled(packed, asked):
    with pytest.raises(UsageError, match="its manifest says abaw5-va"):
        read_sent(packed[1], sent=DAY, **asked)


@pytest.mark.parametrize("asked", [{"task": "ABAW5-va"}, {"task": "va"}, {"edition": 5}])
def test_a_manifest_may_be_agreed_with(packed, asked):
    assert read_sent(packed[1], sent=DAY, **asked)[0].challenge == "abaw5-va"


def test_the_manifest_of_another_zip_tells_nothing(packed):
    write_zip(packed[1], **{"predictions.txt": LABELS})
    with pytest.warns(AbawkitWarning, match="tells of another zip"):
        (trial,) = read_sent(packed[1], task="abaw5-va", sent=DAY)
    assert trial.settings is None


def test_each_numbered_file_is_a_trial(tmp_path):
    texts = {f"trial-{number}.txt": f"Videos/a/1.mp4,{number}\n" for number in range(2)}
    trials = read_sent(write_zip(tmp_path / "b.zip", **texts), task="abaw11-ah", sent=DAY)
    assert len({trial.content for trial in trials}) == 2


def test_files_of_videos_are_one_trial_and_known_by_their_names(tmp_path):
    archives = [
        write_zip(tmp_path / f"{names[0]}.zip", **{f"{name}.txt": VIDEO for name in names})
        for names in (["a", "b"], ["b", "c"])
    ]
    contents = [read_sent(path, task="abaw3-va", sent=DAY) for path in archives]
    assert [len(trials) for trials in contents] == [1, 1]
    assert contents[0][0].content != contents[1][0].content


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"a/x.txt": "", "b/x.txt": ""}, "two named x.txt"),
        ({"readme.md": ""}, "no label files"),
    ],
)
def test_a_zip_of_something_else_is_told(tmp_path, files, found):
    with pytest.raises(DataError, match=found):
        read_sent(write_zip(tmp_path / "b.zip", **files), task="va", sent=DAY)


def test_a_damaged_zip_is_told(tmp_path):
    path = write_zip(tmp_path / "b.zip", **{"a.txt": LABELS})
    path.write_bytes(path.read_bytes().replace(b"00001.jpg", b"00002.jpg"))
    with pytest.raises(DataError, match="cannot read this zip"):
        read_sent(path, task="va", sent=DAY)


@EVERY_ROW
def test_what_a_challenge_can_have_is_taken_and_lists_are_not(tmp_path, challenge):
    layout = challenge.protocol.submission
    tracks = {"v": Track.of("v", np.zeros((1, challenge.protocol.columns)))}
    files = write_labels(tmp_path, tracks, targets=challenge.targets,
                         layout=replace(layout, probabilities=False))  # fmt: skip
    texts = {file.name: file.read_text() for file in files}
    for path in (tmp_path, files[0], write_zip(tmp_path / "a.zip", **texts)):
        (trial,) = read_sent(path, task=challenge.name, sent=DAY)
        assert trial.challenge == challenge.name
    files[0].write_text("video,frames\nvideo1,300\nvideo2,301\n")
    for path in (files[0], write_zip(tmp_path / "b.zip", **{files[0].name: "v1\nv2\n"})):
        with pytest.raises(DataError, match=f"expected label files of {challenge.name}"):
            read_sent(path, task=challenge.name, sent=DAY)


@pytest.mark.parametrize(
    "text", [VIDEO * 9000, "\ufeff" + VIDEO.replace("\n", "\r\n"), "-5,x\n0,1"]
)
def test_what_was_sent_may_be_faulty_and_long(tmp_path, text):
    (tmp_path / "v.txt").write_text(text, newline="")
    assert read_sent(tmp_path, task="abaw3-va", sent=DAY)


@pytest.mark.parametrize(
    "text", ["0,x\ny,0\n", "x,x,x,\n" + "0,0,1\n" * 20_000, "0,0,0\n", "\0" * 99]
)
def test_a_row_has_all_its_values_and_no_more(tmp_path, text):
    (tmp_path / "v.txt").write_text(text)
    with pytest.raises(DataError, match=r"found no such row in v\.txt"):
        read_sent(tmp_path, task="abaw3-va", sent=DAY)


def test_every_file_has_rows_where_one_holds_all_videos(tmp_path):
    path = write_zip(tmp_path / "a.zip", **{"mine.txt": LABELS, "list.txt": "video1\n"})
    with pytest.raises(DataError, match=r"found no such row in list\.txt$"):
        read_sent(path, task="abaw5-va", sent=DAY)
    path = write_zip(tmp_path / "a.zip", **{"mine.txt": VIDEO, "list.txt": "video1\n"})
    assert read_sent(path, task="abaw3-va", sent=DAY)


def test_the_edition_is_told_where_several_fit(tmp_path):
    (tmp_path / "mine.txt").write_text(LABELS)
    path = write_zip(tmp_path / "a.zip", **{"mine.txt": LABELS})
    for given in (tmp_path / "mine.txt", path):
        with pytest.raises(UsageError, match=r"any of abaw5-va, .*, abaw10-va; tell which with"):
            read_sent(given, task="va", sent=DAY)
    with pytest.raises(DataError, match="expected label files of abaw4-lsd"):
        read_sent(path, task="lsd", sent=DAY)
    path = write_zip(tmp_path / "b.zip", **{"a.txt": "v/frame-0.jpg,0\n"})
    assert read_sent(path, edition=8, task="ah", sent=DAY)[0].challenge == "abaw8-ah"


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_sent(tmp_path / "none.zip", sent=DAY)
