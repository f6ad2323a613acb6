"""Sharpness-aware steps are those of the paper's algorithm, written down literally."""

import copy

import pytest

torch = pytest.importorskip("torch")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from baselines.training.sam import sharpness_aware_step, step  # noqa: E402


def network(seed=0, drop=0.0):
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(),
        nn.Dropout(drop), nn.Linear(12, 4),
    )  # fmt: skip


def batch(seed=1):
    generator = torch.Generator().manual_seed(seed)
    images = torch.randn(6, 2, 4, 4, generator=generator)
    return images, torch.randint(4, (6,), generator=generator)


def loss_of(net, seed=1):
    images, labels = batch(seed)
    return lambda: functional.cross_entropy(net(images), labels)


@settings(max_examples=30)
@given(
    st.integers(0, 99), st.floats(0.001, 2), st.floats(0.01, 1), st.booleans(), st.floats(0, 0.9)
)
def test_a_step_is_down_the_gradient_at_the_worst_weights_nearby(seed, rho, rate, training, drop):
    net = network(seed, drop).train(training)
    literal = copy.deepcopy(net)
    before = [p.detach().clone() for p in literal.parameters()]
    optimizer = torch.optim.SGD(net.parameters(), lr=rate)
    torch.manual_seed(seed)
    value = sharpness_aware_step(optimizer, loss_of(net), network=net, rho=rho)
    torch.manual_seed(seed)
    first = loss_of(literal)()
    gradients = torch.autograd.grad(first, list(literal.parameters()))
    length = sum((g**2).sum() for g in gradients) ** 0.5
    for p, w, g in zip(literal.parameters(), before, gradients, strict=True):
        p.data = w + rho * g / length
    torch.manual_seed(seed)
    worst = torch.autograd.grad(loss_of(literal)(), list(literal.parameters()))
    assert torch.equal(value, first)
    for p, w, g in zip(net.parameters(), before, worst, strict=True):
        torch.testing.assert_close(p.detach(), w - rate * g, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW])
@pytest.mark.parametrize("training", [True, False])
def test_without_a_neighbourhood_a_step_is_the_base_optimizers_to_the_last_bit(kind, training):
    nets = [network(drop=0.5).train(training) for _ in range(2)]
    draws = []
    for net, sharp in zip(nets, (True, False), strict=True):
        optimizer = kind(net.parameters(), lr=0.1)
        torch.manual_seed(7)
        for seed in range(5):
            loss = loss_of(net, seed)
            if sharp:
                sharpness_aware_step(optimizer, loss, network=net, rho=0.0)
            else:
                step(optimizer, loss)
        draws.append(torch.rand(1))
    assert torch.equal(*draws)
    for name, tensor in nets[0].state_dict().items():
        assert torch.equal(tensor, nets[1].state_dict()[name]), name


def test_batch_norms_count_a_batch_once_at_the_weights_before_the_step():
    net, plain = network().train(), network().train()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    sharpness_aware_step(optimizer, loss_of(net), network=net, rho=1.0)
    loss_of(plain)()
    assert net[1].num_batches_tracked == 1
    assert torch.equal(net[1].running_mean, plain[1].running_mean)
    assert torch.equal(net[1].running_var, plain[1].running_var)
    assert net[1].track_running_stats


def test_batch_norms_are_awake_again_after_a_step_that_failed():
    net = network().train()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    calls = []

    def fail():
        calls.append(1)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return loss_of(net)()

    with pytest.raises(KeyboardInterrupt):
        sharpness_aware_step(optimizer, fail, network=net, rho=0.1)
    assert net[1].track_running_stats


def test_what_is_not_trained_stays_as_it_is():
    net = network().eval()
    net.requires_grad_(requires_grad=False)
    net[-1].requires_grad_(requires_grad=True)
    before = copy.deepcopy(net.state_dict())
    optimizer = torch.optim.Adam(net[-1].parameters(), lr=0.1)
    sharpness_aware_step(optimizer, loss_of(net), network=net, rho=0.5)
    changed = {k for k, v in net.state_dict().items() if not torch.equal(v, before[k])}
    assert changed == {"5.weight", "5.bias"}


def test_a_flat_loss_moves_nothing():
    net = nn.Linear(2, 2)
    before = copy.deepcopy(net.state_dict())
    optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
    sharpness_aware_step(optimizer, lambda: net(torch.zeros(3, 2)).sum() * 0, network=net, rho=0.1)
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())
