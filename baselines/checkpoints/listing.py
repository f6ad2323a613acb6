"""The published weights, shown."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

from abawkit.report.render import table
from baselines.card import VA
from baselines.checkpoints.catalogue import BUNDLED, CHECKPOINTS, find_checkpoint
from baselines.checkpoints.eligibility import eligibility, summary
from baselines.checkpoints.store import file_path, git_blob_id, home, model_path
from baselines.location import own_models

if TYPE_CHECKING:
    from collections.abc import Sequence

    from baselines.checkpoints.catalogue import Checkpoint

State = Literal["bundled", "imported", "downloaded", "wrong", "absent"]
_LEGEND = """
outputs: scores of 8 or 7 emotions; +VA: valence and arousal too; -: none of these
trained on: data sets that are given for research only; -: not documented; ?: a part is not
state: bundled and imported models predict, with --model; downloaded files are to be imported;
  wrong: not the published file, which abawkit models verify tells more of
here: {here}
models list NAME tells more, as --json does: classes in their order, preprocessing, licence, where
  a model may be entered, address, git blob id, notes"""


def models_as_text() -> str:
    """List the weights for people.

    Returns
    -------
    str
        A heading, one line a file, the models of the user's own, and what the words mean.
    """
    rows = [["file", "network", "input", "outputs", "trained on", "state"]]
    for checkpoint in (BUNDLED, *CHECKPOINTS.values()):
        preprocessing = checkpoint.preprocessing
        rows.append([
            checkpoint.file,
            checkpoint.network or "-",
            str(preprocessing.size) if preprocessing else "-",
            _outputs(checkpoint),
            ", ".join(checkpoint.trained_on) or "-",
            _state(checkpoint),
        ])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    left = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    names = ", ".join(own_models())
    own = f"models of your own: {names}\n" if names else ""
    return f"{table(left)}\n{own}{_LEGEND.format(here=home())}"


def models_in_detail(names: Sequence[str]) -> str:
    """Tell people all that the catalogue has of some files.

    Parameters
    ----------
    names : sequence of str
        Files, or models, which stand for each file of theirs.

    Returns
    -------
    str
        A paragraph a file.

    Raises
    ------
    UsageError
        If there is no such file or model.
    """
    rows = [row for name in names for row in _named(name)]
    return "\n\n".join(map(_paragraph, rows))


def _named(name: str) -> list[Checkpoint]:
    found = [r for r in (BUNDLED, *CHECKPOINTS.values()) if name in {r.file, r.name}]
    # What is not found is refused there, with what it may have been meant for.
    return found or [find_checkpoint(name)]


def _paragraph(row: Checkpoint) -> str:
    images = row.preprocessing
    numbers = images and "mean {}, std {}".format(
        *(", ".join(f"{value:.6g}" for value in part) for part in (images.mean, images.std))
    )
    facts = {
        "network": row.network,
        "input": images
        and f"{images.size} x {images.size}, {images.colour}, {images.resize}, {numbers}",
        "scores": row.outputs and f"{', '.join(row.outputs)} ({row.scores})",
        "trained on": ", ".join(row.trained_on),
        "may enter": summary(row.trained_on) if row.network else "",
        "licence": row.licence,
        "note": row.note,
        "address": row.url,
        "git blob id": row.blob,
        "state": _state(row),
    }
    lines = [f"  {name:<11}  {fact}" for name, fact in facts.items() if fact]
    return "\n".join((row.file, *lines))


def models_as_json(names: Sequence[str] = ()) -> str:
    """List the weights for programs: each row of the catalogue, whole.

    Parameters
    ----------
    names : sequence of str
        Files, or models; all, and the user's own, by default.

    Returns
    -------
    str
        A JSON list of objects; at its end are those of the models of the user's own, which have
        ``name``, ``file``, ``path`` and the ``state`` "imported" only.
    """
    if names:
        return json.dumps([_row(row) for name in names for row in _named(name)], indent=2)
    rows = [_row(checkpoint) for checkpoint in (BUNDLED, *CHECKPOINTS.values())]
    own = [
        {"name": name, "file": path.name, "path": str(path), "state": "imported"}
        for name, path in own_models().items()
    ]
    return json.dumps([*rows, *own], indent=2)


def _row(checkpoint: Checkpoint) -> dict[str, Any]:
    row = asdict(checkpoint)
    del row["own_preprocessing"]
    preprocessing = checkpoint.preprocessing
    model = checkpoint.bundled or not checkpoint.network
    return {
        "name": checkpoint.name,
        **row,
        "format": checkpoint.format,
        "preprocessing": preprocessing and asdict(preprocessing),
        "eligibility": dict(eligibility(checkpoint.trained_on)),
        "eligibility_summary": summary(checkpoint.trained_on),
        "state": _state(checkpoint),
        "file_path": None if checkpoint.bundled else str(file_path(checkpoint)),
        "model_path": None if model else str(model_path(checkpoint.name)),
    }


def _outputs(checkpoint: Checkpoint) -> str:
    classes = [name for name in checkpoint.outputs if name not in VA]
    if not checkpoint.outputs:
        return "-"
    return f"{len(classes)}+VA" if len(classes) < len(checkpoint.outputs) else f"{len(classes)}"


def _state(checkpoint: Checkpoint) -> State:
    if checkpoint.bundled:
        return "bundled"
    if checkpoint.network and model_path(checkpoint.name).exists():
        return "imported"
    path = file_path(checkpoint)
    if not path.exists():
        return "absent"
    # A list of all files is not to fail for one that cannot be read.
    with suppress(OSError):
        if git_blob_id(path) == checkpoint.blob:
            return "downloaded"
    return "wrong"
