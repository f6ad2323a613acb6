"""Losses equal their formulas on what is known, and see nothing of what is not."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

torch = pytest.importorskip("torch")

from abawkit.protocol import Categorical, Continuous, find_challenge  # noqa: E402
from baselines.training.heads.losses import (  # noqa: E402
    EPSILON,
    ccc_loss,
    label_counts,
    label_weights,
    target_loss,
    weighted_binary_cross_entropy,
    weighted_cross_entropy,
)

VA, EXPR, AU = (find_challenge(task, 3).targets[0] for task in ("va", "expr", "au"))
TARGETS = {target.name: target for target in (VA, EXPR, AU)}
each_target = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)


def tensor(array, *, grad=False):
    return torch.tensor(np.array(array), dtype=torch.float64, requires_grad=grad)


@st.composite
def samples(draw, target, *, min_size=1):
    """Draw sums, labels and a mask of one target."""
    n, width = draw(st.integers(min_size, 12)), len(target.names)
    sums = draw(arrays("float64", (n, width), elements=st.integers(-4000, 4000).map(_thousandth)))
    if isinstance(target, Continuous):
        elements = st.integers(-1000, 1000).map(_thousandth)
    else:
        highest = width - 1 if isinstance(target, Categorical) else 1
        elements = st.integers(0, highest).map(float)
    labels = draw(arrays("float64", (n, target.columns), elements=elements))
    return sums, labels, draw(arrays("bool", (n, target.columns)))


def _thousandth(value):
    return value / 1000


def weights_of(target):
    rng = np.random.default_rng(7)
    shape = {"va": (2,), "expr": (8,), "au": (2, 12)}[target.name]
    return None if target is VA else rng.uniform(0.5, 9, shape)


def loss_of(target, sums, labels, known):
    weights = weights_of(target)
    given_weights = None if weights is None else tensor(weights)
    return target_loss(target, sums, tensor(labels), torch.from_numpy(known), given_weights)


def literal_ccc(true, pred):
    n = len(true)
    true_mean, pred_mean = math.fsum(true) / n, math.fsum(pred) / n
    pairs = [(t - true_mean, p - pred_mean) for t, p in zip(true, pred, strict=True)]
    covariance = math.fsum(t * p for t, p in pairs) / n
    spread = math.fsum(t * t + p * p for t, p in pairs) / n
    return 2 * covariance / (spread + (true_mean - pred_mean) ** 2 + EPSILON)


def literal(target, sums, labels, known):
    """Give the loss in plain Python, None where nothing is known."""
    weights, terms = weights_of(target), []
    if target is VA:
        for column in range(2):
            rows = np.flatnonzero(known[:, column])
            pred = [math.tanh(sums[row, column]) for row in rows]
            if len(rows):
                terms.append(1 - literal_ccc([labels[row, column] for row in rows], pred))
    elif target is EXPR:
        for row in np.flatnonzero(known[:, 0]):
            right = int(labels[row, 0])
            total = math.fsum(math.exp(value) for value in sums[row])
            terms.append(-weights[right] * math.log(math.exp(sums[row, right]) / total))
    else:
        for row, column in np.argwhere(known):
            there = int(labels[row, column])
            share = 1 / (1 + math.exp(-sums[row, column]))
            terms.append(-weights[there, column] * math.log(share if there else 1 - share))
    return math.fsum(terms) / len(terms) if terms else None


@each_target
@given(data=st.data())
def test_a_loss_is_its_formula_over_what_is_known(target, data):
    sums, labels, known = data.draw(samples(target))
    loss, expected = (
        loss_of(target, tensor(sums), labels, known),
        literal(target, sums, labels, known),
    )
    if expected is None:
        assert loss is None
    else:
        assert loss.item() == pytest.approx(expected, rel=1e-9, abs=1e-9)


@each_target
@given(data=st.data(), junk=st.sampled_from([math.nan, math.inf, -math.inf, 1e30, -5.0]))
def test_what_is_not_known_changes_neither_loss_nor_gradient_by_a_bit(target, data, junk):
    sums, labels, known = data.draw(samples(target))
    outputs = known if known.shape == sums.shape else np.repeat(known, sums.shape[1], axis=1)
    results = []
    for value in (0.0, junk):
        x = tensor(np.where(outputs, sums, value), grad=True)
        loss = loss_of(target, x, np.where(known, labels, value), known)
        if loss is None:
            return
        loss.backward()
        results.append((loss.item(), x.grad.numpy()))
    (loss, gradient), (other, other_gradient) = results
    assert loss == other
    np.testing.assert_array_equal(gradient, other_gradient)
    assert not other_gradient[~outputs].any()
    rows = known.any(axis=1)
    assert loss_of(target, tensor(sums[rows]), labels[rows], known[rows]).item() == loss


@each_target
@given(data=st.data())
def test_a_gradient_is_the_slope(target, data):
    sums, labels, known = data.draw(samples(target, min_size=3))
    x = tensor(sums, grad=True)
    loss = loss_of(target, x, labels, known)
    # Next to a constant the CCC turns within 1e-8, where no step is small enough.
    if loss is None or (target is VA and np.ptp(labels, axis=0).min() == 0):
        return
    loss.backward()
    row, column = (data.draw(st.integers(0, size - 1)) for size in sums.shape)
    step = np.zeros_like(sums)
    step[row, column] = 1e-6
    up, down = (literal(target, sums + s * step, labels, known) for s in (1, -1))
    assert x.grad[row, column].item() == pytest.approx((up - down) / 2e-6, abs=2e-4, rel=2e-3)


CONSTANT = {
    "truth": ([0.3] * 5, [0.1, -0.2, 0.3, 0.7, 0.0]),
    "prediction": ([0.1, -0.2, 0.3, 0.7, 0.0], [0.2] * 5),
    "both": ([0.1] * 5, [0.2] * 5),
    "both and equal": ([0.1] * 7, [0.1] * 7),
    "one row": ([0.4], [0.9]),
    "one right row": ([0.4], [0.4]),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("true", "pred"), CONSTANT.values(), ids=CONSTANT)
def test_a_ccc_without_variance_is_0_with_a_finite_gradient(true, pred, dtype):
    x = torch.tensor(pred, dtype=dtype)[:, None].requires_grad_()
    y = torch.tensor(true, dtype=dtype)[:, None]
    loss = ccc_loss(x, y, torch.ones_like(y, dtype=torch.bool))
    loss.backward()
    assert loss.item() == pytest.approx(1, abs=1e-6)
    assert torch.isfinite(x.grad).all()
    # A constant truth teaches nothing; a constant prediction is told to move.
    assert bool(x.grad.any()) == (len(set(true)) > 1)


@given(st.integers(1, 60), st.integers(-1000, 1000).map(_thousandth))
def test_frames_of_one_rating_have_no_gradient_whatever_their_number(n, rating):
    x = torch.linspace(-1, 1, n)[:, None].requires_grad_()
    y = torch.full((n, 1), rating)
    ccc_loss(x, y, torch.ones_like(y, dtype=torch.bool)).backward()
    assert not x.grad.any()


def test_the_cross_entropy_is_divided_by_rows_not_by_weights():
    logits, y = torch.zeros(2, 2), torch.tensor([[0.0], [1.0]])
    known, weights = torch.ones(2, 1, dtype=torch.bool), torch.tensor([1.0, 3.0])
    loss = weighted_cross_entropy(logits, y, known, weights)
    assert loss.item() == pytest.approx(2 * math.log(2))


def test_losses_without_weights_have_weights_of_1():
    y, known = torch.tensor([[0.0], [1.0]]), torch.ones(2, 1, dtype=torch.bool)
    assert weighted_cross_entropy(torch.zeros(2, 4), y, known).item() == pytest.approx(math.log(4))
    binary = weighted_binary_cross_entropy(torch.zeros(2, 1), y, known)
    assert binary.item() == pytest.approx(math.log(2))


def test_the_weights_of_classes_are_those_of_the_paper():
    counts = np.array([177198, 16573, 10771, 9080, 95463, 78751, 31615, 165866])
    expected = [1, 10.692, 16.451, 19.515, 1.856, 2.250, 5.605, 1.068]
    np.testing.assert_allclose(label_weights(EXPR, counts), expected, atol=5e-4)


def test_the_weights_of_units_are_those_of_the_paper():
    absent = [0.567, 0.526, 0.591, 0.681, 0.829, 0.763, 0.662, 0.514, 0.516, 0.513, 1.339, 0.540]
    there = [
        4.231,
        10.029,
        3.247,
        1.879,
        1.259,
        1.451,
        2.041,
        17.779,
        15.894,
        19.522,
        0.798,
        6.719,
    ]
    n_rows = 1_356_861
    positive = np.round(n_rows / (2 * np.array(there)))
    counts = np.stack([n_rows - positive, positive]).astype(np.int64)
    np.testing.assert_allclose(label_weights(AU, counts), [absent, there], atol=2e-3)


@each_target
@given(data=st.data())
def test_labels_are_counted_where_they_are_known(target, data):
    _, labels, known = data.draw(samples(target))
    pairs = [(column, labels[row, column]) for row, column in np.argwhere(known)]
    if target is VA:
        expected = [sum(at == column for at, _ in pairs) for column in range(2)]
    elif target is EXPR:
        expected = [sum(label == k for _, label in pairs) for k in range(8)]
    else:
        expected = [[pairs.count((at, float(k))) for at in range(12)] for k in range(2)]
    for junk in (math.nan, 1.0):
        assert label_counts(target, np.where(known, labels, junk), known).tolist() == expected


@each_target
@given(data=st.data())
def test_every_weight_is_finite_and_that_of_what_never_occurs_is_1(target, data):
    _, labels, known = data.draw(samples(target))
    counts = label_counts(target, labels, known)
    weights = label_weights(target, counts)
    assert weights.shape == counts.shape
    assert np.isfinite(weights).all()
    assert (weights[counts == 0] == 1).all()
    if target is EXPR:
        np.testing.assert_allclose((weights * counts)[counts > 0], counts.max())
    elif target is AU:
        total = counts.sum(axis=0)
        np.testing.assert_allclose(
            (weights * counts)[counts > 0] * 2, np.tile(total, (2, 1))[counts > 0]
        )
    else:
        assert (weights == 1).all()
