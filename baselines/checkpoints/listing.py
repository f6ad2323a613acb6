"""The published weights, shown."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

from abawkit.report.render import table
from baselines.card import VA
from baselines.checkpoints.catalogue import BUNDLED, CHECKPOINTS
from baselines.checkpoints.eligibility import eligibility, summary
from baselines.checkpoints.store import file_path, home, model_path

if TYPE_CHECKING:
    from baselines.checkpoints.catalogue import Checkpoint

State = Literal["bundled", "imported", "downloaded", "absent"]
_LEGEND = """
outputs: scores of 8 or 7 emotions; +VA: valence and arousal too; -: none of these
trained on: data sets that are given for research only; -: not documented
state: bundled and imported models predict, with --model; downloaded files are to be imported
here: {here}
--json tells more: classes in their order, preprocessing, ids, addresses, licences, notes"""


def models_as_text() -> str:
    """List the weights for people.

    Returns
    -------
    str
        A heading, one line a file, and what the words mean.
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
    return f"{table(left)}\n{_LEGEND.format(here=home())}"


def models_as_json() -> str:
    """List the weights for programs: each row of the catalogue, whole.

    Returns
    -------
    str
        A JSON list of objects.
    """
    rows = [_row(checkpoint) for checkpoint in (BUNDLED, *CHECKPOINTS.values())]
    return json.dumps(rows, indent=2)


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
    return "downloaded" if file_path(checkpoint).exists() else "absent"
