"""Tables from files: what is read, with lines, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from abawkit.errors import DataError, MissingDependencyError
from abawkit.protocol import find_challenge
from submissions.conversion.columns import parts_of_table
from submissions.conversion.tabular import read_table

VA, EXPR, EMI = (find_challenge(name) for name in ("va", "expr", "abaw6-emi"))


def read(file, challenge=VA):
    """Give the outputs of each video of the first target."""
    (part,) = parts_of_table(read_table(file, challenge.targets), challenge)
    return {video: track.values.tolist() for video, track in part.tracks.items()}  # noqa: PD011


def written(folder, text, name="table.csv"):
    file = folder / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def test_commas_at_the_end_of_lines_do_no_harm(tmp_path):
    file = written(tmp_path, "video,frame,valence,arousal\na,1,0.5,0,\na,2,1,0,\n")
    assert read(file) == {"a": [[0.5, 0], [1, 0]]}


def test_a_name_is_text_even_if_it_looks_like_a_number_or_nothing(tmp_path):
    text = "video,frame,valence,arousal\n007,1,0,0\nNA,1,1,1\nnull,1,1,1\n"
    assert [*read(written(tmp_path, text))] == ["007", "NA", "null"]


def test_byte_order_mark_line_ends_spaces_and_blank_lines_do_no_harm(tmp_path):
    text = "\ufeffvideo, frame, valence, arousal\r\na, 1, 0.5, 0.25\r\n\r\na, 2, 1, 1\r\n\r\n"
    assert read(written(tmp_path, text)) == {"a": [[0.5, 0.25], [1, 1]]}


def test_the_zeros_before_a_name_stay(tmp_path):
    assert [*read(written(tmp_path, "video,frame,valence,arousal\n007,1,0,0\n"))] == ["007"]


def test_a_value_is_read_to_the_last_bit(tmp_path):
    values = np.random.default_rng(0).uniform(-1, 1, 300).tolist()
    lines = [f"a,{frame},{value!r},0" for frame, value in enumerate(values, 1)]
    file = written(tmp_path, "\n".join(["video,frame,valence,arousal", *lines]))
    assert [row[0] for row in read(file)["a"]] == values


def test_a_table_without_videos_is_of_the_one_it_is_named_after(tmp_path):
    file = written(tmp_path, "frame,valence,arousal\n1,0,0\n", "video7.csv")
    assert read(file) == {"video7": [[0, 0]]}


FAULTS = {
    "a line too long": ("video,frame,valence,arousal\na,1,0,0\na,2,0,0,0\n", "in line 3, saw 5"),
    "an open quote": ('video,frame,valence,arousal\n"a,1,0,0\n', "cannot read this table"),
    "no UTF-8": (b"video,frame,valence,arousal\n\xff,1,0,0\n", "cannot read this table"),
    "a bad header": (b"video,fr\xffame,valence,arousal\na,1,0,0\n", "expected text in UTF-8"),
    "nothing": ("", "cannot read this table"),
    "only names": ("video,frame,valence,arousal\n", "no rows; expected one a frame"),
    "a wrong value": (
        "video,frame,valence,arousal\na,1,0,0\n\na,2,0,high\n",
        "table.csv, line 4: expected -1 to 1 in arousal, found 'high'",
    ),
    "a name twice": ("video,frame,valence,valence\na,1,0,0\n", "'valence' is there 2 times"),
    "every line too long": ("video,frame,valence,arousal\na,1,0,0,7\n", "does not match length"),
}


@pytest.mark.parametrize(("text", "message"), FAULTS.values(), ids=FAULTS)
def test_a_broken_table_is_told(text, message, tmp_path):
    with pytest.raises(DataError) as fault:
        read(written(tmp_path, text))
    assert message in str(fault.value)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(DataError, match="cannot read this table"):
        read(tmp_path / "none.csv")


def test_arrays_may_have_labels_or_outputs_a_video(tmp_path):
    np.savez(tmp_path / "labels.npz", a=np.array([3, 0]), b=np.array([[7]]))
    np.savez(tmp_path / "outputs.npz", a=np.eye(8)[[3, 0]], b=np.eye(8)[[7]])
    found, expected = (read(tmp_path / f"{name}.npz", EXPR) for name in ("labels", "outputs"))
    assert found == expected


def test_arrays_of_bytes_are_names_too(tmp_path):
    columns = {"valence": [0.0], "arousal": [0.0], "frame": [1], "video": np.array([b"v\xc3\xa9"])}
    np.savez(tmp_path / "a.npz", **columns)
    assert [*read(tmp_path / "a.npz")] == ["vé"]


ARRAYS = {
    "lengths": ({"video": ["a"], "frame": [1, 2]}, "expected columns of one length, found arrays"),
    "two dimensions": ({"video": [["a"]], "frame": [[1]]}, "of shape video (1, 1), frame (1, 1)"),
    "width": ({"a": np.zeros((4, 3))}, "of 2 columns (valence, arousal); found a (4, 3)"),
    "complex": (
        {"a": np.zeros((4, 2), complex)},
        "expected arrays of numbers or text, found a: complex128",
    ),
    "records": (
        {"a": np.zeros((4, 2), [("x", "f8")])},
        "of numbers or text, found a: [('x', '<f8",
    ),
    "no UTF-8": ({"a": np.full((4, 2), b"\xff")}, "expected -1 to 1 in valence, found"),
    "objects": ({"a": np.array([None], object)}, "expected an .npz file without objects"),
    "nothing": ({}, "found nothing"),
    "no frames": ({"a": np.zeros((0, 2))}, "no rows; expected one a frame"),
    "scalar": ({"a": np.array(1.0)}, "found a ()"),
}


@pytest.mark.parametrize(("arrays", "message"), ARRAYS.values(), ids=ARRAYS)
def test_arrays_of_another_form_are_told(arrays, message, tmp_path):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DataError) as fault:
        read(tmp_path / "a.npz")
    assert message in str(fault.value)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", b"no archive"], ids=repr)
def test_a_broken_archive_is_told(damage, tmp_path):
    with pytest.raises(DataError, match="cannot read these arrays"):
        read(written(tmp_path, damage, "a.npz"))


PARQUET = [
    (ImportError("no engine"), MissingDependencyError, "reading Parquet needs pyarrow; install"),
    (
        OSError("bad magic"),
        DataError,
        "cannot read this table: bad magic; expected a Parquet file",
    ),
]


@pytest.mark.parametrize(("cause", "error", "message"), PARQUET, ids=["no reader", "no parquet"])
def test_a_parquet_file_that_cannot_be_read_is_told(cause, error, message, tmp_path, monkeypatch):
    def fail(_):
        raise cause

    monkeypatch.setattr(pd, "read_parquet", fail)
    with pytest.raises(error, match=message):
        read(tmp_path / "a.parquet")


def test_parquet_is_a_frame(tmp_path, monkeypatch):
    table = pd.DataFrame({"video": ["a"], "frame": [1], "valence": [0.5], "arousal": [1]})
    monkeypatch.setattr(pd, "read_parquet", lambda _: table)
    assert read(tmp_path / "a.parquet") == {"a": [[0.5, 1]]}
