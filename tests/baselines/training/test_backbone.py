"""Training learns, repeats itself bit for bit, and goes on as if it had not been stopped."""

import json
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from abawkit.errors import ModelError  # noqa: E402
from baselines.networks import EFFICIENTNET_LITE0, EfficientNet, Stage  # noqa: E402
from baselines.training import backbone  # noqa: E402
from baselines.training.augmentation import Augmentation  # noqa: E402
from baselines.training.backbone import Recipe, Trainer, measure, one_cycle, prepare  # noqa: E402
from baselines.training.ferplus import LabelledFaces  # noqa: E402

TINY = replace(
    EFFICIENTNET_LITE0,
    name="tiny",
    stages=(
        Stage(repeats=1, channels=8, kernel=3, stride=1, expansion=1),
        Stage(repeats=2, channels=12, kernel=3, stride=2, expansion=2),
    ),
    stem_channels=8,
    embedding=32,
)
RECIPE = Recipe(head_epochs=1, epochs=2, batch_size=8, rate=1e-2)
STILL = Augmentation(
    rotation=0, scale=0, shear=0, translation=0, brightness=0, contrast=0, erasing=0
)


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    """Train a network of a few channels on small images."""
    monkeypatch.setattr(backbone, "EFFICIENTNET_LITE0", TINY)
    small = replace(backbone.PREPROCESSING, size=32)
    monkeypatch.setattr(backbone, "PREPROCESSING", small)


def faces(n, seed=0):
    rng = np.random.default_rng(seed)
    targets = rng.dirichlet([0.3] * 3, n).astype(np.float32)
    images = rng.integers(0, 256, (n, 24, 24), np.uint8)
    return LabelledFaces(images=images, targets=targets, classes=("a", "b", "c"))


def trainer(folder, recipe=RECIPE, data=None, start=None):
    data = data or faces(20)
    return Trainer(folder, train=data, valid=faces(70, 1), recipe=recipe, start=start or {})


def train(folder, recipe=RECIPE, **options):
    return list(trainer(folder, recipe, **options).run(lambda _: None))


def weights(folder):
    return torch.load(folder / "weights.pt", weights_only=True)


def assert_equal(state, other):
    assert list(state) == list(other)
    for name, tensor in state.items():
        assert torch.equal(tensor, other[name]), name


def without_speed(epochs):
    return [replace(epoch, images_per_second=0.0) for epoch in epochs]


def test_a_run_that_was_stopped_after_each_epoch_ends_with_the_same_weights(tmp_path):
    whole = train(tmp_path / "whole")
    pieces = [next(trainer(tmp_path / "pieces").run(lambda _: None)) for _ in range(3)]
    assert without_speed(pieces) == without_speed(whole)
    assert_equal(weights(tmp_path / "pieces"), weights(tmp_path / "whole"))


def test_an_epoch_that_was_cut_short_is_done_again(tmp_path):
    train(tmp_path / "whole")
    images = []

    def stop(n):
        images.append(n)
        if sum(images) > 50:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(trainer(tmp_path / "cut").run(stop))
    train(tmp_path / "cut")
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
    next(trainer(tmp_path).run(lambda _: None))
    for other in (replace(RECIPE, seed=1), replace(RECIPE, augmentation=STILL)):
        with pytest.raises(ModelError, match="made by another recipe; choose another folder"):
            trainer(tmp_path, other)


def test_the_loss_falls_as_eight_images_are_learnt(tmp_path):
    recipe = Recipe(
        head_epochs=0, epochs=40, rate=2e-2, drop_rate=0, drop_path_rate=0, augmentation=STILL,
        ema_decay=0.5, class_weight=0,
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


def test_training_starts_from_the_given_weights_but_for_the_classifier(tmp_path):
    torch.manual_seed(5)
    start = EfficientNet(TINY, classes=7).state_dict()
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


def test_the_rate_rises_then_falls_to_0():
    assert [one_cycle(share) for share in (0.0, 0.05, 0.1, 1.0)] == pytest.approx([0, 0.5, 1, 0])
    assert one_cycle(0.55) == pytest.approx(0.5)


def test_images_are_prepared_as_the_predictor_does():
    images = faces(3).images
    pixels = np.stack([backbone.PREPROCESSING.pixels(backbone.Image.fromarray(i)) for i in images])
    np.testing.assert_array_equal(prepare(images), backbone.PREPROCESSING.normalise(pixels))


def test_accuracy_and_recall_are_counted_image_by_image():
    data = replace(faces(130), targets=np.eye(3, dtype=np.float32)[[0, 0, 0, 0, 1] * 26])
    accuracy, recalls = measure(lambda batch: np.tile([[1.0, 0.0, 0.0]], (len(batch), 1)), data)
    assert accuracy == pytest.approx(0.8)
    assert recalls == {"a": 1.0, "b": 0.0}
