"""Reading what was sent, a zip or label files, as the trials that it makes."""

from __future__ import annotations

import hashlib
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from abawkit.errors import AbawkitWarning, DataError, UsageError, few
from abawkit.labels.reading import LABEL_SUFFIXES, label_files
from abawkit.protocol import CHALLENGES, challenges_of
from submissions.identify import identify, read_own_manifest, refuse_several
from submissions.packing.manifest import (
    content_digest,
    manifest_path,
    read_pack_manifest,
    run_settings,
)
from submissions.run import read_manifest
from submissions.trials.rows import HEAD, files_without_rows
from submissions.trials.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from abawkit.protocol import Challenge

_CHUNK = 1 << 20


def read_sent(
    path: Path, *, task: str | None = None, edition: int | None = None, sent: str
) -> list[Trial]:
    """Read what was sent.

    Parameters
    ----------
    path : Path
        A zip, with the manifest of ``abawkit pack`` beside it if it has one; a run folder, a
        folder of label files, or one file.
    task : str, optional
        The task, or a whole challenge such as ``abaw5-va``; needed for a zip without a manifest.
    edition : int, optional
        The edition; needed where no manifest tells it and several fit.
    sent : str
        The date, ``YYYY-MM-DD``.

    Returns
    -------
    list of Trial
        One; or where each file of a challenge is a trial, one a file.
    """
    if path.is_file() and zipfile.is_zipfile(path):
        return _read_zip(path, task, edition, sent)
    challenge = identify(path, task=task, edition=edition, certain=True)
    files = label_files(path)
    hashes = {file.name: _file_sha256(file) for file in files}
    manifest = None if read_own_manifest(path) is None else read_manifest(path)
    settings = None if manifest is None else run_settings(manifest)
    if manifest is None:
        _choose(path, {file.name: _head(file) for file in files}, [challenge])
    return [
        Trial(challenge=challenge.name, sent=sent, file=str(path.absolute()), content=content,
              settings=settings)
        for content in _contents(challenge, hashes)
    ]  # fmt: skip


def _read_zip(path: Path, task: str | None, edition: int | None, sent: str) -> list[Trial]:
    manifest = _manifest_of(path)
    own = None if manifest is None else CHALLENGES[manifest["challenge"]]
    fitting = _challenges_of(path, own, task, edition)
    entries = _entries(path)
    if own is None:
        heads = {name: entry.head for name, entry in entries.items()}
        fitting = _choose(path, heads, fitting)
    (challenge,) = fitting
    hashes = {name: entry.sha256 for name, entry in entries.items()}
    told = {row["content"]: row for row in (manifest or {"submissions": []})["submissions"]}
    trials = []
    for content in _contents(challenge, hashes):
        row = told.get(content, {})
        score = row.get("score")
        trials.append(
            Trial(
                challenge=challenge.name,
                sent=sent,
                file=str(path.absolute()),
                content=content,
                settings=row.get("settings"),
                validation=None if score is None else float(score),
                signature=row.get("signature"),
            )
        )
    return trials


def _manifest_of(path: Path) -> dict[str, Any] | None:
    beside = manifest_path(path)
    manifest = read_pack_manifest(beside)
    if manifest is None or manifest["zip"]["sha256"] == _file_sha256(path):
        return manifest
    msg = f"{beside}: this tells of another zip than {path}; its settings are not taken"
    warnings.warn(msg, AbawkitWarning, stacklevel=2)
    return None


def _challenges_of(
    path: Path, own: Challenge | None, task: str | None, edition: int | None
) -> list[Challenge]:
    if own is None:
        if task is None:
            msg = f"{path}: no manifest of abawkit pack beside it; tell its --task and --edition"
            raise UsageError(msg)
        return challenges_of(task, edition)
    if not own.is_asked(task, edition):
        msg = f"{path}: its manifest says {own.name}; leave --task and --edition out"
        raise UsageError(msg)
    return [own]


def _choose(
    path: Path, heads: Mapping[str, bytes], challenges: Sequence[Challenge]
) -> list[Challenge]:
    lacking = [files_without_rows(heads, row) for row in challenges]
    fitting = [row for row, names in zip(challenges, lacking, strict=True) if not names]
    if not fitting:
        headers = {row.protocol.submission.header: None for row in challenges}
        wanted = " or ".join("no header" if row is None else repr(row) for row in headers)
        msg = (
            f"{path}: expected label files of {few(row.name for row in challenges)}, with "
            f"{wanted} and rows; found no such row in {few(lacking[0])}"
        )
        raise DataError(msg)
    refuse_several(path, fitting)
    return fitting


def _contents(challenge: Challenge, hashes: dict[str, str]) -> list[str]:
    if challenge.protocol.submission.numbered:
        return [*dict.fromkeys(hashes.values())]
    return [content_digest(hashes)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    name: str
    sha256: str
    head: bytes


def _entries(path: Path) -> dict[str, _Entry]:
    # By name without folders, for another tool may have packed it.
    entries: dict[str, _Entry] = {}
    for entry in _read_entries(path):
        if entry.name in entries:
            msg = f"{path}: expected files without folders, found two named {entry.name}"
            raise DataError(msg)
        entries[entry.name] = entry
    if not entries:
        msg = f"{path}: no label files ({', '.join(LABEL_SUFFIXES)}) in this zip"
        raise DataError(msg)
    return entries


def _read_entries(path: Path) -> list[_Entry]:
    entries = []
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in sorted(archive.infolist(), key=lambda entry: entry.filename):
                name = PurePosixPath(entry.filename)
                is_label = name.suffix in LABEL_SUFFIXES and not name.name.startswith(".")
                if entry.is_dir() or not is_label:
                    continue
                with archive.open(entry) as file:
                    head = file.read(HEAD)
                    digest = hashlib.sha256(head)
                    while chunk := file.read(_CHUNK):
                        digest.update(chunk)
                entries.append(_Entry(name=name.name, sha256=digest.hexdigest(), head=head))
    except Exception as error:  # a corrupt archive raises almost anything
        msg = f"{path}: cannot read this zip: {error}"
        raise DataError(msg) from error
    return entries


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


def _file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
