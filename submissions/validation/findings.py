"""What a check says of a submission: findings, each with a code, places and a hint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

Severity = Literal["error", "warning"]
PLACES = 5
"""How many places of a finding are named."""


Unit = Literal["line", "row", "video", "file", "column", "label"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A kind of finding.

    ``says`` is what it means, ``hint`` what to do, and ``unit`` what is counted. ``fixable``
    says whether ``--fix`` can repair it, at least where it need not guess.
    """

    severity: Severity
    says: str
    hint: str
    unit: Unit = "line"
    fixable: bool = False


CODES: dict[str, Code] = {
    # Form of the text.
    "file-name": Code(
        severity="error",
        says="a file is not named as the edition asks",
        hint="rename it",
        unit="file",
    ),
    "file-extra": Code(
        severity="error",
        says="something beside the label files is no part of the submission",
        hint="keep the files of one submission in a folder of their own",
        unit="file",
    ),
    "file-empty": Code(
        severity="error",
        says="a file has no rows",
        hint="write it again",
        unit="file",
    ),
    "encoding": Code(
        severity="error",
        says="bytes that are not UTF-8, or a byte order mark",
        hint="save the file as UTF-8 without a byte order mark",
        fixable=True,
    ),
    "line-ends": Code(
        severity="error",
        says="lines that end in CR or CRLF",
        hint="end lines in LF; --fix does",
        fixable=True,
    ),
    "blank-line": Code(
        severity="error",
        says="an empty line",
        hint="remove it; --fix does",
        fixable=True,
    ),
    "last-line": Code(
        severity="warning",
        says="the last line does not end, as if the file had been cut off",
        hint="look at the last row; --fix ends the line",
        unit="file",
        fixable=True,
    ),
    "spaces": Code(
        severity="error",
        says="spaces beside commas",
        hint="write commas alone; --fix does",
        fixable=True,
    ),
    "trailing-comma": Code(
        severity="error",
        says="a comma after the last value",
        hint="remove it; --fix does",
        fixable=True,
    ),
    "number-format": Code(
        severity="error",
        says="an integer that is not written as one, such as 1.0 for a class",
        hint="write it plainly; --fix does",
        fixable=True,
    ),
    "number-notation": Code(
        severity="warning",
        says="a value with an exponent or a plus sign, such as 9e-05",
        hint="every reader of numbers takes it; write it plainly to be sure",
    ),
    "header": Code(
        severity="error",
        says="the first line is not the header of the sample, or of the edition",
        hint="copy it from the official sample, and see whether the columns are those it names",
        unit="file",
        fixable=True,
    ),
    "columns": Code(
        severity="error",
        says="too few or too many values in a row",
        hint="write the values that the message names, with commas between",
    ),
    # Values.
    "empty-value": Code(
        severity="error",
        says="nothing where a value should be",
        hint="predict the rows, or fill them with --fix --fill linear",
        fixable=True,
    ),
    "text": Code(
        severity="error",
        says="a value that is no number",
        hint="write a number",
    ),
    "nan": Code(
        severity="error",
        says="NaN or infinity",
        hint="predict the rows, or fill them with --fix --fill linear",
        fixable=True,
    ),
    "range": Code(
        severity="error",
        says="a value outside the range of the target, or no class",
        hint="--fix clips what is close to the range; else scale the outputs",
        fixable=True,
    ),
    "sentinel": Code(
        severity="error",
        says="the mark of what is not annotated, such as -1 or -5",
        hint="predict the rows, or fill them with --fix --fill linear",
        fixable=True,
    ),
    "probability": Code(
        severity="error",
        says="probabilities whose sum is not exactly 1",
        hint="round p1 and write p0 = 1 - p1; --fix does",
        fixable=True,
    ),
    "label-probability": Code(
        severity="warning",
        says="the label is not the most probable class",
        hint="see which of the two is meant",
    ),
    # Rows.
    "key": Code(
        severity="error",
        says="the first column does not name a row as the edition does",
        hint="copy the first column from the official sample",
    ),
    "row-duplicate": Code(
        severity="error",
        says="a row that is there more than once",
        hint="keep one of them; --fix does where they are the same",
        unit="row",
        fixable=True,
    ),
    "row-repeated": Code(
        severity="warning",
        says="a row that is there twice, with the same values",
        hint="compare with the official sample: --like SAMPLE",
        unit="row",
    ),
    "row-missing": Code(
        severity="error",
        says="a row of the sample is not there",
        hint="predict the rows, or fill them with --fix --fill linear",
        unit="row",
        fixable=True,
    ),
    "row-extra": Code(
        severity="error",
        says="a row that the sample does not have",
        hint="leave it out; --fix does",
        unit="row",
        fixable=True,
    ),
    "row-order": Code(
        severity="error",
        says="rows in another order than the sample's",
        hint="sort them as the sample; --fix does",
        unit="row",
        fixable=True,
    ),
    "row-order-unusual": Code(
        severity="warning",
        says="frames that do not ascend, or a video in several parts",
        hint="compare with the official sample: --like SAMPLE",
        unit="row",
    ),
    "row-gap": Code(
        severity="warning",
        says="frames left out within a video",
        hint="compare with the official sample: --like SAMPLE",
        unit="row",
    ),
    "row-count": Code(
        severity="warning",
        says="as many videos as the test set, but another number of rows",
        hint="compare with the official sample: --like SAMPLE",
        unit="file",
    ),
    "row-count-unknown": Code(
        severity="warning",
        says="videos of which the list does not tell the number of rows, so that none was counted",
        hint="give the numbers with --frames",
        unit="video",
    ),
    "video-missing": Code(
        severity="error",
        says="a video of the sample has no rows",
        hint="predict it",
        unit="video",
    ),
    "video-unknown": Code(
        severity="error",
        says="a video that the sample does not have",
        hint="mend its name, or leave it out",
        unit="video",
        fixable=True,
    ),
    "video-person": Code(
        severity="error",
        says="a video named after another of its two people",
        hint="take the crops and the name of the person asked for",
        unit="video",
    ),
    # Legal, but telling.
    "constant-column": Code(
        severity="warning",
        says="one value in all rows of all videos",
        hint="see whether the model has learnt this output",
        unit="column",
    ),
    "constant-video": Code(
        severity="warning",
        says="the same values in all rows of a video",
        hint="see whether the video has any crops",
        unit="video",
    ),
    "no-face": Code(
        severity="warning",
        says="a video without a frame that has a face: its rows are filled from nothing",
        hint="see whether its crops are where the others are",
        unit="video",
    ),
    "class-never": Code(
        severity="warning",
        says="a class that is never predicted",
        hint="see whether the class is lost on the way",
        unit="label",
    ),
    "flicker": Code(
        severity="warning",
        says="labels that change and change back within three frames",
        hint="smooth the outputs: abawkit refine --smooth box:51",
        unit="row",
    ),
    "training-range": Code(
        severity="warning",
        says="values that no training label has",
        hint="see whether the outputs are scaled as the labels",
        unit="row",
    ),
    "shifted": Code(
        severity="warning",
        says="a video whose rows fit another submission best one frame earlier or later",
        hint="count frames alike in both, from the first",
        unit="video",
    ),
    "swapped-people": Code(
        severity="warning",
        says="two people of a video who have each other's rows in another submission",
        hint="see which crops are whose",
        unit="video",
    ),
}
"""Every kind of finding, by its code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a finding is; ``line`` is from 1, None where it is all of a file."""

    file: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One kind of fault: how often it is there, and where first.

    ``message`` says what was found at the first place and what was expected.
    """

    code: str
    message: str
    count: int
    places: tuple[Place, ...]
    hint: str

    @property
    def severity(self) -> Severity:
        """Whether it makes the submission invalid."""
        return CODES[self.code].severity


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class VideoRows:
    """The rows of one video as they stand in a submission, by frame.

    Attributes
    ----------
    video : str
        The video's name.
    file : Path
        Where they stand.
    lines : numpy.ndarray of int, shape (n_rows,)
        The line of each.
    frames : numpy.ndarray of int, shape (n_rows,)
        The frame of each, from 1, ascending and each once.
    values : numpy.ndarray of float64, shape (n_rows, columns)
        NaN where there is no valid label.
    """

    video: str
    file: Path
    lines: NDArray[np.intp]
    frames: NDArray[np.intp]
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a check found.

    ``compared`` says what the rows were compared with, None if nothing was given; ``alike``
    names the other editions whose files have this form, where nothing tells which is meant.
    """

    challenge: str
    n_videos: int
    n_rows: int
    compared: str | None
    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    alike: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the submission is valid."""
        return not self.errors
