"""A target of the page with the frames of every entry: what the figures are computed from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from abawkit.evaluation.stacked import Stacked, stack

if TYPE_CHECKING:
    from abawkit.protocol import Target
    from abawkit.report.html.entry import Entry, Page


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Part:
    """One target, its annotations, and what each entry predicts.

    ``annotated`` has the annotations as prediction as well, so that every annotated value counts
    in it; ``predicted`` has one a entry. ``of_frames`` tells whether rows are frames of videos,
    and not whole clips.
    """

    target: Target
    entries: tuple[Entry, ...]
    annotated: Stacked
    predicted: tuple[Stacked, ...]
    of_frames: bool


def parts(page: Page) -> tuple[Part, ...]:
    """Stack the frames of a page, once for all its figures.

    Parameters
    ----------
    page : Page
        The page.

    Returns
    -------
    tuple of Part
        One a target.
    """
    annotated = stack(page.challenge, page.truth, page.truth)
    predicted = [
        stack(page.challenge, page.truth, entry.prediction, entry.outputs)
        for entry in page.entries
    ]
    return tuple(
        Part(
            target=target,
            entries=page.entries,
            annotated=annotated[index],
            predicted=tuple(entry[index] for entry in predicted),
            of_frames=not page.challenge.protocol.submission.whole_clips,
        )
        for index, target in enumerate(page.challenge.targets)
    )
