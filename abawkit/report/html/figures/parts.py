"""A target of the page with the frames of every entry: what the figures are computed from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from abawkit.evaluation.signature import UNKNOWN, Signature
from abawkit.evaluation.stacked import Stacked, stack

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def decided_on(entries: Sequence[Entry]) -> str:
    """Say which probabilities are shown: smoothing makes them less sure than a network's own.

    Parameters
    ----------
    entries : sequence of Entry
        Whose probabilities they are.

    Returns
    -------
    str
        A sentence.
    """
    filters = dict.fromkeys(
        Signature.parse(entry.signature).fields.get("smooth", UNKNOWN) for entry in entries
    )
    told = [name for name in filters if name not in {UNKNOWN, "none"}]
    if not told:
        return "The probabilities are those that labels were decided on."
    return (
        "The probabilities are those that labels were decided on, after filling and smoothing "
        f"({'; '.join(told)}): a network's own may be surer."
    )
