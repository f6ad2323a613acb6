"""Corrections of p values, against their definitions in words."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit.errors import UsageError
from abawkit.evaluation.corrections import corrected

shares = st.integers(0, 1000).map(lambda number: number / 1000)
p_values = st.lists(shares, min_size=1, max_size=8)


def holm(p, values):
    """Give the most that the tests up to this one ask for: p times those not below it."""
    asked = [q * sum(other >= q for other in values) for q in values if q <= p]
    return min(max(asked), 1)


def bonferroni(p, values):
    return min(p * len(values), 1)


def bh(p, values):
    """Give the smallest share of false findings at which this one is still among the found."""
    asked = [q * len(values) / sum(other <= q for other in values) for q in values if q >= p]
    return min(*asked, 1)


LITERAL = {"holm": holm, "bonferroni": bonferroni, "bh": bh, "none": lambda p, _: p}


@pytest.mark.parametrize("correction", LITERAL)
@given(values=p_values)
def test_a_correction_is_its_definition(correction, values):
    expected = [LITERAL[correction](p, values) for p in values]
    assert corrected(values, correction).tolist() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("correction", LITERAL)
@given(values=p_values, data=st.data())
def test_a_test_that_could_not_be_made_does_not_count_as_one(correction, values, data):
    place = data.draw(st.integers(0, len(values)))
    found = corrected([*values[:place], math.nan, *values[place:]], correction)
    assert math.isnan(found[place])
    assert np.delete(found, place).tolist() == corrected(values, correction).tolist()


def test_the_example_of_four_tests_is_corrected_as_on_paper():
    values = [0.01, 0.02, 0.03, 0.5]
    assert corrected(values, "holm").tolist() == pytest.approx([0.04, 0.06, 0.06, 0.5])
    assert corrected(values, "bh").tolist() == pytest.approx([0.04, 0.04, 0.04, 0.5])


def test_an_unknown_correction_is_refused():
    with pytest.raises(UsageError, match="no correction 'sidak'; expected one of holm, bonf"):
        corrected([0.5], "sidak")
