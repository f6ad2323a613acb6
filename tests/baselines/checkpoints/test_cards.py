"""A card as a page says what a user of the file has to know."""

from dataclasses import replace

import pytest

from baselines.card import EMOTIONS_8, VA, Card, MergedHead
from baselines.checkpoints.cards import card_as_markdown
from baselines.checkpoints.catalogue import CHECKPOINTS
from baselines.networks.table import NETWORKS

CARD = Card(
    name="x",
    outputs=EMOTIONS_8,
    scores="logits",
    preprocessing=NETWORKS["tf_efficientnet_b0"].preprocessing,
)


@pytest.mark.parametrize("row", NETWORKS.values(), ids=lambda row: row.name)
def test_the_page_tells_how_images_are_prepared(row):
    page = card_as_markdown(replace(CARD, preprocessing=row.preprocessing, network=row.name))
    images = row.preprocessing
    assert f"(n, 3, {images.size}, {images.size})" in page
    assert f"in {images.colour.upper()}," in page
    assert images.resize in page
    for values in (images.mean, images.std):
        assert ", ".join(f"{value:.6g}" for value in values) in page


@pytest.mark.parametrize("row", CHECKPOINTS.values(), ids=lambda row: row.file)
def test_the_page_names_outputs_in_their_order(row):
    page = card_as_markdown(replace(CARD, outputs=row.outputs, scores=row.scores))
    if row.outputs:
        assert f"{', '.join(row.outputs)}, in this order. The classes are {row.scores}." in page
    else:
        assert "none, for the network has no classifier" in page
    assert ("clips them to [-1, 1]" in page) == (set(VA) <= set(row.outputs))


def test_what_is_not_known_is_said_so():
    page = card_as_markdown(CARD)
    assert page.count("| not known |") == 3
    assert "| made from | training |" in page


def test_training_data_decide_where_a_model_may_be_entered():
    page = card_as_markdown(replace(CARD, trained_on=("Aff-Wild2",)))
    assert "| trained on | Aff-Wild2 |" in page
    assert "forbidden: abaw8-va, abaw11-mtl" in page


def test_a_merged_head_is_told():
    head = MergedHead(outputs=VA, reference="mine")
    page = card_as_markdown(replace(CARD, head=head))
    assert "`outputs`, float32 `(n, 2)`: valence, arousal, by the head" in page
    assert "(mine)" in page
    assert "`outputs`" not in card_as_markdown(CARD)
    assert page.endswith(".\n")
