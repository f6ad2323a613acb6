"""The embedding becomes an output, and not a bit of the scores changes."""

import io
import warnings
from dataclasses import replace

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper  # noqa: E402

from abawkit.errors import ModelError  # noqa: E402
from baselines.card import Card, MergedHead  # noqa: E402
from baselines.checkpoints.graph import describe, import_onnx, with_embedding  # noqa: E402
from tests.baselines.checkpoints.handmade import (  # noqa: E402
    CLASSIFIERS,
    SIZE,
    STRANGE,
    WIDTH,
    card,
    images,
    network,
    run,
)


def imported(model, **changes):
    return import_onnx(model.SerializeToString(), card=card(**changes))


def names(values):
    return [value.name for value in values]


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_the_scores_of_a_file_stay_the_same_to_the_last_bit(kind):
    model = network(kind)
    result = with_embedding(model)
    onnx.checker.check_model(result, full_check=True)
    before, after = run(model, images(5)), run(result, images(5))
    assert list(after) == ["embedding", "scores"]
    assert before["output"].tobytes() == after["scores"].tobytes()


@pytest.mark.parametrize("kind", ["gemm", "transposed"])
def test_the_embedding_is_what_the_classifier_takes(kind):
    model = network(kind)
    weights = {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}
    matrix = weights["weight"] if kind == "gemm" else weights["turned"].T
    after = run(with_embedding(model), images(3))
    assert after["embedding"].shape == (3, WIDTH)
    expected = after["embedding"] @ matrix + weights["bias"]
    np.testing.assert_allclose(after["scores"], expected, atol=1e-5)


def test_the_given_model_is_left_as_it_was():
    model = network()
    before = model.SerializeToString()
    with_embedding(model)
    assert model.SerializeToString() == before


@pytest.mark.parametrize(
    "taken", [("embedding", "scores"), ("scores", "embedding"), ("outputs", "embedding_1")]
)
def test_names_that_are_in_use_inside_are_no_hindrance(taken):
    result = with_embedding(network(names=taken))
    after = run(result, images(2))
    assert after["embedding"].shape == (2, WIDTH)
    assert after["scores"].tobytes() == run(network(), images(2))["output"].tobytes()


def test_the_input_is_called_input_whatever_it_was_called():
    model = network()
    model.graph.input[0].name = model.graph.node[0].input[0] = "x"
    model.graph.node[1].output[0] = model.graph.node[2].input[0] = "input"
    result = imported(model)
    assert names(result.graph.input) == ["input"]
    assert run(result, images(2))["scores"].shape == (2, 3)


@pytest.mark.parametrize("n", [1, 3])
def test_a_fixed_batch_is_opened(n):
    model = network(n=n)
    inside = helper.make_tensor_value_info("flat", TensorProto.FLOAT, [n, WIDTH])
    model.graph.value_info.append(inside)
    result = imported(model)
    onnx.checker.check_model(result, full_check=True)
    assert len(result.graph.value_info) == 0
    assert result.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "n"
    assert run(result, images(5))["embedding"].shape == (5, WIDTH)


def test_a_batch_that_is_fixed_inside_is_refused():
    model = network(n=1)
    del model.graph.node[-2]
    shape = onnx.numpy_helper.from_array(np.array([1, -1]), "shape")
    model.graph.initializer.append(shape)
    model.graph.node.insert(7, helper.make_node("Reshape", ["pooled", "shape"], ["flat"]))
    with pytest.raises(ModelError, match="tiny: ONNX Runtime cannot run it on 2 images"):
        imported(model)


def test_weights_that_are_listed_as_inputs_are_no_images():
    model = network()
    for tensor in model.graph.initializer:
        value = helper.make_tensor_value_info(tensor.name, TensorProto.FLOAT, tensor.dims)
        model.graph.input.insert(0, value)
    model.ir_version = 3
    result = imported(model)
    assert names(result.graph.input) == ["input"]
    assert result.ir_version == 4
    assert run(result, images(2))["scores"].shape == (2, 3)


def test_a_weight_may_be_a_constant_node():
    model = network("gemm")
    (weight,) = (t for t in model.graph.initializer if t.name == "weight")
    model.graph.node.insert(0, helper.make_node("Constant", [], ["weight"], value=weight))
    model.graph.initializer.remove(weight)
    assert describe(with_embedding(model)).n_scores == 3


def test_a_weight_may_be_quantised():
    model = network("gemm", opset=13)
    (weight,) = (t for t in model.graph.initializer if t.name == "weight")
    small = np.full((WIDTH, 3), 5, np.int8)
    for name, values in (("weight", small), ("scale", np.float32(0.1)), ("zero", np.int8(0))):
        tensor = weight if name == "weight" else model.graph.initializer.add()
        tensor.CopyFrom(onnx.numpy_helper.from_array(np.asarray(values), name))
    node = helper.make_node("DequantizeLinear", ["weight", "scale", "zero"], ["matrix"])
    model.graph.node.insert(0, node)
    model.graph.node[-1].input[1] = "matrix"
    assert describe(imported(model)).n_embedding == WIDTH


def test_an_embedding_that_is_no_vector_is_refused():
    model = network("matmul")
    shape = onnx.numpy_helper.from_array(np.array([-1, 1, WIDTH]), "shape")
    model.graph.initializer.append(shape)
    model.graph.node[-2].CopyFrom(helper.make_node("Reshape", ["pooled", "shape"], ["flat"]))
    value = helper.make_tensor_value_info("output", TensorProto.FLOAT, ["n", 1, 3])
    model.graph.output[0].CopyFrom(value)
    with pytest.raises(ModelError, match=r"^tiny: "):
        imported(model)


def test_scores_whose_number_only_a_run_tells_are_counted():
    model = imported(network())
    model.graph.output[1].type.tensor_type.shape.dim[1].dim_param = "classes"
    assert describe(model).n_scores is None
    assert imported(model).graph == model.graph
    with pytest.raises(
        ModelError, match=r"3 images give scores float32 \(3, 3\); expected float32"
    ):
        import_onnx(model.SerializeToString(), card=card("Anger", "Neutral"))


@pytest.mark.parametrize(("kind", "scores"), [("gemm", "logits"), ("softmax", "probabilities")])
def test_a_graph_tells_its_sizes_and_the_kind_of_its_scores(kind, scores):
    facts = describe(with_embedding(network(kind)))
    assert (facts.size, facts.n_embedding, facts.n_scores) == (SIZE, WIDTH, 3)
    assert facts.scores == scores


@pytest.mark.parametrize("said", ["logits", "probabilities"])
@pytest.mark.parametrize(("kind", "scores"), [("gemm", "logits"), ("softmax", "probabilities")])
def test_the_card_says_of_the_scores_what_the_graph_does(kind, scores, said):
    (entry,) = imported(network(kind), scores=said).metadata_props
    assert Card.of(entry.value) == card(scores=scores)


@pytest.mark.parametrize("scores", ["logits", "probabilities"])
def test_a_file_of_abawkit_passes_as_it_is(scores):
    first = imported(network())
    again = imported(first, scores=scores)
    assert again.graph == first.graph
    assert Card.of(again.metadata_props[0].value).scores == scores


def test_scores_in_half_precision_are_refused():
    model = imported(network())
    model.graph.node[-1].output[0] = "wide"
    cast = helper.make_node("Cast", ["wide"], ["scores"], to=TensorProto.FLOAT16)
    model.graph.node.append(cast)
    model.graph.output[1].type.tensor_type.elem_type = TensorProto.FLOAT16
    with pytest.raises(ModelError, match=r"3 images give scores float16 \(3, 3\)"):
        imported(model)


@pytest.mark.parametrize("kind", STRANGE)
def test_a_last_layer_that_is_not_dense_is_refused_by_its_name(kind):
    last = {"sigmoid": "Sigmoid", "sum of two": "Add"}.get(kind, "Gemm")
    with pytest.raises(ModelError, match=f"the output output comes from {last}.*expected the cla"):
        imported(network(kind))


def test_a_softmax_over_the_batch_is_refused():
    model = network("softmax")
    model.graph.node[-1].attribute[0].i = 0
    with pytest.raises(ModelError, match="comes from Softmax"):
        imported(model)


def test_a_dense_layer_on_the_images_themselves_has_no_embedding():
    model = network()
    model.graph.node[-1].input[0] = "bias"
    with pytest.raises(ModelError, match="comes from Gemm, but not from something computed"):
        imported(model)


def test_an_output_that_no_node_gives_is_refused():
    model = network()
    model.graph.output[0].name = "input"
    with pytest.raises(ModelError, match="the output input comes from no node"):
        with_embedding(model)


def two_outputs(model):
    model.graph.output.add().CopyFrom(
        helper.make_tensor_value_info("flat", TensorProto.FLOAT, ["n", WIDTH])
    )


def two_inputs(model):
    model.graph.input.add().CopyFrom(
        helper.make_tensor_value_info("age", TensorProto.INT64, ["n", 1])
    )


def another(shape, kind=TensorProto.FLOAT):
    def change(model):
        model.graph.input[0].CopyFrom(helper.make_tensor_value_info("input", kind, shape))

    return change


def no_numbers(model):
    (bias,) = (t for t in model.graph.initializer if t.name == "bias")
    bias.raw_data = np.full(3, np.nan, np.float32).tobytes()


def over_the_batch(model):
    node = helper.make_node("ReduceMean", ["r2"], ["mean"], axes=[0])
    model.graph.node.insert(6, node)
    model.graph.node.insert(7, helper.make_node("Sub", ["r2", "mean"], ["apart"]))
    model.graph.node[8].input[0] = "apart"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (two_outputs, r"2 outputs \(output, flat\); expected one, the scores"),
        (two_inputs, r"the inputs are .*, age INT64 \(n, 1\); expected one"),
        (another(["n", 3, 8, 9]), r"the inputs are input FLOAT \(n, 3, 8, 9\)"),
        (another(["n", 1, 8, 8]), r"the inputs are input FLOAT \(n, 1, 8, 8\)"),
        (another([8]), r"the inputs are input FLOAT \(8\)"),
        (another(["n", 3, 8, 8], TensorProto.FLOAT16), r"the inputs are input FLOAT16"),
        (another(["n", 3, 9, 9]), "images of 9 x 9, expected 8 x 8"),
        (no_numbers, "the scores of random images are no numbers"),
        (over_the_batch, "the scores of an image depend on what else is in the batch"),
    ],
)
def test_a_network_that_is_no_network_of_faces_is_refused(change, message):
    model = network()
    change(model)
    with pytest.raises(ModelError, match=f"^tiny: .*{message}"):
        imported(model)


def test_an_open_size_is_that_of_the_card():
    model = network()
    another(["n", 3, "height", "width"])(model)
    result = imported(model)
    assert [d.dim_value for d in result.graph.input[0].type.tensor_type.shape.dim[1:]] == [3, 8, 8]


def test_all_that_differs_from_the_card_is_told_at_once():
    wrong = card("Anger", "valence")
    model = network("softmax")
    another(["n", 3, 9, 9])(model)
    with pytest.raises(ModelError, match=r"9 x 9.*; 3 scores, expected 2 .*; a softmax over all"):
        import_onnx(model.SerializeToString(), card=wrong)


def test_a_merged_head_has_to_be_on_the_card():
    model = imported(network())
    value = helper.make_tensor_value_info("outputs", TensorProto.FLOAT, ["n", 3])
    model.graph.node.append(helper.make_node("Tanh", ["scores"], ["outputs"]))
    model.graph.output.append(value)
    with pytest.raises(ModelError, match="a merged head, against its card"):
        imported(model)
    head = MergedHead(outputs=("a", "b", "c"))
    result = import_onnx(model.SerializeToString(), card=replace(card(), head=head))
    assert result.graph == model.graph


def test_scores_that_exposing_the_embedding_would_alter_are_not_let_through(monkeypatch):
    def altering(model, *, name):
        result = with_embedding(model, name=name)
        (bias,) = (t for t in result.graph.initializer if t.name == "bias")
        bias.raw_data = np.nextafter(onnx.numpy_helper.to_array(bias), np.float32(9)).tobytes()
        return result

    monkeypatch.setattr("baselines.checkpoints.graph.with_embedding", altering)
    with pytest.raises(ModelError, match=r"the scores differ by up to \d.*e-"):
        imported(network())


def test_a_file_exported_as_published_ones_were_keeps_its_scores_to_the_last_bit():
    torch = pytest.importorskip("torch")
    from baselines.networks.build import build_network  # noqa: PLC0415 - needs torch
    from baselines.networks.table import NETWORKS, Stage  # noqa: PLC0415 - with those

    row = NETWORKS["tf_efficientnet_b0"]
    stages = (
        Stage(repeats=1, channels=8, kernel=3, stride=1, expansion=1),
        Stage(repeats=2, channels=12, kernel=5, stride=2, expansion=2),
    )
    shape = replace(row.shape, stages=stages, stem_channels=8, embedding=WIDTH)
    network = build_network(replace(row, shape=shape), 3).eval()

    class ScoresOnly(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, x):
            return self.network(x).scores

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        buffer = io.BytesIO()
        torch.onnx.export(
            ScoresOnly().eval(), (torch.zeros(1, 3, SIZE, SIZE),), buffer,
            dynamo=False, opset_version=11,
            input_names=["input"], output_names=["output"],
            dynamic_axes={"input": {0: "batch_size"}, "output": {0: "batch_size"}},
        )  # fmt: skip
    found = run(import_onnx(buffer.getvalue(), card=card()), images(5))
    with torch.no_grad():
        expected = network(torch.from_numpy(images(5)))
    before = run(buffer.getvalue(), images(5))["output"]
    assert found["scores"].tobytes() == before.tobytes()
    np.testing.assert_allclose(found["embedding"], expected[0].numpy(), atol=1e-4)
