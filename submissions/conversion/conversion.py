"""Turning predictions into the layout of a challenge: read, join, fill, decide, write, check."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import SubmissionError, UsageError, counted, few
from abawkit.files import put, staged
from abawkit.labels import write_labels
from abawkit.protocol import find_challenge
from submissions.conversion.columns import parts_of_table
from submissions.conversion.filling import decided, labels_for
from submissions.conversion.naming import expected_names
from submissions.conversion.parts import join
from submissions.conversion.sources import read_parts
from submissions.conversion.table import table_of
from submissions.conversion.target import target_of
from submissions.filling import as_filling
from submissions.options import check_thresholds
from submissions.validation.rendering import as_text
from submissions.validation.validate import validate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from abawkit.protocol import Challenge
    from abawkit.track import Track
    from submissions.conversion.parts import Part
    from submissions.filling import Filling
    from submissions.template import Template
    from submissions.validation.findings import Finding, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """What was written; how many rows were filled, and how many rows and videos left out."""

    challenge: str
    out: Path
    fill: str | None
    n_filled: int
    n_left_out: int
    videos_left_out: tuple[str, ...]
    verdict: Verdict

    def __str__(self) -> str:
        lines = []
        if self.n_filled:
            lines.append(f"filled {counted(self.n_filled, 'row')}: {self.fill}")
        if self.n_left_out:
            lines.append(f"left out {counted(self.n_left_out, 'row')} that nobody asks for")
        if self.videos_left_out:
            number = counted(len(self.videos_left_out), "video")
            lines.append(f"left out {number} that nobody asks for: {few(self.videos_left_out)}")
        return "\n".join([*lines, as_text(self.verdict), f"wrote {self.out}"])


def from_frame(
    table: pd.DataFrame,
    challenge: Challenge | str,
    *,
    first: int | None = None,
    thresholds: Sequence[float] = (),
    fill: Filling | None = None,
) -> dict[str, Track]:
    """Take predictions from a pandas frame with named columns.

    Case, spaces, ``-`` and ``_`` in names do not count. A row is told by ``video`` and ``frame``,
    which may be levels of the index, or by a column of images or clips such as
    ``image_location``. A class is a column of labels (``expression``, ``label`` or the target's
    name; indices or names) or one column a class, of which the greatest wins, the first one of
    equal ones. Action units are labels or probabilities.

    Parameters
    ----------
    table : pandas.DataFrame
        The predictions, a row a frame, or a row a clip where the challenge asks for that.
    challenge : Challenge or str
        What they are for: a row of the table of challenges or its name.
    first : int, optional
        The number of a video's first frame in the table; by default 0 in paths like
        ``video/frame-0.jpg``, else 1.
    thresholds : sequence of float
        Of the probabilities of action units: one for all or one for each; none for .5.
    fill : {"linear", "nearest", "previous", "constant"}, optional
        How frames without a value take one, from 1 to the last of each video; by default they
        stay unknown.

    Returns
    -------
    dict of str to Track
        Labels by video, as `abawkit.labels.write_labels` takes them.
    """
    if isinstance(challenge, str):
        challenge = find_challenge(challenge)
    limits = check_thresholds(challenge, thresholds, where="thresholds")
    outputs = join(parts_of_table(table_of(table), challenge, first=first), challenge)
    layout = challenge.protocol.submission
    if fill is not None:
        made = labels_for(challenge, outputs, layout=layout, fill=fill, thresholds=limits)
        return dict(made.tracks)
    every = np.ones(max(track.n_frames for track in outputs.values()), bool)
    return {
        video: decided(
            challenge,
            raw,
            every[: raw.n_frames] if raw.listed is None else raw.listed,
            fill=None,
            thresholds=limits,
        )
        for video, raw in outputs.items()
    }


def convert(  # noqa: PLR0913 - one parameter an option
    sources: Sequence[Path],
    challenge: Challenge,
    *,
    out: Path,
    given: Challenge | None = None,
    template: Template | None = None,
    first: int | None = None,
    fill: str | None = None,
    thresholds: Sequence[float] = (),
    force: bool = False,
    kept: Sequence[Path] = (),
) -> Converted:
    """Write predictions of any kind as a challenge asks for them, and check what was written.

    Parameters
    ----------
    sources : sequence of Path
        Run folders, label files of any edition, or tables; several where each has some of the
        targets or of the videos.
    challenge : Challenge
        What to write.
    out : Path
        Where: a folder; or a file, where all videos have one and the name has a suffix.
    given : Challenge, optional
        What the sources hold, where they do not tell.
    template : Template, optional
        The official sample: which rows there have to be, in which order.
    first : int, optional
        The number of a video's first frame in tables, as `from_frame` takes it.
    fill : {"linear", "nearest", "previous", "constant"}, optional
        How rows without a value take one; by default they are an error.
    thresholds : sequence of float
        Of the probabilities of action units in tables: one for all or one for each.
    force : bool
        Replace what an earlier conversion wrote, and nothing else.
    kept : sequence of Path
        What stays as it is: the files that `template` was read from.

    Returns
    -------
    Converted
        What was written.
    """
    layout = challenge.protocol.submission if template is None else template.layout
    target = target_of(out, layout, sources, force=force, kept=kept)
    method = as_filling(fill)
    limits = check_thresholds(challenge, thresholds, where="--thresholds")
    parts = [p for path in sources for p in read_parts(path, challenge, given=given, first=first)]
    _refuse_thresholds(parts, limits)
    outputs = join(parts, challenge, videos=None if template is None else template.videos)
    _refuse_bare(outputs, challenge, template)
    labels = labels_for(challenge, outputs, layout=layout, template=template, fill=method,
                         thresholds=limits)  # fmt: skip
    verdict = _write(labels.tracks, challenge, target, template)
    names = {row.name for row in challenge.targets}
    videos = {video: None for p in parts if p.target.name in names for video in p.tracks}
    return Converted(
        challenge=challenge.name,
        out=target,
        fill=fill,
        n_filled=labels.n_filled,
        n_left_out=labels.n_left_out,
        videos_left_out=tuple(video for video in videos if video not in outputs),
        verdict=verdict,
    )


def _refuse_thresholds(parts: Sequence[Part], thresholds: Sequence[float]) -> None:
    if thresholds and not any(part.graded for part in parts):
        msg = (
            "--thresholds: expected probabilities of action units, found labels, or no units; "
            "abawkit refine decides those of a run anew"
        )
        raise UsageError(msg)


def _refuse_bare(
    outputs: Mapping[str, Track], challenge: Challenge, template: Template | None
) -> None:
    bare = [video for video, raw in outputs.items() if raw.probabilities is None]
    if template is not None and template.probabilities and bare:
        msg = (
            f"{counted(len(bare), 'video')} without probabilities ({few(bare)}); expected them, "
            f"as {template.source} has them: a table's columns "
            f"{expected_names(challenge.targets, numbered=True)}"
        )
        raise SubmissionError(msg)


def _write(
    tracks: Mapping[str, Track], challenge: Challenge, target: Path, template: Template | None
) -> Verdict:
    """Write a submission, which gets its name if it is valid.

    Parameters
    ----------
    tracks : mapping of str to Track
        Labels by video.
    challenge : Challenge
        What it is for.
    target : Path
        Its file, or its folder of files.
    template : Template or None
        Which rows it has, in which order.

    Returns
    -------
    Verdict
        Valid.

    Raises
    ------
    SubmissionError
        If it is not.
    """
    layout = challenge.protocol.submission if template is None else template.layout
    rows = None if template is None else template.rows
    with staged(target) as folder:
        files = write_labels(
            folder / "labels", tracks, targets=challenge.targets, layout=layout, rows=rows
        )
        made = folder / "labels" if layout.per_video else files[0]
        verdict = _at(target, validate(made, challenge, template=template), made)
        if not verdict.ok:
            msg = f"{target}: not written, for it would be no valid submission\n{as_text(verdict)}"
            raise SubmissionError(msg)
        put(made, target)
    return verdict


def _at(target: Path, verdict: Verdict, made: Path) -> Verdict:
    # What the findings name is what the user will find, or would have.
    def named(text: str) -> str:
        return text.replace(str(made), str(target))

    def moved(finding: Finding) -> Finding:
        places = tuple(replace(place, file=named(place.file)) for place in finding.places)
        return replace(finding, message=named(finding.message), places=places)

    return replace(
        verdict,
        errors=tuple(map(moved, verdict.errors)),
        warnings=tuple(map(moved, verdict.warnings)),
    )
