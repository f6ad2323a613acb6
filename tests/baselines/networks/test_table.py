"""The rows of the table agree with each other and with what is published; no torch is needed."""

import sys
from subprocess import run

import pytest
from PIL import Image

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


IMAGENET = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
# Size, colour, way to resize, and, on the scale of 0 to 255, what is taken off and what is
# divided by in each channel: of the published code, by network.
PREPARED = {
    "tf_efficientnet_b0": (224, "rgb", "bilinear", *IMAGENET),
    "tf_efficientnet_b1": (240, "rgb", "bilinear", *IMAGENET),
    "tf_efficientnet_b2": (260, "rgb", "bilinear", *IMAGENET),
    "efficientnet_b0": (224, "rgb", "bilinear", *IMAGENET),
    "efficientnet_b1": (240, "rgb", "bilinear", *IMAGENET),
    "efficientnet_b2": (260, "rgb", "bilinear", *IMAGENET),
    "efficientnet_lite0": (224, "rgb", "bicubic", (127.0,) * 3, (128.0,) * 3),
    "mobilenet_v1": (224, "rgb", "bilinear-aliased", (103.939, 116.779, 123.68), (1.0,) * 3),
    "vggface": (224, "rgb", "bilinear", (129.1863, 104.7624, 93.5940), (1.0,) * 3),
    "vggface_bgr": (224, "bgr", "bilinear", (93.5940, 104.7624, 129.1863), (1.0,) * 3),
    "mobilefacenet": (112, "rgb", "bilinear", (127.5,) * 3, (127.5,) * 3),
    "mobilevitv2_150": (224, "rgb", "bilinear", *IMAGENET),
    "rexnet_150": (224, "rgb", "bilinear", *IMAGENET),
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_images_are_prepared_as_the_published_code_does(row):
    size, colour, resize, off, by = PREPARED[row.name]
    prepared = row.preprocessing
    assert (prepared.size, prepared.colour, prepared.resize) == (size, colour, resize)
    assert [255 * mean for mean in prepared.mean] == pytest.approx(off)
    assert [255 * std for std in prepared.std] == pytest.approx(by)


def test_mobilenet_takes_the_means_of_blue_and_red_off_red_and_blue():
    preprocessing = NETWORKS["mobilenet_v1"].preprocessing
    image = Image.new("RGB", (10, 10), (200, 150, 100))
    pixel = preprocessing.normalise(preprocessing.pixels(image))[:, 0, 0]
    assert pixel == pytest.approx((200 - 103.939, 150 - 116.779, 100 - 123.68), abs=1e-3)


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
