"""Reading what is to be converted, whatever it is: label files, a run, or a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abawkit.errors import AnnotationError, DataError, UnknownChallengeError, UsageError, few
from abawkit.labels import detect_challenge, read_labels
from abawkit.labels.cells import field_names
from abawkit.labels.keys import key_pattern
from abawkit.labels.reading import label_files
from abawkit.protocol import CHALLENGES
from submissions.conversion.columns import parts_of_table
from submissions.conversion.naming import ROW_NAMES, plain
from submissions.conversion.parts import parts_of_labels
from submissions.conversion.tabular import read_first, read_table
from submissions.identify import identify, run_challenge

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from abawkit.protocol import Challenge
    from submissions.conversion.parts import Part

_TABLES = (".npz", ".parquet", ".tsv")
_HEADERS: dict[tuple[str, ...], int] = {
    tuple(layout.header.split(",")): len(field_names(layout, row.targets))
    for row in CHALLENGES.values()
    for layout in row.protocol.layouts
    if layout.header is not None
}
"""How many values a row of labels has under each header: one, where that names classes."""


def read_parts(
    path: Path, challenge: Challenge, *, given: Challenge | None = None, first: int | None = None
) -> list[Part]:
    """Read what a source says of the targets of a challenge, and of others.

    Parameters
    ----------
    path : Path
        A run folder, label files of any edition, or a table; a folder of tables without a column
        of videos has a table a video, named after it.
    challenge : Challenge
        What is wanted of it.
    given : Challenge, optional
        What it holds, where it does not tell.
    first : int, optional
        The number of a video's first frame in a table.

    Returns
    -------
    list of Part
        Outputs by target.

    Raises
    ------
    DataError
        If there is nothing to read.
    AnnotationError
        If label files are wrong, and no tables either.
    """
    if not path.exists():
        msg = f"{path}: no such file or folder; expected predictions: label files, .csv or .npz"
        raise DataError(msg)
    tables = _tables(path)
    if tables:
        return _parts_of_tables(tables, given or challenge, first)
    own = _source_challenge(path, challenge, given)
    _refuse_other_rows(path, own, challenge)
    try:
        labels = read_labels(path, own)
    except AnnotationError:
        # Probabilities of units and unknown values are no labels, and look like them at first.
        tables = _tables_like_labels(path)
        if not tables:
            raise
        return _parts_of_tables(tables, given or challenge, first)
    return list(parts_of_labels(str(path), labels, own.targets))


def _parts_of_tables(files: Sequence[Path], wanted: Challenge, first: int | None) -> list[Part]:
    return [
        part
        for file in files
        for part in parts_of_table(read_table(file, wanted.targets), wanted, first=first)
    ]


def _tables(path: Path) -> list[Path]:
    if path.suffix in _TABLES:
        return [path]
    if run_challenge(path) is not None:
        return []
    files = label_files(path)
    tables = [file for file in files if _is_table(file)]
    if tables and len(tables) < len(files):
        others = [file.name for file in files if file not in tables]
        msg = (
            f"{path}: some of these files are tables ({few(file.name for file in tables)}), some "
            f"are not ({few(others)}); expected files of one kind; convert each kind on its own"
        )
        raise DataError(msg)
    return tables


def _is_table(file: Path) -> bool:
    """Tell a table from label files by its header, and by how many values a row has.

    Parameters
    ----------
    file : Path
        The file.

    Returns
    -------
    bool
        Whether it names its rows, and no row of labels looks like that.
    """
    names, n_values = _shape(file)
    if not _names_rows(names):
        return False
    labels = _HEADERS.get(names)
    # A header that names classes is that of one label a row, or of a probability a class.
    return labels is None or n_values == len(names) != labels


def _tables_like_labels(path: Path) -> list[Path]:
    """Give label files that can be read as tables too: a column a value, and one for the rows.

    Parameters
    ----------
    path : Path
        The files.

    Returns
    -------
    list of Path
        All of them; empty if one of them is no such file, or if a run wrote them.
    """
    if run_challenge(path) is not None:
        return []
    files = label_files(path)
    shapes = [_shape(file) for file in files]
    fitting = all(
        n_values == len(names) == _HEADERS.get(names) and _names_rows(names)
        for names, n_values in shapes
    )
    return files if fitting else []


def _shape(file: Path) -> tuple[tuple[str, ...], int]:
    # The names of the columns, and how many values the first row has.
    try:
        names, row = read_first(file)
    except DataError:  # No text: the reader of labels says so.
        return (), 0
    return names, len(row)


def _names_rows(names: Sequence[str]) -> bool:
    return any(plain(name) in ROW_NAMES for name in names)


def _source_challenge(path: Path, challenge: Challenge, given: Challenge | None) -> Challenge:
    if given is not None:
        return identify(path, task=given.name)
    own = run_challenge(path)
    if own is not None:
        return own
    try:
        return detect_challenge(path)
    except UnknownChallengeError:
        bare = _without_header(path, challenge)
        if bare is None:
            raise
        return bare


def _without_header(path: Path, challenge: Challenge) -> Challenge | None:
    """Tell the challenge of files without a header by the keys of their rows.

    Parameters
    ----------
    path : Path
        The files.
    challenge : Challenge
        What is wanted of them: they are of its task, if they can be.

    Returns
    -------
    Challenge or None
        That challenge, if its rows have such keys, else another edition of its task whose rows
        have; None if there is none.
    """
    with label_files(path)[0].open("rb") as file:
        text = file.readline().decode("utf-8", "replace").partition(",")[0].strip()
    fitting = []
    for row in (challenge, *CHALLENGES.values()):
        layout = row.protocol.submission
        if row.protocol.task != challenge.protocol.task or layout.header is not None:
            continue
        if layout.key is not None and key_pattern(layout.key).fullmatch(text):
            fitting.append(row)
    # A key of frames is the name of a clip too, so that frames go first.
    return min(fitting, key=lambda row: row.protocol.submission.whole_clips, default=None)


def _refuse_other_rows(path: Path, own: Challenge, challenge: Challenge) -> None:
    if own.protocol.submission.whole_clips != challenge.protocol.submission.whole_clips:
        kinds = [
            "whole clips" if row.protocol.submission.whole_clips else "frames"
            for row in (own, challenge)
        ]
        msg = (
            f"{path}: the rows of {own.name} are {kinds[0]}, expected {kinds[1]}, as "
            f"{challenge.name} has; one does not tell the other; decide what they say first, and "
            "give that as a table"
        )
        raise UsageError(msg)
