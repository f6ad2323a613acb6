"""What a source is: a run, label files with or without a header, or tables."""

import zipfile

import numpy as np
import pytest

from abawkit.errors import DataError, UnknownChallengeError, UsageError
from abawkit.protocol import CHALLENGES, find_challenge
from submissions.conversion.sources import read_parts
from tests.submissions.conversion.drawing import some_predictions, write
from tests.submissions.runs import make_run

VA, VA_6, EMI = (find_challenge(f"abaw{name}") for name in ("3-va", "6-va", "6-emi"))
TABLE = "frame,valence,arousal\n1,0,0\n"


@pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=lambda row: row.name)
def test_files_of_every_challenge_tell_what_they_hold(challenge, tmp_path):
    tracks = some_predictions(challenge)
    parts = read_parts(write(tmp_path / "a", tracks, challenge), challenge)
    assert [part.target.names for part in parts] == [row.names for row in challenge.targets]
    assert all(part.tracks.keys() == tracks.keys() for part in parts)


def test_a_run_tells_what_it_holds(tmp_path):
    run = make_run(tmp_path / "run", VA_6)
    (part,) = read_parts(tmp_path / "run", VA)
    assert part.tracks.keys() == run.videos.keys()
    with pytest.raises(UsageError, match=r"is a run of abaw6-va, --task abaw3-va was given"):
        read_parts(tmp_path / "run", VA, given=VA)


def test_a_folder_may_have_a_table_a_video(tmp_path):
    for video in "ab":
        (tmp_path / f"{video}.csv").write_text(TABLE)
    assert [[*part.tracks] for part in read_parts(tmp_path, VA)] == [["a"], ["b"]]


def test_a_folder_has_files_of_one_kind(tmp_path):
    (tmp_path / "a.csv").write_text(TABLE)
    (tmp_path / "b.txt").write_text("valence,arousal\n0,0\n")
    with pytest.raises(DataError, match=r"some of these files are tables \(a.csv\), .* \(b.txt\)"):
        read_parts(tmp_path, VA)


def test_a_csv_in_the_layout_of_a_challenge_is_a_label_file(tmp_path):
    names = ",".join(EMI.targets[0].names)
    (tmp_path / "a.csv").write_text(f"Filename,{names}\n00001,0,0,0,0,0,0.5\n")
    (part,) = read_parts(tmp_path / "a.csv", EMI)
    assert part.tracks["00001"].values.tolist() == [[0, 0, 0, 0, 0, 0.5]]


HEADED = [
    row
    for row in CHALLENGES.values()
    if (layout := row.protocol.submission).header is not None and layout.key is not None
]
SUFFIXES = (".csv", ".txt")


def as_table(path, challenge, values):
    """Write rows under the header of a challenge, with as many columns as it names."""
    layout = challenge.protocol.submission
    keys = [layout.key.pattern.format(video="v", frame=frame) for frame in (1, 2)]
    keys = keys[:1] if layout.whole_clips else keys
    rows = [",".join([key, *values]) for key in keys]
    path.write_text("\n".join([layout.header, *rows]) + "\n")
    return path


def names_of(challenge):
    return [name for target in challenge.targets for name in target.names]


def n_named(challenge):
    return challenge.protocol.submission.header.count(",")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "challenge",
    [row for row in HEADED if len(names_of(row)) == n_named(row)],
    ids=lambda row: row.name,
)
def test_a_header_of_labels_may_be_that_of_a_table(challenge, suffix, tmp_path):
    shares = [f"0.{column % 10}" for column in range(n_named(challenge))]
    path = as_table(tmp_path / f"v{suffix}", challenge, shares)
    for given in (None, challenge):
        (part,) = read_parts(path, challenge, given=given)
        assert part.tracks["v"].values[-1].tolist() == [float(share) for share in shares]


@pytest.mark.parametrize("nothing", ["", "nan", "NaN"])
@pytest.mark.parametrize(
    "challenge",
    [row for row in HEADED if row.protocol.task != "mtl"],  # One name stands for all its units.
    ids=lambda row: row.name,
)
def test_a_table_under_a_header_of_labels_may_have_gaps(challenge, nothing, tmp_path):
    path = as_table(tmp_path / "v.csv", challenge, [nothing] * n_named(challenge))
    (part,) = read_parts(path, challenge)
    assert np.isnan(part.tracks["v"].values).all()


def test_a_label_under_the_names_of_classes_is_one(tmp_path):
    path = tmp_path / "a.csv"
    expr = find_challenge("abaw5-expr")
    path.write_text(f"{expr.protocol.submission.header}\na/00001.jpg,3\n")
    (part,) = read_parts(path, expr)
    assert part.tracks["a"].values.tolist() == [[0, 0, 0, 1, 0, 0, 0, 0]]


def test_labels_that_are_no_table_either_are_told_with_their_lines(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("image_location,valence,arousal\na/00001.jpg,0,0\na/00002.jpg,0,low\n")
    with pytest.raises(DataError, match=r"a.csv, line 3: expected -1 to 1 in arousal, found 'low"):
        read_parts(path, VA_6)
    path.write_text("image_location,valence,arousal\na/00001.jpg,0,0,0\n")
    with pytest.raises(DataError, match=r"line 2: expected 3 values"):
        read_parts(path, VA_6)


def test_an_archive_is_to_be_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("predictions.txt", "image_location,valence,arousal\n")
    for given in (None, VA_6):
        with pytest.raises(DataError, match=r"a.zip: this is an archive; .* unpack it"):
            read_parts(tmp_path / "a.zip", VA, given=given)


@pytest.mark.parametrize("wanted", ["abaw8-ah", "abaw11-ah"])
def test_frames_and_clips_without_a_header_are_told_apart(wanted, tmp_path):
    (tmp_path / "a.txt").write_text("c/d/frame-0.jpg,1\nc/d/frame-1.jpg,0\n")
    if wanted == "abaw11-ah":
        with pytest.raises(UsageError, match="the rows of abaw8-ah are frames, expected whole"):
            read_parts(tmp_path / "a.txt", find_challenge(wanted))
    else:
        (part,) = read_parts(tmp_path / "a.txt", find_challenge(wanted))
        assert part.tracks["c/d"].values.tolist() == [[0, 1], [1, 0]]


def test_files_of_which_nothing_is_known_are_told(tmp_path):
    (tmp_path / "a.txt").write_text("1,2\n3,4\n")
    with pytest.raises(UnknownChallengeError, match="the header of no known challenge"):
        read_parts(tmp_path / "a.txt", VA)
    with pytest.raises(DataError, match="no such file or folder; expected predictions: label"):
        read_parts(tmp_path / "b.txt", VA)


def test_files_that_are_no_text_are_told(tmp_path):
    (tmp_path / "a.txt").write_bytes(np.arange(256, dtype=np.uint8).tobytes())
    with pytest.raises((DataError, UnknownChallengeError), match=r"a\.txt"):
        read_parts(tmp_path / "a.txt", VA)
