"""Which class is taken for which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from abawkit.evaluation.matrices import confusion, rates
from abawkit.protocol import Categorical
from abawkit.report.html.blocks import Cell, Figure, Section, Table
from abawkit.report.html.figures.cells import cells
from abawkit.report.html.figures.panels import percent, spelled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from abawkit.report.html.figures.parts import Part


def confusion_section(parts: Sequence[Part]) -> Section | None:
    """Show which class each entry takes for which.

    Parameters
    ----------
    parts : sequence of Part
        The targets of the page.

    Returns
    -------
    Section or None
        A matrix an entry; None where there are no classes.
    """
    blocks = [
        _figure(part, index)
        for part in parts
        if isinstance(part.target, Categorical)
        for index in range(len(part.entries))
    ]
    if not blocks:
        return None
    return Section(
        id="confusion",
        title="Confusion",
        lead=(
            "Rows are what is annotated, columns what is predicted. On the diagonal a class is "
            "found; a strong colour beside it is a mistake that is made often."
        ),
        blocks=blocks,
    )


def _figure(part: Part, index: int) -> Figure:
    names = part.target.names
    stacked, entry = part.predicted[index], part.entries[index]
    known = stacked.known[:, 0]
    matrix = confusion(stacked.true[known, 0], stacked.pred[known, 0], classes=len(names))
    shares = rates(matrix)
    counting = len(np.unique(stacked.video[known]))
    what = "frames" if part.of_frames else "clips"
    identity = f"confusion-{part.target.name}-{index + 1}"
    caption = (
        f"{entry.name}: what is taken for what. {int(known.sum()):,} {what} of "
        f"{counting} videos; shares are of a row, in percent."
    )
    return Figure(
        id=identity,
        caption=caption,
        summary=_summary(names, matrix, shares, what),
        traces=[
            *_heat(names, shares, matrix, counts=False, what=what),
            *_heat(names, shares, matrix, counts=True, what=what),
        ],
        layout=_layout(names),
        height=120 + max(300, 46 * len(names)),
        numbers=_table(identity, caption, names, matrix),
    )


def _heat(
    names: Sequence[str],
    shares: NDArray[np.float64],
    matrix: NDArray[np.int64],
    *,
    counts: bool,
    what: str,
) -> list[Mapping[str, Any]]:
    def text(row: int, column: int) -> str:
        if not matrix[row].any():
            return ""
        count = int(matrix[row, column])
        return f"{count:,}" if counts else f"{100 * shares[row, column]:.0f}"

    size = range(len(names))
    # A few frequent classes would leave the others dark.
    tone = np.log10(matrix + 1.0) if counts else shares
    return cells(
        [spelled(name) for name in names],
        tone,
        [[text(row, column) for column in size] for row in size],
        (0.0, round(float(tone.max()), 3) if counts else 1.0),
        customdata=[
            [[int(matrix[row, col]), percent(float(shares[row, col]), 1)] for col in size]
            for row in size
        ],
        hovertemplate=(
            f"%{{y}} taken for %{{x}}<br>%{{customdata[0]:,}} {what}, %{{customdata[1]}} of its "
            "own<extra></extra>"
        ),
    )


def _layout(names: Sequence[str]) -> dict[str, Any]:
    axis = {"showgrid": False, "zeroline": False, "ticklabelstandoff": 5}
    upright = axis | {"title": {"text": "predicted"}, "side": "top", "tickangle": 0}
    slanted = upright | {"tickangle": -50, "tickfont": {"size": 10, "color": "@muted"}}
    many = len(names) > 2  # noqa: PLR2004 - two names stand beside each other anywhere
    down = axis | {"autorange": "reversed", "title": {"text": "annotated"}}
    return {
        "xaxis": slanted if max(map(len, names)) > 12 else upright,  # noqa: PLR2004 - letters
        "yaxis": down,
        "margin": {"b": 8},
        "meta": {
            "views": [
                {"label": "Shares", "traces": [0, 1]},
                {"label": "Counts", "traces": [2, 3]},
            ],
            "narrow": {
                "xaxis": slanted if many else upright,
                "yaxis": down | {"title": {"text": ""}, "tickfont": {"size": 10}},
                "font": {"size": 9},
            },
            "narrowHeight": 120 + 30 * len(names),
        },
    }


def _table(identity: str, caption: str, names: Sequence[str], matrix: NDArray[np.int64]) -> Table:
    return Table(
        id=f"{identity}-numbers",
        caption=caption,
        columns=("annotated", *(f"as {spelled(name)}" for name in names), "all"),
        rows=[
            (
                Cell(text=spelled(name)),
                *(Cell(text=f"{count:,}", value=float(count)) for count in row.tolist()),
                Cell(text=f"{int(row.sum()):,}", value=float(row.sum())),
            )
            for name, row in zip(names, matrix, strict=True)
        ],
    )


def _summary(
    names: Sequence[str], matrix: NDArray[np.int64], shares: NDArray[np.float64], what: str
) -> str:
    mistakes = shares.copy()
    np.fill_diagonal(mistakes, np.nan)
    if not np.nansum(mistakes):
        return f"No class is taken for another one in any of the {what}."
    row, column = divmod(int(np.nanargmax(mistakes)), len(names))
    found = np.diagonal(shares)
    lost = [
        spelled(name)
        for name, share, counts in zip(names, found, matrix, strict=True)
        if counts.any() and share == 0
    ]
    worst = (
        f"{spelled(names[row])} is taken for {spelled(names[column])} in "
        f"{percent(shares[row, column])} of its {int(matrix[row].sum()):,} {what}: no class is "
        "mistaken for another one more often."
    )
    return f"{worst} Never found: {', '.join(lost)}." if lost else worst


__all__ = ["confusion_section"]
