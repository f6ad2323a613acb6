"""Every exception and warning abawkit raises on purpose, and nothing else.

Each exception carries ``exit_code``, what the command line exits with: 1 for findings, 2 for
usage, 3 for input that is missing or unreadable, 4 for a model or its runtime.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class AbawkitError(Exception):
    """Base class: catch this to catch everything abawkit raises on purpose."""

    exit_code: ClassVar[int] = 3


class UsageError(AbawkitError, ValueError):
    """An option has a value that cannot be understood, or options contradict each other."""

    exit_code = 2


class UnknownChallengeError(UsageError, LookupError):
    """The requested edition or task is not in the protocol table."""


class DataError(AbawkitError, ValueError):
    """A file or folder of data is missing or cannot be read."""


class AnnotationError(DataError):
    """A label file does not say what its layout promises; the message lists the faults."""


class AlignmentError(AbawkitError, ValueError):
    """Annotations and predictions do not cover the same videos and frames."""


class SubmissionError(AbawkitError, ValueError):
    """Predictions cannot be written as the edition asks, or a written file is not valid."""

    exit_code = 1


class ModelError(AbawkitError, RuntimeError):
    """A model file cannot be used, or running it failed."""

    exit_code = 4


class MissingDependencyError(AbawkitError, ImportError):
    """An optional dependency is needed for this operation."""

    exit_code = 4


class AbawkitWarning(UserWarning):
    """Base class of the warnings: something was decided for the user, who should know."""


class UndefinedMetricWarning(AbawkitWarning):
    """A score is 0/0 on this input and is given as NaN."""


class FrameCountWarning(AbawkitWarning):
    """The number of frames of a video is a guess, or disagrees with its images."""


class RowOrderWarning(AbawkitWarning):
    """The rows of a submission are not in the order of the official sample, which is lost."""


class SampleWarning(AbawkitWarning):
    """An official sample is not laid out as the table says; the sample was followed."""


class NoFaceWarning(AbawkitWarning):
    """A video has no frame with a face, so that its predictions are a constant."""


class UncertainWarning(AbawkitWarning):
    """There is too little data for an interval or a test to say much."""


class ComparisonWarning(AbawkitWarning):
    """Scores are compared that are not computed on the same."""


class TrainingWarning(AbawkitWarning):
    """A head could learn nothing of something, or has not."""


def few(items: Iterable[object], *, limit: int = 5, rest: int = 0) -> str:
    """Name the first few of many.

    Parameters
    ----------
    items : iterable
        What to name.
    limit : int
        How many at most.
    rest : int
        How many more there are than `items` holds.

    Returns
    -------
    str
        For example ``1, 2, 3, 4, 5 and 37 more``.
    """
    names: Sequence[str] = [str(item) for item in items]
    rest += max(len(names) - limit, 0)
    return ", ".join(names[:limit]) + (f" and {rest} more" if rest else "")


def counted(number: int, unit: str) -> str:
    """Count in words.

    Parameters
    ----------
    number : int
        How many.
    unit : str
        What of, in the singular.

    Returns
    -------
    str
        For example ``1 row`` or ``2 rows``.

    Examples
    --------
    >>> counted(1, "row"), counted(12345, "row")
    ('1 row', '12,345 rows')
    """
    return f"{number:,} {unit}" + ("" if number == 1 else "s")
