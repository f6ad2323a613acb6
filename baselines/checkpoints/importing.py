"""From a published file, or one's own, to the ONNX file that predicts: ``models import``.

A file is known by its git blob id, whatever its name; what it is then stands in the catalogue. Of
any other file the user says what its contents do not.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import DataError, ModelError, UsageError
from abawkit.files import write_whole
from baselines.card import EMOTIONS_7, EMOTIONS_8, KEY, VA, Card
from baselines.checkpoints.cards import card_as_markdown, card_path
from baselines.checkpoints.catalogue import BUNDLED, CHECKPOINTS, find_checkpoint, identify
from baselines.checkpoints.store import file_path, git_blob_id, model_path
from baselines.checkpoints.weights import read_weights
from baselines.extras import needed_for
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
LARGEST = 2 << 30
"""Bytes of a file of weights; the largest network of the table has a quarter of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A model that was imported: its ONNX file, its card, and what was noticed."""

    path: Path
    card: Card
    notes: tuple[str, ...]

    @property
    def model(self) -> str:
        """What ``--model`` takes for it: a name for one in abawkit's folder, else the file."""
        return self.path.stem if self.path == model_path(self.path.stem) else str(self.path)

    def __str__(self) -> str:
        size = self.card.preprocessing.size
        what = f"{len(self.card.outputs)} {self.card.scores}" if self.card.outputs else "no scores"
        lines = (
            f"{self.card.name}: {self.card.network or 'a network'}, {size} x {size}, {what}",
            *self.notes,
            f"wrote {self.path}, and its card {card_path(self.path).name}",
            f"predict with it: --model {self.model}",
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
    if path.is_dir():
        msg = f"{given!r} is a folder; expected a file of weights"
        raise DataError(msg)
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
        with needed_for(f"importing {source}"):
            return _import(source, network, outputs, name, out)
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
    if source.stat().st_size > LARGEST:
        msg = f"{source}: {source.stat().st_size >> 20} MiB; expected at most {LARGEST >> 20} MiB"
        raise ModelError(msg)
    blob = git_blob_id(source)
    known = identify(blob)
    checkpoint = known[0] if known else None
    if checkpoint is not None and not checkpoint.network:
        msg = f"{source}: {checkpoint.file} is no network to predict with: {checkpoint.note}"
        raise ModelError(msg)
    draft = _Draft(
        name=(checkpoint.name if checkpoint else source.stem) if name is None else name,
        source=f"{source.name}, git blob {blob}",
        network=network or (checkpoint.network if checkpoint else None),
        outputs=tuple(outputs) if outputs is not None else None,
        checkpoint=checkpoint,
    )
    _check_name(source, draft)
    target = _target(source, draft.name, out)
    with source.open("rb") as file:
        is_onnx = file.read(1) == _ONNX_START
    data, card, note = _from_onnx(source, draft) if is_onnx else _from_weights(source, draft)
    write_whole(target, data)
    write_whole(card_path(target), card_as_markdown(card))
    what = known[1] if known else "not one of the published files: training data are not known"
    notes = (f"{source.name} is {what}", *_assumed(draft, card), note)
    return Imported(path=target, card=card, notes=notes)


def _check_name(source: Path, draft: _Draft) -> None:
    # What bears a published name must be the published model.
    names = {row.name: row for row in (BUNDLED, *CHECKPOINTS.values())}
    row = names.get(draft.name)
    if row is None or (draft.checkpoint is not None and draft.checkpoint.name == draft.name):
        return
    ids = ", ".join(f"{r.file} {r.blob}" for r in CHECKPOINTS.values() if r.name == draft.name)
    msg = (
        f"{source}: {draft.name} is the name of a published model, and this is another file "
        f"(expected the git blob id of {ids or row.file}); fetch it again, or give another --name"
    )
    raise UsageError(msg)


def _target(source: Path, name: str, out: Path | None) -> Path:
    # The file to write; what is wrong with it is told before the work.
    own = model_path(name)
    target = out or own
    if target.is_dir():
        msg = f"{target} is a folder; name the file in it, such as {target / name}.onnx"
        raise UsageError(msg)
    if target.suffix != ".onnx":
        msg = f"{target}: an ONNX file is written; give --out a name that ends in .onnx"
        raise UsageError(msg)
    if target.exists() and target.samefile(source):
        msg = f"{target}: the file to write is the one to read; give another --out"
        raise UsageError(msg)
    there = next(folder for folder in target.absolute().parents if folder.exists())
    if not (there.is_dir() and os.access(there, os.W_OK)):
        msg = f"{there}: nothing can be written here; give another --out, or set ABAWKIT_HOME"
        raise DataError(msg)
    return target


def _assumed(draft: _Draft, card: Card) -> tuple[str, ...]:
    # What neither the user nor the catalogue says.
    if draft.outputs is not None or draft.checkpoint is not None or not card.outputs:
        return ()
    names = ", ".join(card.outputs)
    return (f"its {len(card.outputs)} scores are taken for {names}; if not, give --outputs",)


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
        try:
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
        except ValueError as error:
            msg = f"{self.name}: {error}"
            raise UsageError(msg) from error


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
        facts = describe(with_embedding(model, name=source.name))
        network = _whose_images(draft.network)
        card = replace(draft.card(network, facts.n_scores or 0), scores=facts.scores)
        if draft.checkpoint is None:
            # Only the preprocessing is known to be that network's.
            card = replace(card, network="")
    elif card.scores != (found := describe(with_embedding(model, name=source.name)).scores):
        msg = f"{source}: its card says that the scores are {card.scores}, its graph, {found}"
        raise ModelError(msg)
    result = import_onnx(data, card=card)
    entries = {entry.key: entry.value for entry in result.metadata_props}
    note = "its scores are those of the file, to the last bit"
    return result.SerializeToString(), Card.of(entries[KEY]), note


def _whose_images(name: str) -> Network:
    # The network of a name, as far as preprocessing goes.
    found = find_networks(name)
    if len({network.preprocessing for network in found}) > 1:
        names = " or ".join(network.name for network in found)
        msg = f"{name!r} can be {names}, which take images differently; say which with --network"
        raise UsageError(msg)
    return found[0]


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
    weights = read_weights(source)
    # torch may be missing.
    from baselines.checkpoints.building import build, find_network, n_outputs  # noqa: PLC0415
    from baselines.checkpoints.export import export_onnx  # noqa: PLC0415

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
    differences = [
        np.abs(found - np.asarray(wanted)).max() / max(_TINY, float(wanted.abs().max()))
        for wanted, found in pairs
        if found.size
    ]
    # Other than Python's, this maximum is no number if one of them is none.
    return float(np.max(differences))
