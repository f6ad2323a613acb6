"""Probabilities add up in files as well, also if they do not quite before."""

import numpy as np

from abawkit.labels.probabilities import are_shares, complemented


def test_the_first_is_what_the_others_leave_over():
    shares = np.array([[0.00005 + 4e-7, 0.99995 + 4e-7], [0.2, 0.8]])
    assert are_shares(shares).all()
    np.testing.assert_array_equal(complemented(shares), [[0, 1], [0.2, 0.8]])
