"""A network of a few numbers as an ONNX file, to test prediction with."""

from dataclasses import replace

import numpy as np
import pytest

from baselines.card import EMOTIONS_8, KEY, Card
from baselines.preprocessing import Preprocessing

CARD = Card(
    name="tiny",
    outputs=EMOTIONS_8,
    scores="logits",
    preprocessing=Preprocessing(size=2, colour="rgb", mean=(0, 0, 0), std=(1, 1, 1)),
)


def tiny_card(**options):
    """Give the card of a tiny network."""
    return replace(CARD, **options)


def tiny_weight(n):
    """Give the matrix from the embedding to so many scores."""
    return np.random.default_rng(n).normal(size=(3, n)).astype(np.float32)


def write_tiny(path, card=CARD, *, metadata=None):
    """Write a network whose embedding is the mean over height and width, the rest linear."""
    onnx = pytest.importorskip("onnx")
    real, value = onnx.TensorProto.FLOAT, onnx.helper.make_tensor_value_info
    widths = {"scores": len(card.outputs)}
    if card.head is not None:
        widths["outputs"] = len(card.head.outputs)
    nodes = [onnx.helper.make_node("ReduceMean", ["input", "axes"], ["embedding"], keepdims=0)]
    nodes += [onnx.helper.make_node("MatMul", ["embedding", f"to_{e}"], [e]) for e in widths]
    size = card.preprocessing.size
    graph = onnx.helper.make_graph(
        nodes,
        "tiny",
        [value("input", real, ["n", 3, size, size])],
        [value(name, real, ["n", n]) for name, n in {"embedding": 3, **widths}.items()],
        [
            onnx.helper.make_tensor("axes", onnx.TensorProto.INT64, [2], [2, 3]),
            *(onnx.numpy_helper.from_array(tiny_weight(n), f"to_{e}") for e, n in widths.items()),
        ],
    )
    opset = onnx.helper.make_opsetid("", 18)
    model = onnx.helper.make_model(graph, opset_imports=[opset], ir_version=9)
    props = {KEY: card.to_json()} if metadata is None else metadata
    onnx.helper.set_model_props(model, props)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    return path
