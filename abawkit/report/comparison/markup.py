"""A comparison for people: text for a terminal, Markdown and LaTeX for what is published."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from abawkit.report.comparison.tables import (
    CAVEAT,
    Cell,
    Sheet,
    about_pairs,
    about_systems,
    letters,
    pairs,
    systems,
)
from abawkit.report.render import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from abawkit.evaluation.comparison import Comparison

_MARKDOWN = re.compile(r"[\\`*_\[\]<>#|~&$]")
_SIGN = re.compile(r"[+-](?=[0-9])")
_LATEX = str.maketrans({
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
})


def as_text(comparison: Comparison, *, decimals: int = 4) -> str:
    """Show a comparison on a terminal.

    Parameters
    ----------
    comparison : Comparison
        The systems.
    decimals : int
        How many decimals scores have.

    Returns
    -------
    str
        A table of systems, a table of pairs, how to read them, and the signatures.
    """
    tables = [_columns(sheet(comparison, decimals=decimals)) for sheet in (systems, pairs)]
    lines = [
        *about_systems(comparison, best="*", above="^"),
        *about_pairs(comparison),
        CAVEAT,
        *_signatures(comparison),
    ]
    return "\n\n".join([*tables, "\n".join(lines)])


def as_markdown(comparison: Comparison, *, decimals: int = 4) -> str:
    """Show a comparison as two Markdown tables.

    Parameters
    ----------
    comparison : Comparison
        The systems.
    decimals : int
        How many decimals scores have.

    Returns
    -------
    str
        The tables in GitHub's syntax, each with how to read it, and the signatures.
    """
    first = _markdown_table(systems(comparison, decimals=decimals))
    second = _markdown_table(pairs(comparison, decimals=decimals))
    about = about_systems(comparison, best="Bold type", above="a superscript")
    signatures = "\n".join(f"    {line}" for line in _signatures(comparison))
    parts = [
        *(first, " ".join(map(_markdown, about))),
        *(second, " ".join(map(_markdown, about_pairs(comparison)))),
        *(_markdown(CAVEAT), signatures),
    ]
    return "\n\n".join(parts)


def as_latex(comparison: Comparison, *, decimals: int = 4) -> str:
    """Show a comparison as two LaTeX tables, which need the package booktabs.

    Parameters
    ----------
    comparison : Comparison
        The systems.
    decimals : int
        How many decimals scores have.

    Returns
    -------
    str
        Two ``table`` environments, with how to read them as captions and the signatures as
        comments.
    """
    about = about_systems(comparison, best="Bold type", above="a superscript")
    return "\n".join([
        r"% \usepackage{booktabs}",
        *(f"% {line}" for line in _signatures(comparison)),
        _latex_table(systems(comparison, decimals=decimals), about),
        "",
        _latex_table(pairs(comparison, decimals=decimals), [*about_pairs(comparison), CAVEAT]),
    ])


def _signatures(comparison: Comparison) -> list[str]:
    letter = letters(comparison)
    return [f"{letter[name]}: {system.signature}" for name, system in comparison.systems.items()]


def _one_line(text: str) -> str:
    # The name of a folder may hold anything.
    return " ".join(text.split())


def _columns(sheet: Sheet) -> str:
    rows = [[*sheet.header], *([_one_line(cell.text) for cell in row] for row in sheet.rows)]
    marks = [[""] * len(sheet.header), *([_text_mark(cell) for cell in row] for row in sheet.rows)]
    columns = []
    for index, column in enumerate(zip(*rows, strict=True)):
        width = max(map(len, column)) if index < sheet.names else 0
        column_marks = [row[index] for row in marks]
        margin = max(map(len, column_marks))
        columns.append([
            text.ljust(width) + mark.ljust(margin)
            for text, mark in zip(column, column_marks, strict=True)
        ])
    return table([*zip(*columns, strict=True)])


def _text_mark(cell: Cell) -> str:
    return "*" * cell.best + ("^" + ",".join(cell.above) if cell.above else "")


def _markdown(text: str) -> str:
    return _MARKDOWN.sub(lambda special: f"\\{special[0]}", _one_line(text))


def _markdown_cell(cell: Cell) -> str:
    text = _markdown(cell.text)
    bold = f"**{text}**" if cell.best else text
    return bold + (f"<sup>{','.join(cell.above)}</sup>" if cell.above else "")


def _markdown_table(sheet: Sheet) -> str:
    aligned = [":--"] * sheet.names + ["--:"] * (len(sheet.header) - sheet.names)
    rows = [[*map(_markdown, sheet.header)], aligned]
    rows += [[*map(_markdown_cell, row)] for row in sheet.rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _latex(text: str) -> str:
    return _one_line(text).translate(_LATEX)


def _latex_cell(cell: Cell) -> str:
    text = _latex(cell.text)
    bold = rf"\textbf{{{text}}}" if cell.best else text
    return bold + (rf"\textsuperscript{{{','.join(cell.above)}}}" if cell.above else "")


def _latex_row(cells: Sequence[str], n_names: int) -> str:
    # In mathematics, a minus is no hyphen.
    numbers = [_SIGN.sub(lambda sign: f"${sign[0]}$", cell) for cell in cells[n_names:]]
    return " & ".join([*cells[:n_names], *numbers]) + r" \\"


def _latex_table(sheet: Sheet, about: Sequence[str]) -> str:
    layout = "l" * sheet.names + "r" * (len(sheet.header) - sheet.names)
    lines = [
        r"\toprule",
        " & ".join(map(_latex, sheet.header)) + r" \\",
        r"\midrule",
        *(_latex_row([_latex_cell(cell) for cell in row], sheet.names) for row in sheet.rows),
        r"\bottomrule",
    ]
    caption = rf"\caption{{{' '.join(map(_latex, about))}}}"
    tabular = _environment("tabular", lines, argument=f"{{{layout}}}")
    return "\n".join(_environment("table", [r"\centering", caption, *tabular]))


def _environment(name: str, lines: Sequence[str], *, argument: str = "") -> list[str]:
    inside = [f"  {line}" for line in lines]
    return [rf"\begin{{{name}}}{argument}", *inside, rf"\end{{{name}}}"]
