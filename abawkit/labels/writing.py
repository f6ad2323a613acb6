"""Writing tracks of labels as files."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import numpy as np

from abawkit.errors import SubmissionError, few
from abawkit.files import write_whole
from abawkit.labels.keys import key_pattern
from abawkit.labels.values import expectation, shown, wrong_values
from abawkit.protocol import Continuous, blocks, column_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from abawkit.protocol import FileFormat, Target
    from abawkit.track import Track


def write_labels(  # noqa: PLR0913 - what to write, and each way to write it
    folder: Path,
    tracks: Mapping[str, Track],
    *,
    targets: Sequence[Target],
    layout: FileFormat,
    rows: Iterable[tuple[str, int]] | None = None,
    sentinels: bool = False,
) -> list[Path]:
    """Write labels as files: LF line ends, one newline at the end, no ``.0`` on integers.

    A layout with probabilities is written without them, which the organisers accept as well.

    Parameters
    ----------
    folder : Path
        Where the files go; made if need be.
    tracks : mapping of str to Track
        Labels by video, of shape ``(n_frames, columns)``.
    targets : sequence of Target
        What the columns hold.
    layout : FileFormat
        How the files are laid out.
    rows : iterable of (str, int), optional
        For one file of all videos: its rows in order, video and frame from 1. By default the
        frames that the tracks list, in their order.
    sentinels : bool
        Whether values that are not known are written as the target's sentinel, as annotations
        do; otherwise they are an error.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    SubmissionError
        If a value is unknown or no label of its target, a row has no frame, or a video's name
        cannot stand in such files. No file has been written then.
    """
    if not layout.per_video:
        path = folder / layout.file
        with _whole(path) as file:
            file.writelines(_one_file(tracks, targets, layout, rows, sentinels=sentinels))
        return [path]
    texts = {
        folder / layout.file.format(video=video): format_labels(
            track, targets=targets, layout=layout, sentinels=sentinels
        )
        for video, track in tracks.items()
    }
    for path, text in texts.items():
        write_whole(path, text)
    return list(texts)


def format_labels(
    track: Track,
    *,
    targets: Sequence[Target],
    layout: FileFormat,
    frames: Sequence[int] | None = None,
    sentinels: bool = False,
) -> str:
    """Give one video's labels as the text of a file.

    Parameters
    ----------
    track : Track
        Labels of shape ``(n_frames, columns)``.
    targets : sequence of Target
        What the columns hold.
    layout : FileFormat
        How the file is laid out.
    frames : sequence of int, optional
        Which frames to write, from 1; by default all, or, where rows are named, those that the
        track lists.
    sentinels : bool
        Whether to write what is not known as the target's sentinel.

    Returns
    -------
    str
        The text, ending in a newline unless it is empty.

    Raises
    ------
    SubmissionError
        If a value is unknown or no label of its target, a frame is beyond the video's end, or
        the video's name cannot stand in such files.
    """
    if frames is not None:
        picked = np.array(frames, np.intp)
    elif layout.key is not None:
        picked = _listed(track)
    else:
        picked = np.arange(1, track.n_frames + 1)
    return _head(layout) + _body(track, picked, targets, layout, sentinels=sentinels)


def _head(layout: FileFormat) -> str:
    return "" if layout.header is None else layout.header + "\n"


def _body(
    track: Track,
    picked: NDArray[np.intp],
    targets: Sequence[Target],
    layout: FileFormat,
    *,
    sentinels: bool,
) -> str:
    _refuse_name(track.video, layout)
    _refuse_shape(track, picked, targets, layout)
    values = track.values[picked - 1]
    templates = []
    for target, columns in blocks(targets):
        if isinstance(target, Continuous):
            templates += [f"%.{target.decimals}f"] * target.columns
            # Adding 0 takes the sign off a rounded -0.
            values[:, columns] = np.round(values[:, columns], target.decimals) + 0.0
        else:
            templates += ["%d"] * target.columns
    _refuse_wrong(track.video, picked, values, targets, sentinels=sentinels)
    for target, columns in blocks(targets):
        block = values[:, columns]
        block[np.isnan(block)] = target.unannotated
    template = ",".join(templates)
    lines = [template % tuple(row) for row in values.tolist()]
    if layout.key is not None:
        key = layout.key
        names = (
            key.pattern.format(video=track.video, frame=frame - 1 + key.first)
            for frame in picked.tolist()
        )
        lines = [f"{name},{line}" for name, line in zip(names, lines, strict=True)]
    return "".join(f"{line}\n" for line in lines)


def _one_file(
    tracks: Mapping[str, Track],
    targets: Sequence[Target],
    layout: FileFormat,
    rows: Iterable[tuple[str, int]] | None,
    *,
    sentinels: bool,
) -> Iterator[str]:
    """Give the text of all videos' file part by part, for there may be a million rows.

    Parameters
    ----------
    tracks, targets, layout, rows, sentinels
        As `write_labels` takes them.

    Yields
    ------
    str
        The header, then the rows of one video after the other.

    Raises
    ------
    SubmissionError
        As `write_labels` does.
    """
    if rows is None:
        rows = ((video, int(frame)) for video, track in tracks.items() for frame in _listed(track))
    runs: list[tuple[str, list[int]]] = []
    for video, frame in rows:
        if not runs or runs[-1][0] != video:
            runs.append((video, []))
        runs[-1][1].append(frame)
    lacking = dict.fromkeys(video for video, _ in runs if video not in tracks)
    if lacking:
        msg = f"{len(lacking)} videos of the list have no prediction: {few(lacking)}"
        raise SubmissionError(msg)
    yield _head(layout)
    for video, frames in runs:
        yield _body(tracks[video], np.array(frames), targets, layout, sentinels=sentinels)


@contextmanager
def _whole(path: Path) -> Iterator[TextIO]:
    """Open a file that gets its name when all of it is written, and is removed otherwise.

    Parameters
    ----------
    path : Path
        The file; an older one is replaced.

    Yields
    ------
    TextIO
        What to write to.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            yield file
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _refuse_shape(
    track: Track, picked: NDArray[np.intp], targets: Sequence[Target], layout: FileFormat
) -> None:
    beyond = picked[(picked < 1) | (picked > track.n_frames)]
    if beyond.size:
        msg = f"{track.video}: no prediction for frame {few(beyond)}; it has {track.n_frames}"
        raise SubmissionError(msg)
    if layout.whole_clips and len(picked) > 1:
        msg = f"{track.video}: expected one row for the whole clip, found {len(picked)}"
        raise SubmissionError(msg)
    names = column_names(targets)
    if track.values.shape[1] != len(names):
        found = f"found {track.values.shape[1]} columns"
        msg = f"{track.video}: expected {len(names)} ({','.join(names)}), {found}"
        raise SubmissionError(msg)


def _refuse_name(video: str, layout: FileFormat) -> None:
    """Refuse a name that would not be read back: a slash in a file's name, a comma in a key.

    Parameters
    ----------
    video : str
        A video's name.
    layout : FileFormat
        How the files are laid out.

    Raises
    ------
    SubmissionError
        If there is no such file, or no such key, of this video.
    """
    file = Path(layout.file.format(video=video))
    fits = not layout.per_video or (file.stem == video and not video.startswith("."))
    if layout.key is not None and "video" in layout.key.fields:
        text = layout.key.pattern.format(video=video, frame=layout.key.first)
        match = key_pattern(layout.key).fullmatch(text.strip())
        fits = fits and match is not None and match["video"] == video
    if not fits:
        form = layout.file if layout.key is None else layout.key.pattern
        msg = f"expected the name of a video that can stand in {form}, found {video!r}"
        raise SubmissionError(msg)


def _listed(track: Track) -> NDArray[np.intp]:
    """Give the frames of a track that have a row, from 1.

    Parameters
    ----------
    track : Track
        A track.

    Returns
    -------
    numpy.ndarray of int
        All of them where the track does not tell.
    """
    listed = np.ones(track.n_frames, bool) if track.listed is None else track.listed
    return np.flatnonzero(listed) + 1


def _refuse_wrong(
    video: str,
    frames: NDArray[np.intp],
    values: NDArray[np.float64],
    targets: Sequence[Target],
    *,
    sentinels: bool,
) -> None:
    wrong = wrong_values(targets, values, ~(sentinels & np.isnan(values)))
    first = next(wrong, None)
    if first is not None:
        found = "no value" if np.isnan(first.value) else shown(first.value)
        msg = (
            f"{video}: {1 + sum(1 for _ in wrong)} values cannot be written; the first is "
            f"{first.name} of frame {frames[first.row]}: "
            f"expected {expectation(first.target)}, found {found}"
        )
        raise SubmissionError(msg)
