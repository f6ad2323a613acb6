"""Which files of a folder are the submission."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abawkit.errors import few
from abawkit.evaluation.files import MANIFEST
from abawkit.labels.reading import label_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from abawkit.protocol import FileFormat
    from submissions.validation.collecting import Collector

_OF_A_RUN = {MANIFEST, "raw"}


def submission_files(path: Path, layout: FileFormat, faults: Collector) -> list[Path]:
    """List the files of a submission, and note those that are none.

    The name of a file of all videos is free, but where it has a number: `trial-0.txt`. What
    abawkit itself puts beside the labels of a run, and hidden files, are passed over.

    Parameters
    ----------
    path : Path
        A run folder, a folder of label files, or one file.
    layout : FileFormat
        The layout that the submission should have.
    faults : Collector
        Takes up files with wrong names and others.

    Returns
    -------
    list of Path
        Sorted by name, at least one; a `DataError` if there is none.
    """
    files = label_files(path)
    if layout.per_video:
        files = _one_a_video(files, layout, faults)
    else:
        files = _one_of_all(files, layout, faults)
    if path.is_dir():
        _note_others(path, files, faults)
    return files


def _one_a_video(files: Sequence[Path], layout: FileFormat, faults: Collector) -> list[Path]:
    suffix = layout.file.removeprefix("{video}")
    kept: dict[str, Path] = {}
    for file in sorted(files, key=lambda file: (file.suffix != suffix, file.name)):
        if file.suffix != suffix:
            found = f"expected {file.stem}{suffix}, found {file.name}"
            faults.add(file, 0, found, code="file-name")
        kept.setdefault(file.stem, file)
    return sorted(kept.values())


def _one_of_all(files: Sequence[Path], layout: FileFormat, faults: Collector) -> list[Path]:
    fitting = [file for file in files if layout.fits(file.name)]
    chosen = [*fitting, *files][0]
    if layout.numbered and not fitting:
        found = f"expected a name such as {layout.file}, found {chosen.name}"
        faults.add(chosen, 0, found, code="file-name")
    return [chosen]


def _note_others(path: Path, files: Sequence[Path], faults: Collector) -> None:
    known = {file.name for file in files} | _OF_A_RUN
    others = [
        entry
        for entry in sorted(path.iterdir())
        if entry.name not in known
        and not entry.name.startswith(".")
        # Half a file of a run that was killed, which nobody reads.
        and entry.suffix != ".part"
    ]
    for other in others:
        kind = "a folder" if other.is_dir() else "a file"
        found = f"found {kind} that is no part of the submission: {few([other.name])}"
        faults.add(other, 0, found, code="file-extra")
