"""Faults of the form: which of them have one right answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abawkit.labels.reading import LABEL_SUFFIXES
from abawkit.labels.text import header_of, read_text
from abawkit.protocol import column_names

if TYPE_CHECKING:
    from pathlib import Path

    from abawkit.protocol import Challenge, FileFormat
    from submissions.template import Template
    from submissions.validation.findings import Finding
    from submissions.validation.submission import Submission

WORDS = {
    "encoding": ("byte order mark", ""),
    "line-ends": ("CRLF or CR", "LF"),
    "blank-line": ("blank line", ""),
    "last-line": ("no newline", "newline"),
    "spaces": ("spaces", ""),
    "trailing-comma": ("trailing comma", ""),
}
"""What is mended wherever it stands: what is said of it before and after."""

BY_ROW = frozenset({
    "number-format", "probability", "file-name", "empty-value", "nan",
    "sentinel",
})  # fmt: skip
"""What is mended row by row; the last three if it is told how to fill."""

FILLABLE = frozenset({"empty-value", "nan", "sentinel"})
"""Values that are not there."""


def refused_form(
    submission: Submission, template: Template | None, *, fill: bool
) -> list[Finding]:
    """List the faults of form and values of which nobody can say what was meant.

    Parameters
    ----------
    submission : Submission
        What was read.
    template : Template, optional
        The official sample.
    fill : bool
        Whether it is told how to fill values that are not there.

    Returns
    -------
    list of Finding
        Those that cannot be mended.
    """
    return [
        finding
        for finding in submission.faults.findings()
        if finding.severity == "error" and not _can_mend(finding.code, submission, template, fill)
    ]


def _can_mend(code: str, submission: Submission, template: Template | None, fill: bool) -> bool:  # noqa: FBT001 - as `refused_form` takes it
    files = submission.faults.lines(code)
    match code:
        case "encoding":
            return not submission.unread and all(_is_utf8(path) for path in files)
        case "header":
            return all(_is_clear(path, submission, template) for path in files)
        case "blank-line":
            return _no_row_lost(submission, template)
        case "file-extra":
            # Another label file may be the one that was meant.
            return not any(path.is_file() and path.suffix in LABEL_SUFFIXES for path in files)
        case _ if code in FILLABLE:
            # A label beside probabilities would have to be guessed from them.
            return fill and not submission.layout.probabilities
        case _:
            return code in WORDS or code in BY_ROW


def _is_utf8(path: Path) -> bool:
    try:
        path.read_bytes().decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_clear(path: Path, submission: Submission, template: Template | None) -> bool:
    # Whether the header is missing, misspelt, or one too many; not of something else.
    table = next((table for table in submission.tables if table.path == path), None)
    if table is None:
        return False
    if table.first_line == 1:
        return True
    if submission.layout.header is None:
        # With a sample it would be noticed if this were a damaged row.
        return template is not None and template.rows is not None
    found = header_of(read_text(path))
    return is_misspelt(found, submission.layout, submission.challenge)


def is_misspelt(found: str, layout: FileFormat, challenge: Challenge) -> bool:
    """Tell whether a header is the right one but for its spelling.

    Upper and lower case, spaces and signs do not count; nor does what the column of the keys is
    called, and the columns may be named one by one where the right header has fewer names.

    Parameters
    ----------
    found : str
        The header that was found.
    layout : FileFormat
        The layout with the right one.
    challenge : Challenge
        What the columns hold.

    Returns
    -------
    bool
        Whether it says the same.
    """
    names = column_names(challenge.targets)
    order = layout.order or range(len(names))
    start = 0 if layout.key is None else 1
    wanted = [(layout.header or "").split(",")[start:], [names[column] for column in order]]
    usual = challenge.protocol.submission.header
    if usual is not None and not layout.order:
        # A sample may name a column otherwise than the table does.
        wanted.append(usual.split(",")[start:])
    said = _spelt(found.split(",")[start:])
    return any(said == _spelt(row) for row in wanted)


def _spelt(names: list[str]) -> list[str]:
    spelt = ["".join(letter for letter in name.casefold() if letter.isalnum()) for name in names]
    # A comma at the end of the line is no name.
    return spelt[:-1] if spelt and not spelt[-1] else spelt


def _no_row_lost(submission: Submission, template: Template | None) -> bool:
    """Tell whether blank lines are just that, and no rows that were lost.

    Where row ``i`` is frame ``i``, only the number of rows can tell.

    Parameters
    ----------
    submission : Submission
        What was read.
    template : Template, optional
        The official sample.

    Returns
    -------
    bool
        Whether the lines can be taken out.
    """
    if submission.layout.key is not None:
        return True
    counts = {} if template is None else template.n_frames
    return all(
        len(table.rows) in {len(table.values), counts.get(table.path.stem)}
        for table in submission.tables
    )


__all__ = ["FILLABLE", "WORDS", "is_misspelt", "refused_form"]
