"""Writing tracks of labels as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import SubmissionError, few
from abawkit.files import open_whole, write_whole
from abawkit.labels.keys import key_pattern
from abawkit.labels.probabilities import DECIMALS, are_shares, complemented
from abawkit.labels.values import expectation, shown, wrong_values
from abawkit.protocol import Continuous, blocks, column_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from abawkit.labels.rows import Rows
    from abawkit.protocol import FileFormat, Key, Target
    from abawkit.track import Track


def write_labels(  # noqa: PLR0913 - what to write, and each way to write it
    folder: Path,
    tracks: Mapping[str, Track],
    *,
    targets: Sequence[Target],
    layout: FileFormat,
    rows: Rows | None = None,
    sentinels: bool = False,
) -> list[Path]:
    """Write labels as files: LF line ends, one newline at the end, no ``.0`` on integers.

    A layout with probabilities has them where the tracks do: with 4 decimals each, whose sum is
    exactly 1 as floating point numbers too. Tracks without any are written as labels only, which
    the organisers accept as well.

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
    rows : Rows, optional
        Where rows are named: which there are, in which order. By default the frames that the
        tracks list, in their order.
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
        If a value is unknown or no label of its target, a row has no frame, a video's name
        cannot stand in such files, or some rows have probabilities and some have none. No file
        has been written then.
    """
    if layout.key is None:
        rows = None
    _refuse_lacking(tracks, rows)
    if not layout.per_video:
        path = folder / layout.file
        with open_whole(path) as file:
            file.writelines(_one_file(tracks, targets, layout, rows, sentinels=sentinels))
        return [path]
    frames = dict.fromkeys(tracks) if rows is None else rows.by_video()
    texts = {
        folder / layout.file.format(video=video): format_labels(
            tracks[video], targets=targets, layout=layout, frames=picked, sentinels=sentinels
        )
        for video, picked in frames.items()
    }
    for path, text in texts.items():
        write_whole(path, text)
    return list(texts)


def format_labels(
    track: Track,
    *,
    targets: Sequence[Target],
    layout: FileFormat,
    frames: Sequence[int] | NDArray[np.intp] | None = None,
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
    if layout.order:
        templates = [templates[column] for column in layout.order]
        values = values[:, layout.order]
    if layout.probabilities and track.probabilities is not None:
        shares = _shares(track, picked)
        templates = [f"%.{DECIMALS}f"] * shares.shape[1] + templates
        values = np.hstack([shares, values])
    template = ",".join(templates)
    if layout.key is None:
        return "".join([f"{template}\n" % tuple(row) for row in values.tolist()])
    keys = _keys(track.video, picked, layout.key)
    return "".join([
        f"{key},{template % tuple(row)}\n" for key, row in zip(keys, values.tolist(), strict=True)
    ])


def _keys(video: str, picked: NDArray[np.intp], key: Key) -> Iterator[str]:
    return (
        key.pattern.format(video=video, frame=frame) for frame in (picked - 1 + key.first).tolist()
    )


def _shares(track: Track, picked: NDArray[np.intp]) -> NDArray[np.float64]:
    found = np.empty((0, 0)) if track.probabilities is None else track.probabilities[picked - 1]
    wrong = picked[~are_shares(found)]
    if wrong.size:
        msg = (
            f"{track.video}: expected probabilities of at least 0 with the sum 1, found others "
            f"or none in frame {few(wrong)}"
        )
        raise SubmissionError(msg)
    return complemented(found)


def _one_file(
    tracks: Mapping[str, Track],
    targets: Sequence[Target],
    layout: FileFormat,
    rows: Rows | None,
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
    yield _head(layout)
    stretches = ((video, None) for video in tracks) if rows is None else rows.stretches()
    probable: bool | None = None
    for video, frames in stretches:
        track = tracks[video]
        has = track.probabilities is not None
        if layout.probabilities and probable not in {None, has}:
            found = "some" if has else "none"
            msg = f"{video}: expected probabilities of all videos or of none, found {found}"
            raise SubmissionError(msg)
        probable = has
        picked = _listed(track) if frames is None else frames
        yield _body(track, picked, targets, layout, sentinels=sentinels)


def _refuse_lacking(tracks: Mapping[str, Track], rows: Rows | None) -> None:
    lacking = [] if rows is None else [video for video in rows.videos if video not in tracks]
    if lacking:
        msg = f"{len(lacking)} videos of the list have no prediction: {few(lacking)}"
        raise SubmissionError(msg)


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
