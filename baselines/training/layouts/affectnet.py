"""AffectNet on disk, in the layouts of both of its releases.

A. Mollahosseini, B. Hasani and M. H. Mahoor, "AffectNet: A Database for Facial Expression,
Valence, and Arousal Computing in the Wild", IEEE Transactions on Affective Computing 10(1), 2019.
The manually annotated part of the first release is a table and a folder of photos with the box of
a face in each; the later one has cropped faces and a few arrays for each of them. Its numbers of
classes are not the order of a network's outputs. Of the table, 287,651 rows for training and 4,000
for validation have one of the eight classes.
"""

from __future__ import annotations

import csv
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import DataError, few
from abawkit.frames import natural
from baselines.training.images import ImageFiles, LabelledImages
from baselines.training.layouts.listing import (
    check_there,
    folders_in,
    images_in,
    listed,
    portable,
    sizes_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

# By number. The last three are no emotions.
CLASSES = (
    "Neutral", "Happiness", "Sadness", "Surprise", "Fear", "Disgust", "Anger", "Contempt",
    "None", "Uncertain", "No-Face",
)  # fmt: skip
IMAGES, ANNOTATIONS = "images", "annotations"
DATASET = "AffectNet"
_FILE, _CLASS = "subDirectory_filePath", "expression"
_BOX = ("face_x", "face_y", "face_width", "face_height")
_COLUMNS = (_FILE, *_BOX, "facial_landmarks", _CLASS, "valence", "arousal")
_SUFFIX = "_exp.npy"
# Rows that are looked at to find out where the images are.
_FIRST, _LEVELS = 50, 3
_LARGEST = 1 << 20

_Row = tuple[str, str, tuple[int, ...]]


def label(number: str) -> str | None:
    """Name a class.

    Parameters
    ----------
    number : str
        From 0 to 10.

    Returns
    -------
    str or None
        Its name; None if there is no such class.
    """
    text = number.strip()
    known = text.isascii() and text.isdigit() and int(text) < len(CLASSES)
    return CLASSES[int(text)] if known else None


def keep_classes(
    images: ImageFiles, labels: Sequence[str], classes: Sequence[str], *, what: Path
) -> LabelledImages:
    """Keep the images of some classes, and count the others.

    Parameters
    ----------
    images : ImageFiles
        The images.
    labels : sequence of str
        The name of the class of each.
    classes : sequence of str
        Those that are kept, in the order of a network's outputs.
    what : Path
        Where they come from.

    Returns
    -------
    LabelledImages
        With a note of how many of which class are left out.

    Raises
    ------
    DataError
        If none is left.
    """
    names = np.array(labels, dtype=object)
    kept = np.flatnonzero(np.isin(names.astype(str), list(classes)))
    if not kept.size:
        msg = (
            f"{what}: no image of {', '.join(classes)}; found {few(sorted(set(labels))) or 'none'}"
        )
        raise DataError(msg)
    others = [(name, int((names == name).sum())) for name in CLASSES if name not in classes]
    left_out = ", ".join(f"{count} {name}" for name, count in others if count)
    number = {name: index for index, name in enumerate(classes)}
    return LabelledImages(
        images=images.take(kept),
        targets=np.array([number[name] for name in names[kept]], np.int64),
        classes=tuple(classes),
        notes=(f"{what}: left out are {left_out}",) if left_out else (),
    )


def read_table(
    path: Path,
    top: Path,
    classes: Sequence[str],
    *,
    whole_images: bool = False,
    allow_missing: bool = False,
) -> LabelledImages:
    """Read a table of the manually annotated part, ``training.csv`` or ``validation.csv``.

    Parameters
    ----------
    path : Path
        The table, with or without its header. Of the columns those of the file, the box and the
        expression are used.
    top : Path
        Where the images are: relative to it, or to a folder up to two levels below it.
    classes : sequence of str
        The classes that are kept, in the order of a network's outputs.
    whole_images : bool
        Leave the boxes alone, because the images are cropped already.
    allow_missing : bool
        Leave out images that are not there.

    Returns
    -------
    LabelledImages
        In the order of the table; an image that it names twice for two faces is there twice.

    Raises
    ------
    DataError
        If the table cannot be read or has faults, of which the first are named; or no image is
        left, or some are not there.
    """
    faults: list[str] = []
    rows = []
    for line, row in _read_rows(path, (_FILE, _CLASS) if whole_images else (_FILE, *_BOX, _CLASS)):
        parsed = _parse(row, classes, whole_images=whole_images)
        if isinstance(parsed, str):
            faults.append(f"line {line}: {parsed}")
        else:
            rows.append(parsed)
    if faults:
        msg = f"{path}: {len(faults)} lines are not as expected: {few(faults, limit=3)}"
        raise DataError(msg)
    wanted = [name for name, emotion, _ in rows if emotion in classes]
    root = _find_images(path, top, wanted)
    sizes = sizes_of(root, wanted)
    lacking = [name for name in wanted if name not in sizes]
    notes = check_there(path, lacking, len(wanted), allow_missing=allow_missing)
    there = [row for row in rows if row[0] in sizes or row[1] not in classes]
    images = ImageFiles(
        root=root,
        names=tuple(name for name, _, _ in there),
        n_bytes=np.array([sizes.get(name, 0) for name, _, _ in there], np.int64),
        boxes=None if whole_images else np.array([box for _, _, box in there], np.int32),
    )
    kept = keep_classes(images, [emotion for _, emotion, _ in there], classes, what=path)
    return replace(kept, dataset=DATASET, notes=kept.notes + notes)


def read_annotations(
    folder: Path, classes: Sequence[str], *, allow_missing: bool = False
) -> LabelledImages:
    """Read a set of the later release: ``images/0.jpg`` with ``annotations/0_exp.npy``.

    Parameters
    ----------
    folder : Path
        Holds ``images`` and ``annotations``.
    classes : sequence of str
        The classes that are kept, in the order of a network's outputs.
    allow_missing : bool
        Leave out annotations whose images are not there.

    Returns
    -------
    LabelledImages
        In natural order. Images without an annotation are left out.

    Raises
    ------
    DataError
        If an annotation cannot be read or is no class, an image is not there, or none is left.
    """
    images = folder / IMAGES
    sizes = {f"{IMAGES}/{name}": size for name, size in images_in(images).items()}
    by_id = {name.removeprefix(f"{IMAGES}/").rpartition(".")[0]: name for name in sizes}
    ids = sorted(
        (
            entry.name.removesuffix(_SUFFIX)
            for entry in os.scandir(folder / ANNOTATIONS)
            if entry.name.endswith(_SUFFIX)
        ),
        key=natural,
    )
    lacking = [f"{IMAGES}/{name}.jpg" for name in ids if name not in by_id]
    notes = check_there(folder / ANNOTATIONS, lacking, len(ids), allow_missing=allow_missing)
    there = [name for name in ids if name in by_id]
    labels = [_read_class(folder / ANNOTATIONS / f"{name}{_SUFFIX}") for name in there]
    files = listed(folder, {by_id[name]: sizes[by_id[name]] for name in there})
    kept = keep_classes(files, labels, classes, what=folder)
    return replace(kept, dataset=DATASET, notes=kept.notes + notes)


def _read_class(path: Path) -> str:
    # As a number, or as text that holds one.
    try:
        array = np.load(path, allow_pickle=False)
    except Exception as error:  # a damaged file raises almost anything
        msg = f"{path}: cannot read this array: {error}"
        raise DataError(msg) from error
    found = str(array.reshape(-1)[0]) if array.size == 1 else f"an array of shape {array.shape}"
    emotion = label(found.removesuffix(".0"))
    if emotion is None:
        msg = f"{path}: expected the number of a class, 0 to {len(CLASSES) - 1}, found {found!r}"
        raise DataError(msg)
    return emotion


def _read_rows(path: Path, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            first = next(rows, [])
            header = [name.strip() for name in first]
            if not set(header) & set(_COLUMNS) and len(first) == len(_COLUMNS):
                header = [*_COLUMNS]
                yield 1, dict(zip(header, first, strict=True))
            lacking = [name for name in needed if name not in header]
            if lacking:
                msg = (
                    f"{path}: expected the columns {', '.join(needed)} of AffectNet; lacking are "
                    f"{', '.join(lacking)}; found {few(header, limit=9) or 'an empty file'}"
                )
                raise DataError(msg)
            for row in rows:
                if row:
                    yield rows.line_num, dict(zip(header, row, strict=False))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        msg = f"{path}: cannot read this table: {reason}"
        raise DataError(msg) from error


def _parse(row: dict[str, str], classes: Sequence[str], *, whole_images: bool) -> _Row | str:
    # A row, or what is wrong with it. Of classes that are left out only the class counts.
    number, given = row.get(_CLASS, ""), row.get(_FILE, "")
    emotion, name = label(number), portable(given)
    if emotion is None:
        return f"expected a class from 0 to {len(CLASSES) - 1}, found {number!r}"
    if name is None:
        return f"expected a file below the folder of images, found {given!r}"
    if whole_images or emotion not in classes:
        return name, emotion, (0, 0, 0, 0)
    values = [row.get(column, "") for column in _BOX]
    try:
        box = tuple(round(float(value)) for value in values)
    except (ValueError, OverflowError):
        box = ()
    if not box or min(box[2:]) <= 0 or max(map(abs, box)) > _LARGEST:
        return f"expected the box of a face in pixels, found {','.join(values)!r}"
    return name, emotion, box


def _find_images(path: Path, top: Path, names: Sequence[str]) -> Path:
    levels, first = [top], names[:_FIRST]
    for _ in range(_LEVELS):
        for root in levels:
            if not first or sizes_of(root, first):
                return root
        levels = [root / name for root in levels for name in folders_in(root)]
    msg = (
        f"{path}: the images that it names, such as {names[0]}, are not under {top}; expected "
        f"them as in {top}/Manually_Annotated_Images/{names[0]}"
    )
    raise DataError(msg)
