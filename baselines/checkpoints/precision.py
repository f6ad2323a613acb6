"""The same network with fewer bits: half precision, and 8 bits by static quantisation."""

from __future__ import annotations

import logging
import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from onnxruntime.transformers.float16 import convert_float_to_float16

from abawkit.files import write_whole
from baselines.checkpoints.onnxfile import (
    DOMAINS,
    EMBEDDING,
    INPUT,
    read_network,
    tensor_names,
    with_card,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

# Every tensor of a network is kept while its range is taken: 1 GB for EfficientNet-B0.
_CALIBRATED_TOGETHER = 4
_QUANTISATION_OPSET = 13  # the first that has a scale for each channel
_QUANTISED = {
    "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear",
    "QLinearConv", "QLinearMatMul", "ConvInteger", "MatMulInteger",
}  # fmt: skip


def lowered(model: onnx.ModelProto) -> str | None:
    """Tell whether a network has fewer than 32 bits already.

    Parameters
    ----------
    model : onnx.ModelProto
        A contract graph.

    Returns
    -------
    str or None
        In words, None if it has all of them.
    """
    if any(node.op_type in _QUANTISED for node in model.graph.node):
        return "quantised"
    if any(tensor.data_type == onnx.TensorProto.FLOAT16 for tensor in model.graph.initializer):
        return "in half precision"
    return None


def in_half_precision(model: onnx.ModelProto) -> onnx.ModelProto:
    """Make the version whose weights and sums have 16 bits; inputs and outputs keep 32.

    Parameters
    ----------
    model : onnx.ModelProto
        A contract graph.

    Returns
    -------
    onnx.ModelProto
        The same graph in half precision.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    half: onnx.ModelProto = convert_float_to_float16(copy, keep_io_types=True)
    # The conversion puts its casts at the end, and ONNX wants nodes in order.
    nodes = _in_order(half.graph)
    del half.graph.node[:]
    half.graph.node.extend(nodes)
    return half


def _in_order(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    pending = list(graph.node)
    awaited = {name for node in pending for name in node.output}
    ordered = []
    while pending:
        left = []
        for node in pending:
            body = onnx.GraphProto(node=[node])
            if awaited & (tensor_names(body) - set(node.output)):
                left.append(node)
            else:
                ordered.append(node)
                awaited.difference_update(node.output)
        pending = left
    return ordered


def quantised(model: onnx.ModelProto, batches: Iterable[NDArray[np.float32]]) -> onnx.ModelProto:
    """Make the 8-bit version of a network, by static quantisation.

    Weights are quantised by channel, activations by the range that they take on the images. The
    first two convolutions and what comes after the embedding stay in 32 bits: they cost little
    and matter most. So does arithmetic on shapes, which is exact or wrong.

    Parameters
    ----------
    model : onnx.ModelProto
        A contract graph.
    batches : iterable of numpy.ndarray of float32, shape (n, 3, size, size)
        Normalised images, such as those to predict on; they are taken one after the other.

    Returns
    -------
    onnx.ModelProto
        The quantised graph, which has no card.
    """
    with _quiet(), tempfile.TemporaryDirectory() as folder:
        given, prepared, target = (
            Path(folder) / f"{name}.onnx" for name in ("given", "prepared", "int8")
        )
        onnx.save(_named(model), given)
        quant_pre_process(str(given), str(prepared), skip_symbolic_shape=True)
        graph = onnx.load(prepared).graph
        convolutions = [node.name for node in graph.node if node.op_type == "Conv"]
        quantize_static(
            str(prepared),
            str(target),
            _Images(batches),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            nodes_to_exclude=[*convolutions[:2], *_left_in_float(graph)],
        )
        return onnx.load(target)


def _named(model: onnx.ModelProto) -> onnx.ModelProto:
    # In an opset that quantisation can use, and each node under a name of its own.
    version = next(row.version for row in model.opset_import if row.domain in DOMAINS)
    named = onnx.ModelProto()
    if version < _QUANTISATION_OPSET:
        named = onnx.version_converter.convert_version(model, _QUANTISATION_OPSET)
    else:
        named.CopyFrom(model)
    for at, node in enumerate(named.graph.node):
        node.name = f"{node.op_type}_{at}"
    return named


def _left_in_float(graph: onnx.GraphProto) -> list[str]:
    images, after = {INPUT}, {EMBEDDING}
    left = []
    for node in graph.node:
        given = set(node.input)
        if given & after:
            after.update(node.output)
            left.append(node.name)
        elif given & images and node.op_type not in {"Shape", "Size"}:
            images.update(node.output)
        else:
            left.append(node.name)
    return left


@contextmanager
def _quiet() -> Iterator[None]:
    # ONNX Runtime's tools warn of what is meant here; of what fails, exceptions tell.
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


class _Images(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, batches: Iterable[NDArray[np.float32]]) -> None:
        self.batches = (
            part
            for batch in batches
            for part in np.array_split(batch, -(-len(batch) // _CALIBRATED_TOGETHER))
        )

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """Give the next batch.

        Returns
        -------
        dict or None
            The input by its name, None after the last.
        """
        batch = next(self.batches, None)
        return None if batch is None else {INPUT: batch}


def quantise(source: Path, path: Path, *, images: NDArray[np.float32]) -> None:
    """Write the 8-bit version of an ONNX file.

    Parameters
    ----------
    source : Path
        An ONNX file of abawkit.
    path : Path
        The file to write.
    images : numpy.ndarray of float32, shape (n, 3, size, size)
        Normalised images, such as those of the training set.
    """
    model, card = read_network(source)
    write_whole(path, with_card(quantised(model, [images]), card).SerializeToString())
