"""Which rows the labels of a run have, and how they are laid out.

They are those of the official sample that the run follows, if it follows one, else its own; its
manifest notes which.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from abawkit.errors import AlignmentError, DataError, RowOrderWarning, few
from abawkit.labels.keys import read_keys
from abawkit.labels.rows import Rows
from abawkit.labels.text import read_text
from abawkit.protocol import FileFormat, Key
from submissions.template import IN_ORDER, LIKE, Template

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from submissions.run import RawVideo, Run

_PATTERN = re.compile(r"[^{}]*(\{video\})?[^{}]*(\{frame(:0[1-7]d)?\})?[^{}]*")


def run_template(run: Run, path: Path | None = None) -> Template:
    """Ask for the rows that a finished run has.

    Parameters
    ----------
    run : Run
        The run.
    path : Path, optional
        Its folder, for the order of the rows where that is an official list's.

    Returns
    -------
    Template
        With the layout of the sample that the run follows, if it follows one. Its rows are
        None if their order is a list's, and the file of the run does not tell it.
    """
    counts = _noted_counts(run)
    frames = {
        name: np.array(raw.rows, np.intp)
        for name, raw in run.videos.items()
        if counts.get(name, 1)
    }
    layout, source = run.challenge.protocol.submission, "the run"
    if LIKE in run.manifest:
        layout, source = _noted(run.manifest[LIKE], layout)
    template = Template(
        source=source,
        layout=layout,
        videos=tuple(frames),
        rows=None,
        n_frames={name: counts.get(name, len(own)) for name, own in frames.items()},
    )
    if layout.key is None:
        return template
    noted = run.manifest.get(IN_ORDER)
    if noted is True or (noted is None and (path is None or layout.per_video)):
        return template.with_rows(frames)
    if path is not None and not layout.per_video:
        rows = _read_order(path / layout.file, layout, frames, template.n_frames)
        template = replace(template, rows=rows)
    if template.rows is None and layout.selected:
        return replace(
            template, n_frames={name: int(own.max(initial=0)) for name, own in frames.items()}
        )
    return template


def template_of(run: Run, path: Path, like: Template | None) -> Template:
    """Tell which rows the new labels of a run have.

    Parameters
    ----------
    run : Run
        The run.
    path : Path
        Its folder.
    like : Template, optional
        The organisers' sample; by default the rows that the run's own files have.

    Returns
    -------
    Template
        With all rows, where rows are named.

    Raises
    ------
    AlignmentError
        If the run lacks some of the sample's videos or frames.

    Warns
    -----
    RowOrderWarning
        If the run's own file is not there, or has other rows: they are then in the order of the
        videos.
    """
    if like is not None:
        _refuse_lacking(run, like)
        return _completed(like, run)
    own = run_template(run, path)
    if own.rows is None and own.layout.key is not None:
        msg = (
            f"{path / own.layout.file}: expected the {sum(own.n_frames.values())} rows of this "
            "run, found others; the new file has them in the order of the videos, not of the "
            "official sample"
        )
        warnings.warn(msg, RowOrderWarning, stacklevel=3)
    return _completed(own, run)


def _completed(template: Template, run: Run) -> Template:
    # A list of names asks for every frame of these videos that the run has rows for.
    if template.rows is not None or template.layout.key is None:
        return template
    return template.with_rows({video: run.videos[video].rows for video in template.videos})


def _refuse_lacking(run: Run, like: Template) -> None:
    videos = [video for video in like.videos if video not in run.videos]
    if videos:
        of_all = f"{len(videos)} of the {len(like.videos)} videos"
        msg = f"the run lacks {of_all} of {like.source}: {few(videos)}"
        raise AlignmentError(msg)
    frames = {} if like.rows is None else like.rows.by_video()
    wrong = [
        f"{video}, frame {frame}"
        for video, asked in frames.items()
        for frame in _unknown(run.videos[video], asked).tolist()
    ]
    if like.layout.key is None:
        wrong = [
            f"{video} with {run.videos[video].n_frames} frames for {count} rows"
            for video, count in like.n_frames.items()
            if count > run.videos[video].n_frames
        ]
    if wrong:
        what = "videos are too short" if like.layout.key is None else "rows are missing"
        msg = f"the run has not what {like.source} asks for: {len(wrong)} {what}: {few(wrong)}"
        raise AlignmentError(msg)


def _unknown(raw: RawVideo, frames: NDArray[np.intp]) -> NDArray[np.intp]:
    if raw.listed is not None:
        return np.setdiff1d(frames, raw.listed)
    return frames[(frames < 1) | (frames > raw.n_frames)]


def _noted_counts(run: Run) -> dict[str, int]:
    rows = run.manifest.get("videos") or ()
    msg = f"cannot understand what the manifest of the run notes of its videos: {rows!r}"
    try:
        counts = {str(row["video"]): int(row["n_rows"]) for row in rows}
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DataError(msg) from error
    if not all(0 <= counts.get(name, 0) <= raw.n_frames for name, raw in run.videos.items()):
        raise DataError(msg)
    return counts


def _noted(  # A manifest is a file, so that anything may stand in it.
    like: Any,  # noqa: ANN401
    own: FileFormat,
) -> tuple[FileFormat, str]:
    msg = f"cannot understand what the manifest of the run notes of its sample: {like!r}"
    try:
        fields = {**like["layout"], "order": tuple(like["layout"]["order"])}
        key = None if fields["key"] is None else Key(**fields["key"])
        layout, name = FileFormat(**{**fields, "key": key}), str(like["name"])
        fits = layout.file == own.file and (key is None) == (own.key is None)
        fits = fits and isinstance(layout.header, str | None)
        fits = fits and (key is None or _is_of_samples(key))
    except (KeyError, TypeError) as error:
        raise DataError(msg) from error
    if not fits:
        raise DataError(msg)
    return layout, name


def _is_of_samples(key: Key) -> bool:
    # A format string of a file could be anything, and name anything.
    return bool(_PATTERN.fullmatch(key.pattern)) and key.first in {0, 1}


def _read_order(
    file: Path,
    layout: FileFormat,
    frames: Mapping[str, NDArray[np.intp]],
    n_rows: Mapping[str, int],
) -> Rows | None:
    try:
        text = read_text(file)
    except DataError:
        return None
    if layout.key is None:
        return None
    body = text if layout.header is None else text.partition(b"\n")[2]
    keys = read_keys(body, layout.key, stem=file.stem)
    if (keys.video < 0).any() or set(keys.videos) != set(frames):
        return None
    found = Rows(videos=keys.videos, video=keys.video, frame=keys.frame)
    own = found.by_video()
    # A sample may ask for some of the rows only, and for one of them twice.
    known = all(np.isin(own[name], frames[name]).all() for name in frames)
    counted = all(len(np.unique(own[name])) == n_rows[name] for name in frames)
    return found if known and counted else None
