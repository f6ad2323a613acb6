"""The rows of the table agree with each other and with what is published; no torch is needed."""

import sys
from subprocess import run

import pytest

from baselines.networks.table import (
    EFFICIENTNET_LITE0,
    NETWORKS,
    EfficientNetShape,
    _scaled,
)

ROWS = list(NETWORKS.values())


def test_every_network_is_found_by_its_name():
    assert {name: row.name for name, row in NETWORKS.items()} == {name: name for name in NETWORKS}
    assert len(NETWORKS) == 13


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_says_where_its_network_comes_from(row):
    assert row.reference


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_black_and_white_lie_around_0_and_as_far_apart_as_is_usual(row):
    colour = row.preprocessing
    black = [-mean / std for mean, std in zip(colour.mean, colour.std, strict=True)]
    white = [(1 - mean) / std for mean, std in zip(colour.mean, colour.std, strict=True)]
    widths = {round(high - low) for low, high in zip(black, white, strict=True)}
    assert widths <= {2, 4, 255}
    assert all(low < 0 < high for low, high in zip(black, white, strict=True))


@pytest.mark.parametrize(
    ("name", "stem", "channels", "repeats", "embedding"),
    [
        ("b0", 32, (16, 24, 40, 80, 112, 192, 320), (1, 2, 2, 3, 3, 4, 1), 1280),
        ("b1", 32, (16, 24, 40, 80, 112, 192, 320), (2, 3, 3, 4, 4, 5, 2), 1280),
        ("b2", 32, (16, 24, 48, 88, 120, 208, 352), (2, 3, 3, 4, 4, 5, 2), 1408),
    ],
)
def test_scaling_gives_the_published_channels_and_depths(name, stem, channels, repeats, embedding):
    for prefix in ("", "tf_"):
        shape = NETWORKS[f"{prefix}efficientnet_{name}"].shape
        assert (shape.stem_channels, shape.embedding) == (stem, embedding)
        assert tuple(stage.channels for stage in shape.stages) == channels
        assert tuple(stage.repeats for stage in shape.stages) == repeats


def test_scaling_never_takes_more_than_a_tenth_of_the_channels():
    # B3's, whose first stage would have 16 channels instead of 19.2.
    b3 = _scaled(NETWORKS["tf_efficientnet_b0"].shape, width=1.2, depth=1.4)
    channels = tuple(stage.channels for stage in b3.stages)
    assert (b3.stem_channels, channels) == (40, (24, 32, 48, 96, 136, 232, 384))


def test_lite_differs_from_b0_in_activation_and_squeezing_alone():
    lite, b0 = EFFICIENTNET_LITE0.shape, NETWORKS["tf_efficientnet_b0"].shape
    names = EfficientNetShape.__slots__
    differing = {name for name in names if getattr(lite, name) != getattr(b0, name)}
    assert differing == {"activation", "squeeze"}


def test_tensorflow_and_pytorch_differ_in_padding_and_normalisation_alone():
    for name in ("b0", "b1", "b2"):
        ours = [NETWORKS[f"{prefix}efficientnet_{name}"].shape for prefix in ("tf_", "")]
        names = EfficientNetShape.__slots__
        differing = {name for name in names if len({getattr(s, name) for s in ours}) > 1}
        assert differing == {"padding", "norm_eps", "norm_momentum"}


def test_the_table_can_be_read_without_torch():
    code = "import sys; import baselines.networks.table; sys.exit('torch' in sys.modules)"
    assert run([sys.executable, "-c", code], check=False).returncode == 0
