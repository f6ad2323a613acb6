"""Rows without a value: refused, or filled as stated; and what an official sample asks for."""

import numpy as np
import pytest

from abawkit.errors import AlignmentError, SubmissionError, UsageError
from abawkit.protocol import find_challenge
from abawkit.track import Track
from submissions.conversion import convert
from submissions.template import Template
from tests.submissions.conversion.drawing import read, some_predictions, without, write

VA, VA_6, EXPR, MTL = (
    find_challenge(f"abaw{name}") for name in ("3-va", "6-va", "3-expr", "3-mtl")
)


def labels(path, challenge, video="a"):
    return read(path, challenge)[video].values.tolist()


@pytest.fixture
def source(tmp_path):
    tracks = {"a": Track.of("a", [[0, 0], [0.25, 0], [1, 0.5]]), "b": Track.of("b", [[1, 1]])}
    return write(tmp_path / "old", {**tracks, "a": without(tracks["a"], 2)}, VA_6)


def test_they_are_told_and_nothing_is_written(source, tmp_path):
    with pytest.raises(SubmissionError, match=r"of va in 1 row of 1 video \(a: frame 2\).*--fill"):
        convert([source], VA, out=tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old"]


@pytest.mark.parametrize(
    ("fill", "expected"),
    [("linear", [0.5, 0.25]), ("nearest", [0, 0]), ("previous", [0, 0]), ("constant", [0, 0])],
)
def test_they_are_filled_if_that_is_said(fill, expected, source, tmp_path):
    outcome = convert([source], VA, out=tmp_path / "new", fill=fill)
    found = labels(outcome.out, VA)
    assert (found, outcome.n_filled) == ([[0, 0], expected, [1, 0.5]], 1)
    assert str(outcome).startswith(f"filled 1 row: {fill}\n")


@pytest.mark.parametrize("fill", ["none", "zero"])
def test_every_row_needs_a_value(fill, source, tmp_path):
    with pytest.raises(UsageError, match=f"--fill {fill}: expected one of linear, nearest"):
        convert([source], VA, out=tmp_path / "new", fill=fill)


def test_a_class_is_filled_with_the_nearer_one(tmp_path):
    values = [[6.0], [np.nan], [np.nan], [np.nan], [3.0]]
    track = without(Track.of("a", values), 2, 3, 4)
    source = write(tmp_path / "old", {"a": track}, find_challenge("abaw6-expr"))
    outcome = convert([source], EXPR, out=tmp_path / "new", fill="linear")
    assert labels(outcome.out, EXPR) == [[6], [6], [6], [3], [3]]


def test_selected_frames_of_mtl_are_no_gaps(tmp_path):
    tracks = some_predictions(MTL)
    source = write(tmp_path / "old", {"a": without(tracks["video1"], 2, 4)}, MTL)
    outcome = convert([source], find_challenge("abaw7-mtl"), out=tmp_path / "new")
    assert outcome.out.read_text().count("\n") == 4


def test_sentinels_of_a_source_are_gaps(tmp_path):
    (tmp_path / "a.txt").write_text("valence,arousal\n0.5,0.5\n-5,-5\n")
    with pytest.raises(SubmissionError, match="no value of va in 1 row of 1 video"):
        convert([tmp_path / "a.txt"], VA_6, out=tmp_path / "new")


@pytest.fixture
def template(tmp_path):
    lines = [
        "image_location,valence,arousal",
        "b/00001.jpg,,",
        "a/00002.jpg,,",
        "a/00001.jpg,,",
    ]
    (tmp_path / "sample.txt").write_text("\n".join(lines) + "\n")
    return Template.read(tmp_path / "sample.txt", VA_6)


def test_rows_are_those_of_the_sample_in_its_order(template, tmp_path):
    tracks = {name: Track.of(name, [[i / 10, 0]] * 3) for i, name in enumerate("abc")}
    source = write(tmp_path / "old", tracks, VA)
    outcome = convert([source], VA_6, out=tmp_path / "new.txt", template=template)
    assert outcome.out.read_text().splitlines()[1:] == [
        "b/00001.jpg,0.100000,0.000000",
        "a/00002.jpg,0.000000,0.000000",
        "a/00001.jpg,0.000000,0.000000",
    ]
    assert (outcome.n_left_out, outcome.videos_left_out) == (3, ("c",))
    assert "left out 1 video that nobody asks for: c" in str(outcome)


def test_videos_that_are_not_predicted_are_told(template, tmp_path):
    source = write(tmp_path / "old", {"a": Track.of("a", [[0, 0]] * 3)}, VA)
    with pytest.raises(AlignmentError, match="1 of 2 videos have no va: b; expected all of the"):
        convert([source], VA_6, out=tmp_path / "new", template=template)


@pytest.mark.parametrize("challenge", [VA, VA_6], ids=lambda row: row.name)
def test_frames_that_are_not_predicted_are_gaps(challenge, tmp_path):
    source = write(tmp_path / "old", {"a": Track.of("a", [[0, 0], [1, 1]])}, VA)
    template = Template.of_frames({"a": 3}, challenge, source="frames.csv")
    with pytest.raises(SubmissionError, match=r"\(a: frame 3\)"):
        convert([source], challenge, out=tmp_path / "new", template=template)
    outcome = convert([source], challenge, out=tmp_path / "new", template=template,
                      fill="previous")  # fmt: skip
    assert labels(outcome.out, challenge) == [[0, 0], [1, 1], [1, 1]]


@pytest.mark.parametrize("challenge", [VA, VA_6], ids=lambda row: row.name)
def test_frames_beyond_the_end_are_left_out(challenge, tmp_path):
    source = write(tmp_path / "old", {"a": Track.of("a", [[0, 0], [1, 1]])}, VA)
    template = Template.of_frames({"a": 1}, challenge, source="frames.csv")
    outcome = convert([source], challenge, out=tmp_path / "new", template=template)
    assert (outcome.verdict.n_rows, outcome.n_left_out) == (1, 1)
