"""The table of videos: which ones go wrong, and which of them matter."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from abawkit.evaluation.evaluate import components, counted
from abawkit.evaluation.influence import influence
from abawkit.protocol import Continuous
from abawkit.report.html.blocks import Cell, Section, Table
from abawkit.report.html.words import amount, number, signed, spoken, timeline_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from abawkit.report.html.entry import Entry, Page

Column = tuple[str, "Mapping[str, Cell]"]
"""The head of a column, and its cells by video."""


def videos(page: Page, *, linked: bool = True) -> Section:
    """Lay out the scores of single videos.

    Parameters
    ----------
    page : Page
        What the page shows.
    linked : bool
        Whether there are timelines to link to.

    Returns
    -------
    Section
        One table, the video first that pulls the score of the first entry down most.
    """
    first = page.entries[0]
    clips = page.challenge.protocol.annotation.whole_clips
    columns = [] if clips else [_frames(first), *_faces(page)]
    for entry in page.entries:
        columns += _scores(entry, f" {entry.name}" if len(page.entries) > 1 else "")
    columns = [column for column in columns if any(map(_is_known, column[1].values()))]
    changes = {found.video: found.change for found in influence(first.report)}

    def place(video: str) -> tuple[bool, float, str]:
        change = changes.get(video, math.nan)
        return math.isnan(change), change, video

    rows = [
        (
            Cell(text=video, link=timeline_of(video) if linked else None),
            *(cells[video] for _, cells in columns),
        )
        for video in sorted(first.report.videos, key=place)
    ]
    names = ("Video", *(name for name, _ in columns))
    caption = "All videos. Choose a column's name to sort by it, twice for the other way round."
    table = Table(id="video-scores", caption=caption, columns=names, rows=rows)
    return Section(id="videos", title="Videos", lead=_lead(page), blocks=(table,))


def _is_known(cell: Cell) -> bool:
    # Where a video is one clip, its own score is undefined.
    return cell.value is None or not math.isnan(cell.value)


def _lead(page: Page) -> str:
    others = f" of {page.entries[0].name}" if len(page.entries) > 1 else ""
    lead = (
        f'First stands the video that pulls the score{others} down most. The column "Moves it '
        'by" tells the score of all videos, less the score without this one.'
    )
    if all(isinstance(target, Continuous) for target in page.challenge.targets):
        return lead
    return f"{lead} A single video rarely shows every class, which holds its own score down."


def _frames(entry: Entry) -> Column:
    cells = {
        name: Cell(text=f"{video.n_frames:,}", value=video.n_frames)
        for name, video in entry.report.videos.items()
    }
    return "Frames", cells


def _faces(page: Page) -> list[Column]:
    """Tell how many of the annotated frames of a video have no face.

    Parameters
    ----------
    page : Page
        What the page shows.

    Returns
    -------
    list of Column
        One for each entry that has other faces than those before it.
    """
    found: dict[tuple[float, ...], Column] = {}
    for entry in page.entries:
        if entry.faces is None:
            continue
        shares = {name: _faceless(page, entry, name) for name in entry.report.videos}
        cells = {name: Cell(text=_share(value), value=value) for name, value in shares.items()}
        head = f"No face {entry.name}" if found else "No face"
        found.setdefault(tuple(shares.values()), (head, cells))
    return list(found.values())


def _faceless(page: Page, entry: Entry, video: str) -> float:
    faces = (entry.faces or {}).get(video)
    scored = counted(page.challenge, page.truth[video]).any(axis=1)
    if faces is None or faces.shape != scored.shape or not scored.any():
        return math.nan
    return float(1 - faces[scored].mean())


def _share(value: float) -> str:
    return "\N{EN DASH}" if math.isnan(value) else amount(round(value, 4))


def _scores(entry: Entry, suffix: str) -> list[Column]:
    report = entry.report
    changes = {
        found.video: Cell(text=signed(found.change), value=found.change)
        for found in influence(report)
    }
    unmoved = Cell(text=signed(math.nan), value=math.nan)
    parts = {name: components(report.challenge, v.summary) for name, v in report.videos.items()}
    totals = {name: video.summary.score for name, video in report.videos.items()}
    scores = {name: Cell(text=number(value), value=value) for name, value in totals.items()}
    columns: list[Column] = [
        (f"Score{suffix}", scores),
        (f"Moves it by{suffix}", {name: changes.get(name, unmoved) for name in scores}),
    ]
    # Where it has one part only, that is the score.
    named = list(report.components) if len(report.components) > 1 else []
    for part in named:
        cells = {name: Cell(text=number(of[part]), value=of[part]) for name, of in parts.items()}
        columns.append((f"{spoken(report.challenge, part)}{suffix}", cells))
    return columns
