"""Random views stay images, follow their generator, and hide and mirror what they should."""

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from baselines.training.augmentation import Augmentation  # noqa: E402

NOTHING = Augmentation(**dict.fromkeys(Augmentation.__dataclass_fields__, 0.0))


def only(**options):
    values = dict.fromkeys(NOTHING.__dataclass_fields__, 0.0)
    return Augmentation(**(values | options))


def faces(n, size=48, seed=0, channels=1):
    shape = (n, channels, size, size)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    return torch.from_numpy(pixels)


def views(augmentation, images, size=112, seed=0):
    return augmentation(images, size, torch.Generator().manual_seed(seed))


def resized(images, size):
    """Resize with Pillow's bilinear filter, to [0, 1]."""
    shape = (size, size)
    whole = [
        np.array(Image.fromarray(image[0].numpy()).resize(shape, Image.Resampling.BILINEAR))
        for image in images
    ]
    return np.stack(whole) / 255


def grey(n, level=128):
    return torch.full((n, 1, 48, 48), level, dtype=torch.uint8)


@pytest.mark.parametrize("size", [32, 112])
def test_views_have_the_size_asked_for_and_lie_in_0_to_1(size):
    drawn = views(Augmentation(), faces(40), size)
    assert (tuple(drawn.shape), drawn.dtype) == ((40, 1, size, size), torch.float32)
    assert (drawn.min() >= 0, drawn.max() <= 1) == (True, True)


def test_the_same_generator_draws_the_same_views():
    first, again = (views(Augmentation(), faces(10)) for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first, views(Augmentation(), faces(10), seed=1))


def test_nothing_but_the_generator_is_random():
    torch.manual_seed(0)
    first = views(Augmentation(), faces(10))
    torch.manual_seed(1)
    assert torch.equal(first, views(Augmentation(), faces(10)))


def test_without_changes_a_view_is_pillows_bilinear_resize_or_its_mirror_image():
    images = faces(60)
    drawn = views(NOTHING, images)[:, 0].numpy()
    plain = resized(images, 112)
    as_is = np.abs(drawn - plain).max(axis=(1, 2)) < 1.5 / 255
    mirrored = np.abs(drawn - plain[:, :, ::-1]).max(axis=(1, 2)) < 1.5 / 255
    assert (as_is ^ mirrored).all()
    assert 15 < mirrored.sum() < 45


def test_each_image_has_a_view_of_its_own():
    images = faces(1).repeat(8, 1, 1, 1)
    drawn = views(only(rotation=15.0), images).flatten(1)
    assert len({tuple(view[:200].tolist()) for view in drawn}) == 8


@pytest.mark.parametrize(
    "options",
    [{"rotation": 15.0}, {"scale": 0.15}, {"shear": 0.1}, {"translation": 0.1}],
)
def test_a_change_of_geometry_changes_no_even_grey(options):
    torch.testing.assert_close(
        views(only(**options), grey(8)), torch.full((8, 1, 112, 112), 128 / 255)
    )
    changed, plain = views(only(**options), faces(8)), views(NOTHING, faces(8))
    assert not torch.allclose(changed, plain, atol=0.1)


def test_brightness_is_a_share_of_white():
    levels = views(only(brightness=0.2), grey(500)).flatten(1)[:, 0] - 128 / 255
    assert levels.abs().max() <= 0.2
    assert (levels.min() < -0.17, levels.max() > 0.17) == (True, True)


def test_contrast_is_about_the_middle_grey():
    gains = (views(only(contrast=0.3), grey(500, 178)).flatten(1)[:, 0] - 0.5) / (178 / 255 - 0.5)
    assert (gains.min() >= 0.7 - 1e-4, gains.max() <= 1.3 + 1e-4) == (True, True)
    assert (gains.min() < 0.73, gains.max() > 1.27) == (True, True)


def test_translation_is_a_share_of_the_image():
    column = torch.zeros(400, 1, 48, 48, dtype=torch.uint8)
    column[..., 24:] = 255
    drawn = views(only(translation=0.1), column)
    edge = (drawn.mean(dim=(1, 2, 3)) - 0.5).abs()
    assert 0.09 < edge.max() <= 0.1 + 1e-3


def test_erasing_hides_one_rectangle_of_2_to_20_percent():
    drawn = views(only(erasing=1.0), grey(300))[:, 0]
    hidden = (drawn - 128 / 255).abs() > 1e-6
    shares = hidden.double().mean(dim=(1, 2))
    assert (shares.min() > 0.015, shares.max() < 0.215) == (True, True)
    assert (shares.min() < 0.04, shares.max() > 0.18) == (True, True)
    boxes = hidden.any(dim=1).sum(dim=1) * hidden.any(dim=2).sum(dim=1)
    assert torch.equal(boxes, hidden.sum(dim=(1, 2)))


def test_erasing_hides_with_one_grey():
    drawn = views(only(erasing=1.0), grey(50))[:, 0]
    for view in drawn:
        hidden = view[(view - 128 / 255).abs() > 1e-6]
        assert len(hidden.unique()) == 1


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_share_of_images_that_are_erased_is_as_asked(share):
    drawn = views(only(erasing=share), grey(1000, 64))
    erased = ((drawn - 64 / 255).abs() > 1e-6).flatten(1).any(dim=1)
    assert erased.double().mean().item() == pytest.approx(share, abs=0.05)


def test_every_channel_is_seen_from_the_same_place_and_in_the_same_light():
    drawn = views(Augmentation(), faces(20).repeat(1, 3, 1, 1))
    assert drawn.shape[1] == 3
    assert torch.equal(drawn[:, 0], drawn[:, 1])
    assert torch.equal(drawn[:, 0], drawn[:, 2])


def test_the_channels_of_an_image_stay_apart():
    images = faces(20, channels=3)
    drawn = views(NOTHING, images)
    for channel in range(3):
        alone = views(NOTHING, images[:, [channel]])
        assert torch.equal(drawn[:, channel], alone[:, 0])


def test_saturation_is_a_share_of_the_distance_from_the_grey_of_the_same_pixel():
    # The left half of each image is of another grey than the right half.
    left = torch.tensor([120, 128, 142], dtype=torch.uint8)[None, :, None, None]
    images = torch.cat([left.repeat(500, 1, 48, 24), left.repeat(500, 1, 48, 24) + 40], dim=3)
    drawn = views(only(saturation=0.5), images) * 255
    for column, other in ((0, -1), (-1, 0)):
        pixels, across = drawn[:, :, 0, column], drawn[:, :, 0, other]
        grey = pixels.mean(dim=1)
        assert set(grey.round().tolist()) == {130.0, 170.0}
        kept = (pixels[:, 2] - grey) / 12
        torch.testing.assert_close(kept, (across[:, 2] - across.mean(dim=1)) / 12)
        assert (kept.min() >= 0.5 - 1e-4, kept.max() <= 1.5 + 1e-4) == (True, True)
        assert (kept.min() < 0.53, kept.max() > 1.47) == (True, True)


def test_without_saturation_the_generator_is_asked_for_nothing_more():
    plain, coloured = torch.Generator().manual_seed(0), torch.Generator().manual_seed(0)
    only()(faces(3), 32, plain)
    only(saturation=0.1)(faces(3), 32, coloured)
    assert torch.rand(1, generator=plain) != torch.rand(1, generator=coloured)
