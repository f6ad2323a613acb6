"""Each head is trained as the published code trains it."""

import pytest

from baselines.reproduction.layout import Setup
from baselines.reproduction.recipes import SEED, recipe_of
from baselines.reproduction.tables import TABLES

SETUPS = list(dict.fromkeys(s for table in TABLES.values() for s in table.setups))
EPOCHS = {"expr": 10, "va": 20, "au": 20, "mtl": 20}
BATCH = {"expr": 256, "va": 512, "au": 512, "mtl": 256}


def label(setup):
    return f"{setup.task}-{setup.network}-{setup.source}-{setup.hidden}"


@pytest.mark.parametrize("setup", SETUPS, ids=label)
def test_a_head_has_the_epochs_and_batches_of_its_task(setup):
    recipe = recipe_of(setup, seed=SEED)
    assert (recipe.epochs, recipe.batch_size) == (EPOCHS[setup.task], BATCH[setup.task])
    assert (recipe.rate, recipe.class_weights, recipe.sampler) == (1e-3, "inverse", "shuffled")
    assert (recipe.patience, recipe.seed, recipe.standardise) == (0, SEED, False)


@pytest.mark.parametrize("setup", SETUPS, ids=label)
def test_a_head_takes_what_its_row_says(setup):
    for part in recipe_of(setup, seed=SEED).parts:
        assert (part.source, part.hidden, part.loss_weight) == (setup.source, setup.hidden, 1.0)


@pytest.mark.parametrize("setup", SETUPS, ids=label)
def test_kernels_have_l2_without_a_hidden_layer_and_always_in_mtl(setup):
    expected = 0 if setup.hidden and setup.task != "mtl" else 1 / BATCH[setup.task]
    assert {part.l2 for part in recipe_of(setup, seed=SEED).parts} == {expected}


@pytest.mark.parametrize("setup", SETUPS, ids=label)
def test_the_outputs_of_mtl_share_their_hidden_layer(setup):
    assert recipe_of(setup, seed=SEED).shared == (setup.task == "mtl" and setup.hidden == 128)


def test_another_seed_and_fewer_epochs_are_taken():
    setup = Setup(task="va", network="MobileNet v1", source="scores", hidden=0)
    recipe = recipe_of(setup, seed=7, epochs=2)
    assert (recipe.seed, recipe.epochs) == (7, 2)
