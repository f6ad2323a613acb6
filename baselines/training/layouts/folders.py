"""A folder a class, or a folder a person: what the names of folders say of the images in them.

VGGFace2 (Q. Cao et al., "VGGFace2: A Dataset for Recognising Faces across Pose and Age", FG 2018)
has a folder for each of 9,131 persons; those of its test part are others than those of its
training part, hence validation is on images of the same persons that are held out.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import DataError, UsageError, few
from baselines.card import UNKNOWN
from baselines.training.images import LabelledImages
from baselines.training.layouts import affectnet
from baselines.training.layouts.listing import by_folder, folders_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from baselines.training.images import ImageFiles

_OTHER_NAMES = {
    "happy": "Happiness",
    "sad": "Sadness",
    "surprised": "Surprise",
    "fearful": "Fear",
    "disgusted": "Disgust",
    "angry": "Anger",
}
_NAMES = {name.lower(): name for name in affectnet.CLASSES} | _OTHER_NAMES
_VGGFACE2 = re.compile(r"n[0-9]{6}")


def is_vggface2(folders: Sequence[str]) -> bool:
    """Tell whether folders are named as those of VGGFace2.

    Parameters
    ----------
    folders : sequence of str
        Their names.

    Returns
    -------
    bool
        Whether each is an n and six digits.
    """
    return all(map(_VGGFACE2.fullmatch, folders))


def emotion(folder: str) -> str | None:
    """Tell which class a folder is named after.

    Parameters
    ----------
    folder : str
        A class, as ``Happiness`` or ``happy``, or AffectNet's number of it.

    Returns
    -------
    str or None
        Its name; None if it is no class.
    """
    return _NAMES.get(folder.lower()) or affectnet.label(folder)


def read_classes(folder: Path, classes: Sequence[str]) -> LabelledImages:
    """Read a folder with a folder for each class.

    Parameters
    ----------
    folder : Path
        Holds folders that are named after classes, or by AffectNet's numbers.
    classes : sequence of str
        The classes that are kept, in the order of a network's outputs.

    Returns
    -------
    LabelledImages
        Class by class.

    Raises
    ------
    DataError
        If a folder is no class, two are the same one, or no image is left.
    """
    names = folders_in(folder)
    labels = [emotion(name) for name in names]
    strange = [name for name, found in zip(names, labels, strict=True) if found is None]
    known = [name for name in labels if name is not None]
    twice = sorted({name for name in known if known.count(name) > 1})
    if strange or twice:
        wrong = f"no classes: {few(strange)}" if strange else f"there twice: {few(twice)}"
        msg = (
            f"{folder}: expected a folder a class, named {', '.join(affectnet.CLASSES[:8])} or "
            f"0 to 7 in this order (8 to 10 are left out); {wrong}. Folders of persons "
            "are read with --recipe faces"
        )
        raise DataError(msg)
    images, owner = by_folder(folder, names)
    owners = [known[at] for at in owner.tolist()]
    return affectnet.keep_classes(images, owners, classes, what=folder)


def read_identities(folder: Path) -> LabelledImages:
    """Read a folder with a folder for each person, such as ``train`` of VGGFace2.

    Parameters
    ----------
    folder : Path
        Holds folders of crops of faces, each of one person.

    Returns
    -------
    LabelledImages
        Person by person; those without an image are left out.

    Raises
    ------
    DataError
        If there are no two persons with images.
    """
    names = folders_in(folder)
    images, owner = by_folder(folder, names)
    kept, targets = np.unique(owner, return_inverse=True)
    if len(kept) < 2:  # noqa: PLR2004 - of one there is nothing to learn
        msg = (
            f"{folder}: expected a folder of face crops for each of several persons, such as "
            f"n000001/0001_01.jpg, found images in {len(kept)} of {len(names)} folders"
        )
        raise DataError(msg)
    empty = len(names) - len(kept)
    return LabelledImages(
        images=images,
        targets=targets.astype(np.int64),
        classes=tuple(names[at] for at in kept.tolist()),
        dataset="VGGFace2" if is_vggface2(names) else UNKNOWN,
        identities=True,
        notes=(f"{folder}: {empty} folders have no images",) if empty else (),
    )


def hold_out(faces: LabelledImages, share: float) -> tuple[LabelledImages, LabelledImages]:
    """Hold out some images of each person.

    Which ones depends on their names alone: it is the same on every disk, for every seed, and
    whatever other persons there are.

    Parameters
    ----------
    faces : LabelledImages
        From `read_identities`.
    share : float
        Of the images of each person, rounded down, yet one at least; a person with a single image
        keeps it.

    Returns
    -------
    train, valid : LabelledImages
        Disjoint, and together all images.

    Raises
    ------
    UsageError
        If the share is not between 0 and 1.
    DataError
        If nobody has two images.
    """
    if not 0 < share < 1:
        msg = f"--held-out: expected a share between 0 and 1, found {share}"
        raise UsageError(msg)
    files: ImageFiles = faces.images  # type: ignore[assignment]
    keys = [
        hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest() for name in files.names
    ]
    held = np.zeros(len(faces), bool)
    ends = np.cumsum(np.bincount(faces.labels)).tolist()
    for begin, end in zip([0, *ends[:-1]], ends, strict=True):
        n_held = max(1, int(share * (end - begin))) if end - begin > 1 else 0
        held[sorted(range(begin, end), key=keys.__getitem__)[:n_held]] = True
    if not held.any():
        msg = f"{files.root}: nobody has two images, so that none can be held out"
        raise DataError(msg)
    train, valid = faces.take(np.flatnonzero(~held)), faces.take(np.flatnonzero(held))
    return train, replace(valid, notes=())


def same_persons(train: LabelledImages, valid: LabelledImages, where: Path) -> LabelledImages:
    """Give the persons of a validation part the numbers that they have in training.

    Parameters
    ----------
    train, valid : LabelledImages
        From `read_identities`.
    where : Path
        The folder of the second.

    Returns
    -------
    LabelledImages
        The second, with the classes of the first.

    Raises
    ------
    UsageError
        If there are persons in it that training has not.
    """
    number = {name: index for index, name in enumerate(train.classes)}
    others = [name for name in valid.classes if name not in number]
    if others:
        msg = (
            f"{where}: {len(others)} of its {len(valid.classes)} persons are not among those to "
            f"train on: {few(others)}. Leave VALID out: some images of each person are held out"
        )
        raise UsageError(msg)
    numbers = np.array([number[name] for name in valid.classes], np.int64)
    return replace(valid, targets=numbers[valid.labels], classes=train.classes)
