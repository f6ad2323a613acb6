"""An ONNX file of anybody's is refused unless it is plain, whole and stands alone."""

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper  # noqa: E402

from abawkit.errors import DataError, ModelError  # noqa: E402
from baselines.checkpoints import onnxfile  # noqa: E402
from baselines.checkpoints.onnxfile import (  # noqa: E402
    free_name,
    parse_onnx,
    read_network,
    rename_tensors,
    tensor_names,
    with_card,
)
from tests.baselines.checkpoints.handmade import card, images, network, run, save_network  # noqa: E402


def outside(tensor):
    """Say that the data of a tensor is in another file."""
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")


def branching():
    """Make a network that adds, in a branch, what it took from outside of it."""
    model = network(opset=13)
    weight = onnx.numpy_helper.from_array(np.ones(3, np.float32), "inner")
    add = helper.make_node("Add", ["logits", "inner"], ["chosen"])
    value = helper.make_tensor_value_info("chosen", TensorProto.FLOAT, None)
    body = helper.make_graph([add], "branch", [], [value], [weight])
    model.graph.node[-1].output[0] = "logits"
    yes = onnx.numpy_helper.from_array(np.array(True), "yes")  # noqa: FBT003
    model.graph.initializer.append(yes)
    model.graph.node.append(
        helper.make_node("If", ["yes"], ["output"], then_branch=body, else_branch=body)
    )
    return model


def external_initializer(model):
    outside(model.graph.initializer[0])


def external_constant(model):
    tensor = onnx.numpy_helper.from_array(np.ones(1, np.float32), "c")
    outside(tensor)
    model.graph.node.append(helper.make_node("Constant", [], ["c"], value=tensor))


def external_sparse(model):
    tensor = model.graph.sparse_initializer.add()
    tensor.values.name = "sparse"
    outside(tensor.values)


def external_in_a_branch(model):
    model.CopyFrom(branching())
    outside(model.graph.node[-1].attribute[0].g.initializer[0])


def custom_operator(model):
    model.graph.node[3].domain = "com.example"
    model.opset_import.append(helper.make_opsetid("com.example", 1))


def custom_function(model):
    node = helper.make_node("Relu", ["x"], ["y"])
    opsets = [helper.make_opsetid("", 11)]
    model.functions.append(helper.make_function("own", "Twice", ["x"], ["y"], [node], opsets))


def old(model):
    model.opset_import[0].version = 9


def no_such_tensor(model):
    model.graph.node[2].input[0] = "nowhere"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (external_initializer, "file: the data of w0 is in another file"),
        (external_constant, "the data of c is in another file"),
        (external_sparse, "the data of sparse is in another file"),
        (external_in_a_branch, "the data of inner is in another file"),
        (custom_operator, r"operators that are not ONNX's own: com.example.Relu"),
        (custom_function, r"operators that are not ONNX's own: own.Twice"),
        (old, "opset 9; expected 11 or later"),
        (no_such_tensor, "no valid ONNX file: ValidationError"),
    ],
)
def test_a_file_that_is_not_plain_is_refused(damage, message):
    model = network()
    damage(model)
    with pytest.raises(ModelError, match=message):
        parse_onnx(model.SerializeToString(), name="file")


@pytest.mark.parametrize("data", [b"", b"\x08", b"PK\x03\x04" * 9, b"\xff" * 99])
def test_what_is_no_onnx_file_is_refused(data):
    with pytest.raises(ModelError, match=r"^file: no valid ONNX file: "):
        parse_onnx(data, name="file")


def test_no_cut_of_a_file_gives_anything_but_a_refusal():
    data = network().SerializeToString()
    for end in range(0, len(data), 101):
        with pytest.raises(ModelError):
            parse_onnx(data[:end], name="file")


@pytest.mark.parametrize("kind", ["Loop", "Scan", "SequenceMap"])
def test_loops_are_refused_in_branches_too(kind):
    body = helper.make_graph([helper.make_node(kind, ["a"], ["b"])], "body", [], [])
    for place in (None, body):
        model = network()
        node = (
            helper.make_node(kind, ["output"], ["x"])
            if place is None
            else helper.make_node("If", ["output"], ["x"], then_branch=place, else_branch=place)
        )
        model.graph.node.append(node)
        with pytest.raises(ModelError, match=rf"^x: has loops \({kind}\), which need not end"):
            parse_onnx(model.SerializeToString(), name="x")


def test_a_file_beyond_the_limit_is_not_even_parsed(monkeypatch):
    data = network().SerializeToString()
    monkeypatch.setattr(onnxfile, "LARGEST", len(data) - 1)
    with pytest.raises(ModelError, match="MiB; expected an ONNX file of at most"):
        parse_onnx(data, name="file")


def test_renaming_moves_a_tensor_out_of_the_way_in_branches_too():
    model = branching()
    before = run(model, images(2))["output"]
    rename_tensors(model.graph, {"logits": "inner", "input": "chosen", "output": "c0"})
    onnx.checker.check_model(model, full_check=True)
    assert {"inner", "inner_1", "chosen", "chosen_1", "c0", "c0_1"} < tensor_names(model.graph)
    assert "logits" not in tensor_names(model.graph)
    np.testing.assert_array_equal(run(model, images(2))["c0"], before)


def test_two_tensors_can_change_names():
    model = network()
    before = run(model, images(2))["output"]
    rename_tensors(model.graph, {"c0": "r0", "r0": "c0"})
    assert model.graph.node[0].output == ["r0"]
    np.testing.assert_array_equal(run(model, images(2))["output"], before)


def test_sparse_weights_and_annotations_are_renamed():
    model = network()
    model.graph.sparse_initializer.add().values.name = "sparse"
    model.graph.quantization_annotation.add().tensor_name = "sparse"
    rename_tensors(model.graph, {"sparse": "dense"})
    assert model.graph.sparse_initializer[0].values.name == "dense"
    assert model.graph.quantization_annotation[0].tensor_name == "dense"
    assert "dense" in tensor_names(model.graph)


def test_a_free_name_is_none_of_those_in_use():
    assert free_name("a", set()) == "a_1"
    assert free_name("a", {"a", "a_1", "a_3"}) == "a_2"


def test_a_card_replaces_all_that_an_exporter_noted():
    model = branching()
    helper.set_model_props(model, {"abawkit": "old", "author": "somebody"})
    model.doc_string = "/home/somebody"
    model.training_info.add()
    model.graph.node[0].doc_string = "/home/somebody/net.py"
    model.graph.node[-1].attribute[0].g.node[0].doc_string = "/home/somebody/inner.py"
    result = with_card(model, card())
    (entry,) = result.metadata_props
    assert len(result.training_info) == 0
    assert (entry.key, entry.value) == ("abawkit", card().to_json())
    assert b"somebody" not in result.SerializeToString()
    assert model.doc_string == "/home/somebody"


def test_a_network_of_abawkit_is_read_with_its_card(tmp_path):
    model, found = read_network(save_network(tmp_path / "tiny.onnx"))
    assert found == card()
    assert [output.name for output in model.graph.output] == ["embedding", "scores"]


def test_a_file_without_a_card_is_told_how_to_get_one(tmp_path):
    (tmp_path / "net.onnx").write_bytes(network().SerializeToString())
    with pytest.raises(ModelError, match="abawkit models import"):
        read_network(tmp_path / "net.onnx")


def test_a_file_that_onnx_runtime_cannot_run_is_a_model_error(tmp_path):
    model = network()
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.INT64
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ModelError, match="ONNX Runtime cannot run it"):
        read_network(tmp_path / "net.onnx")


def test_a_file_that_is_not_there_is_a_data_error(tmp_path):
    with pytest.raises(DataError, match=r"net\.onnx: No such file"):
        read_network(tmp_path / "net.onnx")
