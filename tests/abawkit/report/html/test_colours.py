"""The colours of pages: contrast, and whether all can tell them apart."""

import itertools
import re
from pathlib import Path

import pytest

from abawkit.report import html

ASSETS = Path(html.__file__).parent / "assets"
COLOUR = re.compile(r"--([a-z0-9]+): (#[0-9a-f]{6}(?: #[0-9a-f]{6})*);")
THEMES = {
    "light": dict(COLOUR.findall((ASSETS / "page.css").read_text())),
    "dark": dict(COLOUR.findall((ASSETS / "dark.css").read_text())),
}
SERIES = [f"series{i}" for i in range(1, 7)]


def channels(colour):
    return [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]


def linear(channel):
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def contrast(one, other):
    """Compare two colours as the Web Content Accessibility Guidelines 2.2 define it."""
    parts = 0.2126, 0.7152, 0.0722
    light = [
        sum(w * linear(c) for w, c in zip(parts, channels(x), strict=True)) for x in (one, other)
    ]
    return (max(light) + 0.05) / (min(light) + 0.05)


def seen_without_green(colour):
    """Give what is left of a colour for those who lack the cones of green (Vienot 1999)."""
    red, green, blue = (linear(channel) for channel in channels(colour))
    return 0.29275 * red + 0.70725 * green, -0.02234 * red + 0.02234 * green + blue


def test_black_on_white_is_as_the_guidelines_say():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["ground", "surface", "sunken"])
@pytest.mark.parametrize("text", ["ink", "muted", "accent"])
def test_text_is_told_from_its_ground(theme, ground, text):
    assert contrast(THEMES[theme][text], THEMES[theme][ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("mark", [*SERIES, "truth", "gap", "good", "bad", "accent"])
def test_marks_are_told_from_their_ground(theme, mark):
    colours = THEMES[theme]
    assert min(contrast(colours[mark], colours[one]) for one in ("ground", "surface")) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("scale", ["sequential", "diverging"])
def test_the_ends_of_a_scale_are_told_from_its_start(theme, scale):
    colours = THEMES[theme][scale].split()
    middle = colours[0] if scale == "sequential" else colours[len(colours) // 2]
    ends = colours[-1:] if scale == "sequential" else [colours[0], colours[-1]]
    assert all(contrast(middle, end) > 5 for end in ends)
    steps = [contrast(colours[0], colour) for colour in colours]
    assert scale == "diverging" or steps == sorted(steps)


@pytest.mark.parametrize("theme", THEMES)
def test_the_first_series_differ_without_green_too(theme):
    seen = [seen_without_green(THEMES[theme][name]) for name in SERIES[:3]]
    gaps = [
        sum(abs(a - b) for a, b in zip(*pair, strict=True))
        for pair in itertools.combinations(seen, 2)
    ]
    assert min(gaps) > 0.1


def test_both_themes_name_the_same_colours():
    assert set(THEMES["light"]) == set(THEMES["dark"])
