"""The tables of the overview: entries beside each other, and what moves their scores."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

from abawkit.errors import UncertainWarning
from abawkit.evaluation.comparability import differences
from abawkit.evaluation.comparing import compare
from abawkit.evaluation.influence import gains, influence
from abawkit.evaluation.signature import Signature
from abawkit.protocol import Continuous
from abawkit.report.html.blocks import Cell, Table
from abawkit.report.html.words import UNDEFINED, amount, extent, number, signed, timeline_of

if TYPE_CHECKING:
    from abawkit.evaluation.interval import Interval
    from abawkit.report.html.entry import Entry, Page

_MOST = 5
_SMALLEST = 0.001
"""The smallest p that is printed."""


def beside_the_first(page: Page) -> Table | None:
    """Tell how far each other entry is from the first.

    Parameters
    ----------
    page : Page
        What the page shows.

    Returns
    -------
    Table or None
        A row an entry, None for one entry.

    Warns
    -----
    ComparisonWarning
        If the entries are not scored on the same frames and annotations; the page says so too.
    """
    first, *others = page.entries
    if not others:
        return None
    how = first.intervals.bootstrap
    reports = {entry.name: entry.report for entry in page.entries}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pairs = compare(reports, bootstrap=how, baseline=first.name).pairs
    # What makes intervals uncertain has been said with them.
    doubts = [each for each in caught if not issubclass(each.category, UncertainWarning)]
    for doubt in doubts:
        warnings.warn(doubt.message, stacklevel=2)
    level = amount(how.level)
    rows = []
    for pair in pairs:
        gap = pair.score
        p = gap.randomisation.corrected
        surely = p <= 1 - how.level
        better = "better" if gap.difference > 0 else "worse"
        verdict = f"{better} than {first.name}" if surely else f"not told apart from {first.name}"
        rows.append((
            Cell(text=pair.first),
            Cell(text=signed(gap.difference), value=gap.difference),
            Cell(text=_signedextent(gap.interval), value=gap.interval.low),
            Cell(text=_p(p), value=p),
            Cell(text=_p(gap.bootstrap.corrected), value=gap.bootstrap.corrected),
            Cell(text="the same predictions" if pair.same else verdict),
        ))
    columns = ("Entry", "Difference", f"{level} interval", "p, randomisation", "p, bootstrap")
    beware = "".join(f"Beware: {doubt.message}. " for doubt in doubts)
    caption = (
        f"Compared with {first.name}. {beware}Differences of the scores with the interval of the "
        "paired bootstrap; p of paired approximate randomisation and of the paired bootstrap, "
        f"both by {how.unit} and corrected by Holm. Other seeds of training may differ by more."
    )
    return Table(id="beside", caption=caption, columns=(*columns, "So it is"), rows=rows)


def _p(value: float) -> str:
    if math.isnan(value):
        return UNDEFINED
    return f"{value:.3f}" if value >= _SMALLEST else f"< {_SMALLEST}"


def _signedextent(interval: Interval) -> str:
    if math.isnan(interval.low):
        return UNDEFINED
    return f"{signed(interval.low)} to {signed(interval.high)}"


def other_signatures(page: Page) -> Table | None:
    """Tell where entries were made or scored in another way than the first.

    Parameters
    ----------
    page : Page
        What the page shows.

    Returns
    -------
    Table or None
        A row a difference, None where there is none.
    """
    first, *others = page.entries
    signed_first = Signature.parse(first.signature)
    rows = [
        (
            Cell(text=found.meaning),
            Cell(text=entry.name),
            Cell(text=found.b or "not said"),
            Cell(text=found.a or "not said"),
            Cell(text="no" if found.decides else "yes"),
        )
        for entry in others
        for found in differences(signed_first, Signature.parse(entry.signature))
    ]
    if not rows:
        return None
    caption = (
        f"Where signatures differ from that of {first.name}. What tells of the system, such as "
        "its smoothing, may differ; with other frames or rules scores cannot be compared."
    )
    columns = ("What", "Entry", "There", first.name, "Comparable")
    return Table(id="differences", caption=caption, columns=columns, rows=rows)


def class_scores(page: Page) -> Table | None:
    """Show how well each class does.

    Parameters
    ----------
    page : Page
        What the page shows.

    Returns
    -------
    Table or None
        A row a class; None where there are none, or the only card shows them.
    """
    # A continuous output is a part of the score already.
    names = [
        name
        for target in page.challenge.targets
        if not isinstance(target, Continuous)
        for name in target.names
    ]
    # A card alone has shown the classes, where these are all that the score is made of.
    if not names or (len(page.entries) == 1 and len(page.entries[0].report.components) == 1):
        return None
    columns = ["Class"]
    for entry in page.entries:
        columns += [entry.name, f"{amount(entry.intervals.bootstrap.level)} interval"]
    rows = [
        (
            Cell(text=name),
            *(
                cell
                for entry in page.entries
                for cell in _cells(entry.report.per_class[name], entry.intervals.per_class[name])
            ),
        )
        for name in names
    ]
    caption = "Each class. Its score over all frames of all videos, and how sure that is."
    return Table(id="class-scores", caption=caption, columns=tuple(columns), rows=rows)


def _cells(value: float, interval: Interval) -> tuple[Cell, Cell]:
    return Cell(text=number(value), value=value), Cell(text=extent(interval), value=interval.low)


def movers(entry: Entry, index: int, *, linked: bool) -> Table:
    """Show which videos move the score most.

    Parameters
    ----------
    entry : Entry
        The entry.
    index : int
        Which one it is, from 1.
    linked : bool
        Whether there are timelines to link to.

    Returns
    -------
    Table
        First what pulls it down most, last what lifts it most.
    """
    moving = [found for found in influence(entry.report) if not math.isnan(found.change)]
    moving.sort(key=lambda found: (found.change, found.video))
    down = [found for found in moving if found.change < 0][:_MOST]
    up = [found for found in moving if found.change > 0][-_MOST:]
    rows = [
        (
            Cell(text=found.video, link=timeline_of(found.video) if linked else None),
            Cell(text=f"{found.n_frames:,}", value=found.n_frames),
            Cell(text=signed(found.change), value=found.change),
            Cell(text=number(found.without), value=found.without),
        )
        for found in [*down, *up]
    ]
    caption = (
        f"What moves the score of {entry.name}. Up to {_MOST} videos that pull it down most and "
        f"{_MOST} that lift it most: the score with a video, less the score without it."
    )
    columns = ("Video", "Frames", "Moves it by", "Score without")
    return Table(id=f"movers-{index}", caption=caption, columns=columns, rows=rows)


def gains_table(entry: Entry, index: int) -> Table:
    """Show what a little more of each output would bring.

    Parameters
    ----------
    entry : Entry
        The entry.
    index : int
        Which one it is, from 1.

    Returns
    -------
    Table
        A row an output.
    """
    score = entry.report.score
    rows = [
        (
            Cell(text=gain.name),
            Cell(text=number(gain.value), value=gain.value),
            Cell(text=signed(gain.gain), value=gain.gain),
            _count(gain.frames),
            Cell(text=number(gain.as_others), value=gain.as_others)
            if gain.as_others > score
            else Cell(text="-", value=math.nan),
        )
        for gain in gains(entry.report)
    ]
    caption = (
        f"What a gain of 0.01 brings to {entry.name}. How much the score rises if one output is "
        "0.01 better, how many wrong frames would have to be right for that at the least, and the "
        "score if this output did as well as the others on average, where that is more."
    )
    columns = ("Output", "Now", "Score rises by", "Frames to mend", "Score if as others")
    return Table(id=f"gains-{index}", caption=caption, columns=columns, rows=rows)


def _count(frames: int | None) -> Cell:
    if frames is None:
        return Cell(text="\N{EN DASH}", value=math.nan)
    return Cell(text=f"{frames:,}", value=frames)
