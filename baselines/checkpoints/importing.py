"""From a published file, or one's own, to the ONNX file that predicts: ``models import``.

A file is known by its git blob id, whatever its name; what it is then stands in the catalogue. Of
any other file the user says what its contents do not.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import DataError, MissingDependencyError, ModelError, UsageError
from abawkit.files import write_whole
from baselines.card import EMOTIONS_7, EMOTIONS_8, KEY, VA, Card
from baselines.checkpoints.cards import card_as_markdown
from baselines.checkpoints.catalogue import CHECKPOINTS, find_checkpoint, identify
from baselines.checkpoints.store import file_path, git_blob_id, model_path
from baselines.model import Backbone
from baselines.networks.table import NETWORKS, find_networks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import nn

    from baselines.checkpoints.catalogue import Checkpoint
    from baselines.networks.table import Network

# What published networks give, by the number of their outputs.
_USUAL = {len(names): names for names in (EMOTIONS_7, EMOTIONS_8, EMOTIONS_8 + VA, ())}
_ONNX_START = b"\x08"  # the field ir_version, which every exporter writes first
_TOLERANCE = 1e-4
_TINY = 1e-12
_EXTRA = {
    "torch": "abawkit[train]",
    "h5py": "abawkit[train]",
    "safetensors": "abawkit[train]",
    "onnx": "abawkit[models]",
    "onnxscript": "abawkit[train]",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A model that was imported: its ONNX file, its card, and what was noticed."""

    path: Path
    card: Card
    notes: tuple[str, ...]

    def __str__(self) -> str:
        size = self.card.preprocessing.size
        what = f"{len(self.card.outputs)} {self.card.scores}" if self.card.outputs else "no scores"
        lines = (
            f"{self.card.name}: {self.card.network or 'a network'}, {size} x {size}, {what}",
            *self.notes,
            f"wrote {self.path}, and its card {self.path.with_suffix('.md').name}",
        )
        return "\n".join(lines)


def find_source(given: str) -> Path:
    """Find the file to import.

    Parameters
    ----------
    given : str
        A file, or the name of a published one that was pulled.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    DataError
        If there is no such file, or the published one was not pulled yet.
    """
    path = Path(given)
    if path.is_file():
        return path
    try:
        checkpoint = find_checkpoint(given)
    except UsageError as error:
        msg = f"{given}: no such file, and {error}"
        raise DataError(msg) from error
    # A name stands for each format of it; what is there will do.
    there = [
        file_path(row)
        for row in (checkpoint, *CHECKPOINTS.values())
        if row.file == checkpoint.file or (given == row.name and row.network)
    ]
    for place in there:
        if place.is_file():
            return place
    msg = (
        f"{checkpoint.file} is not here yet, it would be {file_path(checkpoint)}; "
        f"fetch it with: abawkit models pull {checkpoint.file}"
    )
    raise DataError(msg)


def import_model(
    source: Path,
    *,
    network: str | None = None,
    outputs: Sequence[str] | None = None,
    name: str | None = None,
    out: Path | None = None,
) -> Imported:
    """Make the ONNX file, with its card, of a file of weights.

    Nothing in the file is run. The network is built here from the tensors in it, and what ONNX
    Runtime gives is compared with what torch gives before anything is written.

    Parameters
    ----------
    source : Path
        A ``.pt`` (state dict or whole pickled module), ``.h5``, ``.safetensors`` or ``.onnx``
        file.
    network : str, optional
        Its row of the table of networks, where neither the catalogue nor the file tells.
    outputs : sequence of str, optional
        Names of its scores, likewise.
    name : str, optional
        What the model is to be called; as the published file or `source` by default.
    out : Path, optional
        The file to write; in abawkit's folder of models by default.

    Returns
    -------
    Imported
        What was made.

    Raises
    ------
    DataError
        If the file cannot be read, or nothing can be written.
    ModelError
        If the file is refused, or is not what it is said to be.
    UsageError
        If something has to be said with an option.
    MissingDependencyError
        If the format needs a library that is not installed.
    """
    try:
        return _import(source, network, outputs, name, out)
    except ModuleNotFoundError as error:
        library = str(error.name).partition(".")[0]
        extra = _EXTRA.get(library, library)
        msg = (
            f"{source}: importing this file needs {library}, which is not installed: "
            f"pip install '{extra}'"
        )
        raise MissingDependencyError(msg) from error
    except OSError as error:
        msg = f"{error.filename or source}: {error.strerror or error}"
        raise DataError(msg) from error


def _import(
    source: Path,
    network: str | None,
    outputs: Sequence[str] | None,
    name: str | None,
    out: Path | None,
) -> Imported:
    blob = git_blob_id(source)
    known = identify(blob)
    notes = [f"{source.name} is {known[1]}" if known else "no published file, by its contents"]
    checkpoint = known[0] if known else None
    if checkpoint is not None and not checkpoint.network:
        msg = f"{source}: {checkpoint.file} is no network to predict with: {checkpoint.note}"
        raise ModelError(msg)
    if checkpoint is not None and network is None:
        network = checkpoint.network
    draft = _Draft(
        name=name or (checkpoint.name if checkpoint else source.stem),
        source=f"{source.name}, git blob {blob}",
        network=network,
        outputs=tuple(outputs) if outputs is not None else None,
        checkpoint=checkpoint,
    )
    with source.open("rb") as file:
        is_onnx = file.read(1) == _ONNX_START
    data, card, note = _from_onnx(source, draft) if is_onnx else _from_weights(source, draft)
    target = out or model_path(card.name)
    if target.exists() and target.samefile(source):
        msg = f"{target}: the file to write is the one to read; give another --out"
        raise UsageError(msg)
    write_whole(target, data)
    write_whole(target.with_suffix(".md"), card_as_markdown(card))
    return Imported(path=target, card=card, notes=(*notes, note))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    # What is known of a model before its file is read.
    name: str
    source: str
    network: str | None
    outputs: tuple[str, ...] | None
    checkpoint: Checkpoint | None

    def card(self, network: Network, n_outputs: int) -> Card:
        row = self.checkpoint
        outputs = self.outputs
        if outputs is None:
            outputs = row.outputs if row is not None else _USUAL.get(n_outputs)
        if outputs is None or len(outputs) != n_outputs:
            named = "none is named" if outputs is None else f"{len(outputs)} are named"
            msg = (
                f"{self.name}: the network gives {n_outputs} scores, and {named}; "
                "name them in their order with --outputs, such as Anger,Happiness,Neutral"
            )
            raise UsageError(msg)
        return Card(
            name=self.name,
            outputs=outputs,
            scores=network.scores if row is None else row.scores,
            preprocessing=(row and row.preprocessing) or network.preprocessing,
            network=network.name,
            source=self.source,
            trained_on=row.trained_on if row is not None else (),
            licence=row.licence if row is not None else "",
        )


def _from_onnx(source: Path, draft: _Draft) -> tuple[bytes, Card, str]:
    from baselines.checkpoints.graph import (  # noqa: PLC0415 - onnx may be missing
        describe,
        import_onnx,
        with_embedding,
    )
    from baselines.checkpoints.onnxfile import parse_onnx  # noqa: PLC0415

    data = source.read_bytes()
    model = parse_onnx(data, name=source.name)
    card = _own_card(source, {entry.key: entry.value for entry in model.metadata_props}, draft)
    if card is None:
        if draft.network is None:
            msg = (
                f"{source}: an ONNX file does not tell what is done to images before; say whose "
                f"preprocessing it has with --network, one of {', '.join(NETWORKS)}"
            )
            raise UsageError(msg)
        n_scores = describe(with_embedding(model, name=source.name)).n_scores
        card = draft.card(find_networks(draft.network)[0], n_scores or 0)
    result = import_onnx(data, card=card)
    entries = {entry.key: entry.value for entry in result.metadata_props}
    note = "its scores are those of the file, to the last bit"
    return result.SerializeToString(), Card.of(entries[KEY]), note


def _own_card(source: Path, entries: Mapping[str, str], draft: _Draft) -> Card | None:
    # The card of a file that abawkit made.
    if KEY not in entries:
        return None
    if draft.outputs is not None or (draft.network is not None and draft.checkpoint is None):
        msg = f"{source}: the file says what it is itself; leave out --network and --outputs"
        raise UsageError(msg)
    try:
        card = Card.of(entries[KEY])
    except ValueError as error:
        msg = f"{source}: {error}"
        raise ModelError(msg) from error
    return replace(card, name=draft.name)


def _from_weights(source: Path, draft: _Draft) -> tuple[bytes, Card, str]:
    # torch, h5py and the like may be missing.
    from baselines.checkpoints.building import build, find_network, n_outputs  # noqa: PLC0415
    from baselines.checkpoints.export import export_onnx  # noqa: PLC0415
    from baselines.checkpoints.weights import read_weights  # noqa: PLC0415

    weights = read_weights(source)
    network = find_network(weights, find_networks(draft.network), name=str(source))
    card = draft.card(network, n_outputs(weights, network))
    module = build(weights, network, name=str(source))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        export_onnx(module, path, card=card)
        difference = _difference(module, path, card)
        if not difference <= _TOLERANCE:
            msg = (
                f"{source}: ONNX Runtime and torch differ by {difference:.2g} of the largest "
                f"value; expected at most {_TOLERANCE:.0e}"
            )
            raise ModelError(msg)
        note = f"ONNX Runtime and torch differ by {difference:.1e} of the largest value at most"
        return path.read_bytes(), card, note


def _difference(module: nn.Module, path: Path, card: Card) -> float:
    # The largest difference of embedding and scores on random images, over the largest value.
    import torch  # noqa: PLC0415 - it may be missing

    size = card.preprocessing.size
    images = np.random.default_rng(0).normal(size=(3, 3, size, size)).astype(np.float32)
    with torch.inference_mode():
        expected = module(torch.from_numpy(images))
    pairs = zip(expected, Backbone.load(path)(images), strict=True)
    return max(
        float(np.abs(found - np.asarray(wanted)).max() / max(_TINY, float(wanted.abs().max())))
        for wanted, found in pairs
        if found.size
    )
