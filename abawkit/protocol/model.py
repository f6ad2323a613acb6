"""The vocabulary in which the table of challenges is written.

A challenge is one task of one edition. A task has one target or, for MTL, three; a target is a
group of outputs that is annotated, masked and scored together. Label files are laid out as a
`FileFormat` says; sentinels such as -5 and -1 live here, in readers and in writers only.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import ArrayLike

    from abawkit.metrics import Absent, Summary


class Summarise(Protocol):
    """How a target is scored: a function of truth, prediction and mask."""

    def __call__(
        self, y_true: ArrayLike, y_pred: ArrayLike, *, known: ArrayLike | None = None
    ) -> Summary:
        """Summarise a sample.

        Parameters
        ----------
        y_true, y_pred : array_like
            Reference and predicted labels of the target.
        known : array_like of bool, optional
            Which of them count; all by default.

        Returns
        -------
        Summary
            What the score is a function of.
        """
        ...


Masking = Literal["frame", "value"]
"""Whether one unannotated value hides the frame's others of that target, or only itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """What every kind of target has: a name, its outputs' names and a sentinel."""

    name: str
    names: tuple[str, ...]
    unannotated: float

    @property
    def columns(self) -> int:
        """Number of columns in a label file and of outputs in a track of labels."""
        return len(self.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuous(_Named):
    """Real values, each in ``[low, high]``, written with so many ``decimals``."""

    low: float
    high: float
    masking: Masking
    summarise: Summarise
    decimals: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Categorical(_Named):
    """One class out of several, written as its index in ``names``.

    ``confusion`` makes the score's statistics, told the number of ``classes`` and how an
    ``absent`` one counts.
    """

    absent: Absent
    confusion: Callable[..., Summary]

    @property
    def columns(self) -> int:
        """Number of columns in a label file and of outputs in a track of labels."""
        return 1

    def summarise(
        self, y_true: ArrayLike, y_pred: ArrayLike, *, known: ArrayLike | None = None
    ) -> Summary:
        """Summarise a sample.

        Parameters
        ----------
        y_true, y_pred : array_like of int, shape (n_frames,) or (n_frames, 1)
            Reference and predicted classes.
        known : array_like of bool, of the same shape, optional
            Which of them count; all by default.

        Returns
        -------
        Summary
            What the score is a function of.
        """
        classes = len(self.names)
        return self.confusion(y_true, y_pred, known=known, classes=classes, absent=self.absent)


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiLabel(_Named):
    """Independent labels, each 0 or 1."""

    masking: Masking
    summarise: Summarise


Target = Continuous | Categorical | MultiLabel


def blocks(
    targets: Sequence[Target], *, width: Callable[[Target], int] = attrgetter("columns")
) -> Iterator[tuple[Target, slice]]:
    """Go through the targets of a task with the columns that each has.

    Parameters
    ----------
    targets : sequence of Target
        The task's targets.
    width : callable
        How many columns a target has; by default those of its labels.

    Yields
    ------
    tuple of Target and slice
        The target and its columns.
    """
    start = 0
    for target in targets:
        stop = start + width(target)
        yield target, slice(start, stop)
        start = stop


def column_names(targets: Sequence[Target]) -> tuple[str, ...]:
    """Name the label columns of a task.

    Parameters
    ----------
    targets : sequence of Target
        The task's targets.

    Returns
    -------
    tuple of str
        One name a column; a class label's column has the name of its target.
    """
    return tuple(
        name
        for target in targets
        for name in ((target.name,) if isinstance(target, Categorical) else target.names)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """The first column of a file that names its rows.

    ``pattern`` is a format string over ``video`` and ``frame``, for example
    ``{video}/{frame:05d}.jpg``; without ``frame`` a row is a whole clip, without ``video`` the
    file is one video's. ``column`` is its name in the header, None in a file without a header;
    ``first`` is the number of a video's first frame.
    """

    column: str | None
    pattern: str
    first: int = 1

    @property
    def fields(self) -> frozenset[str]:
        """Which of ``video`` and ``frame`` the pattern holds."""
        names = (name for _, name, _, _ in string.Formatter().parse(self.pattern))
        return frozenset(name for name in names if name)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """How labels stand in files: text, comma separated.

    ``file`` is the name of the file, a format string over ``video`` where there is one file a
    video. ``header`` is the first line to the letter, or None. ``key`` names the rows; without
    one, row ``i`` is frame ``i + 1``. ``probabilities`` is set where each class' probability
    stands before the label.
    """

    file: str
    header: str | None
    key: Key | None = None
    probabilities: bool = False

    @property
    def per_video(self) -> bool:
        """Whether each video has its own file."""
        return "{video}" in self.file

    @property
    def whole_clips(self) -> bool:
        """Whether a row is a whole clip, or an image of its own, and not a frame."""
        return self.key is not None and "frame" not in self.key.fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The official size of one part of the data, as far as it is known.

    ``rows`` are annotated rows of a training or validation part, and rows to submit of a test
    part.
    """

    name: Literal["train", "validation", "test"]
    videos: int | None = None
    rows: int | None = None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskProtocol:
    """How one task is annotated, submitted and scored.

    ``annotation`` and ``submission`` are the layouts of the two kinds of files; ``score`` is the
    ranking score in words; ``sources`` tell where the facts stand; ``unconfirmed`` lists what no
    public source confirms, and what was chosen in its place.
    """

    task: str
    title: str
    targets: tuple[Target, ...]
    score: str
    annotation: FileFormat
    submission: FileFormat
    splits: tuple[Split, ...] = ()
    sources: tuple[str, ...]
    unconfirmed: tuple[str, ...] = ()

    @property
    def columns(self) -> int:
        """Number of label columns over all targets."""
        return sum(target.columns for target in self.targets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One competition."""

    number: int
    venue: str
    reference: str
    protocols: tuple[TaskProtocol, ...]
    unconfirmed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """One task of one edition: a row of the table."""

    edition: Edition
    protocol: TaskProtocol

    @property
    def name(self) -> str:
        """Canonical short name, e.g. ``abaw6-va``."""
        return f"abaw{self.edition.number}-{self.protocol.task}"

    @property
    def targets(self) -> tuple[Target, ...]:
        """The task's targets, in the order of their columns."""
        return self.protocol.targets


__all__ = [
    "Categorical",
    "Challenge",
    "Continuous",
    "Edition",
    "FileFormat",
    "Key",
    "Masking",
    "MultiLabel",
    "Split",
    "Summarise",
    "Target",
    "TaskProtocol",
    "blocks",
    "column_names",
]
