"""The command as it is typed."""

import sys

import pytest

from abawkit.cli import main

TABLE = "video,frame,valence,arousal\na,0,0.5,0.25\na,2,0.7,0.25\n"


@pytest.fixture
def convert(tmp_path, monkeypatch, capsys):
    """Give a function that runs the command beside a table with a gap."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text(TABLE)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["abawkit", "convert", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code, *capsys.readouterr()

    return call


def test_a_table_becomes_a_submission(convert, tmp_path):
    (tmp_path / "frames.csv").write_text("video,frames\na,4\n")
    options = ["--task", "abaw6-va", "--first", "0", "--fill", "linear", "--frames", "frames.csv"]
    code, out, err = convert("a.csv", *options, "--out", "new.txt")
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "filled 2 rows: linear"
    assert out.endswith("valid: abaw6-va, 1 video, 4 rows\nwrote new.txt\n")
    assert (tmp_path / "new.txt").read_text().splitlines()[2:] == [
        "a/00002.jpg,0.600000,0.250000",
        "a/00003.jpg,0.700000,0.250000",
        "a/00004.jpg,0.700000,0.250000",
    ]


def test_a_sample_tells_the_rows(convert, tmp_path):
    (tmp_path / "sample.txt").write_text("image_location,valence,arousal\na/00001.jpg,,\n")
    code, out, _ = convert("a.csv", "--task", "abaw6-va", "--from", "va", "--first", "0",
                           "--like", "sample.txt", "--out", "new")  # fmt: skip
    assert code == 0
    assert "left out 1 row that nobody asks for\n" in out
    assert "compared with sample.txt" in out
    text = (tmp_path / "new" / "predictions.txt").read_text()
    assert text.endswith("\na/00001.jpg,0.500000,0.250000\n")


def test_thresholds_are_numbers(convert, tmp_path):
    units = ",".join(f"AU{n}" for n in (1, 2, 4, 6, 12, 15, 20, 25))
    (tmp_path / "au.csv").write_text(f"video,frame,{units}\na,1,.1,.2,.3,.4,.5,.6,.7,.8\n")
    given = ["au.csv", "--task", "au", "--edition", "1", "--out", "new", "--thresholds"]
    assert convert(*given, ".6")[0] == 0
    assert (tmp_path / "new" / "a.txt").read_text().endswith("\n0,0,0,0,0,1,1,1\n")
    code, _, err = convert(*given, "low")
    assert code == 2
    assert err.startswith("error: --thresholds 'low': expected numbers separated by commas")


def test_gaps_are_findings(convert, tmp_path):
    code, out, err = convert("a.csv", "--task", "va", "--out", "new", "--first", "0")
    assert (code, out) == (1, "")
    assert err.startswith("error: no value of va in 1 row of 1 video (a: frame 2); expected")
    assert not (tmp_path / "new").exists()


def test_a_wrong_table_ends_with_its_line(convert):
    code, _, err = convert("a.csv", "--task", "va", "--out", "new")
    assert code == 3
    assert err.startswith("error: a.csv, line 2: frame 0 of a counted from 1; expected a whole")


def test_probabilities_of_a_table_are_called_by_the_index_of_their_class(convert, tmp_path):
    (tmp_path / "sample.txt").write_text("a,0.5,0.5,0\n")
    wanted = ["--task", "abaw11-ah", "--like", "sample.txt", "--out", "new.txt"]
    (tmp_path / "ah.csv").write_text("video,p0,p1\na,0.25,0.75\n")
    assert convert("ah.csv", *wanted)[0] == 0
    assert (tmp_path / "new.txt").read_text() == "a,0.2500,0.7500,1\n"
    (tmp_path / "label.csv").write_text("video,label\na,1\n")
    code, _, err = convert("label.csv", *wanted, "--force")
    assert code == 1
    assert err.startswith("error: 1 video without probabilities (a); expected them, as sample.txt")
    assert "No A/H or p0, A/H or p1" in err


def test_a_sample_is_never_replaced(convert, tmp_path):
    sample = tmp_path / "sample.txt"
    sample.write_text("image_location,valence,arousal\na/00001.jpg,,\n")
    code, _, err = convert("a.csv", "--task", "abaw6-va", "--first", "0", "--like", "sample.txt",
                           "--out", "sample.txt", "--force")  # fmt: skip
    assert code == 2
    assert err.startswith("error: --out sample.txt is what the rows are told by, sample.txt; exp")
    assert sample.read_text().endswith("a/00001.jpg,,\n")


def test_a_folder_of_lists_is_never_replaced(convert, tmp_path):
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "videos.txt").write_text("a\n")
    (tmp_path / "frames.csv").write_text("video,frames\na,1\n")
    code, _, err = convert("a.csv", "--task", "va", "--first", "0", "--frames", "frames.csv",
                           "--out", "lists", "--force")  # fmt: skip
    assert (code, "expected the header 'valence,arousal'" in err) == (3, True)
    assert (tmp_path / "lists" / "videos.txt").exists()
