"""The data of all proofs, drawn once."""

import pytest

from tests.proof.ground import Ground


@pytest.fixture(scope="session")
def ground(tmp_path_factory):
    """Give the data, and heads that are trained when they are asked for."""
    return Ground.make(tmp_path_factory.mktemp("ground"))
