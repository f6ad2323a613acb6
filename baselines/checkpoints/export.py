"""From a network in torch to the ONNX file that predicts."""

from __future__ import annotations

import logging
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import onnx
import torch

from abawkit.files import write_whole
from baselines.checkpoints.onnxfile import with_card

if TYPE_CHECKING:
    from baselines.card import Card

OPSET = 18


def export_onnx(network: torch.nn.Module, path: Path, *, card: Card) -> None:
    """Write a network as an ONNX file.

    Parameters
    ----------
    network : torch.nn.Module
        The trained network; it gives the embedding and the scores of a batch.
    path : Path
        The file.
    card : Card
        What the file is to say of itself.
    """
    network.eval()
    size = card.preprocessing.size
    # A batch of two: torch would take a batch of one for a constant.
    example = torch.zeros(2, 3, size, size)
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        target = Path(folder) / "network.onnx"
        torch.onnx.export(
            network.to(memory_format=torch.contiguous_format),  # type: ignore[call-overload]
            (example,),
            target,
            input_names=["input"],
            output_names=["embedding", "scores"],
            dynamic_shapes=({0: torch.export.Dim("n", min=1)},),
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        model = onnx.load(target)
    write_whole(path, with_card(model, card).SerializeToString())
