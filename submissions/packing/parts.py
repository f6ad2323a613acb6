"""The submissions that go into one zip: one, or where files are numbered by trial, several."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abawkit.errors import UsageError
from abawkit.labels.reading import label_files
from submissions.following import run_template
from submissions.identify import identify, run_challenge
from submissions.packing.archive import trial_name
from submissions.packing.evidence import settings_of
from submissions.packing.manifest import content_digest
from submissions.run import load_run
from submissions.template import LIKE, Template, choose_template

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from abawkit.protocol import Challenge


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Part:
    """One submission.

    Attributes
    ----------
    path : Path
        A run folder, a folder of label files or one file.
    files : mapping of str to bytes
        Its label files, by the names that they get.
    template : Template or None
        What it has to look like, if anything tells.
    sample : mapping or None
        Name and hash of the official sample that it follows, if it follows one.
    settings : mapping or None
        `submissions.packing.manifest.run_settings`, None where that is not known.
    """

    path: Path
    files: Mapping[str, bytes]
    template: Template | None
    sample: Mapping[str, str] | None
    settings: Mapping[str, Any] | None

    @property
    def hashes(self) -> dict[str, str]:
        """The SHA-256 of each file, by its name."""
        return {name: hashlib.sha256(data).hexdigest() for name, data in self.files.items()}

    @property
    def content(self) -> str:
        """What its files say, in one hash."""
        return content_digest(self.hashes)


def find_challenge_of(
    paths: Sequence[Path], *, task: str | None, edition: int | None, like: Path | None
) -> Challenge:
    """Tell which challenge some submissions are for.

    Parameters
    ----------
    paths : sequence of Path
        The submissions, at least one.
    task, edition, like
        As `identify` takes them.

    Returns
    -------
    Challenge
        The row of the table.

    Raises
    ------
    UsageError
        If they are not for the same one, or nothing tells the edition and several fit.
    """
    first, *others = (
        identify(path, task=task, edition=edition, like=like, certain=True) for path in paths
    )
    for path, other in zip(paths[1:], others, strict=True):
        if other != first:
            msg = f"{paths[0]} is for {first.name}, {path} for {other.name}; pack each by itself"
            raise UsageError(msg)
    return first


def read_parts(
    paths: Sequence[Path],
    challenge: Challenge,
    *,
    like: Path | None,
    frames: Path | None,
    runs: Sequence[Path] = (),
) -> list[Part]:
    """Read the submissions that go into one zip.

    Parameters
    ----------
    paths : sequence of Path
        The submissions, at least one.
    challenge : Challenge
        What they are for.
    like, frames : Path, optional
        As `choose_template` takes them. A run is to have its own rows if neither is given.
    runs : sequence of Path
        The runs that label files were made from, none or one a path.

    Returns
    -------
    list of Part
        One a path.

    Raises
    ------
    UsageError
        If there are several where files are not numbered, or two of them are the same; if a run
        tells how it was made itself, or there is not one run a path.
    """
    if runs and len(runs) != len(paths):
        msg = f"expected one --run a submission ({len(paths)}), found {len(runs)}"
        raise UsageError(msg)
    known: Sequence[Path | None] = runs or [None] * len(paths)
    made = [_settings(path, run, challenge) for path, run in zip(paths, known, strict=True)]
    given = choose_template(challenge, like=like, frames=frames)
    parts: dict[str, Part] = {}
    for index, (path, settings) in enumerate(zip(paths, made, strict=True)):
        part = _read(path, challenge, index, given, settings)
        twin = parts.setdefault(part.content, part)
        if twin is not part:
            msg = f"{twin.path} and {path} hold the same labels; that would waste a trial"
            raise UsageError(msg)
    return [*parts.values()]


def _settings(path: Path, run: Path | None, challenge: Challenge) -> dict[str, Any] | None:
    """Tell how a submission was made, by itself or by the run that it was made from.

    Parameters
    ----------
    path : Path
        The submission.
    run : Path, optional
        The run, if one is given.
    challenge : Challenge
        What the submission is for.

    Returns
    -------
    dict or None
        `settings_of`.

    Raises
    ------
    UsageError
        If the submission is a run itself, or what is given is none, or one of another task.
    """
    own = settings_of(path)
    if run is None:
        return own
    settings = settings_of(run)
    if settings is None:
        msg = f"--run {run}: expected a run folder of abawkit, found no manifest of one"
        raise UsageError(msg)
    if own is not None:
        msg = f"{path} is a run and tells itself how it was made; leave --run out"
        raise UsageError(msg)
    of = run_challenge(run)
    # A run of MTL may have become a submission for one of its targets.
    if of is not None and not {t.name for t in of.targets} & {t.name for t in challenge.targets}:
        msg = f"--run {run}: expected what {path} was made from, found a run of {of.name}"
        raise UsageError(msg)
    return settings


def _read(
    path: Path,
    challenge: Challenge,
    index: int,
    given: Template | None,
    settings: Mapping[str, Any] | None,
) -> Part:
    files = _files(path, challenge, index)
    template, sample = given, None
    if given is not None and given.sha256 is not None:
        sample = {"name": Path(given.source).name, "sha256": given.sha256}
    if given is None and run_challenge(path) is not None:
        run = load_run(path)
        template, noted = run_template(run, path), run.manifest.get(LIKE)
        sample = noted and {name: str(noted.get(name)) for name in ("name", "sha256")}
    return Part(path=path, files=files, template=template, sample=sample, settings=settings)


def _files(path: Path, challenge: Challenge, index: int) -> dict[str, bytes]:
    layout = challenge.protocol.submission
    if layout.per_video and not index:
        return {file.name: file.read_bytes() for file in label_files(path)}
    name = trial_name(layout, index)
    # Where a folder has more than the one file, the checks say so.
    return {name: label_files(path)[0].read_bytes()}
