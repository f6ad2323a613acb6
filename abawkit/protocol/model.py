"""The vocabulary in which the table of challenges is written.

A challenge is one task of one edition. A task has one target or, for MTL, three; a target is a
group of outputs that is annotated, masked and scored together. Label files are laid out as a
`FileFormat` says; sentinels such as -5 and -1 live here, in readers and in writers only.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import ArrayLike

    from abawkit.metrics import Absent, Summary


_NUMBER = re.compile(r"[0-9]+")


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
    may stand before the label: files with and without are taken. ``selected`` is set where only
    some frames of a video have a row. ``order`` tells, where a sample's header has the label
    columns in another order, which of the task's columns stands in each; empty for their own.
    ``numbered`` is set
    where the number in the file's name is that of the trial, from the one in ``file`` on.
    """

    file: str
    header: str | None
    key: Key | None = None
    probabilities: bool = False
    selected: bool = False
    order: tuple[int, ...] = ()
    numbered: bool = False

    @property
    def per_video(self) -> bool:
        """Whether each video has its own file."""
        return "{video}" in self.file

    @property
    def whole_clips(self) -> bool:
        """Whether a row is a whole clip, or an image of its own, and not a frame."""
        return self.key is not None and "frame" not in self.key.fields

    def trial_file(self, index: int) -> str:
        """Name the file of a trial, where files are numbered.

        Parameters
        ----------
        index : int
            Which trial, from 0.

        Returns
        -------
        str
            Such as ``trial-1.txt``.
        """
        return _NUMBER.sub(lambda found: str(int(found[0]) + index), self.file)

    def fits(self, name: str) -> bool:
        """Tell whether a file of all videos has the name that it should have.

        Parameters
        ----------
        name : str
            The name.

        Returns
        -------
        bool
            Whether it is ``file``; where files are numbered, with any number.
        """
        if not self.numbered:
            return name == self.file
        return (
            re.fullmatch("[0-9]+".join(map(re.escape, _NUMBER.split(self.file))), name) is not None
        )


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
    public source confirms, and what was chosen in its place. ``trials`` is how many submissions
    a team may send, and ``trials_confirmed`` whether that is known, and not inferred.
    """

    task: str
    title: str
    targets: tuple[Target, ...]
    score: str
    annotation: FileFormat
    submission: FileFormat
    splits: tuple[Split, ...] = ()
    trials: int = 5
    trials_confirmed: bool = False
    sources: tuple[str, ...]
    unconfirmed: tuple[str, ...] = ()

    @property
    def columns(self) -> int:
        """Number of label columns over all targets."""
        return sum(target.columns for target in self.targets)

    @property
    def layouts(self) -> tuple[FileFormat, FileFormat]:
        """The layouts of annotations and of submissions."""
        return self.annotation, self.submission


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One competition."""

    number: int
    venue: str
    reference: str
    protocols: tuple[TaskProtocol, ...]
    unconfirmed: tuple[str, ...] = ()


def canonical(name_or_task: str) -> str:
    """Spell the name of a challenge or of a task as the table does.

    Parameters
    ----------
    name_or_task : str
        In upper or lower case, with or without spaces around.

    Returns
    -------
    str
        The name, whether or not there is such a challenge.

    Examples
    --------
    >>> canonical(" ABAW3-VA"), canonical("EXPR")
    ('abaw3-va', 'expr')
    """
    return name_or_task.strip().lower()


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

    def is_asked(self, task: str | None, edition: int | None) -> bool:
        """Tell whether this is what was asked for, or may be.

        Parameters
        ----------
        task : str or None
            The task or the name of a challenge, as `canonical` takes it; None for any.
        edition : int or None
            Number of the edition; None for any.

        Returns
        -------
        bool
            Whether it is of this task and this edition.
        """
        asked = None if task is None else canonical(task)
        names = {None, self.protocol.task, self.name}
        return asked in names and edition in {None, self.edition.number}


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
    "canonical",
    "column_names",
]
