"""Pickles become values without anything being run, whatever they say."""

import io
import os
import pickle
import subprocess
import sys
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abawkit.errors import ModelError
from baselines.checkpoints import machine
from baselines.checkpoints.machine import NO_NAMES, Shell
from baselines.checkpoints.pickles import read_pickle
from baselines.checkpoints.torch_pickles import torch_vocabulary
from tests.baselines.checkpoints.forged import Call, Global, Persistent, Raw, module, pickled

keys = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text()
scalars = keys | st.floats(allow_nan=False) | st.integers() | st.binary()
values = st.recursive(
    scalars | st.sets(keys) | st.frozensets(keys),
    lambda inner: (
        st.lists(inner) | st.dictionaries(keys, inner) | st.lists(inner, max_size=5).map(tuple)
    ),
    max_leaves=20,
)
SYSTEM = Global("os", "system")
EVAL = Global("builtins", "eval")


def read(content, *, legacy=False):
    return read_pickle(io.BytesIO(content), torch_vocabulary(storages={}, legacy=legacy))


def in_module(evil):
    return module("torch.nn.modules.container.Sequential", modules={"0": evil})


class Hostile:
    """Is unpickled by calling something."""

    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call


@given(values, st.sampled_from([2, 3, 4, 5]))
def test_plain_values_come_as_pickle_gives_them(value, protocol):
    assert read(pickle.dumps(value, protocol)) == value


def test_a_stream_stands_behind_the_pickle():
    stream = io.BytesIO(pickle.dumps(1) + pickle.dumps("two") + b"rest")
    assert [read_pickle(stream, NO_NAMES) for _ in range(2)] == [1, "two"]
    assert stream.read() == b"rest"


@pytest.mark.parametrize("protocol", [2, 4])
def test_layers_become_shells_that_hold_what_the_pickle_says(protocol):
    layer = Call(Global("torch.nn.modules.conv", "Conv2d"), (3,), {"stride": (2, 2)})
    shell = read(pickled(layer, protocol))
    assert isinstance(shell, Shell)
    assert str(shell.of) == "torch.nn.modules.conv.Conv2d"
    assert (shell.arguments, shell.state) == ((3,), {"stride": (2, 2)})
    assert "timm" not in sys.modules


def test_state_in_slots_is_read_with_the_rest():
    layer = Call(Global("timm.models.x", "Y"), (), ({"a": 1}, {"b": 2}))
    assert read(pickled(layer)).state == {"a": 1, "b": 2}


HOSTILE = {
    "global": SYSTEM,
    "reduce": Call(SYSTEM, ("touch x",)),
    "eval": Call(EVAL, ("1",)),
    "in a mapping": {"conv.weight": Call(SYSTEM, ("touch x",))},
    "in a module": in_module(Call(SYSTEM, ("touch x",))),
    "in a persistent id": Persistent(("storage", SYSTEM, "0", "cpu", 1)),
    "as a module's class": Persistent(("module", SYSTEM, "", "")),
    "setstate": Call(Global("timm.x", "Y"), (), {"__setstate__": SYSTEM}),
    "class": Call(Global("timm.x", "Y"), (), {"__class__": Call(SYSTEM, ("touch x",))}),
    "default factory": Call(Global("collections", "defaultdict"), (SYSTEM,)),
    "strings on the stack": Raw(b"\x93U\x07touch x\x85R", ["os", "system"]),
    "strings in the memo": Raw(
        b"000h\x63h\x64\x93", [Raw(b"q\x63", ["os"]), Raw(b"q\x64", ["system"]), 1]
    ),
    "memoised name": Raw(b"0h\x63)R", [Raw(b"q\x63", [SYSTEM])]),
    "inst": Raw(b"(U\x07touch xios\nsystem\n"),
    "obj": Raw(b"(cos\nsystem\nU\x07touch xo"),
    "newobj": Raw(b"\x81", [SYSTEM, ("touch x",)]),
    "newobj with keywords": Raw(b"\x92", [SYSTEM, ("touch x",), {}]),
}


@pytest.mark.parametrize("legacy", [False, True], ids=["archive", "legacy"])
@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_other_names_are_refused_wherever_they_stand(value, protocol, legacy):
    with pytest.raises(ModelError, match=r"'(os\.system|builtins\.eval)'.*nothing in the file"):
        read(pickled(value, protocol), legacy=legacy)


@pytest.mark.parametrize(
    "name",
    [
        ("torch.nn", "modules.os.system"),
        ("torch.nn.modules.module", "Module.__reduce__"),
        ("torch", "nn.Linear"),
        ("torch.serialization", "load"),
        ("torch", "load"),
        ("torch._utils", "_rebuild_sparse_tensor"),
        ("torch.nnx", "f"),
        ("timm_evil", "f"),
        ("timm_evil.models", "f"),
        ("evil.timm", "f"),
        ("timm", ""),
        ("timm", "<lambda>"),
        ("", "timm"),
        ("builtins", "getattr"),
        ("__builtin__", "apply"),
        ("copyreg", "_reconstructor"),
        ("numpy", "load"),
        ("timm", "x" * 1000),
    ],
)
@pytest.mark.parametrize("protocol", [2, 4])
def test_names_that_look_like_layers_are_refused(name, protocol):
    with pytest.raises(ModelError, match="which no weights need"):
        read(pickled(Global(*name), protocol))


def test_a_name_needs_text():
    with pytest.raises(ModelError, match="damaged"):
        read(pickled(Raw(b"\x93", [1, 2])))


def test_what_pickle_would_run_is_not_run(tmp_path, monkeypatch):
    (tmp_path / "payload_of_a_test.py").write_text("def run(): pass")
    monkeypatch.syspath_prepend(tmp_path)
    mark = tmp_path / "ran"
    touch = [sys.executable, "-c", f"open({str(mark)!r}, 'w')"]
    calls = [
        (os.system, (f"touch {mark}",)),
        (eval, (f"open({str(mark)!r}, 'w').close()",)),  # noqa: S307 - is not called
        (exec, ("import os; os.environ['ABAWKIT_RAN'] = '1'",)),
        (subprocess.call, (touch,)),
    ]
    contents = [pickle.dumps(Hostile(*call), 2) for call in calls]
    contents.append(pickled(Call(Global("payload_of_a_test", "run"))))
    before = set(sys.modules)
    for content in contents:
        with pytest.raises(ModelError, match="nothing in the file was run"):
            read(content)
    assert set(sys.modules) == before
    assert not mark.exists()
    assert "ABAWKIT_RAN" not in os.environ


def test_that_payload_works_where_it_is_let(tmp_path):
    mark = tmp_path / "ran"
    content = pickle.dumps(Hostile(eval, (f"open({str(mark)!r}, 'w').close()",)))  # noqa: S307
    pickle.loads(content)  # noqa: S301 - shows that the test above tests something
    assert mark.exists()


@pytest.mark.parametrize(
    ("opcodes", "name"),
    [
        (b"\x82\x01", "EXT1"),
        (b"\x83\x01\x00", "EXT2"),
        (b"\x84\x01\x00\x00\x00", "EXT4"),
        (b"Pos.system\n", "PERSID"),
        (b"I1\n", "INT"),
        (b"S'\\q'\n", "STRING"),
        (b"\x97", "NEXT_BUFFER"),
    ],
)
def test_opcodes_that_torch_does_not_write_are_refused_by_name(opcodes, name):
    with pytest.raises(ModelError, match=f"uses {name},"):
        read(opcodes + b".")


@pytest.mark.parametrize(
    "opcodes",
    [
        b"",
        b".",
        b"\xff.",
        b"h\x05.",
        b"0.",
        b"t.",
        b"K\x01\x86.",
        b"R.",
        b"])R.",
        b"K\x01]b.",
        b"}K\x01a.",
        b"]K\x01K\x02s.",
        b"](K\x01\x90.",
        b"}(K\x01u.",
        b"\x8c\xff",
        b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"ctimm\nX\n)}K\x01K\x02s\x92.",
    ],
)
def test_pickles_that_make_no_sense_are_refused(opcodes):
    with pytest.raises(ModelError, match="in it"):
        read(opcodes)


REBUILD = ("torch._utils", "_rebuild_tensor_v2")
STORAGE = Persistent(("storage", Global("torch", "FloatStorage"), "0", "cpu", 6))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        (REBUILD, (3, 0, (6,), (1,))),
        (REBUILD, (STORAGE, 0, (6,), (1, 1))),
        (REBUILD, (STORAGE, 0, 6, 1)),
        (REBUILD, (STORAGE,)),
        (("torch._utils", "_rebuild_tensor_v3"), (3, 0, (6,), (1,), False, None, "x")),
        (("torch._utils", "_rebuild_tensor_v3"), (STORAGE, 0, (6,), (1,))),
        (("torch._utils", "_rebuild_parameter"), (3, True, None)),
        (("torch", "Size"), (3,)),
        (("collections", "OrderedDict"), (3,)),
        (("collections", "OrderedDict"), ([1],)),
        (("builtins", "set"), ({1: 2},)),
        (("builtins", "bytes"), (10**12,)),
        (("_codecs", "encode"), ("x", "rot13")),
        (("_codecs", "encode"), (b"x", "latin1")),
        (("_codecs", "encode"), ("\u0400", "latin1")),
    ],
)
def test_builders_take_what_torch_gives_them_only(name, arguments):
    with pytest.raises(ModelError, match="the pickle in it is cut off or damaged"):
        read(pickled(Call(Global(*name), arguments)))


def test_views_in_persistent_ids_have_three_parts():
    pid = ("storage", Global("torch", "FloatStorage"), "0", "cpu", 6, ("1", 2))
    with pytest.raises(ModelError, match="damaged"):
        read(pickled(Persistent(pid)), legacy=True)


@pytest.mark.parametrize("name", ["OrderedDict", "Counter", "defaultdict"])
def test_mappings_of_other_kinds_become_plain_ones(name):
    first = (Global("builtins", "int"),) if name == "defaultdict" else ()
    assert read(pickled(Call(Global("collections", name), (*first, {"a": 1})))) == {"a": 1}
    assert read(pickled(Call(Global("collections", name), (*first, [("a", 1)]), {"x": 2}))) == {
        "a": 1
    }


@pytest.mark.parametrize(
    "opcodes",
    [
        b"ctimm\nY\nK\x01\x85\x81",
        b"ctimm\nY\nK\x01\x85}\x92",
        b"(ctimm\nY\nK\x01o",
        b"(K\x01itimm\nY\n",
    ],
)
def test_objects_made_in_other_ways_are_shells_as_well(opcodes):
    shell = read(opcodes + b".")
    assert (str(shell.of), shell.arguments) == ("timm.Y", (1,))


def test_new_objects_have_no_keywords():
    with pytest.raises(ModelError, match="damaged"):
        read(pickled(Raw(b"\x92", [Global("timm.x", "Y"), (1,), {"a": 1}])))


def test_a_persistent_id_needs_someone_who_knows_it():
    with pytest.raises(ModelError, match="damaged"):
        read_pickle(io.BytesIO(b"K\x01Q."), NO_NAMES)


@pytest.mark.parametrize(
    "pid", ["x", ("storage",), ("file", "/etc/passwd"), ("module", 1, "", "")]
)
def test_other_persistent_ids_are_refused(pid):
    with pytest.raises(ModelError, match="bytes in a way that torch does not"):
        read(pickled(Persistent(pid)), legacy=True)


def test_an_archive_refers_to_no_classes():
    pid = ("module", Global("torch.nn", "Linear"), "", "")
    assert str(read(pickled(Persistent(pid)), legacy=True)) == "torch.nn.Linear"
    with pytest.raises(ModelError, match="bytes in a way that torch does not"):
        read(pickled(Persistent(pid)))


def test_a_giant_index_of_the_memo_takes_no_memory():
    assert read(b"K\x07r\xff\xff\xff\xff0j\xff\xff\xff\xff.") == 7


def test_a_million_tuples_in_one_another_are_read():
    value = read(b")" + b"\x85" * 1_000_000 + b".")
    assert value != ()


@pytest.mark.parametrize("key", [(1, 2), b"x", 2**64, -(2**64), frozenset()])
def test_keys_are_of_plain_types(key):
    with pytest.raises(ModelError, match="key of a mapping or set in it is a"):
        read(pickled({key: 1}, 3))


def test_deep_keys_are_never_hashed():
    with pytest.raises(ModelError, match="is a tuple"):
        read(b"})" + b"\x85" * 1_000_000 + b"K\x01s.")


@pytest.mark.parametrize(
    "content", [b"\x8f((K\x01t\x90.", b"((K\x01t\x91.", b"c__builtin__\nset\n])a\x85R."]
)
def test_members_of_sets_are_of_plain_types(content):
    with pytest.raises(ModelError, match="is a tuple"):
        read(content)


def test_a_list_may_contain_itself():
    value = read(b"]q\x00h\x00a.")
    assert value[0] is value


def test_work_is_limited(monkeypatch):
    monkeypatch.setattr(machine, "MAX_WORK", 1000)
    with pytest.raises(ModelError, match="more than 1000 steps"):
        read(b"N" * 1001 + b".")


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("collections\nOrderedDict", b"K\x01K\x01\x86"),
        ("__builtin__\nset", b"K\x01"),
        ("torch\nSize", b"K\x01"),
    ],
)
def test_copies_are_limited(monkeypatch, name, member):
    monkeypatch.setattr(machine, "MAX_WORK", 2000)
    arguments = b"](" + member * 200 + b"e\x85q\x010"
    again = b"0h\x00h\x01R" * 12
    with pytest.raises(ModelError, match="more than 2000 steps"):
        read(arguments + f"c{name}\n".encode() + b"q\x00" + again + b".")


def test_copies_of_text_are_limited(monkeypatch):
    monkeypatch.setattr(machine, "MAX_WORK", 2000)
    arguments = pickle.dumps(("x" * 3200,), 2)[:-1] + b"q\x010"
    with pytest.raises(ModelError, match="more than 2000 steps"):
        read(arguments + b"c_codecs\nencode\nq\x00" + b"0h\x00h\x01R" * 12 + b".")


def test_state_that_is_copied_is_limited(monkeypatch):
    monkeypatch.setattr(machine, "MAX_WORK", 2000)
    state = b"}(" + b"".join(b"K" + bytes([n]) + b"N" for n in range(200)) + b"uq\x010"
    with pytest.raises(ModelError, match="more than 2000 steps"):
        read(state + b"ctimm\nX\n)R" + b"h\x01b" * 12 + b".")


WHOLE = pickled(in_module(module("timm.X", a=(1, 2.5, "x"), b={"k": [None, True, 2**70]})), 4)


@pytest.mark.parametrize("end", range(len(WHOLE) - 1))
def test_a_pickle_that_is_cut_off_is_refused(end):
    with pytest.raises(ModelError):
        read(WHOLE[:end])


@settings(max_examples=300)
@given(st.data())
def test_any_change_gives_a_value_or_an_error(data):
    content = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(ModelError):
        read(bytes(content))


@given(st.binary(max_size=300))
def test_any_bytes_give_a_value_or_an_error(content):
    with suppress(ModelError):
        read(content)
