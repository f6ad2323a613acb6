"""Training learns, repeats itself bit for bit, and goes on as if it had not been stopped."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from abawkit.errors import DataError, ModelError  # noqa: E402
from baselines.networks.build import build_network  # noqa: E402
from baselines.networks.table import EFFICIENTNET_LITE0, Stage  # noqa: E402
from baselines.training import backbone  # noqa: E402
from baselines.training.augmentation import Augmentation  # noqa: E402
from baselines.training.backbone import Recipe, Trainer, measure, one_cycle, prepare  # noqa: E402
from baselines.training.ferplus import LabelledFaces  # noqa: E402

TINY = replace(
    EFFICIENTNET_LITE0,
    name="tiny",
    shape=replace(
        EFFICIENTNET_LITE0.shape,
        stages=(
            Stage(repeats=1, channels=8, kernel=3, stride=1, expansion=1),
            Stage(repeats=2, channels=12, kernel=3, stride=2, expansion=2),
        ),
        stem_channels=8,
        embedding=32,
    ),
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


def trainer(folder, recipe=RECIPE, data=None, start=None, valid=None):
    data, valid = data or faces(20), valid or faces(70, 1)
    return Trainer(folder, train=data, valid=valid, recipe=recipe, start=start or {})


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


def flipped(faces, name):
    """Change one number of the images or of the targets."""
    array = getattr(faces, name).copy()
    array.reshape(-1)[-1] += 1
    return replace(faces, **{name: array})


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"data": flipped(faces(20), "images")}, "train"),
        ({"data": flipped(faces(20), "targets")}, "train"),
        ({"data": replace(faces(20), classes=("a", "b", "d"))}, "train"),
        ({"valid": flipped(faces(70, 1), "images")}, "valid"),
        ({"valid": flipped(faces(70, 1), "targets")}, "valid"),
        ({"start": {"bn1.num_batches_tracked": torch.tensor(7)}}, "start"),
        ({"data": faces(21), "valid": faces(71, 1)}, "train, valid"),
    ],
)
def test_a_run_of_other_data_is_refused(tmp_path, options, what):
    next(trainer(tmp_path).run(lambda _: None))
    with pytest.raises(ModelError, match=rf"checkpoint\.pt: made with other data \({what}\); cho"):
        trainer(tmp_path, **options)


def test_the_classifier_of_the_start_is_no_part_of_the_data(tmp_path):
    next(trainer(tmp_path).run(lambda _: None))
    assert len(trainer(tmp_path, start={"classifier.weight": torch.ones(1)}).done) == 1


def test_a_checkpoint_that_does_not_tell_its_data_is_taken_up(tmp_path):
    train(tmp_path / "whole")
    for _ in range(3):
        made = trainer(tmp_path / "old")
        next(made.run(lambda _: None))
        change(tmp_path / "old", lambda state: state.pop("data"))
    assert len(made.done) == 3
    assert_equal(weights(tmp_path / "old"), weights(tmp_path / "whole"))


def change(folder, how):
    """Change what a checkpoint holds."""
    state = torch.load(folder / "checkpoint.pt", weights_only=True)
    how(state)
    torch.save(state, folder / "checkpoint.pt")


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04", b"\x80\x02cos\nsystem\n."])
def test_a_checkpoint_that_cannot_be_read_is_refused_in_a_line(tmp_path, content):
    (tmp_path / "checkpoint.pt").write_bytes(content)
    with pytest.raises(ModelError, match=r"checkpoint\.pt: cannot read this .*; delete") as caught:
        trainer(tmp_path)
    assert "\n" not in str(caught.value)
    assert "weights_only" not in str(caught.value)


@pytest.mark.parametrize("state", [{}, [1], torch.zeros(2), {"recipe": {}}, {"a": torch.ones(1)}])
def test_a_file_of_torch_that_is_none_of_ours_is_refused(tmp_path, state):
    torch.save(state, tmp_path / "checkpoint.pt")
    with pytest.raises(
        ModelError, match=r"checkpoint\.pt: not a checkpoint of abawkit, for it la"
    ):
        trainer(tmp_path)


@pytest.mark.parametrize("key", ["recipe", "data", "done", "network", "averaged", "optimizer"])
def test_a_checkpoint_whose_part_is_of_another_type_is_refused(tmp_path, key):
    next(trainer(tmp_path).run(lambda _: None))
    change(tmp_path, lambda state: state.update({key: "text"}))
    with pytest.raises(ModelError, match=f"not a checkpoint of abawkit, for it lacks {key}; "):
        trainer(tmp_path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("done", [{"epoch": 1}]),
        ("done", [1]),
        ("network", {}),
        ("averaged", {}),
        ("optimizer", {}),
    ],
)
def test_a_checkpoint_whose_parts_do_not_fit_is_refused(tmp_path, key, value):
    recipe = replace(RECIPE, head_epochs=2)
    next(trainer(tmp_path, recipe).run(lambda _: None))
    change(tmp_path, lambda state: state.update({key: value}))
    with pytest.raises(
        ModelError, match=r"checkpoint\.pt: not a checkpoint of this run"
    ) as caught:
        trainer(tmp_path, recipe)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("inside", [".", "run"])
def test_a_folder_that_is_a_file_is_refused(tmp_path, inside):
    file = tmp_path / "file"
    file.write_text("mine")
    with pytest.raises(DataError, match=rf"{file}.*: cannot make this folder: "):
        trainer(file / inside)
    assert file.read_text() == "mine"


@pytest.mark.parametrize("exponent", [0.0, 1.0])
def test_the_loss_is_the_cross_entropy_weighted_by_class(tmp_path, exponent):
    # Even images, which no view changes, in one batch, before the first step.
    levels = np.arange(20, 240, 20, dtype=np.uint8)
    targets = np.eye(3)[[0] * 6 + [1] * 3 + [2] * 2] * 0.8 + np.array([0.1, 0.1, 0])
    targets = (targets / targets.sum(axis=1, keepdims=True)).astype(np.float32)
    data = replace(faces(11), images=np.tile(levels[:, None, None], (1, 24, 24)), targets=targets)
    recipe = replace(RECIPE, batch_size=11, class_weight=exponent, augmentation=STILL)
    made = trainer(tmp_path, recipe, data)
    with torch.no_grad():
        made.network.classifier.bias.copy_(torch.tensor([3.0, 0.0, -3.0]))
        scores = made.network.eval()(torch.from_numpy(prepare(data.images))).scores.tolist()
    counts = targets.sum(axis=0).tolist()
    weights = [(max(counts) / count) ** exponent for count in counts]
    mean = sum(w * c for w, c in zip(weights, counts, strict=True)) / sum(counts)
    loss = 0.0
    for row, target in zip(scores, targets.tolist(), strict=True):
        total = sum(math.exp(score) for score in row)
        for weight, share, score in zip(weights, target, row, strict=True):
            loss -= weight / mean * share * math.log(math.exp(score) / total) / len(scores)
    assert next(made.run(lambda _: None)).loss == pytest.approx(loss, rel=1e-4)
