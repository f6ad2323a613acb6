"""Where torch computes."""

from __future__ import annotations

import torch

from abawkit.errors import ModelError
from baselines.training.tensorfiles import one_line

# Others that torch can name hold no numbers, or need more than torch.
_KINDS = ("cpu", "cuda", "mps", "xpu")


def find_device(name: str) -> torch.device:
    """Find where to compute.

    Parameters
    ----------
    name : str
        As torch calls it, such as ``cpu`` or ``cuda:0``.

    Returns
    -------
    torch.device
        The device.

    Raises
    ------
    ModelError
        If torch knows no such device, or it is not there.
    """
    there = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    if name.partition(":")[0] not in _KINDS:
        msg = f"no device {name!r} here: expected one of {', '.join(_KINDS)}; there is "
        raise ModelError(msg + ", ".join(there))
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        msg = f"no device {name!r} here: {one_line(error)}; there is {', '.join(there)}"
        raise ModelError(msg) from error
    return device
