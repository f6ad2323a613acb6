"""From what a user names to labelled images: the layout is told by what is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from abawkit.errors import DataError, UsageError, few
from baselines.card import EMOTIONS_7, EMOTIONS_8
from baselines.training.ferplus import read_ferplus
from baselines.training.layouts.affectnet import ANNOTATIONS, IMAGES, read_annotations, read_table
from baselines.training.layouts.folders import (
    hold_out,
    is_vggface2,
    read_classes,
    read_identities,
    same_persons,
)
from baselines.training.layouts.frames import read_frames
from baselines.training.layouts.listing import folders_in, images_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from abawkit.protocol import Challenge
    from baselines.training.images import LabelledImages

LAYOUTS = """\
expected one of these, with the validation part beside it or as VALID:

    train.npz                                    FER+: images, votes, columns
    training.csv and its folder of photos        AffectNet, manually annotated
    train_set/images/0.jpg and annotations/      AffectNet, later release: 0_exp.npy, …
    train/Happiness/a.jpg or train/1/a.jpg       a folder a class, by AffectNet's name or number
    train/n000001/0001_01.jpg                    VGGFace2: a folder of face crops a person
    annotations of expressions                   with --frames, the cropped frames"""

_TRAIN = ("train", "train_set", "training", "training_set")
_VALID = ("val", "valid", "val_set", "validation", "validation_set", "valid_set")
_CLASSES = {8: EMOTIONS_8, 7: EMOTIONS_7}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How data are to be read.

    Attributes
    ----------
    persons : bool, optional
        Whether folders are persons rather than classes; if it is not given, those that are named
        as VGGFace2's are.
    n_classes : int
        8, or 7 without contempt.
    held_out : float
        Share of each person's images that is validated on.
    whole_images : bool
        Leave the boxes of AffectNet's table alone.
    allow_missing : bool
        Leave out what is labelled but is not there.
    frames : Path, optional
        Cropped frames, of which the data are annotations.
    challenge : Challenge, optional
        Whose annotations these are.
    """

    persons: bool | None = None
    n_classes: int = 8
    held_out: float = 0.05
    whole_images: bool = False
    allow_missing: bool = False
    frames: Path | None = None
    challenge: Challenge | None = None


def read_parts(
    train: Path, valid: Path | None, reading: Reading
) -> tuple[LabelledImages, LabelledImages]:
    """Read what to train on, and what to validate on.

    Parameters
    ----------
    train : Path
        The training part, or a folder that holds both parts.
    valid : Path, optional
        The validation part. Persons need none: a share of the images of each is held out.
    reading : Reading
        How to read them.

    Returns
    -------
    train, valid : LabelledImages
        Of the same classes.

    Raises
    ------
    UsageError
        If there is no validation part, or it has other classes.
    DataError
        If no layout fits, or the data have faults.
    """
    if reading.n_classes not in _CLASSES:
        msg = f"--classes: expected 8, or 7 without contempt; found {reading.n_classes}"
        raise UsageError(msg)
    place = _find(train, "training.csv", _TRAIN) or train
    beside = train.parent if train.suffix.lower() == ".csv" else train
    other = _find(valid or beside, "validation.csv", _VALID) or valid
    learnt = _read(place, train, reading)
    if other is None and learnt.identities:
        return hold_out(learnt, reading.held_out)
    if other is None:
        msg = f"{train}: there is no validation part beside it; give one as VALID"
        raise UsageError(msg)
    held = _read(other, valid or train, reading)
    if learnt.identities and held.identities:
        held = same_persons(learnt, held, other)
    if held.classes != learnt.classes:
        msg = (
            f"{other}: expected the classes of {train}, {few(learnt.classes, limit=8)}, found "
            f"{few(held.classes, limit=8)}"
        )
        raise UsageError(msg)
    return learnt, held


def _find(given: Path, table: str, names: Sequence[str]) -> Path | None:
    # One part of what a folder holds, if it holds several.
    if not given.is_dir():
        return None
    inside = folders_in(given)
    for folder in (given, *(given / name for name in inside)):
        if (folder / table).is_file():
            return folder / table
    return next((given / name for name in inside if name.lower() in names), None)


def _read(path: Path, given: Path, reading: Reading) -> LabelledImages:
    classes = _CLASSES[reading.n_classes]
    if reading.frames is not None and reading.challenge is not None:
        missing = reading.allow_missing
        return read_frames(path, reading.frames, reading.challenge, allow_missing=missing)
    match path.suffix.lower():
        case ".npz":
            return _eight(path, read_ferplus(path), reading)
        case ".csv":
            return read_table(
                path,
                given if given.is_dir() else _top(path),
                classes,
                whole_images=reading.whole_images,
                allow_missing=reading.allow_missing,
            )
        case _:
            return _read_folder(path, classes, reading)


def _read_folder(folder: Path, classes: Sequence[str], reading: Reading) -> LabelledImages:
    if not folder.is_dir():
        msg = f"{folder}: no such folder; {LAYOUTS}"
        raise DataError(msg)
    names = folders_in(folder)
    if {IMAGES, ANNOTATIONS} <= set(names):
        return read_annotations(folder, classes, allow_missing=reading.allow_missing)
    if not any(images_in(folder / name) for name in names):
        msg = f"{folder}: no images are where a layout has them; {LAYOUTS}"
        raise DataError(msg)
    # Folders of other names than VGGFace2's may be anything, such as videos.
    persons = is_vggface2(names) if reading.persons is None else reading.persons
    return read_identities(folder) if persons else read_classes(folder, classes)


def _eight(path: Path, faces: LabelledImages, reading: Reading) -> LabelledImages:
    if len(faces.classes) != reading.n_classes:
        msg = f"{path}: FER+ is read with all of its 8 classes; leave out --classes"
        raise UsageError(msg)
    return faces


def _top(table: Path) -> Path:
    # The folder that has the images somewhere in it, where tables have one of their own.
    lists = table.parent.name.lower().endswith("lists")
    return table.parent.parent if lists else table.parent
