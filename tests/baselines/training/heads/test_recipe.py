"""The paper's choices are the defaults, by the kind of target; what cannot be is refused."""

from dataclasses import asdict, replace

import pytest

from abawkit.errors import UsageError
from abawkit.protocol import CHALLENGES, Categorical, Continuous, find_challenge
from baselines.heads import SOURCES
from baselines.training.heads.recipe import WEIGHTINGS, HeadRecipe, PartRecipe, recipe_for
from tests.baselines.training.heads.tiny import FRAMED

MTL = find_challenge("mtl", 3)


@pytest.mark.parametrize("challenge", FRAMED.values(), ids=FRAMED)
def test_every_challenge_has_the_papers_recipe_of_its_kind_of_target(challenge):
    made = recipe_for(challenge)
    kinds = {Continuous: ("scores", 0, 20, 512), Categorical: ("embedding", 128, 10, 256)}
    expected = kinds.get(type(challenge.targets[0]), ("embedding", 128, 20, 512))
    if len(challenge.targets) > 1:
        expected = ("both", 0, 20, 256)
    for part, target in zip(made.parts, challenge.targets, strict=True):
        assert (part.target, part.loss_weight) == (target.name, 1.0)
        assert (part.source, part.hidden, made.epochs, made.batch_size) == expected
        assert part.l2 == (0 if part.hidden else 1 / made.batch_size)
    assert (made.rate, made.class_weights, made.sampler) == (1e-3, "inverse", "shuffled")
    assert (made.patience, made.shared, made.standardise) == (5, False, True)


@pytest.mark.parametrize("challenge", sorted(set(CHALLENGES) - set(FRAMED)))
def test_a_challenge_of_whole_clips_is_refused(challenge):
    with pytest.raises(UsageError, match=f"{challenge} asks for one label a clip"):
        recipe_for(CHALLENGES[challenge])


def test_one_value_is_for_all_targets_and_named_ones_are_for_theirs():
    made = recipe_for(MTL, source="embedding", hidden="au=128,expr=64", loss_weights="va=2")
    assert [part.source for part in made.parts] == ["embedding"] * 3
    assert [part.hidden for part in made.parts] == [0, 64, 128]
    assert [part.loss_weight for part in made.parts] == [2.0, 1.0, 1.0]
    assert [part.l2 for part in made.parts] == [1 / 256, 0, 0]


def test_an_l2_that_is_given_is_for_hidden_layers_too():
    assert [part.l2 for part in recipe_for(MTL, hidden="8", l2="0.5").parts] == [0.5] * 3
    assert [part.l2 for part in recipe_for(MTL, l2="va=0").parts] == [0, 1 / 256, 1 / 256]


def test_the_penalty_follows_the_batch():
    assert recipe_for(MTL, batch_size=64).parts[0].l2 == 1 / 64


@pytest.mark.parametrize("source", SOURCES)
def test_a_head_takes_what_its_parts_take(source):
    assert recipe_for(MTL, source=source).source == source


@pytest.mark.parametrize("source", ["va=scores,expr=embedding,au=embedding", "va=scores"])
def test_parts_that_differ_take_both(source):
    assert recipe_for(MTL, source=source).source == "both"


WRONG = {
    "source": ({"source": "pixels"}, "no source 'pixels'; expected one of embedding, scores"),
    "target": ({"source": "eri=both"}, "--source eri=both: abaw3-mtl has no target 'eri', only"),
    "mixed": ({"source": "va=probabilities"}, "va=probabilities, expr=both, au=both: probab"),
    "units": ({"hidden": "1e3"}, "--hidden 1e3: expected a whole number for va, found '1e3'"),
    "fewer": ({"hidden": "-1"}, "no units of the hidden layer -1; expected a number from 0 to 65"),
    "more": ({"hidden": "65537"}, "no units of the hidden layer 65537"),
    "l2 text": ({"l2": "few"}, "--l2 few: expected a number for va, found 'few'"),
    "l2": ({"l2": "nan"}, "no l2 nan; expected a number from 0 to 1000000"),
    "large l2": ({"l2": "1e300"}, "no l2 1e+300"),
    "weight": ({"loss_weights": "-2"}, "no weight of the loss -2.0"),
    "no weight": ({"loss_weights": "au=0"}, "no weight of the loss 0.0; expected a number above"),
    "large weight": ({"loss_weights": "1e7"}, "expected a number above 0, 1000000 at most"),
    "epochs": ({"epochs": 0}, "no epochs 0; expected a number from 1 on"),
    "batch": ({"batch_size": 0}, "no batch size 0; expected a number from 1 to 2147483648"),
    "large batch": ({"batch_size": 10**30}, "no batch size 1000"),
    "rate": ({"rate": float("inf")}, "no learning rate inf; expected a number above 0"),
    "no rate": ({"rate": 0.0}, "no learning rate 0.0"),
    "rate nan": ({"rate": float("nan")}, "no learning rate nan"),
    "patience": ({"patience": -1}, "no patience -1"),
    "seed": ({"seed": -1}, "no seed -1; expected a number from 0 to 9223372036854775807"),
    "large seed": ({"seed": 2**63}, "no seed 9223372036854775808"),
    "classes": ({"class_weights": "square"}, "no class weights 'square'; expected one of inverse"),
    "sampler": ({"sampler": "random"}, "no sampler 'random'; expected one of shuffled, balanced"),
    "shared": ({"shared": True}, "can be shared by targets with the same source and l2 and as"),
    "shared units": (
        {"shared": True, "hidden": "va=8,expr=8,au=0"},
        "found va: both, l2 0, 8 hidden units; expr: both, l2 0, 8 hidden units; au: both, l2 0.0",
    ),
    "shared source": ({"shared": True, "hidden": "8", "source": "va=scores"}, "can be shared"),
    "shared l2": ({"shared": True, "hidden": "8", "l2": "va=1"}, "can be shared"),
}


@pytest.mark.parametrize(("options", "fragment"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_refused(options, fragment):
    with pytest.raises(UsageError) as caught:
        recipe_for(MTL, **options)
    assert fragment in str(caught.value)


def test_a_recipe_can_be_made_without_a_challenge():
    part = PartRecipe(target="expr", source="scores", hidden=4)
    made = HeadRecipe(parts=(part,), epochs=3, batch_size=8)
    same = recipe_for(
        find_challenge("expr", 3), source="scores", hidden="4", epochs=3, batch_size=8
    )
    assert asdict(made) == asdict(same)
    assert replace(made, seed=1) != made


@pytest.mark.parametrize(("sampler", "weights"), [("shuffled", "inverse"), ("balanced", "none")])
def test_rare_classes_count_more_once(sampler, weights):
    assert recipe_for(MTL, sampler=sampler).class_weights == weights
    for chosen in WEIGHTINGS:
        made = recipe_for(MTL, sampler=sampler, class_weights=chosen)
        assert made.class_weights == chosen


def test_the_largest_that_can_be_is_taken():
    made = recipe_for(MTL, seed=2**63 - 1, hidden="65536", l2="1e6", loss_weights="1e6")
    assert (made.seed, made.parts[0].hidden, made.parts[0].l2) == (2**63 - 1, 65536, 1e6)


def test_scores_can_go_in_as_they_are():
    assert not recipe_for(MTL, standardise=False).standardise
