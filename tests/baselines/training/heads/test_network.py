"""What learns says the same as the head that is made of it."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from abawkit.errors import ModelError  # noqa: E402
from abawkit.protocol import find_challenge  # noqa: E402
from baselines.card import VA  # noqa: E402
from baselines.heads import Head, check_head  # noqa: E402
from baselines.training.heads.network import HeadNetwork  # noqa: E402
from baselines.training.heads.recipe import recipe_for  # noqa: E402
from baselines.training.heads.scaling import Scaling  # noqa: E402
from submissions.decide import output_blocks, output_names  # noqa: E402
from tests.baselines.training.heads.tiny import CARD, FRAMED, N_EMBEDDING  # noqa: E402

MTL = find_challenge("mtl", 3)
ACTIVATIONS = {"va": torch.tanh, "au": torch.sigmoid}
MIXED = "va=scores,expr=both,au=embedding"
CHOICES = [
    {},
    {"source": "scores"},
    {"source": "probabilities"},
    {"source": "embedding", "hidden": "5"},
    {"source": MIXED},
    {"source": MIXED, "hidden": "expr=7,au=3"},
    {"source": "both", "hidden": "6", "shared": True},
]


def network(challenge, **options):
    made = HeadNetwork(
        recipe_for(challenge, **options), challenge, n_embedding=N_EMBEDDING, n_scores=8
    )
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return made


def inputs(made, n=20):
    return torch.randn(n, made.n_inputs, generator=torch.Generator().manual_seed(0))


def outputs(made, x):
    with torch.no_grad():
        parts = zip(made.challenge.targets, made(x), strict=True)
        softmax = lambda sums: torch.softmax(sums, dim=1)  # noqa: E731
        return torch.cat(
            [ACTIVATIONS.get(t.name, softmax)(sums) for t, sums in parts], dim=1
        ).numpy()


@pytest.mark.parametrize("options", CHOICES, ids=str)
def test_the_head_gives_what_the_network_says(options, tmp_path):
    made = network(MTL, **options)
    x = inputs(made)
    made.to_head(CARD, reference="r").save(tmp_path / "head.npz")
    head = Head.load(tmp_path / "head.npz")
    np.testing.assert_allclose(head(x.numpy()), outputs(made, x), atol=1e-6)
    assert (head.source, head.outputs) == (made.recipe.source, output_names(MTL))
    assert (head.scores, head.score_names, head.backbone) == ("logits", CARD.outputs, "tiny")
    check_head(head, CARD, n_embedding=N_EMBEDDING)


@pytest.mark.parametrize("options", CHOICES, ids=str)
def test_the_head_takes_scores_as_they_are_and_the_network_standardises_them(options):
    made = network(MTL, **options)
    x = inputs(made)
    scored = made.n_inputs != N_EMBEDDING
    scaling = Scaling(mean=np.linspace(-9, 30, 8), std=np.linspace(0.5, 7, 8)) if scored else None
    scaled = HeadNetwork(made.recipe, MTL, n_embedding=N_EMBEDDING, n_scores=8, scaling=scaling)
    scaled.load_state_dict(made.state_dict())
    raw = x.numpy().astype(np.float64)
    if scored:
        raw[:, -8:] = raw[:, -8:] * scaling.std + scaling.mean
    raw = raw.astype(np.float32)
    for found in (outputs(scaled, torch.from_numpy(raw)), scaled.to_head(CARD)(raw)):
        np.testing.assert_allclose(found, outputs(made, x), atol=2e-5)


@pytest.mark.parametrize("kind", ["logits", "probabilities"])
def test_the_head_tells_what_kind_of_scores_it_was_trained_on(kind):
    assert network(MTL).to_head(replace(CARD, scores=kind)).scores == kind


@pytest.mark.parametrize("challenge", FRAMED.values(), ids=FRAMED)
def test_the_head_of_every_challenge_names_its_outputs(challenge):
    made = network(challenge)
    head = made.to_head(CARD)
    assert head.outputs == output_names(challenge)
    np.testing.assert_allclose(head(inputs(made).numpy()), outputs(made, inputs(made)), atol=1e-6)


def test_a_part_sees_its_own_share_of_the_input_only():
    made = network(MTL, source=MIXED, hidden="au=3")
    x = inputs(made)
    for columns, seen in ((slice(0, N_EMBEDDING), (1, 2)), (slice(N_EMBEDDING, None), (0, 1))):
        other = x.clone()
        other[:, columns] += 1
        head = made.to_head(CARD)
        change = np.abs(head(x.numpy()) - head(other.numpy())).max(axis=0)
        changed = [bool(change[block].any()) for _, block in output_blocks(MTL.targets)]
        assert changed == [at in seen for at in range(3)]
        assert [
            not torch.equal(a, b) for a, b in zip(made(x), made(other), strict=True)
        ] == changed


def test_the_first_weights_are_glorots_and_biases_0():
    made = HeadNetwork(recipe_for(MTL, hidden="400"), MTL, n_embedding=500, n_scores=8)
    for layer in [layer for layers in made.layers for layer in layers]:
        n_outputs, n_inputs = layer.weight.shape
        limit = np.sqrt(6 / (n_inputs + n_outputs))
        values = layer.weight.detach().numpy()
        assert 0.97 * limit < np.abs(values).max() <= limit
        assert values.std() == pytest.approx(limit / np.sqrt(3), rel=0.05)
        assert not layer.bias.any()


def test_the_seed_decides_the_first_weights():
    def weights(seed):
        made = HeadNetwork(recipe_for(MTL, seed=seed), MTL, n_embedding=N_EMBEDDING, n_scores=8)
        return torch.cat([parameter.flatten() for parameter in made.parameters()])

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


def test_a_shared_layer_is_one_and_separate_ones_differ():
    shared, separate = (
        HeadNetwork(
            recipe_for(MTL, hidden="4", shared=one), MTL, n_embedding=N_EMBEDDING, n_scores=8
        )
        for one in (True, False)
    )
    assert len({layers[0] for layers in shared.layers}) == 1
    assert len({layers[0] for layers in separate.layers}) == 3
    assert sum(p.numel() for p in shared.parameters()) == 20 * 4 + 4 + 5 * 22
    assert sum(p.numel() for p in separate.parameters()) == 3 * (20 * 4 + 4) + 5 * 22


@pytest.mark.parametrize("options", CHOICES, ids=str)
def test_the_decay_of_the_optimiser_is_the_slope_of_the_penalty(options):
    made = network(MTL, **{**options, "l2": "0.25"})
    kernels = {p for name, p in made.named_parameters() if name.endswith("weight")}
    (0.25 * sum(p.square().sum() for p in kernels)).backward()
    seen = []
    for group in made.groups():
        for parameter in group["params"]:
            seen.append(parameter)
            slope = 0 if parameter.grad is None else parameter.grad
            torch.testing.assert_close(group["weight_decay"] * parameter, slope + 0 * parameter)
    assert len(seen) == len(set(seen)) == len(list(made.parameters()))


def test_only_parts_without_a_hidden_layer_are_penalised_by_default():
    made = network(MTL, hidden="expr=4")
    groups = {p: group["weight_decay"] for group in made.groups() for p in group["params"]}
    assert [groups[layer.weight] for layers in made.layers for layer in layers] == [
        2 / 256, 0, 0, 2 / 256,
    ]  # fmt: skip


def test_scores_of_valence_and_arousal_go_in_like_the_others():
    made = HeadNetwork(
        recipe_for(find_challenge("va", 3)), find_challenge("va", 3), n_embedding=4, n_scores=10
    )
    assert made.n_inputs == 10 == 8 + len(VA)


@pytest.mark.parametrize("source", ["scores", "probabilities"])
def test_scores_that_there_are_none_of_are_refused(source):
    recipe = recipe_for(MTL, source=source)
    with pytest.raises(ModelError, match=f"va is to be learned from {source}, of which the"):
        HeadNetwork(recipe, MTL, n_embedding=4, n_scores=0)
    assert HeadNetwork(recipe_for(MTL), MTL, n_embedding=4, n_scores=0).n_inputs == 4
