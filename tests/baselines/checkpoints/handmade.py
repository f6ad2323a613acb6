"""Small ONNX networks made by hand, as exporters write them."""

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from baselines.card import Card
from baselines.checkpoints.graph import import_onnx
from baselines.preprocessing import Preprocessing

SIZE, WIDTH = 8, 6
PREPROCESSING = Preprocessing(size=SIZE, colour="rgb", mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.4))


def card(*outputs, scores="logits"):
    outputs = outputs or ("Anger", "Neutral", "Surprise")
    return Card(name="tiny", outputs=outputs, scores=scores, preprocessing=PREPROCESSING)


# Operator, inputs, output and attributes of each node, by what the network ends in.
_DENSE = ("Gemm", ["flat", "weight", "bias"], "logits", {})
CLASSIFIERS = {
    "gemm": [("Gemm", ["flat", "weight", "bias"], "output", {"transB": 0})],
    "transposed": [("Gemm", ["flat", "turned", "bias"], "output", {"transB": 1})],
    "scaled": [("Gemm", ["flat", "weight", "bias"], "output", {"alpha": 0.5, "beta": 2.0})],
    "matmul": [("MatMul", ["flat", "weight"], "output", {})],
    "matmul, add": [
        ("MatMul", ["flat", "weight"], "product", {}),
        ("Add", ["bias", "product"], "output", {}),
    ],
    "identity": [_DENSE, ("Identity", ["logits"], "output", {})],
    "softmax": [_DENSE, ("Softmax", ["logits"], "output", {"axis": 1})],
}
STRANGE = {
    "sigmoid": [_DENSE, ("Sigmoid", ["logits"], "output", {})],
    "sum of two": [
        _DENSE,
        ("MatMul", ["flat", "weight"], "product", {}),
        ("Add", ["product", "logits"], "output", {}),
    ],
    "turned embedding": [
        ("Transpose", ["flat"], "columns", {}),
        ("Gemm", ["columns", "weight", "bias"], "output", {"transA": 1}),
    ],
    "computed weight": [
        ("Tanh", ["weight"], "small", {}),
        ("Gemm", ["flat", "small", "bias"], "output", {}),
    ],
}


def network(kind="transposed", *, n_scores=3, opset=11, names=("pooled", "flat"), n="batch_size"):
    """Make a network of three convolutions with one output, ``output``."""
    random = np.random.default_rng(0)
    renamed = dict(zip(("pooled", "flat"), names, strict=True))
    sizes = {
        "w0": (4, 3, 3, 3), "w1": (4, 4, 3, 3), "w2": (WIDTH, 4, 3, 3),
        "b0": (4,), "b1": (4,), "b2": (WIDTH,),
        "weight": (WIDTH, n_scores), "bias": (n_scores,),
    }  # fmt: skip
    arrays = {name: random.normal(0, 0.4, size).astype(np.float32) for name, size in sizes.items()}
    arrays["turned"] = np.ascontiguousarray(arrays["weight"].T)
    nodes, at = [], "input"
    for i in range(3):
        nodes.append(
            helper.make_node(
                "Conv", [at, f"w{i}", f"b{i}"], [f"c{i}"], pads=[1] * 4, name=f"conv{i}"
            )
        )
        at = f"r{i}"
        nodes.append(helper.make_node("Relu", [f"c{i}"], [at]))
    rest = [
        ("GlobalAveragePool", [at], "pooled", {}),
        ("Flatten", ["pooled"], "flat", {}),
        *(CLASSIFIERS | STRANGE)[kind],
    ]
    for operator, taken, output, attributes in rest:
        given = [renamed.get(name, name) for name in taken]
        outputs = [renamed.get(output, output)]
        nodes.append(helper.make_node(operator, given, outputs, **attributes))
    used = {name for node in nodes for name in node.input}
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "tiny",
        [value("input", TensorProto.FLOAT, [n, 3, SIZE, SIZE])],
        [value("output", TensorProto.FLOAT, [n, n_scores])],
        [numpy_helper.from_array(a, name) for name, a in arrays.items() if name in used],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=7)


def save_network(path, kind="transposed", *, own=None, **options):
    """Write a network of abawkit."""
    own = own or card()
    data = network(kind, n_scores=len(own.outputs), **options).SerializeToString()
    path.write_bytes(import_onnx(data, card=own).SerializeToString())
    return path


def run(model, batch):
    """Run a model in ONNX Runtime, outputs by their names."""
    data = model if isinstance(model, bytes) else model.SerializeToString()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {session.get_inputs()[0].name: batch}), strict=True))


def images(n, seed=0):
    return np.random.default_rng(seed).normal(size=(n, 3, SIZE, SIZE)).astype(np.float32)
