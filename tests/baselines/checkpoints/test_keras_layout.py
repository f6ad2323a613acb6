"""What Keras stores differently is turned, and nothing is lost on the way."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from abawkit.errors import ModelError  # noqa: E402
from baselines.checkpoints.keras_layout import to_torch_layout  # noqa: E402
from baselines.networks.table import MOBILENET_V1  # noqa: E402

RNG = np.random.default_rng(0)


def small():
    """Make a network of one layer of each kind."""
    layers = {
        "wide": nn.Conv2d(3, 4, (2, 5), bias=True),
        "deep": nn.Conv2d(4, 4, 3, groups=4, bias=False),
        "norm": nn.BatchNorm2d(4),
        "last": nn.Linear(4, 2),
    }
    network = nn.Module()
    for name, layer in layers.items():
        network.add_module(name, layer)
    return network


def numbers():
    """Give what Keras would store for it."""
    shapes = {
        "wide/kernel": (2, 5, 3, 4), "wide/bias": (4,), "deep/depthwise_kernel": (3, 3, 4, 1),
        "norm/gamma": (4,), "norm/beta": (4,), "norm/moving_mean": (4,),
        "norm/moving_variance": (4,), "last/kernel": (4, 2), "last/bias": (2,),
    }  # fmt: skip
    return {name: RNG.random(shape).astype(np.float32) for name, shape in shapes.items()}


def test_each_number_finds_its_place():
    given = numbers()
    state = to_torch_layout(given, small(), MOBILENET_V1)
    assert state["wide.weight"][3, 2, 1, 4] == given["wide/kernel"][1, 4, 2, 3]
    assert state["deep.weight"][3, 0, 1, 2] == given["deep/depthwise_kernel"][1, 2, 3, 0]
    assert state["last.weight"][1, 3] == given["last/kernel"][3, 1]
    for ours, theirs in {
        "wide.bias": "wide/bias", "norm.weight": "norm/gamma", "norm.bias": "norm/beta",
        "norm.running_mean": "norm/moving_mean", "norm.running_var": "norm/moving_variance",
        "last.bias": "last/bias",
    }.items():  # fmt: skip
        np.testing.assert_array_equal(state[ours], given[theirs])
    assert sum(array.size for array in state.values()) == sum(a.size for a in given.values())


def test_keras_3_calls_every_kernel_a_kernel():
    given = numbers()
    before = to_torch_layout(given, small(), MOBILENET_V1)
    given["deep/kernel"] = given.pop("deep/depthwise_kernel")
    after = to_torch_layout(given, small(), MOBILENET_V1)
    np.testing.assert_array_equal(after["deep.weight"], before["deep.weight"])


def test_what_belongs_to_no_layer_stays_to_be_refused():
    state = to_torch_layout(numbers() | {"more/kernel": np.zeros(3)}, small(), MOBILENET_V1)
    assert "more/kernel" in state
    assert set(state) - set(small().state_dict()) == {"more/kernel"}


@pytest.mark.parametrize("name", list(numbers()))
def test_a_tensor_that_is_missing_is_named(name):
    given = numbers()
    del given[name]
    with pytest.raises(ModelError, match=f"^no {name}$"):
        to_torch_layout(given, small(), MOBILENET_V1)


@pytest.mark.parametrize("name", list(numbers()))
def test_a_tensor_of_other_dimensions_is_refused(name):
    given = numbers()
    given[name] = given[name][None]
    with pytest.raises(ModelError, match=f"^{name} has shape .*, expected . dimensions$"):
        to_torch_layout(given, small(), MOBILENET_V1)
