"""Having published files, so that a file under its own name is always whole and the right one.

A download goes to ``<file>.part`` and goes on from there if it was cut off. The file gets its name
once its git blob id is the one in the catalogue.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from abawkit.errors import DataError, UsageError
from baselines.checkpoints.catalogue import CHECKPOINTS, find_checkpoint
from baselines.checkpoints.store import HOME, file_path, git_blob_id, what_is
from baselines.checkpoints.transfer import fetch

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from baselines.checkpoints.catalogue import Checkpoint

MIRROR = "ABAWKIT_MIRROR"
OFFLINE = "ABAWKIT_OFFLINE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What is known of a file in the folder; ``what`` says what a wrong one is."""

    checkpoint: Checkpoint
    path: Path
    state: Literal["ok", "wrong", "absent"]
    blob: str = ""
    what: str = ""

    def __str__(self) -> str:
        if self.state != "wrong":
            return f"{self.state}: {self.path}"
        return (
            f"wrong: {self.path} is {self.what}; expected the git blob id "
            f"{self.checkpoint.blob}, found {self.blob}"
        )


def pull(  # noqa: PLR0913 - options of one command
    checkpoint: Checkpoint,
    *,
    note: Callable[[str], None],
    mirror: str | None = None,
    offline: bool = False,
    retries: int = 5,
    backoff: float = 1.0,
    timeout: float = 30.0,
) -> Path:
    """Have a published file: download it, unless it is there and right.

    Parameters
    ----------
    checkpoint : Checkpoint
        The file.
    note : callable
        Takes what the user should know, one line a call.
    mirror : str, optional
        Address of a folder that has the file under its own name; the environment variable
        ``ABAWKIT_MIRROR`` by default, else the file is fetched where it was published.
    offline : bool
        Whether to leave the network alone; so does ``ABAWKIT_OFFLINE=1``.
    retries : int
        Failed attempts in a row after which to give up; one that brought something is no failure.
    backoff : float
        Seconds before the second attempt; doubled each time, up to 30.
    timeout : float
        Seconds that the server may be silent.

    Returns
    -------
    Path
        The file, with the content that the catalogue says.

    Raises
    ------
    DataError
        If it cannot be had, or what comes is another file.
    UsageError
        If it comes with abawkit, or the mirror is no address.
    """
    if checkpoint.bundled:
        msg = f"{checkpoint.file} comes with abawkit: there is nothing to download"
        raise UsageError(msg)
    if _is_right(checkpoint, note):
        return file_path(checkpoint)
    if _is_offline(chosen=offline):
        msg = f"no {checkpoint.file} here, and abawkit is offline\n{by_hand(checkpoint)}"
        raise DataError(msg)
    base = mirror or os.environ.get(MIRROR)
    url = f"{base.rstrip('/')}/{checkpoint.file}" if base else checkpoint.url

    def load(part: Path) -> bool:
        return fetch(url, part, note=note, retries=retries, backoff=backoff, timeout=timeout)

    try:
        file_path(checkpoint).parent.mkdir(parents=True, exist_ok=True)
        with _alone(file_path(checkpoint).with_name(".lock"), note):
            # Whoever had the lock may have fetched it.
            if not _is_right(checkpoint, note):
                data = " and ".join(checkpoint.trained_on) or "data that are not documented"
                note(f"{checkpoint.file}: trained on {data}. Licence: {checkpoint.licence}")
                note(f"fetching {url}")
                _download(checkpoint, load, note)
    except OSError as error:
        msg = f"cannot write {error.filename}: {error.strerror}; {HOME} names another folder"
        raise DataError(msg) from error
    except DataError as error:
        place = f" from {base}" if base else ""
        hint = "" if base else f"try a mirror: --mirror ADDRESS, or {MIRROR}\n"
        msg = f"{checkpoint.file}{place}: {error}\n{hint}{by_hand(checkpoint)}"
        raise DataError(msg) from error
    return file_path(checkpoint)


def pull_all(
    names: Sequence[str],
    *,
    mirror: str | None = None,
    offline: bool = False,
    note: Callable[[str], None],
) -> list[Path]:
    """Have several published files, as `pull` does each.

    Parameters
    ----------
    names : sequence of str
        Files, or models; if one is not known, nothing is fetched.
    mirror : str, optional
        As for `pull`.
    offline : bool
        Whether to leave the network alone, and tell at once of all files that are not here.
    note : callable
        Takes what the user should know, one line a call.

    Returns
    -------
    list of Path
        The files, in the order of `names`.

    Raises
    ------
    DataError
        If one cannot be had; without a network, the error tells of each that is not here.
    UsageError
        If a name is not known, or the mirror is no address.
    """
    rows = [find_checkpoint(name) for name in names]
    if _is_offline(chosen=offline):
        _check_here(rows, note)
        return [file_path(row) for row in rows]
    return [pull(row, note=note, mirror=mirror) for row in rows]


def _is_offline(*, chosen: bool) -> bool:
    return chosen or os.environ.get(OFFLINE, "").casefold() not in {"", "0", "false", "no"}


def _check_here(rows: Sequence[Checkpoint], note: Callable[[str], None]) -> None:
    here = {row: _is_right(row, note) for row in rows}
    lacking = [row for row, right in here.items() if not right]
    if lacking:
        parts = [f"{len(lacking)} of {len(here)} files are not here, and abawkit is offline"]
        parts += [f"{row.file}:\n{by_hand(row)}" for row in lacking]
        parts += [f"here and right: {file_path(row)}" for row, right in here.items() if right]
        msg = "\n".join(parts)
        raise DataError(msg)


def verify(names: Iterable[str] = ()) -> tuple[Verified, ...]:
    """Check files in the folder against the ids in the catalogue.

    Parameters
    ----------
    names : iterable of str
        Files, or models; every published file that is there by default.

    Returns
    -------
    tuple of Verified
        One of each.
    """
    rows = [find_checkpoint(name) for name in names]
    rows = rows or [row for row in CHECKPOINTS.values() if file_path(row).exists()]
    return tuple(map(_verified, rows))


def by_hand(checkpoint: Checkpoint) -> str:
    """Say how to have a file without this download.

    Parameters
    ----------
    checkpoint : Checkpoint
        The file.

    Returns
    -------
    str
        Lines: where to fetch it, where to put it, the id it must have, how to check that.
    """
    return (
        f"fetch it by hand: {checkpoint.url}\n"
        f"put it at: {file_path(checkpoint)}\n"
        f"its git blob id must be: {checkpoint.blob}\n"
        f"check it with: abawkit models verify {checkpoint.file}"
    )


def _verified(checkpoint: Checkpoint) -> Verified:
    path = file_path(checkpoint)
    if not path.exists():
        return Verified(checkpoint=checkpoint, path=path, state="absent")
    try:
        blob = git_blob_id(path)
        if blob == checkpoint.blob:
            return Verified(checkpoint=checkpoint, path=path, state="ok", blob=blob)
        what = what_is(path, blob)
    except OSError as error:
        msg = f"cannot read {path}: {error.strerror}"
        raise DataError(msg) from error
    return Verified(checkpoint=checkpoint, path=path, state="wrong", blob=blob, what=what)


def _is_right(checkpoint: Checkpoint, note: Callable[[str], None]) -> bool:
    found = _verified(checkpoint)
    if found.state == "wrong":
        note(str(found))
    return found.state == "ok"


def _download(
    checkpoint: Checkpoint, load: Callable[[Path], bool], note: Callable[[str], None]
) -> None:
    path = file_path(checkpoint)
    part = path.with_name(f"{path.name}.part")
    pieces = load(part)
    blob = git_blob_id(part)
    if blob != checkpoint.blob and pieces:
        note("the pieces do not make the published file; once more from the start")
        part.unlink()
        load(part)
        blob = git_blob_id(part)
    if blob != checkpoint.blob:
        what = what_is(part, blob)
        part.unlink()
        msg = (
            f"expected the git blob id {checkpoint.blob}, found {blob}: "
            f"what came is {what}, and was removed"
        )
        raise DataError(msg)
    part.replace(path)


@contextmanager
def _alone(lock: Path, note: Callable[[str], None]) -> Iterator[None]:
    # Two that write to one part file would spoil it. Windows has no such lock: there, the second
    # finds pieces that do not fit.
    if sys.platform == "win32":
        yield
        return
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note("waiting for another abawkit that downloads to the same folder")
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:
            note(f"{lock.parent} has no locks: let no other abawkit download to it now")
        yield
