"""What the tests of training share."""

import pytest

from baselines.networks import table
from tests.baselines.training.tiny import TINY


@pytest.fixture(autouse=True)
def tiny_network(monkeypatch):
    """Make the tiny network one of the table."""
    monkeypatch.setitem(table.NETWORKS, TINY.name, TINY)
