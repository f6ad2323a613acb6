"""Runs of a few steps, with the tiny network."""

from dataclasses import replace

import torch

from baselines.training.augmentation import Augmentation
from baselines.training.backbone import Trainer
from baselines.training.recipe import GREY_112, Recipe
from tests.baselines.training.tiny import faces

SMALL = replace(GREY_112, size=32)
RECIPE = Recipe(
    network="tiny", preprocessing=SMALL, head_epochs=1, epochs=2, batch_size=8, rate=1e-2
)
STILL = Augmentation(**dict.fromkeys(Augmentation.__dataclass_fields__, 0.0))


def trainer(folder, recipe=RECIPE, data=None, start=None, valid=None):
    """Begin a run, or take it up."""
    data, valid = data or faces(20), valid or faces(10, 1)
    return Trainer(folder, train=data, valid=valid, recipe=recipe, start=start or {})


def train(folder, recipe=RECIPE, **options):
    """Finish a run; give its epochs."""
    return list(trainer(folder, recipe, **options).run(lambda _: None))


def train_an_epoch(folder, recipe=RECIPE, **options):
    """Leave a run after its next epoch."""
    return next(trainer(folder, recipe, **options).run(lambda _: None))


def weights(folder):
    """Read what a run has come to."""
    return torch.load(folder / "weights.pt", weights_only=True)


def assert_equal(state, other):
    """Compare state dicts bit by bit."""
    assert list(state) == list(other)
    for name, tensor in state.items():
        assert torch.equal(tensor, other[name]), name


def change(folder, how):
    """Change what a checkpoint holds."""
    state = torch.load(folder / "checkpoint.pt", weights_only=True)
    how(state)
    torch.save(state, folder / "checkpoint.pt")
