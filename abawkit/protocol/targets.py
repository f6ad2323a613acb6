"""The words of the table: what is predicted, and how label files are laid out.

Conventions: names stand here as in the organisers' headers, to the letter, and nowhere else;
headers and numbers of classes are derived from them. Where a target has no sentinel of its own,
-1 stands for "unannotated".
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from abawkit.metrics import (
    Accuracy,
    CellAccuracy,
    Confusion,
    DetectionCounts,
    MeanCCC,
    MeanPearson,
    WeightedSum,
)
from abawkit.protocol.model import Categorical, Continuous, FileFormat, Key, MultiLabel

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from abawkit.metrics import Summary
    from abawkit.protocol.model import Target


def weighted(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    known: ArrayLike | None = None,
    parts: tuple[Callable[..., Summary], ...],
    weights: tuple[float, ...],
    **options: object,
) -> WeightedSum:
    """Score one target by several scores at once.

    Parameters
    ----------
    y_true, y_pred, known : array_like
        As each of `parts` takes them.
    parts : tuple of callable
        The scores.
    weights : tuple of float
        One for each of them.
    **options : object
        What each of the scores is told besides.

    Returns
    -------
    WeightedSum
        The scores of the sample, with their weights.
    """
    summaries = tuple(part(y_true, y_pred, known=known, **options) for part in parts)
    return WeightedSum(summaries, weights)


def one_of(name: str, names: tuple[str, ...]) -> Categorical:
    """Describe a choice of one class, scored by macro F1 over all of them.

    Parameters
    ----------
    name : str
        Name of the target.
    names : tuple of str
        The classes, in the order of their indices.

    Returns
    -------
    Categorical
        The target; -1 marks an unannotated frame, and an absent class counts 0.
    """
    return Categorical(
        name=name, names=names, unannotated=-1.0, absent="zero", confusion=Confusion.of
    )


def action_units(*numbers: int) -> MultiLabel:
    """Describe action units, scored by the mean of their F1.

    Parameters
    ----------
    *numbers : int
        The units, in the order of their columns.

    Returns
    -------
    MultiLabel
        The target; -1 marks an unannotated value and hides no other.
    """
    return MultiLabel(
        name="au",
        names=tuple(f"AU{number}" for number in numbers),
        unannotated=-1.0,
        masking="value",
        summarise=DetectionCounts.of,
    )


def intensities(name: str, names: tuple[str, ...]) -> Continuous:
    """Describe intensities of a whole clip, scored by mean Pearson correlation.

    Parameters
    ----------
    name : str
        Name of the target.
    names : tuple of str
        The emotions, in the order of their columns.

    Returns
    -------
    Continuous
        The target, with values in [0, 1].
    """
    return Continuous(
        name=name,
        names=names,
        low=0.0,
        high=1.0,
        unannotated=-1.0,
        masking="frame",
        summarise=MeanPearson.of,
    )


def per_video(target: Target) -> FileFormat:
    """Lay a target out as one text file a video, whose row ``i`` is frame ``i``.

    Parameters
    ----------
    target : Target
        What the rows hold; its names are the header.

    Returns
    -------
    FileFormat
        The layout of the annotations of every edition, and of submissions up to the 3rd.
    """
    return FileFormat(file="{video}.txt", header=",".join(target.names))


def keyed(file: str, key: Key, *names: str) -> FileFormat:
    """Lay labels out as a file whose first column names the rows.

    Parameters
    ----------
    file : str
        Name of the file.
    key : Key
        The first column.
    *names : str
        The rest of the header; none for a file without a header.

    Returns
    -------
    FileFormat
        The layout.
    """
    header = None if key.column is None else ",".join((key.column, *names))
    return FileFormat(file=file, header=header, key=key)


def selected(layout: FileFormat) -> FileFormat:
    """Say of a layout that only some frames of a video have a row.

    Parameters
    ----------
    layout : FileFormat
        A layout.

    Returns
    -------
    FileFormat
        The same of selected frames.
    """
    return replace(layout, selected=True)


EMOTIONS = ("Neutral", "Anger", "Disgust", "Fear", "Happiness", "Sadness", "Surprise")

VALENCE_AROUSAL = Continuous(
    name="va",
    names=("valence", "arousal"),
    low=-1.0,
    high=1.0,
    unannotated=-5.0,
    masking="frame",
    summarise=MeanCCC.of,
)
EXPRESSION_7 = replace(
    one_of("expr", EMOTIONS),
    confusion=partial(weighted, parts=(Confusion.of, Accuracy.of), weights=(0.67, 0.33)),
)
EXPRESSION_8 = one_of("expr", (*EMOTIONS, "Other"))
ACTION_UNITS_8 = action_units(1, 2, 4, 6, 12, 15, 20, 25)
ACTION_UNITS_12 = action_units(1, 2, 4, 6, 7, 10, 12, 15, 23, 24, 25, 26)
F1_AND_ACCURACY = partial(
    weighted, parts=(DetectionCounts.of, CellAccuracy.of), weights=(0.5, 0.5)
)
"""How action units were scored in the 1st and 2nd edition."""

SYNTHETIC_EXPRESSION = one_of("lsd", EMOTIONS[1:])
COMPOUND_EXPRESSION = one_of(
    "ce",
    (
        "Fearfully_Surprised",
        "Happily_Surprised",
        "Sadly_Surprised",
        "Disgustedly_Surprised",
        "Angrily_Surprised",
        "Sadly_Fearful",
        "Sadly_Angry",
    ),
)
REACTION = intensities(
    "eri",
    ("Adoration", "Amusement", "Anxiety", "Disgust", "Empathic-Pain", "Fear", "Surprise"),
)
MIMICRY = intensities(
    "emi", ("Admiration", "Amusement", "Determination", "Empathic Pain", "Excitement", "Joy")
)
HESITANCY = one_of("ah", ("No A/H", "A/H"))
VIOLENCE = one_of("vd", ("Non-violence", "Violence"))

IMAGE = "{video}/{frame:05d}.jpg"
IMAGE_LOCATION = Key(column="image_location", pattern=IMAGE)
MTL_KEY = Key(column="image", pattern=IMAGE)
LSD_KEY = Key(column="image", pattern="{video}.jpg")
ERI_KEY = Key(column="File_ID", pattern="{video}")
EMI_KEY = Key(column="Filename", pattern="{video}")
AH_FRAME_KEY = Key(column=None, pattern="{video}/frame-{frame}.jpg", first=0)
AH_VIDEO_KEY = Key(column=None, pattern="{video}")
VD_KEY = Key(column="Frame_Number", pattern="{frame}")
MTL_NAMES = ("valence", "arousal", "expression", "aus")
"""What the header of MTL files says of their 15 label columns."""

__all__ = [
    "ACTION_UNITS_8",
    "ACTION_UNITS_12",
    "AH_FRAME_KEY",
    "AH_VIDEO_KEY",
    "COMPOUND_EXPRESSION",
    "EMI_KEY",
    "ERI_KEY",
    "EXPRESSION_7",
    "EXPRESSION_8",
    "F1_AND_ACCURACY",
    "HESITANCY",
    "IMAGE_LOCATION",
    "LSD_KEY",
    "MIMICRY",
    "MTL_KEY",
    "MTL_NAMES",
    "REACTION",
    "SYNTHETIC_EXPRESSION",
    "VALENCE_AROUSAL",
    "VD_KEY",
    "VIOLENCE",
    "action_units",
    "intensities",
    "keyed",
    "one_of",
    "per_video",
    "selected",
    "weighted",
]
