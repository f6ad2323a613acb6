"""Weights and images that any implementation of a network can be given, to compare what it says.

They follow from names and shapes alone, and let an image reach the end of every network. All is
in double precision, for what is rounded at the begin of a deep network is large at its end.
"""

import math
from dataclasses import replace

import numpy as np
import torch


def filled(network):
    """Fill a module's state, tensor by tensor in the order of the names."""
    network.double()
    for index, (name, tensor) in enumerate(sorted(network.state_dict().items())):
        if tensor.is_floating_point():
            values = np.random.default_rng(index).random(tuple(tensor.shape))
            tensor.copy_(torch.from_numpy(spread(name, values)))
    return network.eval()


def spread(name, values):
    """Bring values from [0, 1) to the range that suits their place in a network."""
    if values.ndim > 1:
        fan_in = math.prod(values.shape[1:])
        return (values - 0.5) * math.sqrt(24 / fan_in)
    if name.endswith(("bias", "running_mean")):
        return (values - 0.5) / 5
    return values + 0.5


def images(n, size):
    """Make images of noise, float64 (n, 3, size, size), in [-2, 2)."""
    values = np.random.default_rng(n).random((n, 3, size, size))
    return torch.from_numpy(values) * 4 - 2


def smaller(network, size):
    """Let a row of the table take smaller images, where its layers do not forbid that."""
    return replace(network, preprocessing=replace(network.preprocessing, size=size))
