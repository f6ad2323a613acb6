"""From trained weights to the ONNX file that predicts.

Contract of every file that abawkit makes: input ``input``, float32 ``(n, 3, size, size)``,
normalised as its metadata says; outputs ``embedding`` ``(n, d)`` and ``scores`` ``(n, classes)``;
metadata ``abawkit``, a JSON object with ``name``, ``classes`` and ``preprocessing``.
"""

from __future__ import annotations

import json
import logging
import tempfile
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import torch
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from abawkit.files import write_whole
from baselines.model import CARD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from baselines.networks import EfficientNet
    from baselines.preprocessing import Preprocessing

OPSET = 18


def export_onnx(
    network: EfficientNet,
    path: Path,
    *,
    name: str,
    classes: Sequence[str],
    preprocessing: Preprocessing,
) -> None:
    """Write a network as an ONNX file.

    Parameters
    ----------
    network : EfficientNet
        The trained network.
    path : Path
        The file.
    name : str
        What the model is called.
    classes : sequence of str
        Names of the scores.
    preprocessing : Preprocessing
        What was done to the images that it was trained on.
    """
    network.eval()
    size = preprocessing.size
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
            dynamic_shapes={"x": {0: torch.export.Dim("n", min=1)}},
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        model = onnx.load(target)
    card = {"name": name, "classes": list(classes), "preprocessing": asdict(preprocessing)}
    _write(model, path, card)


def quantise(source: Path, path: Path, *, images: NDArray[np.float32]) -> None:
    """Make the 8-bit version of an ONNX file, by static quantisation.

    Weights are quantised by channel, activations by the range that they take on `images`. The
    first two convolutions and the classifier stay in 32 bits: they cost little and matter most.

    Parameters
    ----------
    source : Path
        What `export_onnx` wrote.
    path : Path
        The file to write.
    images : numpy.ndarray of float32, shape (n, 3, size, size)
        Normalised images, such as those of the training set.
    """
    card = next(p.value for p in onnx.load(source).metadata_props if p.key == CARD)
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        prepared, target = Path(folder) / "prepared.onnx", Path(folder) / "int8.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        logging.getLogger().setLevel(logging.ERROR)
        nodes = onnx.load(prepared).graph.node
        convolutions = [node.name for node in nodes if node.op_type == "Conv"]
        classifier = [node.name for node in nodes if node.op_type == "Gemm"]
        quantize_static(
            str(prepared),
            str(target),
            _Images(images),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            nodes_to_exclude=convolutions[:2] + classifier,
        )
        model = onnx.load(target)
    _write(model, path, json.loads(card))


class _Images(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, images: NDArray[np.float32], batch_size: int = 32) -> None:
        self.batches = iter(np.array_split(images, max(len(images) // batch_size, 1)))

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """Give the next batch.

        Returns
        -------
        dict or None
            The input by its name, None after the last.
        """
        batch = next(self.batches, None)
        return None if batch is None else {"input": batch}


def _write(model: Any, path: Path, card: dict[str, Any]) -> None:  # noqa: ANN401 - onnx is untyped
    """Write a model with its card, and without the paths that exporters leave in it."""
    del model.metadata_props[:]
    for entry in (*model.graph.node, *model.graph.value_info, model.graph):
        del entry.metadata_props[:]
        entry.doc_string = ""
    model.doc_string = ""
    onnx.helper.set_model_props(model, {CARD: json.dumps(card)})
    onnx.checker.check_model(model)
    write_whole(path, model.SerializeToString())
