"""Packing submissions: what ``abawkit pack`` does."""

from __future__ import annotations

import hashlib
import platform
import warnings
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abawkit.errors import AbawkitWarning, DataError, SubmissionError, UsageError
from abawkit.files import make_zip
from submissions.packing.archive import write_pair
from submissions.packing.evidence import score_validation
from submissions.packing.manifest import as_text, manifest_path, read_pack_manifest
from submissions.packing.parts import find_challenge_of, read_parts
from submissions.validation.rendering import as_text as show
from submissions.validation.rendering import passes
from submissions.validation.validate import validate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from abawkit.protocol import Challenge
    from submissions.packing.parts import Part
    from submissions.validation.findings import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """What was packed: where, of what, and what the checks said of each submission."""

    archive: Path
    manifest: Path
    files: tuple[str, ...]
    verdicts: tuple[Verdict, ...]

    def __str__(self) -> str:
        lines = [show(verdict) for verdict in self.verdicts]
        what = self.files[0] if len(self.files) == 1 else f"{len(self.files)} files"
        return "\n".join([*lines, f"wrote {self.archive} ({what}) and {self.manifest}"])


def pack(  # noqa: PLR0913 - one parameter an option
    paths: Sequence[Path],
    *,
    out: Path | None = None,
    task: str | None = None,
    edition: int | None = None,
    like: Path | None = None,
    frames: Path | None = None,
    runs: Sequence[Path] = (),
    annotations: Path | None = None,
    validation: Sequence[Path] = (),
    strict: bool = False,
    force: bool = False,
) -> Packed:
    """Check submissions and write the zip that the edition takes, with a manifest beside it.

    Parameters
    ----------
    paths : sequence of Path
        A run folder, a folder of label files or one file; several only where the edition numbers
        its files by trial.
    out : Path, optional
        The zip; by default named after the challenge, in the working folder.
    task, edition, like, frames
        As `identify` and `choose_template` take them. A run is to have its own rows if nothing
        else is given.
    runs : sequence of Path
        The runs that tell how label files were made, one for each of `paths`.
    annotations : Path, optional
        The annotations of the validation set, to tell the score in the manifest.
    validation : sequence of Path
        The predictions of the validation set, one for each of `paths`; these by default.
    strict : bool
        Refuse what the checks warn of.
    force : bool
        Replace a zip of other content, or a manifest that tells a score by one that does not.

    Returns
    -------
    Packed
        What was written.

    Raises
    ------
    UsageError
        If options contradict each other, nothing tells which of several editions it is, these
        are more than may be sent, or there is a zip of other content.
    SubmissionError
        If a submission is not valid; all findings are told and nothing is written.
    """
    if validation and (annotations is None or len(validation) != len(paths)):
        msg = f"expected --annotations, and one --validation a submission ({len(paths)})"
        raise UsageError(msg)
    challenge = find_challenge_of(paths, task=task, edition=edition, like=like)
    _limit(len(paths), challenge)
    archive = _choose_out(out, challenge, paths)
    parts = read_parts(paths, challenge, like=like, frames=frames, runs=runs)
    verdicts = [_check(part, challenge) for part in parts]
    _refuse_invalid(parts, verdicts, strict=strict)
    scored = [
        {}
        if annotations is None
        # What is scored by itself was made as it was made.
        else score_validation(run, annotations, challenge, part.settings if validation else None)
        for part, run in zip(parts, validation or paths, strict=True)
    ]
    files = {name: data for part in parts for name, data in part.files.items()}
    packed = make_zip(files)
    digest = hashlib.sha256(packed).hexdigest()
    told = [_told(*row) for row in zip(parts, verdicts, scored, strict=True)]
    if not force:
        _refuse_other(archive, digest, told)
    content = {
        "challenge": challenge.name,
        "zip": {"name": archive.name, "sha256": digest},
        "files": [row for part in parts for row in _told_files(part, challenge)],
        "submissions": told,
        "sample": parts[0].sample,
        "versions": {
            "abawkit": version("abawkit"),
            "python": platform.python_version(),
            "numpy": version("numpy"),
        },
    }
    write_pair(archive, packed, manifest_path(archive), as_text(content))
    return Packed(
        archive=archive,
        manifest=manifest_path(archive),
        files=tuple(files),
        verdicts=tuple(verdicts),
    )


def _limit(n_trials: int, challenge: Challenge) -> None:
    allowed = challenge.protocol.trials
    if n_trials <= allowed:
        return
    msg = f"{n_trials} trials; {challenge.name} takes {allowed}"
    if challenge.protocol.trials_confirmed:
        msg = f"{msg}; choose which to send"
        raise UsageError(msg)
    warnings.warn(msg, AbawkitWarning, stacklevel=3)


def _choose_out(out: Path | None, challenge: Challenge, paths: Sequence[Path]) -> Path:
    archive = Path(f"{challenge.name}.zip") if out is None else out
    if archive.suffix != ".zip":
        msg = f"{archive}: expected a name that ends in .zip"
        raise UsageError(msg)
    # A run folder has a manifest of its own, and label files belong together.
    inside = [path for path in paths if path.resolve() in archive.resolve().parents]
    if inside:
        msg = f"{archive} would be in {inside[0]}; choose another --out"
        raise UsageError(msg)
    _refuse_folder(archive)
    return archive


def _check(part: Part, challenge: Challenge) -> Verdict:
    verdict = validate(part.path, challenge, template=part.template)
    if challenge.protocol.submission.per_video:
        return verdict
    # The one file gets the name that the edition asks for.
    errors = tuple(finding for finding in verdict.errors if finding.code != "file-name")
    return replace(verdict, errors=errors)


def _refuse_invalid(parts: Sequence[Part], verdicts: Sequence[Verdict], *, strict: bool) -> None:
    wrong = [
        f"{part.path}:\n{show(verdict, strict=strict)}"
        for part, verdict in zip(parts, verdicts, strict=True)
        if not passes(verdict, strict=strict)
    ]
    if wrong:
        msg = "\n".join(["nothing is packed", *wrong])
        raise SubmissionError(msg)


def _refuse_folder(archive: Path) -> None:
    folders = [path for path in (archive, manifest_path(archive)) if path.is_dir()]
    if folders:
        msg = f"{folders[0]}: this is a folder; choose another --out"
        raise UsageError(msg)


def _refuse_other(archive: Path, digest: str, told: Sequence[Mapping[str, Any]]) -> None:
    # Neither another zip nor its manifest, of what may have been sent, is to be lost.
    beside = manifest_path(archive)
    same = not archive.exists() or hashlib.sha256(archive.read_bytes()).hexdigest() == digest
    manifest = _manifest_of(beside, digest) if same else None
    if manifest is None:
        other = beside if same else archive
        msg = f"{other} is there with other content; choose another --out, or --force to replace"
        raise UsageError(msg)
    scored = {row["content"] for row in told if row["score"] is not None}
    known = {row["content"] for row in manifest["submissions"] if row.get("score") is not None}
    if known - scored:
        msg = (
            f"{beside} tells the score of the same labels, which would be lost; give "
            "--annotations, or --force to replace"
        )
        raise UsageError(msg)


def _manifest_of(path: Path, digest: str) -> dict[str, Any] | None:
    # Where there is none, nothing can be lost.
    try:
        manifest = read_pack_manifest(path) or {"zip": {"sha256": digest}, "submissions": []}
    except DataError:
        return None
    return manifest if manifest["zip"]["sha256"] == digest else None


def _told_files(part: Part, challenge: Challenge) -> list[dict[str, Any]]:
    layout = challenge.protocol.submission if part.template is None else part.template.layout
    return [
        {
            "name": name,
            "sha256": part.hashes[name],
            "rows": len(data.splitlines()) - (layout.header is not None),
        }
        for name, data in part.files.items()
    ]


def _told(part: Part, verdict: Verdict, scored: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "files": [*part.files],
        "content": part.content,
        "settings": part.settings,
        "score": scored.get("score"),
        "signature": scored.get("signature"),
        "compared": verdict.compared is not None,
        "warnings": [
            {"code": row.code, "message": row.message, "count": row.count}
            for row in verdict.warnings
        ],
    }
