"""ONNX files: read with care, since anybody may have made them, and written with their card.

`baselines.contract` says what files of abawkit keep to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx
import onnxruntime

from abawkit.errors import DataError, ModelError, few
from baselines.card import KEY
from baselines.contract import read_card

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from baselines.card import Card

INPUT, EMBEDDING, SCORES, OUTPUTS = "input", "embedding", "scores", "outputs"
DOMAINS = ("", "ai.onnx")
_LOOPS = {"Loop", "Scan", "SequenceMap"}
"""Names of the one set of operators that every runtime has."""

OLDEST_OPSET = 11
LARGEST = 1 << 30
"""Bytes of a file; the largest network of the table has about half of it."""


def parse_onnx(data: bytes, *, name: str) -> onnx.ModelProto:
    """Read an ONNX file that anybody may have made.

    Parameters
    ----------
    data : bytes
        The whole file.
    name : str
        What to call it in messages.

    Returns
    -------
    onnx.ModelProto
        A graph of ONNX's own operators that refers to no other file.

    Raises
    ------
    ModelError
        If it is no valid ONNX file, or one that is not to be trusted or too old to be used.
    """
    if len(data) > LARGEST:
        msg = (
            f"{name}: {len(data) >> 20} MiB; expected an ONNX file of at most {LARGEST >> 20} MiB"
        )
        raise ModelError(msg)
    try:
        model = onnx.load_from_string(data)
        _refuse_foreign(model, name)
        onnx.checker.check_model(model)
    except ModelError:
        raise
    except Exception as error:  # protobuf's and the checker's errors share no base class
        first = str(error).partition("\n")[0]
        msg = f"{name}: no valid ONNX file: {type(error).__name__}: {first}"
        raise ModelError(msg) from error
    return model


def _refuse_foreign(model: onnx.ModelProto, name: str) -> None:
    # Before the checker, which looks where external data is said to be.
    outside = [t.name or "a constant" for t in _tensors(model.graph) if _is_external(t)]
    if outside:
        where = f"the data of {few(outside)} is in another file"
        msg = f"{name}: {where}; expected one file with all weights"
        raise ModelError(msg)
    foreign = {
        f"{node.domain}.{node.op_type}"
        for graph in _graphs(model.graph)
        for node in graph.node
        if node.domain not in DOMAINS
    } | {f"{function.domain}.{function.name}" for function in model.functions}
    if foreign:
        msg = (
            f"{name}: has operators that are not ONNX's own: {few(sorted(foreign))}; "
            "export it without them"
        )
        raise ModelError(msg)
    found = {node.op_type for graph in _graphs(model.graph) for node in graph.node}
    if found & _LOOPS:
        loops = few(sorted(found & _LOOPS))
        msg = f"{name}: has loops ({loops}), which need not end; export it without them"
        raise ModelError(msg)
    versions = [row.version for row in model.opset_import if row.domain in DOMAINS]
    if versions and max(versions) < OLDEST_OPSET:
        msg = f"{name}: opset {max(versions)}; expected {OLDEST_OPSET} or later, export it again"
        raise ModelError(msg)


def _is_external(tensor: onnx.TensorProto) -> bool:
    return tensor.data_location == onnx.TensorProto.EXTERNAL or bool(tensor.external_data)


def _graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    # The graph, and the bodies of its loops and branches.
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            inner = [attribute.g] if attribute.HasField("g") else []
            for body in (*inner, *attribute.graphs):
                yield from _graphs(body)


def _tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    for part in _graphs(graph):
        attributes = [attribute for node in part.node for attribute in node.attribute]
        yield from part.initializer
        for attribute in attributes:
            yield from (attribute.t, *attribute.tensors)
        sparse = [t for a in attributes for t in (a.sparse_tensor, *a.sparse_tensors)]
        for tensor in (*part.sparse_initializer, *sparse):
            yield from (tensor.values, tensor.indices)


def tensor_names(graph: onnx.GraphProto) -> set[str]:
    """List what tensors of a graph are called, those of its loops and branches too.

    Parameters
    ----------
    graph : onnx.GraphProto
        The graph.

    Returns
    -------
    set of str
        The names.
    """
    return {
        name
        for part in _graphs(graph)
        for name in (
            *(value.name for value in (*part.input, *part.output, *part.initializer)),
            *(tensor.values.name for tensor in part.sparse_initializer),
            *(name for node in part.node for name in (*node.input, *node.output)),
        )
    }


def rename_tensors(graph: onnx.GraphProto, names: Mapping[str, str]) -> None:
    """Rename tensors wherever they are used; one that has a new name already gets another.

    Parameters
    ----------
    graph : onnx.GraphProto
        The graph, which is changed.
    names : mapping of str to str
        New names by old ones.
    """
    taken = tensor_names(graph)
    mapping = dict(names)
    for name in set(names.values()) & taken - set(names):
        mapping[name] = free_name(name, taken | set(mapping.values()))

    def renamed(name: str) -> str:
        return mapping.get(name, name)

    for part in list(_graphs(graph)):
        for value in (*part.input, *part.output, *part.value_info, *part.initializer):
            value.name = renamed(value.name)
        for tensor in part.sparse_initializer:
            tensor.values.name = renamed(tensor.values.name)
        for note in part.quantization_annotation:
            note.tensor_name = renamed(note.tensor_name)
        for node in part.node:
            node.input[:] = map(renamed, node.input)
            node.output[:] = map(renamed, node.output)


def free_name(name: str, taken: set[str]) -> str:
    """Find a name that is not in use.

    Parameters
    ----------
    name : str
        How it starts.
    taken : set of str
        The names in use.

    Returns
    -------
    str
        `name` with the first number that makes it new.

    Examples
    --------
    >>> free_name("scores", {"scores", "scores_1"})
    'scores_2'
    """
    numbers = range(1, len(taken) + 2)
    return next(f"{name}_{n}" for n in numbers if f"{name}_{n}" not in taken)


def with_card(model: onnx.ModelProto, card: Card) -> onnx.ModelProto:
    """Put the card into a model, and leave out what exporters note of the machine they run on.

    Parameters
    ----------
    model : onnx.ModelProto
        A contract graph.
    card : Card
        What it is to say of itself.

    Returns
    -------
    onnx.ModelProto
        The same network, checked.
    """
    result = onnx.ModelProto()
    result.CopyFrom(model)
    del result.training_info[:]
    result.ClearField("doc_string")
    for graph in _graphs(result.graph):
        for entry in (graph, *graph.node, *graph.value_info):
            del entry.metadata_props[:]
            entry.ClearField("doc_string")
    onnx.helper.set_model_props(result, {KEY: card.to_json()})
    onnx.checker.check_model(result)
    return result


def read_network(path: Path) -> tuple[onnx.ModelProto, Card]:
    """Read a file that abawkit made.

    Parameters
    ----------
    path : Path
        The ONNX file.

    Returns
    -------
    model : onnx.ModelProto
        The contract graph.
    card : Card
        What it says of itself.

    Raises
    ------
    DataError
        If it cannot be read.
    ModelError
        If it is no network of abawkit.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        msg = f"{path}: {error.strerror or error}"
        raise DataError(msg) from error
    model = parse_onnx(data, name=str(path))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's errors share no base class
        msg = f"{path}: ONNX Runtime cannot run it: {error}"
        raise ModelError(msg) from error
    return model, read_card(session, path)
