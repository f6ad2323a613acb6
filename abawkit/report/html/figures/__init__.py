"""Figures of a page that sum up all frames: what is predicted where, how well and how steadily.

Conventions: a figure counts the values that the score counts, and says how many they are. It
holds sums and means only, never a single frame, so that a page stays small.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from abawkit.report.html.figures.calibration import calibration_section
from abawkit.report.html.figures.classes import classes_section
from abawkit.report.html.figures.confusion import confusion_section
from abawkit.report.html.figures.density import plane_section
from abawkit.report.html.figures.flicker import flicker_section
from abawkit.report.html.figures.parts import parts
from abawkit.report.html.figures.units import units_section

if TYPE_CHECKING:
    from abawkit.report.html.blocks import Section
    from abawkit.report.html.entry import Page

_SECTIONS = (
    plane_section,
    confusion_section,
    classes_section,
    units_section,
    calibration_section,
    flicker_section,
)


def figures(page: Page) -> list[Section]:
    """Make the sections of figures that apply to a page.

    Parameters
    ----------
    page : Page
        The entries and their annotations.

    Returns
    -------
    list of Section
        In the order of the page.
    """
    of_targets = parts(page)
    sections = (make(of_targets) for make in _SECTIONS)
    return [section for section in sections if section is not None]


__all__ = ["figures"]
