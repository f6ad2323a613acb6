"""One part of the made-up data, and what a network says of it."""

from dataclasses import replace

import pytest

from baselines.synthetic.networks import NETWORKS
from baselines.synthetic.scenes import film
from baselines.synthetic.writing import save_features


@pytest.fixture(scope="session")
def scenes():
    """Give a part large enough to count in."""
    return film(0, n_recordings=24, n_frames=400, seed=7)


@pytest.fixture(scope="session")
def network():
    """Give a network with noise that is new in every frame, for chance to even out."""
    return replace(NETWORKS[1], memory=1)


@pytest.fixture(scope="session")
def cache(tmp_path_factory, scenes, network):
    """Give what that network says of the part."""
    return save_features(tmp_path_factory.mktemp("features"), network, scenes)
