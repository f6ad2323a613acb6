"""A device that is not there is told before anything is done."""

import pytest

torch = pytest.importorskip("torch")

from abawkit.errors import ModelError  # noqa: E402
from baselines.training.heads.device import find_device  # noqa: E402


def test_the_processor_is_always_there():
    assert find_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("device", ["nowhere", "cuda:99", "meta", "mkldnn", ""])
def test_a_device_that_is_not_there_is_told(device):
    with pytest.raises(ModelError, match=f"no device '{device}' here: .*; there is cpu"):
        find_device(device)
