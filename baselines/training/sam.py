"""Sharpness-aware minimization: steps towards weights whose whole neighbourhood has a low loss.

P. Foret, A. Kleiner, H. Mobahi and B. Neyshabur, "Sharpness-Aware Minimization for Efficiently
Improving Generalization", ICLR 2021 (arXiv 2010.01412, 2020), algorithm 1 with the 2-norm.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
_TINY = 1e-12


def step(optimizer: torch.optim.Optimizer, loss: Callable[[], Tensor]) -> Tensor:
    """Take one step of an optimizer.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        With the parameters that are trained.
    loss : callable
        Runs the network on a batch.

    Returns
    -------
    Tensor
        The loss before the step, a scalar.
    """
    value = loss()
    optimizer.zero_grad()
    value.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return value


def sharpness_aware_step(
    optimizer: torch.optim.Optimizer,
    loss: Callable[[], Tensor],
    *,
    network: nn.Module,
    rho: float,
) -> Tensor:
    """Take one step along the gradient at the worst weights nearby.

    With the gradient ``g`` at the weights ``w``, that of the loss at ``w + rho g / |g|`` is what
    the optimizer is given, at ``w``; ``|g|`` is over all parameters that are trained. Both passes
    drop the same units, and batch norms count the batch once, so that with ``rho`` 0 this is the
    optimizer's own step to the last bit.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        The base, with the parameters that are trained.
    loss : callable
        Runs the network on a batch; it is called twice.
    network : torch.nn.Module
        What the loss runs.
    rho : float
        The distance to the worst weights, 0.05 in the paper.

    Returns
    -------
    Tensor
        The loss at the weights before the step, a scalar.
    """
    devices = {tensor.device for tensor in network.parameters() if tensor.is_cuda}
    with torch.random.fork_rng(devices=devices):
        value = loss()
    optimizer.zero_grad()
    value.backward()  # type: ignore[no-untyped-call]
    trained = [
        parameter
        for group in optimizer.param_groups
        for parameter in group["params"]
        if parameter.grad is not None
    ]
    before = [parameter.detach().clone() for parameter in trained]
    with torch.no_grad():
        norm = torch.stack([parameter.grad.norm() for parameter in trained]).norm()
        for parameter in trained:
            parameter.add_(parameter.grad, alpha=rho / (norm.item() + _TINY))
    with _norms_at_rest(network):
        worst = loss()
    optimizer.zero_grad()
    worst.backward()  # type: ignore[no-untyped-call]
    with torch.no_grad():
        for parameter, weights in zip(trained, before, strict=True):
            # Not taken away again, which would round.
            parameter.copy_(weights)
    optimizer.step()
    return value


@contextmanager
def _norms_at_rest(network: nn.Module) -> Iterator[None]:
    # Batch norms go on as they are, training or not, but do not update their statistics.
    norms = [
        module
        for module in network.modules()
        if isinstance(module, _NORMS) and module.training and module.track_running_stats
    ]
    for module in norms:
        module.track_running_stats = False
    try:
        yield
    finally:
        for module in norms:
            module.track_running_stats = True
