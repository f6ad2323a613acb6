"""Safetensors files are read as their library reads them."""

import numpy as np
import pytest

from abawkit.errors import ModelError
from baselines.checkpoints.weights import read_weights
from tests.baselines.checkpoints.forged import write_safetensors

TYPES = ("f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?")


def test_every_type_is_read(tmp_path):
    library = pytest.importorskip("safetensors.numpy")
    arrays = {f"module.{kind}": np.arange(6).reshape(2, 3).astype(kind) for kind in TYPES}
    arrays |= {"module.number": np.array(2.5), "module.empty": np.zeros((0, 3))}
    library.save_file(arrays, tmp_path / "x", metadata={"format": "pt"})
    weights = read_weights(tmp_path / "x")
    assert {f"module.{name}" for name in weights.tensors} == set(arrays)
    for name, array in weights.tensors.items():
        assert array.dtype == arrays[f"module.{name}"].dtype
        assert np.array_equal(array, arrays[f"module.{name}"])


def test_bfloat16_becomes_float32(tmp_path):
    raw = (np.array([1.5, -2, 0], np.float32).view(np.uint32) >> 16).astype("<u2").tobytes()
    weights = read_weights(write_safetensors(tmp_path / "x", {"a": ("BF16", [3], raw)}))
    assert weights.tensors["a"].dtype == np.float32
    assert weights.tensors["a"].tolist() == [1.5, -2, 0]


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        ("F8_E4M3", {}, "elements of type 'F8_E4M3'"),
        ("F32", {"shape": [7]}, "has 24 bytes; expected 7 elements"),
        ("F32", {"shape": [-6]}, "impossible size"),
        ("F32", {"shape": [1.0]}, "impossible size"),
        ("F32", {"shape": [1] * 99}, "impossible size"),
        ("F32", {"data_offsets": [4, 28]}, "lies outside the file"),
        ("F32", {"data_offsets": [-1, 23]}, "impossible size"),
        ("F32", {"data_offsets": [24, 0]}, "lies outside the file"),
        ("F32", {"data_offsets": [0]}, "damaged"),
        ("F32", {"shape": None}, "damaged"),
    ],
)
def test_headers_that_lie_are_refused(tmp_path, kind, changes, message):
    path = write_safetensors(tmp_path / "x", {"a": (kind, [6], bytes(24))}, **changes)
    with pytest.raises(ModelError, match=message):
        read_weights(path)


def test_tensors_that_overlap_are_refused(tmp_path):
    tensors = {name: ("F32", [6], bytes(24)) for name in "ab"}
    path = write_safetensors(tmp_path / "x", tensors, data_offsets=[0, 40], shape=[10])
    with pytest.raises(ModelError, match="more bytes than the file"):
        read_weights(path)


def test_a_header_that_is_longer_than_the_file_is_refused(tmp_path):
    (tmp_path / "x").write_bytes((2**60).to_bytes(8, "little") + b"{}")
    with pytest.raises(ModelError, match="header of 1152921504606846976 bytes is longer"):
        read_weights(tmp_path / "x")


@pytest.mark.parametrize("header", [b"{", b"{" * 100_000, b"{}x", b'{"a": 1}', b'{"a": "x"}'])
def test_a_header_that_is_no_header_is_refused(tmp_path, header):
    (tmp_path / "x").write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(ModelError, match="x: damaged"):
        read_weights(tmp_path / "x")


def test_more_tensors_than_a_network_has_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("baselines.checkpoints.safetensors_files.MAX_NAMES", 2)
    rows = {f"t{n}": ("F32", [1], b"0000") for n in range(3)}
    with pytest.raises(ModelError, match="it has 3 tensors, more than 2"):
        read_weights(write_safetensors(tmp_path / "x", rows))
