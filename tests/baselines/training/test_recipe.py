"""Recipes are tables: their numbers are the paper's, and every value can be changed."""

import math
from dataclasses import asdict, replace

import pytest

pytest.importorskip("torch")

from abawkit.errors import UsageError
from baselines.networks.table import NETWORKS
from baselines.training.augmentation import Augmentation
from baselines.training.recipe import (
    GREY_112,
    STAGES,
    Recipe,
    network_of,
    parse_augmentation,
    rate_factor,
    recorded,
    with_network,
)

B0 = "tf_efficientnet_b0"
RECIPES = {name: stage.recipe for name, stage in STAGES.items()}


def test_the_bundled_models_recipe_is_that_of_its_card():
    recipe = RECIPES["ferplus"]
    assert recipe == Recipe()
    assert (recipe.network, recipe.preprocessing) == ("efficientnet_lite0", GREY_112)
    assert (recipe.head_epochs, recipe.head_rate) == (1, 1e-3)
    assert (recipe.epochs, recipe.rate, recipe.schedule) == (20, 4e-4, "one-cycle")
    assert (recipe.batch_size, recipe.weight_decay, recipe.optimizer) == (32, 0.03, "adamw")
    assert (recipe.class_weight, recipe.ema_decay, recipe.seed) == (0.15, 0.9995, 12345)
    assert (recipe.drop_rate, recipe.drop_path_rate) == (0.3, 0.1)
    assert STAGES["ferplus"].start == "imagenet"


def test_faces_are_learnt_as_in_the_paper():
    recipe = RECIPES["faces"]
    assert (recipe.head_epochs, recipe.epochs, recipe.optimizer) == (0, 8, "sam")
    assert (recipe.network, recipe.preprocessing.size) == (B0, 224)
    assert (recipe.class_weight, recipe.rho, STAGES["faces"].start) == (0.0, 0.05, "none")


def test_expressions_are_learnt_as_in_the_paper():
    recipe = RECIPES["expressions"]
    assert (recipe.head_epochs, recipe.head_rate) == (3, 1e-3)
    assert (recipe.epochs, recipe.rate, recipe.schedule) == (5, 1e-4, "constant")
    assert (recipe.optimizer, recipe.rho, recipe.class_weight) == ("sam", 0.05, 1.0)
    assert (recipe.network, recipe.preprocessing) == (B0, NETWORKS[B0].preprocessing)
    assert not STAGES["expressions"].start


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("optimizer", "sgd"), ("schedule", "cosine"), ("rate", -1e-3), ("head_rate", math.nan),
        ("rate", 200.0), ("rho", math.inf), ("ema_decay", 1.0), ("drop_rate", 1.0),
        ("drop_path_rate", -0.1), ("weight_decay", -1.0), ("class_weight", -0.5),
    ],
)  # fmt: skip
def test_a_value_that_makes_no_sense_is_refused(field, value):
    with pytest.raises(UsageError, match=f"expected {field} to be .*, found '?{value}"):
        replace(Recipe(), **{field: value})


def test_a_recipe_without_an_epoch_is_refused():
    assert replace(Recipe(), epochs=0).head_epochs == 1
    with pytest.raises(UsageError, match="expected an epoch at least, found none"):
        replace(Recipe(), epochs=0, head_epochs=0)


def test_the_rate_rises_then_falls_to_0():
    factors = [rate_factor("one-cycle", share) for share in (0.0, 0.05, 0.1, 0.55, 1.0)]
    assert factors == pytest.approx([0, 0.5, 1, 0.5, 0])


def test_a_constant_rate_is_constant():
    assert [rate_factor("constant", share) for share in (0.0, 0.05, 1.0)] == [1, 1, 1]


def test_a_network_is_named_by_its_end_if_that_is_enough():
    assert with_network(Recipe(), "rexnet_150").network == "rexnet_150"
    assert with_network(Recipe(), "lite0").network == "efficientnet_lite0"
    with pytest.raises(UsageError, match=f"'b0' can be {B0} or efficientnet_b0; say it in full"):
        with_network(Recipe(), "b0")
    with pytest.raises(UsageError, match="no network 'b9'; there are"):
        with_network(Recipe(), "b9")


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_brings_its_own_preprocessing(name):
    recipe = with_network(RECIPES["expressions"], name)
    assert recipe.preprocessing == NETWORKS[name].preprocessing
    assert network_of(recipe) == NETWORKS[name]


def test_a_grey_recipe_stays_grey_and_one_of_the_same_network_as_it_is():
    grey = with_network(Recipe(), "mobilefacenet").preprocessing
    assert grey == replace(NETWORKS["mobilefacenet"].preprocessing, colour="grey")
    assert with_network(Recipe(), "efficientnet_lite0") == Recipe()


def test_the_network_of_a_recipe_takes_what_the_recipe_gives_it():
    assert network_of(Recipe()).preprocessing == GREY_112
    assert network_of(Recipe()).shape == NETWORKS["efficientnet_lite0"].shape


def test_augmentations_are_changed_by_name():
    changed = parse_augmentation("rotation=10, erasing=0", Augmentation())
    assert changed == replace(Augmentation(), rotation=10.0, erasing=0.0)
    assert set(asdict(parse_augmentation("none", Augmentation())).values()) == {0.0}


@pytest.mark.parametrize("text", ["", "spin=1", "rotation", "rotation=x", "scale=-1", "shear=inf"])
def test_augmentations_that_are_none_are_refused(text):
    with pytest.raises(UsageError, match=rf"--augment: expected .*; found '{text}'"):
        parse_augmentation(text, Augmentation())


def test_a_recipe_that_an_earlier_version_recorded_is_completed():
    old = asdict(Recipe(rate=1e-5))
    for name in ("network", "preprocessing", "optimizer", "rho", "schedule"):
        del old[name]
    del old["augmentation"]["saturation"]
    assert recorded(old) == asdict(Recipe(rate=1e-5))
    assert recorded({"augmentation": "text"})["augmentation"] == "text"
