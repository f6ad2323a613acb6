"""Somebody's ONNX file made into one of abawkit.

Published ONNX files give the scores of a face and nothing else. The embedding is in the graph
though: it is what the last dense layer takes. So it becomes an output beside the scores, and
nothing that is computed changes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnxruntime

from abawkit.errors import ModelError, few
from baselines.card import VA
from baselines.checkpoints.onnxfile import (
    EMBEDDING,
    INPUT,
    OUTPUTS,
    SCORES,
    parse_onnx,
    rename_tensors,
    with_card,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from baselines.card import Card, Scores

_CHANNELS = 3
_LARGEST_BATCH = 64
_EXPECTED = (
    "expected the classifier to come last: a Gemm, or a MatMul with or without an Add, on the "
    "embedding and a constant weight, then perhaps a Softmax over the classes"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a contract graph says of itself; a size that is left open is None.

    ``scores`` is ``probabilities`` if they come out of a softmax, else ``logits``.
    """

    size: int | None
    n_embedding: int | None
    n_scores: int | None
    scores: Scores


def with_embedding(model: onnx.ModelProto, *, name: str = "the network") -> onnx.ModelProto:
    """Make the embedding an output beside the scores, and give all their contract's names.

    Parameters
    ----------
    model : onnx.ModelProto
        A graph with one input of images whose only output comes from a dense layer, or one that
        has the outputs of the contract.
    name : str
        What to call it in messages.

    Returns
    -------
    onnx.ModelProto
        A contract graph that takes any number of images; the same numbers as before come out.

    Raises
    ------
    ModelError
        If it is no such graph.
    """
    result = onnx.ModelProto()
    result.CopyFrom(model)
    graph = result.graph
    images = _images(result, name)
    given = [output.name for output in graph.output]
    if set(given) in ({EMBEDDING, SCORES}, {EMBEDDING, SCORES, OUTPUTS}):
        rename_tensors(graph, {images.name: INPUT})
        return result
    if len(given) != 1:
        msg = (
            f"{name}: {len(given)} outputs ({few(given)}); expected one, the scores, or "
            f"{EMBEDDING} and {SCORES}"
        )
        raise ModelError(msg)
    embedding, (n_embedding, n_scores) = _classifier(graph, name)
    # Shapes that are noted inside may hold for one size of batch only, and are inferred anyway.
    del graph.value_info[:]
    rename_tensors(graph, {images.name: INPUT, given[0]: SCORES, embedding: EMBEDDING})
    size = [d.dim_value or d.dim_param for d in _shape(graph.input[0])[2:]]
    del graph.input[:], graph.output[:]
    float32, info = onnx.TensorProto.FLOAT, onnx.helper.make_tensor_value_info
    graph.input.append(info(INPUT, float32, ["n", _CHANNELS, *size]))
    graph.output.append(info(EMBEDDING, float32, ["n", n_embedding]))
    graph.output.append(info(SCORES, float32, ["n", n_scores]))
    return result


def _images(model: onnx.ModelProto, name: str) -> onnx.ValueInfoProto:
    # The one input; old files list their weights as inputs too.
    graph = model.graph
    weights = {tensor.name for tensor in graph.initializer}
    inputs: list[onnx.ValueInfoProto] = [v for v in graph.input if v.name not in weights]
    if len(inputs) < len(graph.input):
        del graph.input[:]
        graph.input.extend(inputs)
        model.ir_version = max(model.ir_version, 4)
    shapes = [[d.dim_value or d.dim_param or "?" for d in _shape(value)] for value in inputs]
    right = (
        len(inputs) == 1
        and inputs[0].type.tensor_type.elem_type == onnx.TensorProto.FLOAT
        and len(shapes[0]) == 4  # noqa: PLR2004 - images, channels, height, width
        and (shapes[0][1] == _CHANNELS or isinstance(shapes[0][1], str))
        and (shapes[0][2] == shapes[0][3] or str in map(type, shapes[0][2:]))
    )
    if not right:
        found = ", ".join(
            f"{value.name} {onnx.TensorProto.DataType.Name(value.type.tensor_type.elem_type)} "
            f"({', '.join(map(str, shape))})"
            for value, shape in zip(inputs, shapes, strict=True)
        )
        msg = f"{name}: the inputs are {found or 'none'}; expected one, FLOAT (n, 3, size, size)"
        raise ModelError(msg)
    return inputs[0]


def _shape(value: onnx.ValueInfoProto) -> list[Any]:
    return list(value.type.tensor_type.shape.dim)


def _classifier(graph: onnx.GraphProto, name: str) -> tuple[str, tuple[int, int]]:
    # The tensor that the last dense layer takes; the number of its values, and of the scores.
    made_by = {output: node for node in graph.node for output in node.output}
    last = _through_identity(made_by, graph.output[0].name)
    node = made_by.get(last)
    if node is not None and node.op_type == "Softmax" and _attribute(node, "axis", 1) in {1, -1}:
        node = made_by.get(_through_identity(made_by, node.input[0]))
    found = "no node" if node is None else node.op_type
    if node is not None and node.op_type == "Add":
        terms = [name for name in node.input if not _constant_shape(graph, made_by, name)]
        node = made_by.get(_through_identity(made_by, terms[0])) if len(terms) == 1 else None
    if (
        node is not None
        and node.op_type in {"Gemm", "MatMul"}
        and not _attribute(node, "transA", 0)
    ):
        weight = _constant_shape(graph, made_by, node.input[1])
        if len(weight) == 2 and node.input[0] in made_by:  # noqa: PLR2004 - a matrix
            turned = _attribute(node, "transB", 0)
            return node.input[0], (weight[1], weight[0]) if turned else (weight[0], weight[1])
        found += ", but not from something computed times a constant matrix"
    msg = f"{name}: the output {graph.output[0].name} comes from {found}; {_EXPECTED}"
    raise ModelError(msg)


def _through_identity(made_by: Mapping[str, onnx.NodeProto], name: str) -> str:
    while name in made_by and made_by[name].op_type == "Identity":
        name = made_by[name].input[0]
    return name


def _attribute(node: onnx.NodeProto, name: str, default: int) -> int:
    return next((int(item.i) for item in node.attribute if item.name == name), default)


def _constant_shape(
    graph: onnx.GraphProto, made_by: Mapping[str, onnx.NodeProto], name: str
) -> tuple[int, ...]:
    # Empty if the tensor is no constant.
    name = _through_identity(made_by, name)
    node = made_by.get(name)
    if node is not None and node.op_type == "DequantizeLinear":
        name = node.input[0]
    elif node is not None and node.op_type == "Constant":
        return next((tuple(item.t.dims) for item in node.attribute if item.name == "value"), ())
    return next((tuple(item.dims) for item in graph.initializer if item.name == name), ())


def describe(model: onnx.ModelProto) -> Facts:
    """Tell the sizes of a contract graph.

    Parameters
    ----------
    model : onnx.ModelProto
        What `with_embedding` gave.

    Returns
    -------
    Facts
        The sizes.
    """
    made_by = {output: node for node in model.graph.node for output in node.output}
    last = made_by.get(_through_identity(made_by, SCORES))
    values = {value.name: _shape(value) for value in (*model.graph.input, *model.graph.output)}
    ends = {name: shape[-1].dim_value or None for name, shape in values.items() if shape}
    return Facts(
        size=ends.get(INPUT),
        n_embedding=ends.get(EMBEDDING),
        n_scores=ends.get(SCORES),
        scores="probabilities" if last is not None and last.op_type == "Softmax" else "logits",
    )


def import_onnx(data: bytes, *, card: Card) -> onnx.ModelProto:
    """Make a network of abawkit of an ONNX file, and check on the spot that it is the same.

    Parameters
    ----------
    data : bytes
        The whole file; nothing outside it is read.
    card : Card
        What the result is to say of itself. Whether the scores are logits or probabilities is
        taken from the graph instead, unless it has the outputs of the contract already.

    Returns
    -------
    onnx.ModelProto
        A contract graph with its card. On seeded random images, its scores equal those of the
        file to the last bit in ONNX Runtime, and those of an image do not depend on the batch.

    Raises
    ------
    ModelError
        If the file is refused, cannot be run, or is not what the card says.
    """
    source = parse_onnx(data, name=card.name)
    result = with_embedding(source, name=card.name)
    facts = describe(result)
    _check_against(card, facts, [output.name for output in result.graph.output])
    if len(source.graph.output) == 1:
        card = replace(card, scores=facts.scores)
    for side in _shape(result.graph.input[0])[2:]:
        side.dim_value = card.preprocessing.size
    _check_by_running(source, result, card)
    return with_card(result, card)


def _check_against(card: Card, facts: Facts, outputs: list[str]) -> None:
    size = card.preprocessing.size
    problems = []
    if facts.size not in {None, size}:
        problems.append(f"images of {facts.size} x {facts.size}, expected {size} x {size}")
    if facts.n_scores not in {None, len(card.outputs)}:
        problems.append(
            f"{facts.n_scores} scores, expected {len(card.outputs)} ({', '.join(card.outputs)})"
        )
    if (OUTPUTS in outputs) != (card.head is not None):
        merged = "a merged head" if OUTPUTS in outputs else "no merged head"
        problems.append(f"{merged}, against its card")
    if facts.scores == "probabilities" and set(card.outputs) & set(VA):
        problems.append("a softmax over all scores, expected valence and arousal outside of it")
    if problems:
        msg = f"{card.name}: the file has {'; '.join(problems)}"
        raise ModelError(msg)


def _check_by_running(source: onnx.ModelProto, result: onnx.ModelProto, card: Card) -> None:
    weights = {tensor.name for tensor in source.graph.initializer}
    (images,) = (value for value in source.graph.input if value.name not in weights)
    # A batch of the size that the file takes, 2 if it takes any, and one that is larger.
    n = min(_shape(images)[0].dim_value or 2, _LARGEST_BATCH)
    size = card.preprocessing.size
    batch = np.random.default_rng(0).normal(size=(n + 1, 3, size, size)).astype(np.float32)
    given = SCORES if len(source.graph.output) > 1 else source.graph.output[0].name
    before = _run(source, batch[:n], card.name)[given]
    same, more = (_run(result, images, card.name) for images in (batch[:n], batch))
    wrong = [
        f"{name} {more[name].dtype} {more[name].shape}"
        for name, columns in ((EMBEDDING, more[EMBEDDING].shape[-1]), (SCORES, len(card.outputs)))
        if more[name].shape != (n + 1, columns) or more[name].dtype != np.float32
    ]
    if wrong:
        msg = (
            f"{card.name}: {n + 1} images give {' and '.join(wrong)}; expected float32 "
            f"(n, d) and (n, {len(card.outputs)}) for any n: export it with a dynamic batch"
        )
        raise ModelError(msg)
    if before.tobytes() != same[SCORES].tobytes():
        apart = np.abs(before - same[SCORES]).max()
        msg = f"{card.name}: with the embedding as an output, the scores differ by up to {apart:g}"
        raise ModelError(msg)
    if not np.isfinite(before).all():
        msg = f"{card.name}: the scores of random images are no numbers"
        raise ModelError(msg)
    if not np.allclose(more[SCORES][:n], before, rtol=1e-3, atol=1e-4):
        msg = f"{card.name}: the scores of an image depend on what else is in the batch"
        raise ModelError(msg)


def _run(model: onnx.ModelProto, batch: NDArray[np.float32], name: str) -> dict[str, Any]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        outputs = [output.name for output in session.get_outputs()]
        results = session.run(outputs, {session.get_inputs()[0].name: batch})
    except Exception as error:  # ONNX Runtime's errors share no base class
        msg = f"{name}: ONNX Runtime cannot run it on {len(batch)} images: {error}"
        raise ModelError(msg) from error
    return dict(zip(outputs, results, strict=True))
