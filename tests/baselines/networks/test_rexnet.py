"""ReXNet has timm's names, and its channels grow by the same number from block to block."""

import pytest

torch = pytest.importorskip("torch")

from baselines.networks.build import build_network  # noqa: E402
from baselines.networks.rexnet import Bottleneck  # noqa: E402
from baselines.networks.table import REXNET_150  # noqa: E402
from tests.baselines.networks.filling import filled, images  # noqa: E402

# As timm's rexnet_150 has them.
TIMM = {
    "stem.conv.weight": (48, 3, 3, 3),
    "stem.bn.running_var": (48,),
    "features.0.conv_dw.conv.weight": (48, 1, 3, 3),
    "features.0.conv_pwl.bn.bias": (24,),
    "features.1.conv_exp.conv.weight": (144, 24, 1, 1),
    "features.3.se.fc1.weight": (29, 348, 1, 1),
    "features.3.se.fc1.bias": (29,),
    "features.3.se.bn.running_mean": (29,),
    "features.3.se.fc2.weight": (348, 29, 1, 1),
    "features.15.conv_pwl.conv.weight": (277, 1560, 1, 1),
    "features.16.conv.weight": (1920, 277, 1, 1),
    "features.16.bn.weight": (1920,),
    "head.fc.weight": (8, 1920),
    "head.fc.bias": (8,),
}
CHANNELS = [24, 41, 58, 75, 92, 108, 125, 142, 159, 176, 193, 210, 226, 243, 260, 277]


def test_parameters_have_timms_names():
    with torch.device("meta"):
        state = build_network(REXNET_150, 8).state_dict()
    assert {name: tuple(state[name].shape) for name in TIMM} == TIMM
    assert [len(state[f"features.{i}.conv_pwl.bn.bias"]) for i in range(16)] == CHANNELS
    assert "features.0.conv_exp.conv.weight" not in state
    assert "features.2.se.fc1.weight" not in state


def bottleneck(channels, out, stride):
    return filled(Bottleneck(channels, out, stride=stride, expansion=2, squeeze=True))


def test_an_input_is_added_to_the_first_channels_of_what_a_block_gives():
    block, x = bottleneck(6, 8, 1), images(2, 4).reshape(1, 6, 4, 4)
    with_shortcut = block(x)
    block.shortcut = False
    difference = with_shortcut - block(x)
    torch.testing.assert_close(difference, torch.cat([x, torch.zeros_like(x[:, :2])], dim=1))


@pytest.mark.parametrize(
    ("out", "stride", "shortcut"), [(24, 1, True), (25, 1, True), (23, 1, False), (24, 2, False)]
)
def test_a_block_that_shrinks_has_no_shortcut(out, stride, shortcut):
    assert bottleneck(24, out, stride).shortcut == shortcut
