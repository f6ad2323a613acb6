"""Files of weights are told by their content, and hostile ones are refused."""

import io
import tarfile
import zipfile
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abawkit.errors import ModelError
from baselines.checkpoints import modules, torch_files
from baselines.checkpoints.weights import read_weights
from tests.baselines.checkpoints.forged import (
    MAGIC,
    Call,
    Global,
    module,
    pickled,
    tensor,
    write_archive,
    write_keras,
    write_legacy,
    write_safetensors,
)

ROW = np.arange(6, dtype="<f4")
STATE = {"a.weight": tensor("0", (2, 3)), "b.bias": tensor("1", (2,), strides=(1,))}
STORAGES = {"0": ROW.tobytes(), "1": ROW[:2].tobytes()}
SYSTEM = Call(Global("os", "system"), ("touch x",))
WRITERS = {"archive": write_archive, "legacy": write_legacy}


@pytest.fixture(params=WRITERS)
def write(request):
    return WRITERS[request.param]


def sequential(**parts):
    return module("torch.nn.modules.container.Sequential", **parts)


def test_tensors_are_read(tmp_path, write):
    weights = read_weights(write(tmp_path / "any.name", STATE, STORAGES))
    assert list(weights.tensors) == ["a.weight", "b.bias"]
    assert np.array_equal(weights.tensors["a.weight"], ROW.reshape(2, 3))
    assert np.array_equal(weights.tensors["b.bias"], ROW[:2])


def test_storages_of_a_gpu_are_read(tmp_path, write):
    state = {"a.x": tensor("0", (6,), module="torch.cuda")}
    read = read_weights(
        write(tmp_path / "x", state, STORAGES if write is write_archive else {"0": STORAGES["0"]})
    )
    assert np.array_equal(read.tensors["a.x"], ROW)


def test_the_order_of_bytes_is_that_of_the_archive(tmp_path):
    path = write_archive(
        tmp_path / "x", {"a.x": tensor("0", (6,))}, {"0": ROW.astype(">f4").tobytes()}, order="big"
    )
    read = read_weights(path).tensors["a.x"]
    assert np.array_equal(read, ROW)
    assert read.dtype.isnative


def test_an_order_of_bytes_that_is_none_is_refused(tmp_path):
    path = write_archive(tmp_path / "x", STATE, STORAGES, order="middle")
    with pytest.raises(ModelError, match="order of bytes is b'middle'; expected little or big"):
        read_weights(path)


def test_views_of_storages_in_older_files_are_read(tmp_path):
    state = {"a.x": tensor("0", (2,), whole=6, view=(("9", 3, 2),))}
    read = read_weights(write_legacy(tmp_path / "x", state, {"0": ROW.tobytes()}))
    assert np.array_equal(read.tensors["a.x"], ROW[3:5])
    state = {"a.x": tensor("0", (3,), whole=6, view=(("9", 4, 3),))}
    with pytest.raises(ModelError, match="does not lie within its storage of 3"):
        read_weights(write_legacy(tmp_path / "x", state, {"0": ROW.tobytes()}))


@pytest.mark.parametrize(
    "value", [SYSTEM, {"x": SYSTEM}, sequential(modules={"0": SYSTEM}), {**STATE, "x": SYSTEM}]
)
def test_what_would_run_is_refused_with_its_name_and_the_path(tmp_path, write, value, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path / "evil.pt", value, STORAGES)
    with pytest.raises(ModelError, match=r"^.*evil\.pt: it refers to 'os\.system', which no"):
        read_weights(path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "bad",
    [
        tensor("0", (1000,), strides=(0,), whole=6),
        tensor("0", (10**9, 10**9), strides=(0, 0), whole=6),
        tensor("0", (6,), offset=1),
        tensor("0", (2, 3), strides=(4, 1), whole=6),
        tensor("0", (7,), whole=6),
    ],
    ids=["stride 0", "huge", "offset", "stride", "shape"],
)
def test_tensors_lie_within_their_storage(tmp_path, write, bad):
    path = write(tmp_path / "x", {"a.x": bad}, {"0": ROW.tobytes()})
    with pytest.raises(ModelError, match=r"'a\.x' does not lie within its storage of 6 elements"):
        read_weights(path)


@pytest.mark.parametrize(
    "bad",
    [
        tensor("0", (6,), offset=-1),
        tensor("0", (-1,), whole=6),
        tensor("0", (6,), strides=(-1,)),
        tensor("0", (6,), whole=-6),
        tensor("0", (6,), whole=2**70),
        tensor("0", (1.0,), whole=6),
        tensor("0", (1,) * 40, whole=6),
    ],
    ids=["offset", "shape", "stride", "storage", "giant", "fraction", "dimensions"],
)
def test_sizes_that_cannot_be_are_refused(tmp_path, write, bad):
    path = write(tmp_path / "x", {"a.x": bad}, {"0": ROW.tobytes()})
    with pytest.raises(ModelError, match="impossible size, offset or stride"):
        read_weights(path)


@pytest.mark.parametrize("raw", [b"", ROW[:5].tobytes(), ROW.tobytes() + bytes(4)])
def test_storages_have_the_bytes_that_they_claim(tmp_path, write, raw):
    path = write(tmp_path / "x", {"a.x": tensor("0", (6,))}, {"0": raw})
    with pytest.raises(ModelError, match=r"storage '0' has (another size|\d+ bytes; expected 6)"):
        read_weights(path)


def test_storages_that_are_missing_are_told(tmp_path, write):
    path = write(tmp_path / "x", STATE, {"0": STORAGES["0"]})
    with pytest.raises(ModelError, match="bytes of storage '1' are missing"):
        read_weights(path)


@pytest.mark.parametrize("keys", [["0", "0", "1"], ["0", "9"], ["0", 1], ["0", []]])
def test_the_list_of_storages_is_that_of_the_tensors(tmp_path, keys):
    path = write_legacy(tmp_path / "x", STATE, STORAGES, keys=keys)
    with pytest.raises(ModelError, match="list of storages is not that of its tensors"):
        read_weights(path)


def test_one_storage_has_one_size(tmp_path, write):
    path = write(tmp_path / "x", {"a.x": tensor("0", (6,)), "b.x": tensor("0", (9,))}, STORAGES)
    with pytest.raises(ModelError, match="in a way that torch does not"):
        read_weights(path)


def test_tensors_may_not_grow_far_beyond_the_file(tmp_path, write):
    raw = bytes(100_000)
    state = {f"{n}.x": tensor("0", (25_000,)) for n in range(5)}
    with pytest.raises(ModelError, match="more than 4 times the bytes"):
        read_weights(write(tmp_path / "x", state, {"0": raw}))
    shared = tensor("0", (25_000,))
    path = write(tmp_path / "y", {f"{n}.x": shared for n in range(5)}, {"0": raw})
    assert len(read_weights(path).tensors) == 5


def test_modules_that_are_shared_beyond_all_bounds_are_refused(tmp_path, write):
    tree = sequential()
    for _ in range(60):
        tree = sequential(modules={"0": tree, "1": tree})
    with pytest.raises(ModelError, match="more than 100000 names"):
        read_weights(write(tmp_path / "x", tree))


def test_modules_that_contain_themselves_are_refused(tmp_path, write):
    tree = sequential(modules={"0": None})
    tree.state["_modules"]["0"] = tree
    with pytest.raises(ModelError, match="module '0' contains itself"):
        read_weights(write(tmp_path / "x", tree))


def test_modules_do_not_lie_too_deep(tmp_path, write):
    tree = sequential()
    for _ in range(101):
        tree = sequential(modules={"0": tree})
    with pytest.raises(ModelError, match="lies more than 100 deep"):
        read_weights(write(tmp_path / "x", tree))


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (Call(Global("timm.x", "Y"), (), {"a": 1}), "a timm.x.Y, which has no _parameters"),
        (sequential(parameters={"w": 3}), "_parameters of module '' has a int, no tensor"),
        (sequential(modules={"0": 3}), "has a int among its modules"),
        (sequential(modules={1: sequential()}), "goes by no name"),
        (sequential(modules={"x" * 600: sequential()}), "goes by no name"),
    ],
)
def test_what_is_no_tree_of_modules_is_refused(tmp_path, write, tree, message):
    with pytest.raises(ModelError, match=message):
        read_weights(write(tmp_path / "x", tree))


@pytest.mark.parametrize("state", [{3: tensor("0", (6,))}, {"x" * 501: tensor("0", (6,))}])
def test_tensors_go_by_names(tmp_path, write, state):
    with pytest.raises(ModelError, match="goes by no name"):
        read_weights(write(tmp_path / "x", state, {"0": ROW.tobytes()}))


def test_a_state_dict_has_not_too_many_names(tmp_path, write, monkeypatch):
    monkeypatch.setattr(modules, "MAX_NAMES", 1)
    with pytest.raises(ModelError, match="has 2 tensors; expected at most 1"):
        read_weights(write(tmp_path / "x", STATE, STORAGES))


def test_compressed_archives_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", pickled(STATE))
        archive.writestr("a/data/0", bytes(10_000_000))
    with pytest.raises(ModelError, match=r"'a/data\.pkl' in it is compressed"):
        read_weights(tmp_path / "x")


def test_archives_whose_parts_overlap_are_refused(tmp_path):
    path = write_archive(tmp_path / "x", STATE, {"0": bytes(9000)})
    content = path.read_bytes()
    start = content.index(b"PK\x01\x02")
    end = content.index(b"PK\x05\x06")
    last = content.rindex(b"PK\x01\x02", 0, end)
    entry = content[last:end]
    copies = b"".join(entry.replace(b"data/0", b"data/%d" % n) for n in range(1, 8))
    counts = (b"%c\0" % 10) * 2 + (end - start + len(copies)).to_bytes(4, "little")
    tail = content[end : end + 8] + counts + start.to_bytes(4, "little") + b"\0\0"
    path.write_bytes(content[:end] + copies + tail)
    with pytest.raises(ModelError, match="overlap"):
        read_weights(path)


def test_a_name_that_comes_twice_is_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        write_archive(tmp_path / "x", STATE, STORAGES, extra={"a/data.pkl": pickled(1)})
    with pytest.raises(ModelError, match="twice in the archive"):
        read_weights(tmp_path / "x")


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"a/constants.pkl": b""}, "a TorchScript program, .* torch.jit.load and save its state"),
        ({"a/code/__torch__.py": b""}, "a TorchScript program"),
        ({"b/data.pkl": b""}, "not one of torch.save; expected one data.pkl"),
        ({"model.weights.h5": b""}, "a .keras archive; save the model as .h5"),
    ],
)
def test_other_archives_are_told(tmp_path, extra, message):
    with pytest.raises(ModelError, match=message):
        read_weights(write_archive(tmp_path / "x", STATE, STORAGES, extra=extra))


def test_an_archive_of_arrays_is_told(tmp_path):
    np.savez(tmp_path / "x.npz", a=ROW)
    with pytest.raises(ModelError, match=r"not one of torch\.save"):
        read_weights(tmp_path / "x.npz")


def test_an_archive_that_lost_its_checksum_is_damaged(tmp_path):
    path = write_archive(tmp_path / "x", STATE, STORAGES)
    content = path.read_bytes()
    place = content.index(ROW.tobytes())
    path.write_bytes(content[:place] + b"\x01" + content[place + 1 :])
    with pytest.raises(ModelError, match=r"x: damaged, or cut off: Bad CRC-32"):
        read_weights(path)


def test_pickles_are_not_too_long(tmp_path, monkeypatch):
    path = write_archive(tmp_path / "x", STATE, STORAGES)
    monkeypatch.setattr(torch_files, "_MAX_PICKLE", 200)
    monkeypatch.setattr(torch_files, "_MAX_PIECE", 1 << 20)
    with pytest.raises(ModelError, match=r"its pickle has \d+ bytes; expected at most 200"):
        read_weights(path)


def test_a_directory_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    path = write_archive(tmp_path / "x", STATE, STORAGES)
    monkeypatch.setattr(torch_files, "_MAX_PIECE", 200)
    with pytest.raises(ModelError, match="Truncated central directory"):
        read_weights(path)


def tar():
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("storages"))
    return stream.getvalue()


KINDS = {
    "an empty file; get it again": b"",
    "a web page; follow its link": b"\n<!DOCTYPE html><html>",
    "a web page": b"<html>",
    "a pointer of git-lfs, .*git lfs pull": b"version https://git-lfs.github.com/spec/v1\n",
    "a tar archive of torch before": tar(),
    "a bare pickle, not a file of torch.save; save a state_dict": pickled({"a": 1}),
    "a bare pickle": b"\x80\x04cos\nsystem\n.",
    "an ONNX network": b"\x08\x08\x12\x07pytorch",
    "a file of no known kind; expected weights of torch, safetensors or Keras": b"some text",
}


@pytest.mark.parametrize(("message", "content"), KINDS.items(), ids=KINDS)
def test_other_files_are_told(tmp_path, message, content):
    path = tmp_path / "x.pt"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=f"x\\.pt: {message}"):
        read_weights(path)


def test_folders_and_missing_files_are_told(tmp_path):
    with pytest.raises(ModelError, match="a folder or a device; expected a file of weights"):
        read_weights(tmp_path)
    with pytest.raises(ModelError, match="absent: cannot be read: No such file"):
        read_weights(tmp_path / "absent")


def test_an_older_file_claims_no_more_than_it_has(tmp_path):
    path = write_legacy(tmp_path / "x", {"a.x": tensor("0", (2**40,))}, {"0": ROW.tobytes()})
    content = path.read_bytes()
    path.write_bytes(content[:-32] + (2**40).to_bytes(8, "little") + content[-24:])
    with pytest.raises(ModelError, match="ends too early, or storage '0' has another size"):
        read_weights(path)


@pytest.mark.parametrize("part", [MAGIC, 1001, {"little_endian": True}, ["0", "1"]], ids=str)
def test_what_would_run_is_refused_in_every_part_of_an_older_file(tmp_path, part):
    path = write_legacy(tmp_path / "x", STATE, STORAGES)
    evil = pickled([part, SYSTEM])
    path.write_bytes(path.read_bytes().replace(pickled(part), evil, 1))
    with pytest.raises(ModelError, match=r"it refers to 'os\.system'"):
        read_weights(path)


def test_an_older_file_of_another_version_is_told(tmp_path):
    path = write_legacy(tmp_path / "x", STATE, STORAGES)
    path.write_bytes(path.read_bytes().replace(pickled(1001), pickled(1002), 1))
    with pytest.raises(ModelError, match="its version is not 1001"):
        read_weights(path)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Give a small file of each format, and a place for changed ones."""
    folder = tmp_path_factory.mktemp("files")
    tree = sequential(parameters=STATE, modules={"0": sequential(parameters=STATE)})
    row = {"a.weight": ("F32", [2, 3], ROW.tobytes())}
    paths = [
        write_archive(folder / "archive", tree, STORAGES),
        write_legacy(folder / "legacy", tree, STORAGES),
        write_safetensors(folder / "safetensors", row),
    ]
    with suppress(ImportError):
        config = {"config": {"layers": [{"config": {"name": "a"}}]}}
        paths.append(write_keras(folder / "keras", {"a": {"a/kernel:0": ROW}}, config))
    for path in paths:
        assert read_weights(path).tensors
    return folder / "changed", [path.read_bytes() for path in paths]


def read_changed(path, content):
    path.write_bytes(content)
    try:
        read_weights(path)
    except ModelError as error:
        return str(error).startswith(f"{path}: ")
    return True


@settings(max_examples=300)
@given(st.data())
def test_any_damage_gives_weights_or_an_error_that_starts_with_the_path(files, data):
    path, contents = files
    # HDF5's library follows what a damaged file says, and may then be busy for ever.
    content = bytearray(data.draw(st.sampled_from(contents[:3])))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert read_changed(path, content)


def test_a_file_that_is_cut_off_anywhere_is_refused(files):
    path, contents = files
    for content in contents:
        for end in range(0, len(content) - 1, 7):
            assert read_changed(path, content[:end])


def test_cut_off_tensors_are_never_read(files):
    path, contents = files
    for content in contents[:3]:
        path.write_bytes(content[:-1])
        with pytest.raises(ModelError):
            read_weights(path)


@given(st.sampled_from([b"PK\x03\x04", b""]), st.binary(max_size=400))
def test_any_bytes_give_an_error(files, start, rest):
    path, _ = files
    path.write_bytes(start + rest)
    with pytest.raises(ModelError):
        read_weights(path)
