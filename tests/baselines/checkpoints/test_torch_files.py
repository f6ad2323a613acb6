"""What torch saves is read as torch reads it, in both of its formats."""

import argparse
import sys
import types

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from abawkit.errors import ModelError  # noqa: E402
from baselines.checkpoints.weights import read_weights  # noqa: E402

nn = torch.nn
# A class that is not where it says has no source; torch only says so.
pytestmark = pytest.mark.filterwarnings("ignore:Couldn't retrieve source code")
TYPES = ("float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool")


class Block(nn.Module):
    """Has a buffer of each kind, and layers that are shared or absent."""

    def __init__(self, gate=torch.nn.functional.relu):
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3, padding=1)
        self.bn = nn.BatchNorm2d(3, eps=1e-3)
        self.again = self.conv
        self.nothing = None
        self.register_module("absent", None)
        self.register_parameter("bias", None)
        self.register_buffer("kept", torch.arange(3))
        self.register_buffer("passing", torch.ones(2), persistent=False)
        self.gate = gate
        self.sizes = (1, 2)
        self.table = {"a": 1}


Block.__module__ = "timm.models.efficientnet"


@pytest.fixture(params=[True, False], ids=["archive", "legacy"])
def save(request, tmp_path):
    def save_and_read(value):
        path = tmp_path / "file.pt"
        torch.save(value, path, _use_new_zipfile_serialization=request.param)
        return read_weights(path)

    return save_and_read


@pytest.fixture
def block(monkeypatch):
    """Give a module whose class torch believes to be timm's."""
    for name in ("timm", "timm.models", "timm.models.efficientnet"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    sys.modules["timm.models.efficientnet"].Block = Block
    return nn.Sequential(Block(), nn.ModuleDict({"x": Block()}))


def same(weights, state):
    return list(weights.tensors) == list(state) and all(
        np.array_equal(weights.tensors[name], tensor.numpy())
        and weights.tensors[name].dtype == tensor.numpy().dtype
        and weights.tensors[name].flags.c_contiguous
        and weights.tensors[name].flags.writeable
        for name, tensor in state.items()
    )


@pytest.mark.parametrize("name", TYPES)
def test_every_type_of_element_is_read(save, name):
    state = {"a.x": (torch.randn(2, 3) * 9).to(getattr(torch, name)), "b": torch.zeros(1)}
    weights = save(state)
    assert same(weights, state)
    assert (weights.modules, weights.settings, weights.layout) == ({}, {}, "torch")


def test_bfloat16_becomes_float32(save):
    tensor = torch.randn(5, 7).bfloat16().t()
    read = save({"a.x": tensor}).tensors["a.x"]
    assert read.dtype == np.float32
    assert np.array_equal(read, tensor.float().numpy())


@pytest.mark.parametrize("name", ["complex64", "complex128"])
def test_types_without_a_number_are_refused_by_name(save, name):
    with pytest.raises(ModelError, match=f"type '{name}'; expected one of float64, .*bool"):
        save({"a.x": torch.ones(2, dtype=getattr(torch, name))})


def test_types_of_later_versions_are_read_or_refused_by_name(tmp_path):
    path = tmp_path / "file.pt"
    torch.save({"a.x": torch.arange(4).to(torch.uint16)}, path)
    assert read_weights(path).tensors["a.x"].dtype == np.uint16
    torch.save({"a.x": torch.ones(2).to(torch.float8_e4m3fn)}, path)
    with pytest.raises(ModelError, match="type 'float8_e4m3fn'"):
        read_weights(path)


def test_views_of_any_layout_are_read(save):
    whole = torch.arange(120.0)
    state = {
        "rows.x": whole[:24].view(2, 3, 4),
        "middle.x": whole[50:56],
        "turned.x": whole[:24].view(4, 6).t(),
        "steps.x": whole[3::7],
        "last.x": torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
        "number": torch.tensor(3.5),
        "empty": torch.zeros(0, 3),
    }
    assert same(save(state), state)


def test_arrays_do_not_share_memory_with_one_another(save):
    whole = torch.arange(10.0)
    weights = save({"a.x": whole[:5], "b.x": whole})
    weights.tensors["b.x"][0] = 9
    assert weights.tensors["a.x"][0] == 0


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_protocol_of_torch_is_read(tmp_path, protocol):
    state = {"a.x": torch.randn(3), "b.x": nn.Parameter(torch.randn(2))}
    for is_archive in (True, False):
        path = tmp_path / f"{is_archive}.pt"
        options = {"pickle_protocol": protocol, "_use_new_zipfile_serialization": is_archive}
        torch.save(state, path, **options)
        assert list(read_weights(path).tensors) == ["a.x", "b.x"]


def test_a_whole_module_has_the_names_of_its_state_dict(save, block):
    assert same(save(block), block.state_dict())


def test_a_whole_module_tells_the_class_of_each_module(save, block):
    expected = {
        name: f"{type(module).__module__}.{type(module).__name__}"
        for name, module in block.named_modules(remove_duplicate=False)
    }
    modules = save(block).modules
    assert modules == expected
    assert modules["0"] == "timm.models.efficientnet.Block"


def test_a_whole_module_tells_its_plain_attributes(save, block):
    settings = save(block).settings
    assert settings["0.bn"]["eps"] == 1e-3
    assert settings["0.conv"]["padding"] == (1, 1)
    assert settings["0"] == {
        "training": True,
        "nothing": None,
        "sizes": (1, 2),
        "gate": "torch.nn.functional.relu",
    }


def test_a_network_comes_out_of_what_spreads_it_over_devices(save, block):
    weights = save(nn.DataParallel(block))
    assert same(weights, block.state_dict())
    assert weights.modules[""] == "torch.nn.modules.container.Sequential"
    assert same(save(nn.DataParallel(block).state_dict()), block.state_dict())


def test_a_prefix_that_only_some_names_have_stays(save):
    assert list(save({"module.a": torch.ones(1), "b": torch.ones(1)}).tensors) == ["module.a", "b"]


def checkpoint(key, inside):
    optimizer = torch.optim.Adam(nn.Linear(2, 2).parameters())
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [3, 5])
    return {
        "epoch": 3,
        "best": np.float64(0.5),
        "history": np.arange(3),
        "loss": torch.tensor(0.1),
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
        "args": argparse.Namespace(rate=0.1),
        key: inside,
    }


@pytest.mark.parametrize("key", ["state_dict", "model_state_dict", "model", "net", "ema", "x"])
def test_the_weights_in_a_checkpoint_are_found(save, key):
    state = nn.Linear(3, 2).state_dict()
    assert same(save(checkpoint(key, state)), state)


def test_a_whole_module_in_a_checkpoint_is_found(save):
    network = nn.Sequential(nn.Linear(3, 2))
    weights = save(checkpoint("model", network))
    assert same(weights, network.state_dict())
    assert weights.modules["0"] == "torch.nn.modules.linear.Linear"


def test_two_sets_of_weights_are_a_choice_for_the_user(save):
    state = nn.Linear(3, 2).state_dict()
    with pytest.raises(ModelError, match=r"several keys: 'model', 'ema'\. Save the one"):
        save(checkpoint("model", state) | {"ema": state})


def test_weights_beside_weights_are_a_choice_for_the_user(save):
    with pytest.raises(ModelError, match=r"several keys: 'x', 'conv\.weight'"):
        save({"conv.weight": torch.ones(2), "x": {"conv.weight": torch.ones(2)}})


@pytest.mark.parametrize("value", [3, [torch.ones(1)], torch.ones(1), "x"])
def test_other_values_are_no_weights(save, value):
    with pytest.raises(
        ModelError, match=r"it holds a .*; expected a state dict or a whole module"
    ):
        save(value)


@pytest.mark.parametrize("value", [{}, {"epoch": 3}, {"a": {"b": {"c": torch.ones(1)}}}])
def test_without_tensors_the_keys_are_told(save, value):
    keys = "none" if not value else repr(next(iter(value)))
    with pytest.raises(ModelError, match=rf"no tensors in it \(keys: {keys}\)"):
        save(value)


def test_a_negative_view_is_refused(tmp_path):
    path = tmp_path / "file.pt"
    torch.save({"a.x": torch.ones(2, dtype=torch.complex64).conj().imag}, path)
    with pytest.raises(ModelError, match="conjugate or the negative"):
        read_weights(path)
