"""The cropped-frame layout: videos, their frames, the gaps between them, and how many there are.

Conventions: frames are ``<root>/<video>[_left|_right]/00001.jpg``, numbered from 1 with at least
five digits. A frame without a face has no file, and the numbers of the others do not change. Two
people in one recording have a folder each, with the literal suffix ``_left`` or ``_right``; all
else in a name is the name (``video10_1`` is not part 1 of ``video10``).
"""

from __future__ import annotations

import hashlib
import os
import re
import warnings
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from abawkit.errors import DataError, FrameCountWarning, few

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

SIDES = ("_left", "_right")
_NUMBER = r"(?P<frame>(?!0{5})[0-9]{5}|[1-9][0-9]{5,6})"
_FRAME = re.compile(rf"{_NUMBER}\.jpg")
_CLIP = re.compile(r"(video[0-9]+)_[0-9]+|(.*[0-9]+x[0-9]+)-[0-9]+")
_PARTICIPANT = re.compile(r"(Videos/[^/]+)/")
_ROOTS = ("", "cropped_aligned", "cropped")
LAYOUT = """\
expected cropped frames like these, 112 x 112 pixels as the organisers give them:

    DATA/cropped_aligned/<video>/00001.jpg
    DATA/cropped_aligned/<video>_left/00001.jpg

Name the folder with --data or ABAWKIT_DATA; 'abawkit sample DIR' makes one to try."""


def recording(video: str) -> str:
    """Name the recording that a video's crops come from.

    Parameters
    ----------
    video : str
        A video's name.

    Returns
    -------
    str
        The name without the suffix of the left or the right person.

    Examples
    --------
    >>> recording("30-30-1920x1080_left"), recording("video10_1")
    ('30-30-1920x1080', 'video10_1')
    """
    for side in SIDES:
        if video.endswith(side):
            return video.removesuffix(side)
    return video


def default_group(video: str) -> str:
    """Name the recording, or the person, that a video was cut from.

    Parameters
    ----------
    video : str
        A video's name.

    Returns
    -------
    str
        The name without the suffix of a person, and without the number of a clip; for a path
        such as ``Videos/<participant>/<visit>/<clip>.mp4`` the participant's folder, which all
        of their visits share.

    Examples
    --------
    >>> default_group("video86_2"), default_group("122-60-1920x1080-1"), default_group("9_left")
    ('video86', '122-60-1920x1080', '9')
    >>> default_group("Videos/82964/Visite_1/82964_Question_1.mp4")
    'Videos/82964'
    """
    participant = _PARTICIPANT.match(video)
    if participant is not None:
        return participant[1]
    name = recording(video)
    clip = _CLIP.fullmatch(name)
    return name if clip is None else clip[1] or clip[2]


def other_people(video: str) -> list[str]:
    """Name the crops of the other people of a recording.

    Parameters
    ----------
    video : str
        A video's name.

    Returns
    -------
    list of str
        The names that there may be, first that of the only person.

    Examples
    --------
    >>> other_people("30-30-1920x1080_left")
    ['30-30-1920x1080', '30-30-1920x1080_right']
    """
    name = recording(video)
    return [name + side for side in ("", *SIDES) if name + side != video]


def natural(name: str) -> tuple[tuple[int, str], ...]:
    """Give the key that sorts names by the numbers in them, 2 before 10.

    Names that differ have keys that differ, so that the order is the same on every disk.

    Parameters
    ----------
    name : str
        A video's name.

    Returns
    -------
    tuple
        For ``sorted(key=…)``.

    Examples
    --------
    >>> sorted(["video10_1", "10", "2"], key=natural)
    ['2', '10', 'video10_1']
    """
    parts = re.findall(r"\d+|\D+", name)
    key = [(int(part), "") if part.isdecimal() else (1 << 62, part) for part in parts]
    return (*key, (-1, name))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class VideoFrames:
    """The images of one video.

    ``frames`` is int32 ``(n_present,)``, the frames that have an image, from 1, ascending;
    ``foreign`` names what else is in the folder; ``fingerprint`` changes when an image comes,
    goes or changes its size.
    """

    name: str
    folder: Path
    frames: NDArray[np.int32]
    foreign: tuple[str, ...]
    fingerprint: str

    @classmethod
    def index(cls, folder: Path) -> Self:
        """List the images of a folder.

        Parameters
        ----------
        folder : Path
            The folder of one video; one that is not there has no images.

        Returns
        -------
        VideoFrames
            Its frames, whatever the order in which the disk lists them.
        """
        sizes: dict[int, int] = {}
        foreign = []
        with os.scandir(folder) if folder.is_dir() else nullcontext(()) as entries:
            for entry in entries:
                match = _FRAME.fullmatch(entry.name)
                if match and entry.is_file():
                    sizes[int(match["frame"])] = entry.stat().st_size
                else:
                    foreign.append(entry.name)
        frames = np.array(sorted(sizes), np.int32)
        listing = ",".join(f"{frame}:{sizes[frame]}" for frame in frames.tolist())
        return cls(
            name=folder.name,
            folder=folder,
            frames=frames,
            foreign=tuple(sorted(foreign)),
            fingerprint=hashlib.sha256(listing.encode()).hexdigest()[:16],
        )

    @property
    def last(self) -> int:
        """The last frame with an image, 0 without any."""
        return int(self.frames[-1]) if self.frames.size else 0

    def path(self, frame: int) -> Path:
        """Name the image of a frame.

        Parameters
        ----------
        frame : int
            From 1.

        Returns
        -------
        Path
            The file, whether it is there or not.
        """
        return self.folder / f"{frame:05d}.jpg"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FrameFolder:
    """An index of the videos under one folder.

    ``foreign`` names what is no video: files, folders whose names start with ``.`` or ``__``, and
    those that hold no frame but other things.
    """

    root: Path
    videos: Mapping[str, VideoFrames]
    foreign: tuple[str, ...]

    @classmethod
    def index(
        cls,
        data: Path,
        *,
        only: Iterable[str] | None = None,
        faceless: Collection[str] = (),
    ) -> Self:
        """Find the frames in a data folder and list them.

        Parameters
        ----------
        data : Path
            The folder of the videos, or one that holds it as ``cropped_aligned`` or ``cropped``.
        only : iterable of str, optional
            Which videos to list; all by default.
        faceless : collection of str
            Which of them may lack a folder, their number of frames being known: a video in which
            no face was found has no images.

        Returns
        -------
        FrameFolder
            Its videos, in natural order or in that of `only`.

        Raises
        ------
        DataError
            If there are no frames, or a video that was asked for has no folder.
        """
        root = _find_root(data)
        folders, foreign = set(), []
        with os.scandir(root) as entries:
            for entry in entries:
                if entry.is_dir() and not entry.name.startswith((".", "__")):
                    folders.add(entry.name)
                else:
                    foreign.append(entry.name)
        wanted = sorted(folders, key=natural) if only is None else list(dict.fromkeys(only))
        lacking = [
            name
            for name in wanted
            if name not in folders and (name not in faceless or "/" in name)
        ]
        if lacking:
            msg = (
                f"{root}: no folder for {len(lacking)} videos of the list: {few(lacking)}. If no "
                "face was found in them and their length is known, allow it (--allow-missing)"
            )
            raise DataError(msg)
        videos = {name: VideoFrames.index(root / name) for name in wanted}
        if only is None:
            # A folder that holds other things only, such as a run, is no video.
            strange = [name for name, video in videos.items() if video.foreign and not video.last]
            for name in strange:
                del videos[name]
            foreign += strange
        return cls(root=root, videos=videos, foreign=tuple(sorted(foreign)))


def count_frames(
    videos: Iterable[VideoFrames],
    *,
    listed: Mapping[str, int],
    annotated: Mapping[str, int],
    given: Mapping[str, int],
) -> dict[str, int]:
    """Tell how many frames each video has, from the best source at hand.

    In this order: the official list, the annotation, the user's table, else the last image, with
    a warning: the organisers' count is usually one more than a decoder's, and a face may be lost
    before the video ends.

    Parameters
    ----------
    videos : iterable of VideoFrames
        The videos.
    listed, annotated, given : mapping of str to int
        Number of frames by video, from each source.

    Returns
    -------
    dict of str to int
        Number of frames by video.

    Warns
    -----
    FrameCountWarning
        If the last image had to do, or there are images beyond the end.
    """
    counts: dict[str, int] = {}
    guessed, beyond = [], []
    for video in videos:
        known = next(
            (source[video.name] for source in (listed, annotated, given) if video.name in source),
            None,
        )
        if known is None:
            guessed.append(video.name)
        elif video.last > known:
            beyond.append(f"{video.name} ({known} frames, last image {video.last})")
        counts[video.name] = video.last if known is None else known
    if guessed:
        msg = (
            f"{len(guessed)} videos end at their last image, for want of a list, an annotation or "
            f"--frames: {few(guessed)}. The official count is often one more"
        )
        warnings.warn(msg, FrameCountWarning, stacklevel=2)
    if beyond:
        msg = f"images beyond the end of {len(beyond)} videos are left out: {few(beyond)}"
        warnings.warn(msg, FrameCountWarning, stacklevel=2)
    return counts


def _find_root(data: Path) -> Path:
    if not data.is_dir():
        msg = f"{data}: no such folder; {LAYOUT}"
        raise DataError(msg)
    for name in _ROOTS:
        root = data / name
        if root.is_dir() and any(_holds_frames(folder) for folder in root.iterdir()):
            return root
    msg = f"{data}: no cropped frames in this folder; {LAYOUT}"
    raise DataError(msg)


def _holds_frames(folder: Path) -> bool:
    return folder.is_dir() and any(_FRAME.fullmatch(entry.name) for entry in folder.iterdir())
