"""Training learns, repeats itself bit for bit, and goes on as if it had not been stopped."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from abawkit.errors import ModelError, UsageError  # noqa: E402
from baselines.networks import table  # noqa: E402
from baselines.networks.build import build_network  # noqa: E402
from baselines.training.backbone import Trainer  # noqa: E402
from baselines.training.images import GreyImages  # noqa: E402
from baselines.training.measuring import prepared  # noqa: E402
from tests.baselines.training.recipes import (  # noqa: E402
    RECIPE,
    SMALL,
    STILL,
    assert_equal,
    train,
    train_an_epoch,
    trainer,
    weights,
)
from tests.baselines.training.tiny import TINY, faces  # noqa: E402


def without_speed(epochs):
    return [replace(epoch, images_per_second=0.0) for epoch in epochs]


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sam"])
def test_a_run_that_was_stopped_after_each_epoch_ends_with_the_same_weights(tmp_path, optimizer):
    recipe = replace(RECIPE, optimizer=optimizer, head_epochs=2)
    whole = train(tmp_path / "whole", recipe)
    pieces = [train_an_epoch(tmp_path / "pieces", recipe) for _ in range(4)]
    assert without_speed(pieces) == without_speed(whole)
    assert_equal(weights(tmp_path / "pieces"), weights(tmp_path / "whole"))


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sam"])
def test_an_epoch_that_was_cut_short_is_done_again(tmp_path, optimizer):
    recipe = replace(RECIPE, optimizer=optimizer)
    train(tmp_path / "whole", recipe)
    images = []

    def stop(n):
        images.append(n)
        if sum(images) > 50:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(trainer(tmp_path / "cut", recipe).run(stop))
    train(tmp_path / "cut", recipe)
    assert_equal(weights(tmp_path / "cut"), weights(tmp_path / "whole"))


def test_the_same_seed_gives_the_same_weights_and_another_does_not(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        torch.manual_seed(len(name))
        train(tmp_path / name, replace(RECIPE, epochs=1, seed=seed))
    assert_equal(weights(tmp_path / "a"), weights(tmp_path / "b"))
    assert not torch.equal(
        weights(tmp_path / "a")["classifier.weight"], weights(tmp_path / "c")["classifier.weight"]
    )


def test_a_finished_run_has_nothing_left_to_do(tmp_path):
    train(tmp_path)
    before = (tmp_path / "weights.pt").read_bytes()
    assert train(tmp_path) == []
    assert (tmp_path / "weights.pt").read_bytes() == before


def test_a_run_of_another_recipe_is_refused(tmp_path):
    train_an_epoch(tmp_path)
    for other in (replace(RECIPE, seed=1), replace(RECIPE, augmentation=STILL)):
        with pytest.raises(ModelError, match="made by another recipe; choose another folder"):
            trainer(tmp_path, other)


def test_the_loss_falls_as_eight_images_are_learnt(tmp_path):
    recipe = replace(
        RECIPE, head_epochs=0, epochs=40, batch_size=32, rate=2e-2, drop_rate=0,
        drop_path_rate=0, augmentation=STILL, ema_decay=0.5, class_weight=0,
    )  # fmt: skip
    data = faces(8)
    data = replace(data, targets=np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1, 2, 0, 1]])
    losses = [epoch.loss for epoch in train(tmp_path, recipe, data=data)]
    assert losses[-1] < 0.3 * losses[0]


def test_the_classifier_alone_is_trained_first(tmp_path):
    first = trainer(tmp_path)
    before = {k: v.clone() for k, v in first.network.state_dict().items()}
    next(first.run(lambda _: None))
    after = first.network.state_dict()
    assert {name for name in after if not torch.equal(after[name], before[name])} == {
        "classifier.weight",
        "classifier.bias",
    }


def test_every_layer_is_trained_after(tmp_path):
    made = trainer(tmp_path, replace(RECIPE, head_epochs=0))
    before = {k: v.clone() for k, v in made.network.named_parameters()}
    list(made.run(lambda _: None))
    assert all(not torch.equal(v, before[k]) for k, v in made.network.named_parameters())


def test_the_network_drops_what_the_recipe_says(tmp_path):
    network = trainer(tmp_path, replace(RECIPE, drop_rate=0.25, drop_path_rate=0.3)).network
    assert network.drop_rate == 0.25
    assert network.blocks[1][1].drop == pytest.approx(0.2)


def test_training_starts_from_the_given_weights_but_for_the_classifier(tmp_path):
    torch.manual_seed(5)
    start = build_network(TINY, 7).state_dict()
    state = trainer(tmp_path, start=start).network.state_dict()
    assert all(torch.equal(state[k], v) for k, v in start.items() if "classifier" not in k)
    assert state["classifier.weight"].shape == (3, 32)


@pytest.mark.parametrize(
    "start", [{"blocks.9.weight": torch.zeros(1)}, {"conv_stem.weight": torch.zeros(1)}]
)
def test_weights_of_another_network_are_refused(tmp_path, start):
    with pytest.raises(ModelError, match="the weights to start from do not fit tiny"):
        trainer(tmp_path, start=start)


def test_what_is_kept_is_the_average_of_the_weights(tmp_path):
    recipe = replace(RECIPE, head_epochs=0, epochs=1, ema_decay=0.0)
    made = trainer(tmp_path, recipe)
    list(made.run(lambda _: None))
    torch.testing.assert_close(
        weights(tmp_path)["conv_stem.weight"],
        made.network.state_dict()["conv_stem.weight"].contiguous(),
    )


def test_the_log_has_a_line_an_epoch(tmp_path):
    epochs = train(tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [epoch.epoch for epoch in epochs] == [1, 2, 3]
    assert all(line["loss"] > 0 and 0 <= line["accuracy"] <= 1 for line in lines)


def test_progress_counts_every_image(tmp_path):
    counted = []
    list(trainer(tmp_path).run(counted.append))
    assert sum(counted) == 3 * 20
    assert counted[:3] == [8, 8, 4]


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0])
def test_rare_classes_weigh_more_by_the_exponent(tmp_path, exponent):
    data = faces(10)
    data = replace(data, targets=np.eye(3, dtype=np.float32)[[0] * 6 + [1] * 3 + [2]])
    made = trainer(tmp_path, replace(RECIPE, class_weight=exponent), data)
    weight = made.class_weights.tolist()
    assert weight[2] / weight[0] == pytest.approx(6**exponent)
    assert (6 * weight[0] + 3 * weight[1] + weight[2]) / 10 == pytest.approx(1)


@pytest.mark.parametrize("exponent", [0.0, 1.0])
def test_the_loss_is_the_cross_entropy_weighted_by_class(tmp_path, exponent):
    # Even images, which no view changes, in one batch, before the first step.
    levels = np.arange(20, 240, 20, dtype=np.uint8)
    targets = np.eye(3)[[0] * 6 + [1] * 3 + [2] * 2] * 0.8 + np.array([0.1, 0.1, 0])
    targets = (targets / targets.sum(axis=1, keepdims=True)).astype(np.float32)
    data = replace(
        faces(11),
        images=GreyImages(pixels=np.tile(levels[:, None, None], (1, 24, 24))),
        targets=targets,
    )
    recipe = replace(RECIPE, batch_size=11, class_weight=exponent, augmentation=STILL)
    made = trainer(tmp_path, recipe, data)
    with torch.no_grad():
        made.network.classifier.bias.copy_(torch.tensor([3.0, 0.0, -3.0]))
        scores = made.network.eval()(
            torch.from_numpy(next(prepared(data.images, SMALL)))
        ).scores.tolist()
    counts = targets.sum(axis=0).tolist()
    weights = [(max(counts) / count) ** exponent for count in counts]
    mean = sum(w * c for w, c in zip(weights, counts, strict=True)) / sum(counts)
    loss = 0.0
    for row, target in zip(scores, targets.tolist(), strict=True):
        total = sum(math.exp(score) for score in row)
        for weight, share, score in zip(weights, target, row, strict=True):
            loss -= weight / mean * share * math.log(math.exp(score) / total) / len(scores)
    assert next(made.run(lambda _: None)).loss == pytest.approx(loss, rel=1e-4)


@pytest.mark.parametrize("optimizer", ["adam", "sam"])
def test_the_optimizer_decides_the_weights(tmp_path, optimizer):
    train(tmp_path / "adamw")
    train(tmp_path / "other", replace(RECIPE, optimizer=optimizer))
    assert not torch.equal(*(weights(tmp_path / n)["bn1.weight"] for n in ("adamw", "other")))


def test_sam_without_a_neighbourhood_is_adam_to_the_last_bit(tmp_path):
    for name, optimizer in (("sam", "sam"), ("adam", "adam")):
        train(tmp_path / name, replace(RECIPE, optimizer=optimizer, rho=0.0))
    assert_equal(weights(tmp_path / "sam"), weights(tmp_path / "adam"))


def test_a_constant_rate_is_that_of_every_step(tmp_path):
    made = trainer(tmp_path, replace(RECIPE, schedule="constant", head_rate=0.5, rate=0.25))
    rates = []
    for _ in made.run(lambda _: rates.append(made.optimizer.param_groups[0]["lr"])):
        pass
    assert rates == [0.5] * 3 + [0.25] * 6


def test_a_last_image_alone_goes_with_the_batch_before(tmp_path):
    counted = []
    list(trainer(tmp_path, data=faces(17)).run(counted.append))
    assert counted[:2] == [8, 9]


def test_classes_are_learnt_as_distributions_that_are_certain(tmp_path):
    hard = replace(faces(20), targets=np.arange(20) % 3)
    soft = replace(hard, targets=np.eye(3, dtype=np.float32)[hard.targets])
    recipe = replace(RECIPE, class_weight=1.0)
    for name, data in (("hard", hard), ("soft", soft)):
        train(tmp_path / name, recipe, data=data)
    assert_equal(weights(tmp_path / "hard"), weights(tmp_path / "soft"))


def test_a_network_that_gives_probabilities_learns_from_their_logarithms(tmp_path, monkeypatch):
    logits = train(tmp_path / "logits")
    build = build_network

    def with_softmax(*args, **options):
        network = build(*args, **options)
        network.register_forward_hook(
            lambda _, __, out: out._replace(scores=out.scores.softmax(1))
        )
        return network

    monkeypatch.setattr("baselines.training.backbone.build_network", with_softmax)
    monkeypatch.setitem(table.NETWORKS, "tiny", replace(TINY, scores="probabilities"))
    epochs = train(tmp_path / "probabilities")
    assert [e.loss for e in epochs] == pytest.approx([e.loss for e in logits], rel=1e-3)


@pytest.mark.parametrize("optimizer", ["adam", "sam"])
def test_a_run_whose_loss_is_no_number_stops_before_it_is_saved(tmp_path, optimizer):
    made = trainer(tmp_path, replace(RECIPE, optimizer=optimizer))
    made.class_weights[:] = torch.nan
    with pytest.raises(ModelError, match="the loss of a batch is nan in epoch 1; try a lower lea"):
        next(made.run(lambda _: None))
    assert not any(tmp_path.iterdir())


def test_images_of_a_size_that_the_network_cannot_take_are_refused(tmp_path):
    recipe = replace(RECIPE, network="mobilefacenet", preprocessing=SMALL)
    with pytest.raises(UsageError, match="mobilefacenet cannot take images of 32 x 32; say anot"):
        trainer(tmp_path, recipe)


def test_a_device_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ModelError, match="no device 'gpu' here: "):
        Trainer(tmp_path, train=faces(2), valid=faces(2), recipe=RECIPE, start={}, device="gpu")
