"""A network with fewer bits keeps its contract, and says nearly the same."""

import logging
from collections import Counter

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper  # noqa: E402
from onnxruntime.quantization import quantize_static  # noqa: E402

from baselines.checkpoints import precision as module  # noqa: E402
from baselines.checkpoints.graph import with_embedding  # noqa: E402
from baselines.checkpoints.merging import merge_head  # noqa: E402
from baselines.checkpoints.onnxfile import read_network, with_card  # noqa: E402
from baselines.checkpoints.precision import (  # noqa: E402
    in_half_precision,
    lowered,
    quantise,
    quantised,
)
from baselines.heads import Head, Layer  # noqa: E402
from tests.baselines.checkpoints.handmade import (  # noqa: E402
    WIDTH,
    card,
    images,
    network,
    run,
    save_network,
)

HEAD = Head(
    source="both",
    outputs=("AU1", "AU2"),
    parts=(
        (
            Layer(
                weight=np.random.default_rng(0).normal(size=(WIDTH + 3, 2)).astype(np.float32),
                bias=np.zeros(2, np.float32),
                activation="sigmoid",
            ),
        ),
    ),
)


def contract(opset=11):
    return with_embedding(network(opset=opset))


def attentive():
    """Make a network with a product of two computed matrices, shape arithmetic and a norm."""
    model = contract(opset=13)
    node, nodes = helper.make_node, model.graph.node
    add = [
        node("Shape", ["r2"], ["shape"]),
        node("Slice", ["shape", "zero", "two"], ["outer"]),
        node("Concat", ["outer", "all"], ["rows"], axis=0),
        node("InstanceNormalization", ["r2", "ones", "zeros"], ["normed"]),
        node("Reshape", ["normed", "rows"], ["tokens"]),
        node("Transpose", ["tokens"], ["columns"], perm=[0, 2, 1]),
        node("MatMul", ["tokens", "columns"], ["alike"]),
        node("Softmax", ["alike"], ["share"], axis=-1),
        node("MatMul", ["share", "tokens"], ["mixed"]),
        node("MatMul", ["mixed", "square"], ["projected"]),
        node("Reshape", ["projected", "shape"], ["r3"]),
    ]
    square = np.random.default_rng(0).normal(0, 0.1, (64, 64)).astype(np.float32)
    constants = {
        "zero": [0], "two": [2], "all": [-1], "square": square,
        "ones": np.ones(WIDTH, np.float32), "zeros": np.zeros(WIDTH, np.float32),
    }  # fmt: skip
    for name, values in constants.items():
        model.graph.initializer.append(onnx.numpy_helper.from_array(np.array(values), name))
    nodes[6].input[0] = "r3"
    for at, item in enumerate(add):
        nodes.insert(6 + at, item)
    return model


def near(found, expected, tolerance):
    assert list(found) == list(expected)
    for name, values in expected.items():
        assert found[name].dtype == np.float32
        assert not np.array_equal(found[name], values)
        np.testing.assert_allclose(found[name], values, atol=tolerance * np.abs(values).max())


@pytest.mark.parametrize("model", [contract(), contract(18), attentive()], ids=["11", "18", "mat"])
def test_half_precision_is_close(model):
    near(run(in_half_precision(model), images(9)), run(model, images(9)), 0.02)


@pytest.mark.parametrize("model", [contract(), contract(18), attentive()], ids=["11", "18", "mat"])
def test_eight_bits_are_close(model):
    small = quantised(model, [images(40)])
    near(run(small, images(9, 1)), run(model, images(9, 1)), 0.06)


def test_half_precision_is_valid_and_has_no_weight_of_32_bits():
    half = in_half_precision(merge_head(contract(13), HEAD, card=card())[0])
    onnx.checker.check_model(half, full_check=True)
    assert {tensor.data_type for tensor in half.graph.initializer} == {TensorProto.FLOAT16}
    ends = [*half.graph.input, *half.graph.output]
    assert {value.type.tensor_type.elem_type for value in ends} == {TensorProto.FLOAT}


def test_half_precision_leaves_the_given_model_alone():
    model = contract()
    before = model.SerializeToString()
    in_half_precision(model)
    quantised(model, [images(4)])
    assert model.SerializeToString() == before


def operators_of_floats(model):
    """Count the operators with a weight that is not dequantised."""
    floats = {t.name for t in model.graph.initializer if t.data_type == TensorProto.FLOAT}
    scales = {"QuantizeLinear", "DequantizeLinear"}
    return Counter(
        node.op_type
        for node in model.graph.node
        if node.op_type not in scales and floats & set(node.input)
    )


def test_first_convolutions_classifier_and_head_stay_in_float():
    merged, _ = merge_head(contract(), HEAD, card=card())
    assert operators_of_floats(quantised(merged, [images(8)])) == {"Conv": 2, "Gemm": 2}


def test_a_dense_layer_before_the_embedding_is_quantised():
    model = contract(13)
    nodes = model.graph.node
    square = np.eye(WIDTH, dtype=np.float32)
    model.graph.initializer.append(onnx.numpy_helper.from_array(square, "square"))
    nodes[-2].output[0] = "before"
    nodes.insert(len(nodes) - 1, helper.make_node("Gemm", ["before", "square"], ["embedding"]))
    assert operators_of_floats(quantised(model, [images(8)])) == {"Conv": 2, "Gemm": 1}


def test_arithmetic_on_shapes_stays_exact():
    # Calibrated on four images at most, whose number would be the largest that 8 bits hold.
    model = contract(13)
    nodes, node = model.graph.node, helper.make_node
    add = [
        node("Shape", ["r2"], ["shape"]),
        node("Cast", ["shape"], ["sides"], to=TensorProto.FLOAT),
        node("Mul", ["sides", "factors"], ["wider"]),
        node("Cast", ["wider"], ["target"], to=TensorProto.INT64),
        node("Expand", ["r2", "target"], ["r3"]),
    ]
    factors = onnx.numpy_helper.from_array(np.array([1, 1, 1, 1], np.float32), "factors")
    model.graph.initializer.append(factors)
    nodes[6].input[0] = "r3"
    for at, item in enumerate(add):
        nodes.insert(6 + at, item)
    small = quantised(model, [images(7)])
    assert run(small, images(100))["scores"].shape == (100, 3)


def test_calibration_takes_batches_of_any_size():
    model = contract(13)
    whole = quantised(model, [images(11)])
    parts = quantised(model, iter([images(11)[:5], images(11)[5:6], images(11)[6:]]))
    assert whole.SerializeToString() == parts.SerializeToString()


def test_nothing_is_said_and_logging_is_as_before(caplog, capfd):
    logging.disable(5)
    try:
        quantised(attentive(), [images(4)])
        assert (logging.root.manager.disable, caplog.records) == (5, [])
    finally:
        logging.disable(logging.NOTSET)
    assert capfd.readouterr().err == ""


def test_calibration_takes_a_few_images_at_a_time(monkeypatch):
    taken = []

    def calibrate(source, target, reader, **options):
        taken.extend(len(batch["input"]) for batch in iter(reader.get_next, None))
        return quantize_static(source, target, module._Images([images(2)]), **options)  # noqa: SLF001

    monkeypatch.setattr(module, "quantize_static", calibrate)
    quantised(contract(), [images(11), images(3)])
    assert sum(taken) == 14
    assert max(taken) <= 4


def test_a_network_says_whether_it_has_fewer_bits():
    assert lowered(contract()) is None
    assert lowered(in_half_precision(contract())) == "in half precision"
    assert lowered(quantised(contract(), [images(4)])) == "quantised"


def test_a_quantised_file_has_the_card_of_its_source(tmp_path):
    source = save_network(tmp_path / "tiny.onnx")
    quantise(source, tmp_path / "small.onnx", images=images(8))
    model, found = read_network(tmp_path / "small.onnx")
    assert found == card()
    expected = with_card(quantised(read_network(source)[0], [images(8)]), card())
    assert model.SerializeToString() == expected.SerializeToString()
