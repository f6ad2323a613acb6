"""Keras's HDF5 files are read without Keras, and lead nowhere else."""

import json

import numpy as np
import pytest

h5py = pytest.importorskip("h5py")

from abawkit.errors import ModelError  # noqa: E402
from baselines.checkpoints.weights import read_weights  # noqa: E402
from tests.baselines.checkpoints.forged import write_keras  # noqa: E402

KERNEL = np.arange(12, dtype=np.float32).reshape(1, 2, 2, 3)


def config(*names):
    layers = [{"class_name": "Conv2D", "config": {"name": name, "n": 1}} for name in names]
    return {"class_name": "Functional", "config": {"name": "net", "layers": layers}}


def read(path):
    weights = read_weights(path)
    assert weights.layout == "keras"
    return weights


def test_a_whole_model_has_weights_and_settings(tmp_path):
    layers = {"conv1": {"conv1/kernel:0": KERNEL, "conv1/bias:0": KERNEL[0, 0, 0]}, "drop": {}}
    path = write_keras(tmp_path / "x", layers, config("conv1", "drop"))
    with h5py.File(path, "a") as file:
        file["optimizer_weights/conv1/conv1/kernel:0"] = KERNEL
    weights = read(path)
    assert set(weights.tensors) == {"conv1/kernel", "conv1/bias"}
    assert np.array_equal(weights.tensors["conv1/kernel"], KERNEL)
    assert weights.settings == {n: {"name": n, "n": 1} for n in ("conv1", "drop")}
    assert weights.modules == {}


def test_a_file_of_weights_has_no_settings(tmp_path):
    weights = read(write_keras(tmp_path / "x", {"c": {"c/kernel:0": KERNEL}}, group=None))
    assert list(weights.tensors) == ["c/kernel"]
    assert weights.settings == {}


@pytest.mark.parametrize(
    ("inside", "name"),
    [
        ("c/depthwise_kernel:0", "c/depthwise_kernel"),
        ("kernel", "c/kernel"),
        ("sequential/c/kernel", "c/kernel"),
        ("c/c/kernel:0", "c/kernel"),
        ("cell/kernel:0", "c/cell/kernel"),
        ("c_1/kernel:0", "c/c_1/kernel"),
    ],
)
def test_a_layers_name_comes_once(tmp_path, inside, name):
    weights = read(write_keras(tmp_path / "x", {"c": {inside: KERNEL}}))
    assert list(weights.tensors) == [name]


def test_the_layers_of_a_model_in_a_model_have_settings(tmp_path):
    inner = config("conv") | {"config": config("conv")["config"] | {"name": "net"}}
    outer = {"config": {"layers": [inner, {"config": {"name": "top"}}]}}
    path = write_keras(tmp_path / "x", {"net": {"conv/kernel:0": KERNEL}}, outer)
    weights = read(path)
    assert list(weights.tensors) == ["net/conv/kernel"]
    assert set(weights.settings) == {"net", "net/conv", "top"}


def test_a_sequential_model_of_long_ago_lists_its_layers(tmp_path):
    old = {"config": [{"class_name": "Dense", "config": {"name": "d"}}]}
    path = write_keras(tmp_path / "x", {"d": {"kernel:0": KERNEL}}, old)
    assert set(read(path).settings) == {"d"}


def test_code_in_the_settings_stays_text(tmp_path):
    layers = config("f")
    layers["config"]["layers"][0]["config"]["function"] = ["4wEAAAAAAAAA", None, None]
    path = write_keras(tmp_path / "x", {"f": {"k:0": KERNEL}}, layers)
    assert read(path).settings["f"]["function"] == ["4wEAAAAAAAAA", None, None]


@pytest.mark.parametrize("dtype", ["<f8", ">f4", "<f2", "<i8", ">i4", "u1", "i1"])
def test_numbers_of_every_type_are_read(tmp_path, dtype):
    array = KERNEL.astype(dtype)
    tensor = read(write_keras(tmp_path / "x", {"c": {"k:0": array}})).tensors["c/k"]
    assert tensor.dtype == array.dtype.newbyteorder("=")
    assert np.array_equal(tensor, array)
    assert tensor.flags.writeable
    assert tensor.flags.c_contiguous


@pytest.mark.parametrize("array", [np.float32(3), np.zeros((0, 3), np.float32)])
def test_numbers_without_a_row_are_read(tmp_path, array):
    tensor = read(write_keras(tmp_path / "x", {"c": {"k:0": array}})).tensors["c/k"]
    assert np.array_equal(tensor, array)


def test_many_layers_with_long_settings_are_read(tmp_path):
    rng = np.random.default_rng(0)
    names = [f"layer_{n}" for n in rng.permutation(1200)]
    layers = {name: {f"{name}/kernel:0": rng.normal(size=2)} for name in names}
    path = write_keras(tmp_path / "x", layers, config(*names))
    weights = read(path)
    assert {f"{name}/kernel" for name in names} == set(weights.tensors)
    assert list(weights.settings) == names
    for name in names:
        assert np.array_equal(weights.tensors[f"{name}/kernel"], layers[name][f"{name}/kernel:0"])


def test_many_attributes_do_not_hide_the_settings(tmp_path):
    path = write_keras(tmp_path / "x", {"c": {"k:0": KERNEL}})
    with h5py.File(path, "a") as file:
        for n in range(200):
            file.attrs[f"attribute_{n}"] = "x" * n
        file.attrs["model_config"] = np.bytes_(json.dumps(config("c")))
    assert set(read(path).settings) == {"c"}


def edited(path, edit):
    """Write a proper model, then change something in it."""
    write_keras(path, {"c": {"k:0": KERNEL}}, config("c"))
    with h5py.File(path, "a") as file:
        edit(file, file["model_weights/c"])
    return path


def virtual(_file, group):
    layout = h5py.VirtualLayout((3,), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", (3,))
    group.create_virtual_dataset("v", layout)


def again_and_again(_file, group):
    group["k0"] = np.zeros(10_000)
    group["k1"] = group["k0"]


EDITS = {
    "soft link": (lambda _, c: c.__setitem__("s", h5py.SoftLink("/x")), "'s' in it is a link"),
    "external link": (
        lambda _, c: c.__setitem__("e", h5py.ExternalLink("other.h5", "/x")),
        "'e' in it is a link",
    ),
    "external numbers": (
        lambda _, c: c.create_dataset("x", (3,), "f4", external=[("other.raw", 0, 12)]),
        "'c/x' in it has numbers in another file",
    ),
    "virtual numbers": (virtual, "numbers in another file"),
    "compressed": (
        lambda _, c: c.create_dataset("z", data=np.zeros(10**6), compression="gzip"),
        "compressed numbers",
    ),
    "never written": (
        lambda _, c: c.create_dataset("z", (10**9,), "f8"),
        "more bytes than the file has left",
    ),
    "object references": (
        lambda f, c: c.create_dataset("r", data=[f.ref], dtype=h5py.ref_dtype),
        "elements of type object",
    ),
    "texts": (lambda _, c: c.create_dataset("t", data=["x"]), "elements of type object"),
    "odd numbers": (
        lambda _, c: c.create_dataset("o", data=np.zeros(3, np.longdouble)),
        "elements of type float128",
    ),
    "records": (
        lambda _, c: c.create_dataset("o", data=np.zeros(3, "f4,i4")),
        "elements of type",
    ),
    "group in itself": (lambda _, c: c.__setitem__("c", c), "16 deep"),
    "numbers again and again": (
        again_and_again,
        "more bytes than the file has left",
    ),
    "twice": (lambda _, c: c.__setitem__("k", c["k:0"]), "two weights in it go by the name 'c/k'"),
    "settings of numbers": (lambda f, _: f.attrs.__setitem__("model_config", 3), "damaged"),
    "settings without layers": (lambda f, _: f.attrs.modify("model_config", "{}"), "damaged"),
    "settings that end": (lambda f, _: f.attrs.modify("model_config", "{"), "damaged"),
    "settings too deep": (lambda f, _: f.attrs.modify("model_config", "[" * 99999), "damaged"),
}


@pytest.mark.parametrize(("edit", "message"), EDITS.values(), ids=EDITS)
def test_what_keras_does_not_write_is_refused(tmp_path, edit, message):
    with pytest.raises(ModelError, match=message):
        read_weights(edited(tmp_path / "x", edit))


def test_groups_with_too_many_names_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("baselines.checkpoints.keras_files._MAX_NAMES", 2)
    path = write_keras(tmp_path / "x", {"c": {f"k{n}": KERNEL for n in range(3)}})
    with pytest.raises(ModelError, match="more than 2 names"):
        read_weights(path)


def test_other_hdf5_files_are_told(tmp_path):
    with h5py.File(tmp_path / "x", "w") as file:
        file["data"] = KERNEL
    with pytest.raises(ModelError, match=r"not of Keras's weights: expected .*'layer_names'"):
        read_weights(tmp_path / "x")


def test_later_layouts_are_read(tmp_path):
    path = write_keras(tmp_path / "old", {"c": {"c/k:0": KERNEL}}, config("c"))
    with h5py.File(path) as old, h5py.File(tmp_path / "new", "w", libver="latest") as new:
        old.copy("model_weights", new)
        new.attrs["model_config"] = old.attrs["model_config"]
    weights = read(tmp_path / "new")
    assert np.array_equal(weights.tensors["c/k"], KERNEL)
    assert set(weights.settings) == {"c"}
