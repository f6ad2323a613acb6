"""What is told of a submission beside its zip: what it holds, and how it was made."""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING, Any

from abawkit.errors import DataError
from abawkit.protocol import CHALLENGES
from submissions.settings import model_name, read_processing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VERSION = 1
_MARK = "abawkit_pack"


def run_settings(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Tell how a run was made.

    Parameters
    ----------
    manifest : mapping
        The manifest of the run.

    Returns
    -------
    dict
        ``run`` (`submissions.Run.name`), ``model``, ``head``, ``method``, ``weights``,
        ``members``, ``fill``, ``smooth``, ``thresholds``, ``offsets``, None where there is none;
        ``identity``, all that is known of the model; ``abawkit``, the version that made it.
    """
    model, labels = manifest["model"], read_processing(manifest).describe()
    members = [model_name(member) for member in model.get("members", [])]
    return {
        "run": model_name(model),
        **{name: model.get(name) for name in ("model", "head", "method", "weights")},
        "members": members or None,
        **{name: labels.get(name) for name in ("fill", "smooth", "thresholds", "offsets")},
        "identity": model,
        "abawkit": manifest.get("abawkit"),
    }


def content_digest(files: Mapping[str, str]) -> str:
    """Tell submissions apart by what their files say, however they are packed.

    Parameters
    ----------
    files : mapping of str to str
        The SHA-256 of each label file, by its name.

    Returns
    -------
    str
        That of the one file, whatever its name, for editions prescribe none; else one of names
        and hashes, in any order.
    """
    if len(files) == 1:
        return next(iter(files.values()))
    listing = "".join(f"{files[name]}  {name}\n" for name in sorted(files))
    return hashlib.sha256(listing.encode("utf-8", "surrogateescape")).hexdigest()


def manifest_path(archive: Path) -> Path:
    """Tell where the manifest of a zip is.

    Parameters
    ----------
    archive : Path
        The zip.

    Returns
    -------
    Path
        Beside it, ``.json`` in place of ``.zip``.
    """
    return archive.with_suffix(".json")


def as_text(content: Mapping[str, Any]) -> str:
    """Write the manifest of a zip.

    Parameters
    ----------
    content : mapping
        What it tells.

    Returns
    -------
    str
        JSON that `read_pack_manifest` takes.
    """
    return json.dumps({_MARK: VERSION, **content}, indent=2, allow_nan=False) + "\n"


def read_pack_manifest(path: Path) -> dict[str, Any] | None:
    """Read the manifest that was written beside a zip.

    Parameters
    ----------
    path : Path
        The manifest.

    Returns
    -------
    dict or None
        What it tells, None if there is no such file.

    Raises
    ------
    DataError
        If there is one that ``abawkit pack`` did not write, or a newer version did.
    """
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        msg = f"{path}: cannot read this; expected a manifest of abawkit pack: {error}"
        raise DataError(msg) from error
    fault = _fault(content)
    if fault:
        msg = f"{path}: {fault}; expected a manifest that abawkit pack wrote"
        raise DataError(msg)
    return dict(content)


def _fault(content: object) -> str | None:
    if not isinstance(content, dict) or _MARK not in content:
        return "this is no manifest of a zip"
    if content[_MARK] != VERSION:
        return f"found version {content[_MARK]!r} of the manifest, this reads {VERSION}"
    if content.get("challenge") not in list(CHALLENGES):
        return f"no challenge {content.get('challenge')!r}"
    archive, submissions = content.get("zip"), content.get("submissions")
    if not (isinstance(archive, dict) and isinstance(archive.get("sha256"), str)):
        return "the hash of the zip is missing"
    if not (isinstance(submissions, list) and submissions and all(map(_is_told, submissions))):
        return "what the zip holds is missing, or cannot be understood"
    return None


def _is_told(submission: object) -> bool:
    return (
        isinstance(submission, dict)
        and isinstance(submission.get("content"), str)
        and isinstance(submission.get("settings"), dict | None)
        and _is_score(submission.get("score"))
        and isinstance(submission.get("signature"), str | None)
    )


def _is_score(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isfinite(value))
