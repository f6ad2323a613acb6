"""A head as part of the network's file, so that any ONNX runtime gives the outputs of the task.

The nodes are those of `baselines.heads`, after the embedding and the scores.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import onnx

from abawkit.errors import ModelError
from baselines.card import VA, MergedHead
from baselines.checkpoints.graph import describe
from baselines.checkpoints.onnxfile import (
    EMBEDDING,
    OUTPUTS,
    SCORES,
    free_name,
    rename_tensors,
    tensor_names,
)
from baselines.heads import check_head

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from baselines.card import Card
    from baselines.heads import Activation, Head, Source

_OPERATORS = {"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid"}


def merge_head(model: onnx.ModelProto, head: Head, *, card: Card) -> tuple[onnx.ModelProto, Card]:
    """Append a head to a network.

    Parameters
    ----------
    model : onnx.ModelProto
        A contract graph.
    head : Head
        The head.
    card : Card
        Of the network.

    Returns
    -------
    model : onnx.ModelProto
        The network with a third output, ``outputs`` ``(n, len(head.outputs))``: what the head
        gives of the other two.
    card : Card
        The card with what is to be known of the head.

    Raises
    ------
    ModelError
        If the head does not go with the network, or a head was merged in before.
    """
    if card.head is not None:
        msg = f"{card.name} has a head merged in already; expected the network without it"
        raise ModelError(msg)
    check_head(head, card, n_embedding=describe(model).n_embedding)
    result = onnx.ModelProto()
    result.CopyFrom(model)
    if OUTPUTS in tensor_names(result.graph):
        rename_tensors(result.graph, {OUTPUTS: free_name(OUTPUTS, tensor_names(result.graph))})
    nodes = _Nodes(result.graph)
    x = _input(nodes, head.source, card)
    parts = []
    for layers in head.parts:
        at = x
        for layer in layers:
            weights = (nodes.constant(layer.weight), nodes.constant(layer.bias))
            at = _activation(nodes, nodes.add("Gemm", [at, *weights]), layer.activation)
        parts.append(at)
    nodes.add("Concat", parts, to=OUTPUTS, axis=1)
    info = onnx.helper.make_tensor_value_info
    result.graph.output.append(info(OUTPUTS, onnx.TensorProto.FLOAT, ["n", len(head.outputs)]))
    merged = MergedHead(outputs=head.outputs, thresholds=head.thresholds, reference=head.reference)
    return result, replace(card, head=merged)


class _Nodes:
    # Appends nodes to a graph under names that are new there.
    def __init__(self, graph: onnx.GraphProto) -> None:
        self.graph = graph
        self.taken = tensor_names(graph)

    def _new(self) -> str:
        name = free_name("head", self.taken)
        self.taken.add(name)
        return name

    def add(self, operator: str, inputs: Sequence[str], *, to: str = "", axis: int = 0) -> str:
        name = to or self._new()
        # Named after its output: quantisation leaves nodes out by their names.
        node = onnx.helper.make_node(operator, inputs, [name], name=name)
        if axis:
            node.attribute.append(onnx.helper.make_attribute("axis", axis))
        self.graph.node.append(node)
        return name

    def constant(self, values: NDArray[np.float32] | NDArray[np.int64]) -> str:
        name = self._new()
        self.graph.initializer.append(onnx.numpy_helper.from_array(values, name))
        return name


def _input(nodes: _Nodes, source: Source, card: Card) -> str:
    match source:
        case "embedding":
            return EMBEDDING
        case "scores":
            return SCORES
        case "probabilities":
            return _probabilities(nodes, card)
        case "both":
            return nodes.add("Concat", [EMBEDDING, SCORES], axis=1)


def _probabilities(nodes: _Nodes, card: Card) -> str:
    # A softmax over the columns of classes alone, then all columns in their order.
    if card.scores == "probabilities" or not card.classes:
        return SCORES
    classes = [at for at, name in enumerate(card.outputs) if name not in VA]
    others = [at for at, name in enumerate(card.outputs) if name in VA]
    if not others:
        return nodes.add("Softmax", [SCORES], axis=1)
    split = [
        nodes.add("Gather", [SCORES, nodes.constant(np.array(columns))], axis=1)
        for columns in (classes, others)
    ]
    softmax = nodes.add("Softmax", split[:1], axis=1)
    both = nodes.add("Concat", [softmax, split[1]], axis=1)
    order = np.argsort(classes + others)
    return nodes.add("Gather", [both, nodes.constant(order)], axis=1)


def _activation(nodes: _Nodes, x: str, activation: Activation) -> str:
    match activation:
        case "linear":
            return x
        case "softmax":
            return nodes.add("Softmax", [x], axis=1)
        case "clip":
            limits = [nodes.constant(np.array(end, np.float32)) for end in (-1, 1)]
            return nodes.add("Clip", [x, *limits])
        case _:
            return nodes.add(_OPERATORS[activation], [x])
