"""A network is taken only if its inputs and outputs are as its card says."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from abawkit.errors import ModelError
from baselines.card import KEY, MergedHead
from baselines.contract import read_card
from tests.baselines.tiny_onnx import tiny_card

HEADED = tiny_card(head=MergedHead(outputs=("valence", "arousal")))
SHAPES = {
    "input": ["n", 3, 2, 2],
    "embedding": ["n", 5],
    "scores": ["n", 8],
    "outputs": ["n", 2],
}


def read(*, card=HEADED, kinds=(), metadata=None, **changes):
    """Read the card of a network; ``changes`` are other shapes, None for no such entry."""
    metadata = {KEY: card.to_json()} if metadata is None else metadata
    inputs, outputs = [], []
    for name, shape in {**SHAPES, **changes}.items():
        kind = dict(kinds).get(name, "tensor(float)")
        if shape is not None:
            entry = SimpleNamespace(name=name, shape=shape, type=kind)
            (inputs if name.startswith("input") else outputs).append(entry)
    session = SimpleNamespace(
        get_modelmeta=lambda: SimpleNamespace(custom_metadata_map=metadata),
        get_inputs=lambda: inputs,
        get_outputs=lambda: outputs,
    )
    return read_card(session, Path("net.onnx"))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"input": [None, 3, None, None], "embedding": [None, "d"], "scores": ["batch", None]},
        {"extra": ["n", 3, 7]},
        {"card": tiny_card(), "outputs": None},
        {"card": tiny_card(outputs=()), "scores": ["n", 0]},
    ],
)
def test_the_card_of_a_network_that_keeps_to_it_is_given(changes):
    assert read(**changes) == changes.get("card", HEADED)


@pytest.mark.parametrize(
    ("changes", "fragment"),
    [
        (
            {"scores": None},
            "expected the inputs and outputs input, embedding, scores, outputs; fo",
        ),
        ({"outputs": None}, "found input, embedding, scores$"),
        ({"embedding": None}, "expected the inputs and outputs"),
        ({"input": None}, "expected the inputs and outputs"),
        ({"input2": [1]}, "found input, input2, embedding, scores, outputs$"),
        ({"input": ["n", 3, 4, 4]}, r"input should be .* \(n, 3, 2, 2\) .* shape \(n, 3, 4, 4\)$"),
        ({"input": ["n", 3, 2, 3]}, "input should be"),
        ({"input": ["n", 1, 2, 2]}, "input should be"),
        ({"input": [1, 3, 2, 2]}, r"found tensor\(float\) of shape \(1, 3, 2, 2\)"),
        ({"input": ["n", 12]}, "input should be"),
        ({"embedding": ["n", 5, 1, 1]}, r"embedding should be tensor\(float\) of shape \(n, d\)"),
        ({"scores": ["n", 7]}, r"scores should be .* shape \(n, 8\) by its card; .* \(n, 7\)$"),
        ({"scores": [16, 8]}, "scores should be"),
        ({"scores": []}, "scores should be"),
        ({"outputs": ["n", 3]}, "outputs should be"),
        ({"kinds": {"input": "tensor(float16)"}}, r"input .* found tensor\(float16\)"),
        ({"kinds": {"scores": "tensor(double)"}}, r"scores .* found tensor\(double\)"),
    ],
)
def test_a_network_that_is_not_as_its_card_says_is_refused(changes, fragment):
    with pytest.raises(ModelError, match=rf"^net\.onnx: .*{fragment}"):
        read(**changes)


def test_a_file_without_a_card_can_be_given_one():
    with pytest.raises(
        ModelError, match=r"without a card .*: abawkit models import net\.onnx --o"
    ):
        read(metadata={"author": "somebody"})


def test_a_malformed_card_is_refused():
    with pytest.raises(
        ModelError, match=r"net\.onnx: not a network .*: the card .* 'name' is mis"
    ):
        read(metadata={KEY: "{}"})
